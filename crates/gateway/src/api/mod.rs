//! The merchants' HTTP API.

mod authorize;
mod balance;
mod banks;
mod bulk_disbursements;
mod caller;
mod card_fields;
mod card_public_key;
mod charges;
pub mod client_address;
mod convert;
pub mod decryption_limit;
mod description;
mod disbursements;
mod dusupay_key;
pub(crate) mod events;
pub(crate) mod form;
pub(crate) mod frame;
mod health;
mod idempotency_key;
pub(crate) mod json_body;
#[cfg(test)]
mod live_tests;
mod offer_form;
mod onward;
mod paging;
pub mod pay;
mod payment_links;
mod problem;
mod providers;
mod rates;
mod refunds;
mod router;
mod sandbox_clock;
mod sandbox_deposits;
mod secret_rotation;
pub(crate) mod transactions;
mod virtual_accounts;
mod webhook_deliveries;
mod webhook_endpoints;

pub use description::DOCUMENT;
pub(crate) use problem::FieldFault;
pub use problem::Problem;
pub use router::router;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::decide::Answer;

/// An answer of the API: JSON text with a status.
pub(crate) fn json_answer(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The answer that a command wrote, marked where it is a repetition of an earlier one.
fn written_answer(answer: Answer) -> Result<Response, Problem> {
    match answer {
        Answer::Written { body, is_replay } => {
            let mut response = json_answer(StatusCode::OK, body);
            if is_replay {
                response.headers_mut().insert(
                    HeaderName::from_static("idempotent-replayed"),
                    HeaderValue::from_static("true"),
                );
            }
            Ok(response)
        }
        Answer::Opened(_)
        | Answer::CallClaimed(_)
        | Answer::CallbackTaken { .. }
        | Answer::Claimed(_)
        | Answer::Listed(_)
        | Answer::Done => Err(Problem::Bug),
    }
}
