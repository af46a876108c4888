//! Takes the bank's settlement notices. Whatever becomes of one is told in the bank's own codes
//! under HTTP 200, and `00` only once it is durable.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use dialects::provider::providus::answer_notice;
use dialects::provider::{Callback, CallbackAnswer, CallbackFault, Outcome};
use domain::decide::{Command, Refusal, TakeDeposit};
use domain::deposit::Notice;
use domain::limits;
use domain::virtual_account::VirtualAccount;
use store::SubmitError;

use super::Bank;
use crate::api::json_answer;
use crate::app::App;
use crate::server::body::{self, BodyFault};

const UNREADABLE: Outcome = Outcome::Refused(CallbackFault::Unreadable);

pub async fn receive(State(app): State<Arc<App>>, request: Request) -> Response {
    let headers: Vec<(String, Vec<u8>)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let read = body::read(request.into_body(), limits::BODY_BYTES_MAX, limits::BODY_TIMEOUT).await;
    let body = match read {
        Ok(body) => body,
        // Too large for any notice: refused like other bodies that are none.
        Err(BodyFault::TooLarge { .. }) => bytes::Bytes::new(),
        Err(BodyFault::TooSlow | BodyFault::Broken) => {
            return respond(answer_notice("", Outcome::NotStored));
        }
    };
    let now = app.clock.now();
    let callback = Callback { headers: &headers, path: "", body: &body, now };
    respond(take(&app, &callback).await)
}

fn respond(answer: CallbackAnswer) -> Response {
    json_answer(StatusCode::OK, answer.body)
}

/// What becomes of a notice, from its raw bytes on.
pub async fn take(app: &App, callback: &Callback<'_>) -> CallbackAnswer {
    let Some(bank) = &app.bank else {
        tracing::warn!("a settlement notice came, and no bank is configured");
        return answer_notice("", UNREADABLE);
    };
    let (session_id, notice) = bank.dialect.read_notice(callback);
    let outcome = match notice {
        Ok(notice) => store(app, bank, notice).await,
        Err(fault) => {
            tracing::warn!(%fault, "a settlement notice was rejected");
            UNREADABLE
        }
    };
    answer_notice(&session_id, outcome)
}

async fn store(app: &App, bank: &Bank, notice: Notice) -> Outcome {
    if notice.sums.currency != VirtualAccount::CURRENCY {
        tracing::warn!(settlement = notice.settlement_id, "a settlement notice in another currency");
        return UNREADABLE;
    }
    let settlement = notice.settlement_id.clone();
    let take = Command::TakeDeposit(Box::new(TakeDeposit { notice, trust: bank.trust }));
    match app.store.lane().submit(take).await {
        Ok(_) => Outcome::Taken,
        Err(SubmitError::Refused(Refusal::DepositRepeated)) => Outcome::Repeated,
        Err(SubmitError::Refused(refusal)) => {
            tracing::warn!(settlement, %refusal, "a settlement notice was rejected");
            UNREADABLE
        }
        Err(error) => {
            tracing::error!(settlement, %error, "a settlement notice was not stored");
            Outcome::NotStored
        }
    }
}
