//! Merchants and their accounts: opened, and listed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use dialects::json::Value;
use domain::settlement::SettlementRule;
use domain::{Environment, limits};
use serde::Serialize;

use crate::api::Problem;
use crate::api::form::Form;
use crate::app::App;
use crate::opening::{OpenFault, Opened, Opening, open_account};
use crate::operator::accounts::AccountObject;
use crate::operator::{Operator, StrictBody, answer};
use crate::secrets::{self, SecretFault};

#[derive(Serialize)]
struct OpenedAnswer<'a> {
    status: &'static str,
    merchant_id: String,
    name: String,
    accounts: Vec<OpenedObject<'a>>,
    /// Left out where all were opened.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_opened: Vec<&'static str>,
}

#[derive(Serialize)]
struct OpenedObject<'a> {
    environment: &'static str,
    base_url: String,
    account_number: &'a str,
    api_key: &'a str,
    encryption_key: &'a str,
    webhook_secret: &'a str,
}

#[derive(Serialize)]
struct ListAnswer {
    status: &'static str,
    merchants: Vec<MerchantObject>,
}

#[derive(Serialize)]
struct MerchantObject {
    merchant_id: String,
    name: String,
    accounts: Vec<AccountObject>,
}

pub async fn list(State(operator): State<Arc<Operator>>) -> Result<Response, Problem> {
    let mut merchants: BTreeMap<(String, String), Vec<AccountObject>> = BTreeMap::new();
    for app in &operator.apps {
        for entry in app.directory().entries() {
            let account = &entry.account;
            let key = (account.merchant_name.clone(), account.merchant_id.clone());
            merchants.entry(key).or_default().push(AccountObject::of(account));
        }
    }
    let merchants = merchants.into_iter().map(|((name, merchant_id), accounts)| MerchantObject {
        merchant_id,
        name,
        accounts,
    });
    answer(&ListAnswer { status: "success", merchants: merchants.collect() })
}

/// Opens a merchant's accounts, all at once or one later than the other: then `merchant_id` says
/// whose they are.
pub async fn create(
    State(operator): State<Arc<Operator>>,
    StrictBody(body): StrictBody,
) -> Result<Response, Problem> {
    let mut form = Form::of(&body);
    let merchant_id = form.text("merchant_id", limits::NAME_CHARS_MAX);
    let name = match merchant_id {
        Some(_) => None,
        None => form.required_text("name", limits::NAME_CHARS_MAX),
    };
    let apps = environments(&mut form, &operator);
    form.finish()?;
    let _turn = operator.turn.lock().await;
    let (merchant_id, merchant_name) = match merchant_id {
        Some(id) => (id.to_owned(), known_merchant(&operator, id, &apps)?),
        None => {
            let id = secrets::new_merchant_id().map_err(|_| Problem::NotStored)?;
            (id, name.unwrap_or_default().to_owned())
        }
    };
    let mut opened = Vec::new();
    let mut not_opened = Vec::new();
    for app in apps {
        let environment = app.settings.environment;
        let opening = Opening {
            merchant_id: merchant_id.clone(),
            merchant_name: merchant_name.clone(),
            number: operator.free_number().map_err(|_| Problem::NotStored)?,
            settlement: operator.settlement_in(environment),
        };
        match open_account(app, opening).await {
            Ok(account) => opened.push(account),
            // What is opened stays so, and its credentials are shown now or never.
            Err(fault) if !opened.is_empty() => {
                tracing::error!(%fault, "an account in {} was not opened", environment.word());
                not_opened.push(environment.word());
            }
            Err(fault) => return Err(problem(fault)),
        }
    }
    answer(&OpenedAnswer {
        status: "success",
        merchant_id,
        name: merchant_name,
        accounts: opened.iter().map(object).collect(),
        not_opened,
    })
}

impl Operator {
    /// Opens the first account of a new merchant who signed up.
    pub async fn open_for(
        &self,
        merchant_id: String,
        merchant_name: String,
        environment: Environment,
    ) -> Result<Opened, OpenFault> {
        let _turn = self.turn.lock().await;
        let app = self.find(environment).ok_or(OpenFault::NotRunning)?;
        let number = self.free_number()?;
        let settlement = self.settlement_in(environment);
        open_account(app, Opening { merchant_id, merchant_name, number, settlement }).await
    }

    /// A number that no account has, in any environment.
    fn free_number(&self) -> Result<String, SecretFault> {
        loop {
            let number = secrets::new_account_number()?;
            let is_taken =
                self.apps.iter().any(|app| app.directory().find_by_number(&number).is_some());
            if !is_taken {
                return Ok(number);
            }
        }
    }

    const fn settlement_in(&self, environment: Environment) -> SettlementRule {
        match environment {
            Environment::Test => SettlementRule::SANDBOX_DEFAULT,
            Environment::Live => self.settlement,
        }
    }
}

/// Those that are named, or all that run.
fn environments<'a>(form: &mut Form<'_>, operator: &'a Operator) -> Vec<&'a Arc<App>> {
    let named = |value: &Value| match value {
        Value::Text(text) => Environment::parse(text).and_then(|one| operator.find(one)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    };
    let found: Option<Vec<_>> = match form.value("environments") {
        None => return operator.apps.iter().collect(),
        Some(Value::List(list)) => list.iter().map(named).collect(),
        Some(_) => None,
    };
    let Some(found) = found.filter(|apps| !apps.is_empty()) else {
        let words: Vec<_> =
            operator.apps.iter().map(|app| app.settings.environment.word()).collect();
        form.fault("environments", format!("must be a list of {}", words.join(", ")));
        return Vec::new();
    };
    // Each once, however often it is named.
    let is_named = |app: &&Arc<App>| found.iter().any(|named| Arc::ptr_eq(named, app));
    operator.apps.iter().filter(is_named).collect()
}

/// The name of a merchant that has no account yet where one is to be opened.
fn known_merchant(
    operator: &Operator,
    merchant_id: &str,
    apps: &[&Arc<App>],
) -> Result<String, Problem> {
    let name_at = |app: &Arc<App>| {
        let directory = app.directory();
        let mut entries = directory.entries().filter(|one| one.account.merchant_id == merchant_id);
        entries.next().map(|entry| entry.account.merchant_name.clone())
    };
    if let Some(app) = apps.iter().find(|app| name_at(app).is_some()) {
        let word = app.settings.environment.word();
        return Err(Problem::Conflict(format!("the merchant has an account in {word} already")));
    }
    operator.apps.iter().find_map(name_at).ok_or(Problem::NotFound)
}

fn problem(fault: OpenFault) -> Problem {
    match fault {
        OpenFault::Submit(error) => error.into(),
        OpenFault::Secret(_) | OpenFault::Money(_) | OpenFault::NotRunning => Problem::NotStored,
        // It is stored, but its keys do not work before the next start.
        OpenFault::Directory(error) => {
            tracing::error!(%error, "the accounts could not be read again");
            Problem::Unknown
        }
    }
}

fn object(opened: &Opened) -> OpenedObject<'_> {
    OpenedObject {
        environment: opened.environment.word(),
        base_url: format!("{}/generation/v2", opened.public_url),
        account_number: &opened.number,
        api_key: &opened.api_key,
        encryption_key: &opened.encryption_key,
        webhook_secret: &opened.webhook_secret,
    }
}
