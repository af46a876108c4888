//! The terms of one account: shown, and changed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use dialects::json::{Object, Value};
use domain::account::Account;
use domain::decide::{Command, ConfigureAccount};
use domain::fee::FeeRule;
use domain::settlement::SettlementRule;
use domain::{Currency, Money, limits};
use serde::Serialize;

use crate::api::Problem;
use crate::api::form::Form;
use crate::config::network;
use crate::operator::{Operator, StrictBody, answer};

/// What can be changed.
const NAMES: [&str; 6] = [
    "requires_number",
    "allowed_networks",
    "charge_fee",
    "disbursement_fee",
    "settlement",
    "card_currencies",
];

/// More than all is no fee.
const RATE_PPM_MAX: u32 = 1_000_000;

#[derive(Serialize)]
pub struct AccountObject {
    environment: &'static str,
    account_number: String,
    requires_number: bool,
    allowed_networks: Vec<String>,
    charge_fee: FeeObject,
    disbursement_fee: FeeObject,
    settlement: String,
    card_currencies: Vec<&'static str>,
}

#[derive(Serialize)]
struct FeeObject {
    rate_ppm: u32,
    flat_minor: i64,
}

#[derive(Serialize)]
struct ChangedAnswer {
    status: &'static str,
    account: AccountObject,
}

impl AccountObject {
    pub fn of(account: &Account) -> AccountObject {
        let fee =
            |rule: FeeRule| FeeObject { rate_ppm: rule.rate_ppm, flat_minor: rule.flat_minor };
        AccountObject {
            environment: account.environment.word(),
            account_number: account.number.clone(),
            requires_number: account.requires_number,
            allowed_networks: account.allowed_networks.clone(),
            charge_fee: fee(account.charge_fee),
            disbursement_fee: fee(account.disbursement_fee),
            settlement: account.settlement.text(),
            card_currencies: account.card_currencies.iter().map(|one| one.code()).collect(),
        }
    }
}

pub async fn change(
    State(operator): State<Arc<Operator>>,
    Path(number): Path<String>,
    StrictBody(body): StrictBody,
) -> Result<Response, Problem> {
    let _turn = operator.turn.lock().await;
    let find = |number: &str| {
        operator
            .apps
            .iter()
            .find_map(|app| Some((app, Arc::clone(app.directory().find_by_number(number)?))))
    };
    let (app, entry) = find(&number).ok_or(Problem::NotFound)?;
    let configure = configuration(&body, &entry.account)?;
    app.store.lane().submit(Command::ConfigureAccount(Box::new(configure))).await?;
    if let Err(error) = app.refresh_directory().await {
        tracing::error!(%error, "the accounts could not be read again");
        return Err(Problem::Unknown);
    }
    let (_, entry) = find(&number).ok_or(Problem::Bug)?;
    answer(&ChangedAnswer { status: "success", account: AccountObject::of(&entry.account) })
}

fn configuration(body: &Object, account: &Account) -> Result<ConfigureAccount, Problem> {
    let mut form = Form::of(body);
    // A misspelt name must not leave an account open that was to be closed.
    let unknown = body.iter().map(|(name, _)| name).find(|name| !NAMES.contains(name));
    if let Some(name) = unknown {
        form.fault("body", format!("`{name}` is none of {}", NAMES.join(", ")));
    }
    let configure = ConfigureAccount {
        requires_number: form.flag("requires_number"),
        allowed_networks: texts(
            &mut form,
            "allowed_networks",
            "must be a list of CIDR blocks",
            |text| network(text).map(|block| block.to_string()),
        ),
        charge_fee: fee(
            &mut form,
            ["charge_fee", "charge_fee.rate_ppm", "charge_fee.flat_minor"],
            account.charge_fee,
        ),
        disbursement_fee: fee(
            &mut form,
            ["disbursement_fee", "disbursement_fee.rate_ppm", "disbursement_fee.flat_minor"],
            account.disbursement_fee,
        ),
        settlement: settlement(&mut form),
        card_currencies: texts(
            &mut form,
            "card_currencies",
            "must be a list of currencies such as \"RWF\"",
            Currency::parse,
        ),
        ..ConfigureAccount::nothing(account.id)
    };
    form.finish()?;
    Ok(configure)
}

/// A list that replaces the old one; each value once, as `parse` writes it.
fn texts<T: PartialEq>(
    form: &mut Form<'_>,
    field: &'static str,
    message: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let one = |value: &Value| match value {
        Value::Text(text) => parse(text.trim()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    };
    let list: Option<Vec<T>> = match form.value(field)? {
        Value::List(list) => list.iter().map(one).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => None,
    };
    if list.is_none() {
        form.fault(field, message);
    }
    let mut found = list?;
    found.dedup();
    Some(found)
}

/// A part that is left out stays what it is.
fn fee(form: &mut Form<'_>, fields: [&'static str; 3], now: FeeRule) -> Option<FeeRule> {
    let [whole, rate, flat] = fields;
    form.value(whole)?;
    if !form.requires_object(whole) {
        return None;
    }
    let rate_ppm =
        form.number(rate).map(|text| text.parse().ok().filter(|ppm| *ppm <= RATE_PPM_MAX));
    if rate_ppm == Some(None) {
        form.fault(rate, format!("must be parts per million, 0 to {RATE_PPM_MAX}"));
    }
    let flat_minor = form
        .number(flat)
        .map(|text| text.parse().ok().filter(|minor| (0..=Money::MINOR_MAX).contains(minor)));
    if flat_minor == Some(None) {
        form.fault(flat, "must be minor units, 0 or more");
    }
    Some(FeeRule {
        rate_ppm: rate_ppm.flatten().unwrap_or(now.rate_ppm),
        flat_minor: flat_minor.flatten().unwrap_or(now.flat_minor),
    })
}

fn settlement(form: &mut Form<'_>) -> Option<SettlementRule> {
    let text = form.text("settlement", limits::NAME_CHARS_MAX)?;
    let rule = SettlementRule::parse(text);
    if rule.is_none() {
        form.fault("settlement", "must be business_days:N, or after: and microseconds");
    }
    rule
}
