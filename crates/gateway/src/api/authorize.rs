//! `POST /authorize`: the PIN, the one-time code or the address that a card charge waits for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::json::Object;
use dialects::provider::{Address, Secret};
use domain::charge::{CardNonce, Charge};
use domain::decide::{Authorization, Command, SubmitAuthorization};
use domain::limits;
use domain::payment::{Detail, Payment};
use domain::provider_call::Provider;
use store::query::payments::{self, Name};

use crate::api::caller::Caller;
use crate::api::card_fields::{nonce_problem, read_pin};
use crate::api::form::Form;
use crate::api::idempotency_key::{key_use, keyed};
use crate::api::json_body::JsonBody;
use crate::api::onward::{self, Onward};
use crate::api::{Problem, written_answer};
use crate::app::App;
use crate::directory::Entry;
use crate::providers::Shown;

const OPERATION: &str = "POST /authorize";

pub async fn submit(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = keyed(key_use(&headers, account, OPERATION, &body)?, &app);
    let request = read(&body, &app, &caller.0)?;
    // The body holds the code: wiped before anything is waited for.
    drop(body);
    let name = Name::Reference(request.dgs_reference);
    let (payment, charge) = find_charge(&app, account, name).await?.ok_or(Problem::NotFound)?;
    let is_simulated = payment.provider == Provider::Simulator;
    let authorization = authorization(&app, &request.shown, is_simulated);
    let scope = key_use.as_ref().map(|key_use| key_use.scope.clone());
    let command = SubmitAuthorization {
        account,
        payment: payment.id,
        key_use,
        authorization,
        nonce: request.nonce,
        word: is_simulated.then(|| app.simulator.authorized(charge.scenario, authorization)),
    };
    let command = Command::SubmitAuthorization(Box::new(command));
    let onward = Onward::Authorization(request.shown);
    let answer = onward::submit(&app, account, scope, command, onward).await;
    written_answer(answer.map_err(|error| nonce_problem(error, "auth_pin_nonce"))?)
}

async fn find_charge(
    app: &App,
    account: domain::AccountId,
    name: Name,
) -> Result<Option<(Payment, Charge)>, Problem> {
    let found = app.store.read(move |reader| {
        let Some(payment) = payments::find_payment(reader, account, &name)? else {
            return Ok(None);
        };
        Ok(payments::find_detail(reader, &payment)?.map(|detail| (payment, detail)))
    });
    Ok(match found.await? {
        Some((payment, Detail::Charge(charge))) => Some((payment, charge)),
        Some((_, Detail::Disbursement(_) | Detail::Conversion(_) | Detail::Refund(_))) | None => {
            None
        }
    })
}

/// A request whose every field is in order.
struct Request {
    dgs_reference: String,
    shown: Shown,
    nonce: Option<CardNonce>,
}

/// What the decision may know of what was shown: of a code, whether the simulated bank takes it.
fn authorization(app: &App, shown: &Shown, is_simulated: bool) -> Authorization {
    match shown {
        Shown::Pin(_) => Authorization::Pin,
        Shown::Otp(code) => {
            let is_right = !is_simulated || app.simulator.is_right_otp(code.reveal());
            Authorization::Otp { is_right }
        }
        Shown::Address(_) => Authorization::Address,
    }
}

fn read(body: &Object, app: &App, entry: &Entry) -> Result<Request, Problem> {
    let mut form = Form::of(body);
    let dgs_reference = form.required_text("dgs_reference", limits::REFERENCE_CHARS_MAX);
    let (shown, nonce) = match form.required_text("auth_type", limits::NAME_CHARS_MAX) {
        Some("pin") => {
            app.decryption_limit.check(entry.account.id, app.clock.now())?;
            match read_pin(&mut form, app, entry) {
                Some((pin, nonce)) => (Some(Shown::Pin(pin)), Some(nonce)),
                None => (None, None),
            }
        }
        Some("otp") => (otp(&mut form).map(Shown::Otp), None),
        Some("avs") => (address(&mut form).map(Shown::Address), None),
        Some(_) => {
            form.fault("auth_type", "must be pin, otp or avs");
            (None, None)
        }
        None => (None, None),
    };
    form.finish()?;
    let (Some(dgs_reference), Some(shown)) = (dgs_reference, shown) else {
        return Err(Problem::Bug);
    };
    Ok(Request { dgs_reference: dgs_reference.to_owned(), shown, nonce })
}

fn otp(form: &mut Form<'_>) -> Option<Secret> {
    let code = form.required_text("auth_otp", limits::NAME_CHARS_MAX)?;
    if !(4..=8).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        form.fault("auth_otp", "must have 4 to 8 digits");
        return None;
    }
    Some(Secret::new(code))
}

/// The simulated issuer takes every address; none is kept.
fn address(form: &mut Form<'_>) -> Option<Address> {
    let line1 = form.required_text("avs_line1", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let mut text = |field| form.text(field, limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let (line2, city, state) = (text("avs_line2"), text("avs_city"), text("avs_state"));
    let country = form.required_text("avs_country", limits::NAME_CHARS_MAX);
    if country.is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_alphabetic()))
    {
        form.fault("avs_country", "must be a country code of two letters, such as RW");
    }
    let postal_code = form.text("avs_postal_code", limits::NAME_CHARS_MAX).map(str::to_owned);
    Some(Address {
        line1: line1?,
        line2,
        city,
        state,
        country: country?.to_ascii_uppercase(),
        postal_code,
    })
}
