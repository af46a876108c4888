//! `POST /sandbox/deposits`: money comes in by a virtual account of the sandbox's bank, which sends
//! the notice that Providus would. Exists in `test` alone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use dialects::json::Object;
use dialects::object::sandbox_deposit_answer;
use domain::limits;
use domain::money::Money;
use domain::provider_call::Provider;
use domain::virtual_account::VirtualAccount;
use store::query::deposits::find_virtual_account;

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::json_body::JsonBody;
use crate::api::{Problem, json_answer};
use crate::app::App;
use crate::virtual_accounts::sandbox_bank::{Payment, pay};

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let payment = read(&body)?;
    let number = payment.account_number.clone();
    let found = app
        .store
        .read(move |reader| find_virtual_account(reader, Provider::Providus, &number))
        .await?;
    let bank =
        app.settings.bank.as_ref().filter(|bank| bank.is_simulated()).ok_or(Problem::NotFound)?;
    if found.is_none_or(|found| found.account != caller.0.account.id) {
        return Err(Problem::NotFound);
    }
    let (notice, answer) = pay(&app, bank, payment).await;
    let body = sandbox_deposit_answer(&notice.settlement_id, &notice.session_id, &answer.body);
    Ok(json_answer(StatusCode::OK, body))
}

fn read(body: &Object) -> Result<Payment, Problem> {
    let mut form = Form::of(body);
    let account_number = form.required_text("account_number", limits::NAME_CHARS_MAX);
    let amount = form.required_number("amount").and_then(|text| {
        form.keep("amount", Money::from_decimal_text(text, VirtualAccount::CURRENCY))
    });
    let sender_name = form.text("sender_name", limits::NAME_CHARS_MAX).unwrap_or("SANDBOX PAYER");
    let remarks = form.text("remarks", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let settlement_id = form.text("settlement_id", limits::REFERENCE_CHARS_MAX).map(str::to_owned);
    form.finish()?;
    Ok(Payment {
        account_number: account_number.ok_or(Problem::Bug)?.to_owned(),
        amount: amount.ok_or(Problem::Bug)?,
        sender_name: sender_name.to_owned(),
        remarks,
        settlement_id,
    })
}
