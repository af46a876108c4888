//! `POST /refunds`: an addition of ours.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::decide::{Command, CreateRefund};
use domain::limits;
use domain::money::Money;
use domain::payment::PaymentKind;
use domain::provider_call::Provider;
use domain::scenario::Choice;
use store::query::payments::{Name, find_payment};

use crate::api::caller::Caller;
use crate::api::charges::{callback_url, scenario};
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::JsonBody;
use crate::api::{Problem, written_answer};
use crate::app::App;

const OPERATION: &str = "POST /refunds";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = key_use(&headers, account, OPERATION, &body)?;
    let mut form = Form::of(&body);
    let reference = form.required_text("dgs_reference", limits::REFERENCE_CHARS_MAX);
    let amount = form.value("amount").and_then(|_| form.required_number("amount"));
    let reason = form.text("reason", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let scenario = scenario(&mut form, app.settings.environment, Choice::OUTCOME);
    let callback_url = callback_url(&mut form, &app);
    form.finish()?;
    let (Some(reference), Some(scenario)) = (reference, scenario) else {
        return Err(Problem::Bug);
    };

    let name = Name::Reference(reference.to_owned());
    let charge = app
        .store
        .read(move |reader| find_payment(reader, account, &name))
        .await?
        .filter(|payment| payment.kind == PaymentKind::Charge)
        .ok_or(Problem::NotFound)?;
    let mut form = Form::of(&body);
    let amount = amount.and_then(|text| {
        form.keep("amount", Money::from_decimal_text(text, charge.gross.currency()))
    });
    form.finish()?;
    let command = CreateRefund {
        account,
        key_use,
        charge: charge.id,
        amount,
        reason,
        scenario,
        callback_url,
        first_word: (charge.provider == Provider::Simulator)
            .then(|| app.simulator.first_transfer_word()),
    };
    written_answer(app.store.lane().submit(Command::CreateRefund(Box::new(command))).await?)
}
