//! `/virtual-accounts` and `/deposits`: additions of ours. Numbers at a bank for whoever pays by
//! transfer, and what came in by them.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::json::Object;
use dialects::object::{LinkPage, deposit_list_answer, virtual_account_list_answer};
use dialects::provider::providus::OpenFault;
use domain::decide::{Command, OpenVirtualAccount, Refusal};
use domain::deposit::DepositState;
use domain::limits;
use domain::provider_call::Provider;
use domain::virtual_account::VirtualAccountKind;
use store::SubmitError;
use store::query::deposits::{list_deposits, list_virtual_accounts};

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::idempotency_key::{find_answer, key_use, keyed};
use crate::api::json_body::JsonBody;
use crate::api::paging::Paging;
use crate::api::problem::FieldFault;
use crate::api::{Problem, json_answer, written_answer};
use crate::app::App;

const CREATE: &str = "POST /virtual-accounts";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    // Its hash alone would let a bank verification number be searched for.
    let key_use = keyed(key_use(&headers, account, CREATE, &body)?, &app);
    let wish = read(&body)?;
    let bank = app.settings.bank.as_ref().ok_or_else(|| unserved("is not configured"))?;
    // The bank opens another account every time it is asked.
    if let Some(answer) = find_answer(&app, key_use.as_ref()).await? {
        return written_answer(answer);
    }
    loop {
        let bvn = wish.bvn.as_deref();
        let opened = bank.open_account(app.providers.upstream(), wish.kind, &wish.name, bvn).await;
        let opened = opened.map_err(|fault| match fault {
            OpenFault::Refused(_) => unserved(&fault.to_string()),
            OpenFault::NoAnswer => Problem::Unknown,
        })?;
        let command = OpenVirtualAccount {
            account,
            key_use: key_use.clone(),
            provider: Provider::Providus,
            kind: wish.kind,
            number: opened.number,
            name: opened.name,
            bank_name: bank.name().to_owned(),
        };
        match app.store.lane().submit(Command::OpenVirtualAccount(Box::new(command))).await {
            // The sandbox's bank draws its numbers.
            Err(SubmitError::Refused(Refusal::NumberTaken)) if bank.is_simulated() => {}
            result => return written_answer(result?),
        }
    }
}

/// What is asked for.
struct Wish {
    name: String,
    kind: VirtualAccountKind,
    bvn: Option<String>,
}

fn read(body: &Object) -> Result<Wish, Problem> {
    let mut form = Form::of(body);
    let name = form.required_text("account_name", limits::NAME_CHARS_MAX);
    let provider = form.text("provider", limits::NAME_CHARS_MAX);
    if provider.is_some_and(|word| word != Provider::Providus.word()) {
        form.fault("provider", "must be providus");
    }
    let kind = form.required_text("type", limits::NAME_CHARS_MAX).and_then(|word| {
        let kind = VirtualAccountKind::parse(word);
        if kind.is_none() {
            form.fault("type", "must be reserved or dynamic");
        }
        kind
    });
    let bvn = match kind {
        Some(VirtualAccountKind::Reserved) => form.required_text("bvn", limits::NAME_CHARS_MAX),
        Some(VirtualAccountKind::Dynamic) | None => form.text("bvn", limits::NAME_CHARS_MAX),
    };
    if bvn.is_some_and(|text| text.len() != 11 || !text.bytes().all(|b| b.is_ascii_digit())) {
        form.fault("bvn", "must be a bank verification number of 11 digits");
    }
    form.finish()?;
    let (Some(name), Some(kind)) = (name, kind) else { return Err(Problem::Bug) };
    let bvn = bvn.filter(|_| kind == VirtualAccountKind::Reserved).map(str::to_owned);
    Ok(Wish { name: name.to_owned(), kind, bvn })
}

fn unserved(reason: &str) -> Problem {
    Problem::field("provider", reason.to_owned())
}

pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (paging, _) = question(query)?;
    let account = caller.0.account.id;
    let (rows, total) = app
        .store
        .read(move |reader| {
            reader.snapshot(|reader| {
                list_virtual_accounts(reader, account, paging.limit, paging.skip())
            })
        })
        .await?;
    let page = LinkPage { page: paging.page, limit: paging.limit, total };
    Ok(json_answer(StatusCode::OK, virtual_account_list_answer(&rows, page)))
}

pub async fn deposits(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (paging, state) = question(query)?;
    let account = caller.0.account.id;
    let (rows, total) = app
        .store
        .read(move |reader| {
            reader.snapshot(|reader| {
                list_deposits(reader, account, state, (paging.limit, paging.skip()))
            })
        })
        .await?;
    let page = LinkPage { page: paging.page, limit: paging.limit, total };
    Ok(json_answer(StatusCode::OK, deposit_list_answer(&rows, page)))
}

/// The page, and the state that deposits must have.
fn question(query: Option<String>) -> Result<(Paging, Option<DepositState>), Problem> {
    let mut paging = Paging::FIRST;
    let mut state = None;
    let mut faults = Vec::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if name == "state" {
            state = DepositState::parse(&value);
            if state.is_none() {
                let message = "must be unverified, needs_review, credited or rejected".to_owned();
                faults.push(FieldFault { field: "state", message });
            }
        } else {
            faults.extend(paging.take(&name, &value).err());
        }
    }
    if faults.is_empty() { Ok((paging, state)) } else { Err(Problem::Fields(faults)) }
}
