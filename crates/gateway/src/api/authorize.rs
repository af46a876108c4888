//! `POST /authorize`: the PIN, the one-time code or the address that a card charge waits for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::json::Object;
use domain::charge::{CardNonce, Charge};
use domain::decide::{Authorization, Command, SubmitAuthorization};
use domain::limits;
use domain::payment::{Detail, Payment};
use store::query::payments::{self, Name};

use crate::api::caller::Caller;
use crate::api::card_fields::{nonce_problem, read_pin};
use crate::api::form::Form;
use crate::api::idempotency_key::{key_use, keyed};
use crate::api::json_body::JsonBody;
use crate::api::{Problem, written_answer};
use crate::app::App;
use crate::directory::Entry;

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
    let command = SubmitAuthorization {
        account,
        payment: payment.id,
        key_use,
        authorization: request.authorization,
        nonce: request.nonce,
        word: app.simulator.authorized(charge.scenario, request.authorization),
    };
    let answer = app.store.lane().submit(Command::SubmitAuthorization(Box::new(command))).await;
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
    authorization: Authorization,
    nonce: Option<CardNonce>,
}

fn read(body: &Object, app: &App, entry: &Entry) -> Result<Request, Problem> {
    let mut form = Form::of(body);
    let dgs_reference = form.required_text("dgs_reference", limits::REFERENCE_CHARS_MAX);
    let (authorization, nonce) = match form.required_text("auth_type", limits::NAME_CHARS_MAX) {
        Some("pin") => {
            app.decryption_limit.check(entry.account.id, app.clock.now())?;
            let nonce = read_pin(&mut form, app, entry);
            (Some(Authorization::Pin), nonce)
        }
        Some("otp") => (otp(&mut form, app), None),
        Some("avs") => {
            check_address(&mut form);
            (Some(Authorization::Address), None)
        }
        Some(_) => {
            form.fault("auth_type", "must be pin, otp or avs");
            (None, None)
        }
        None => (None, None),
    };
    form.finish()?;
    let (Some(dgs_reference), Some(authorization)) = (dgs_reference, authorization) else {
        return Err(Problem::Bug);
    };
    Ok(Request { dgs_reference: dgs_reference.to_owned(), authorization, nonce })
}

fn otp(form: &mut Form<'_>, app: &App) -> Option<Authorization> {
    let code = form.required_text("auth_otp", limits::NAME_CHARS_MAX)?;
    if !(4..=8).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        form.fault("auth_otp", "must have 4 to 8 digits");
        return None;
    }
    Some(Authorization::Otp { is_right: app.simulator.is_right_otp(code) })
}

/// The simulated issuer takes every address; none is kept.
fn check_address(form: &mut Form<'_>) {
    form.required_text("avs_line1", limits::NARRATION_CHARS_MAX);
    for field in ["avs_line2", "avs_city", "avs_state"] {
        form.text(field, limits::NARRATION_CHARS_MAX);
    }
    if let Some(code) = form.required_text("avs_country", limits::NAME_CHARS_MAX)
        && (code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()))
    {
        form.fault("avs_country", "must be a country code of two letters, such as RW");
    }
    form.text("avs_postal_code", limits::NAME_CHARS_MAX);
}
