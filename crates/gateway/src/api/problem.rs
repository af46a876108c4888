//! Where our errors meet HTTP: the closed list of what a client may be told, and nothing of how
//! we are built.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialects::json::JsonFault;
use domain::access::AccessRefusal;
use domain::decide::Refusal;
use serde::Serialize;
use store::{StoreError, SubmitError};

use crate::api::json_answer;
use crate::server::body::BodyFault;
use crate::server::request_id::RequestId;

/// A field at fault, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    pub field: &'static str,
    pub message: String,
}

/// Why a request was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    #[error("{}", summary(.0))]
    Fields(Vec<FieldFault>),
    #[error(transparent)]
    Json(#[from] JsonFault),
    #[error("the {0} header {1}")]
    Header(&'static str, &'static str),
    #[error("the Content-Type header must be application/json")]
    WrongType,
    #[error("the body is larger than 64 KiB")]
    BodyTooLarge,
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the body ended early or was badly framed")]
    BodyBroken,
    #[error("this path does not take this method; see the Allow header")]
    WrongMethod,
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    #[error("nothing is here under this name for your account")]
    NotFound,
    #[error("{0}")]
    Conflict(String),
    #[error("too many requests; wait as Retry-After says")]
    TooMany { wait: Duration },
    #[error("the gateway is busy and did nothing; try again after a short delay")]
    Busy,
    #[error("nothing was stored; try again after a short delay")]
    NotStored,
    #[error("it is not known whether this was done; repeat it with the same Idempotency-Key")]
    Unknown,
    #[error("an internal error occurred; contact support with the request_id")]
    Bug,
}

#[derive(Serialize)]
struct Envelope<'a> {
    status: &'static str,
    error_code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "<[FieldFault]>::is_empty")]
    errors: &'a [FieldFault],
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    request_id: &'a str,
}

impl Problem {
    /// HTTP status, error code, and for 99 what became of the request.
    fn parts(&self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            Problem::Fields(_) | Problem::Json(_) | Problem::Header(..) | Problem::BodyBroken => {
                (StatusCode::BAD_REQUEST, "90", None)
            }
            Problem::WrongType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "90", None),
            Problem::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "90", None),
            Problem::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "90", None),
            Problem::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "90", None),
            Problem::Access(AccessRefusal::AddressNotAllowed) => {
                (StatusCode::FORBIDDEN, "91", None)
            }
            Problem::Access(_) => (StatusCode::UNAUTHORIZED, "91", None),
            Problem::NotFound => (StatusCode::NOT_FOUND, "92", None),
            Problem::Conflict(_) => (StatusCode::CONFLICT, "93", None),
            Problem::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "99", Some("none")),
            Problem::Busy | Problem::NotStored => {
                (StatusCode::SERVICE_UNAVAILABLE, "99", Some("none"))
            }
            Problem::Unknown => (StatusCode::SERVICE_UNAVAILABLE, "99", Some("unknown")),
            Problem::Bug => (StatusCode::INTERNAL_SERVER_ERROR, "99", Some("unknown")),
        }
    }

    /// When to come back, for a refusal that time mends.
    fn retry_after_seconds(&self) -> Option<u64> {
        if let Problem::TooMany { wait } = self {
            return Some(wait.as_secs().saturating_add(1));
        }
        matches!(self, Problem::Busy).then_some(1)
    }

    /// The whole answer, in the envelope of all errors.
    pub fn answer(&self, request_id: &RequestId) -> Response {
        let (status, error_code, outcome) = self.parts();
        let errors = if let Problem::Fields(faults) = self { faults.as_slice() } else { &[] };
        let envelope = Envelope {
            status: "failed",
            error_code,
            message: self.to_string(),
            errors,
            outcome,
            request_id: request_id.as_str(),
        };
        let body = serde_json::to_string(&envelope).unwrap_or_default();
        let mut response = json_answer(status, body);
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn summary(faults: &[FieldFault]) -> String {
    let names: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
    format!("check these fields: {}", names.join(", "))
}

/// The frame writes the answer, because only it knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.parts().0;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<BodyFault> for Problem {
    fn from(fault: BodyFault) -> Problem {
        match fault {
            BodyFault::TooLarge => Problem::BodyTooLarge,
            BodyFault::TooSlow => Problem::BodyTooSlow,
            BodyFault::Broken => Problem::BodyBroken,
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        match error {
            SubmitError::Refused(refusal) => Problem::from(refusal),
            SubmitError::Busy | SubmitError::Stopping => Problem::Busy,
            SubmitError::NotStored(_) => Problem::NotStored,
            SubmitError::Unknown => Problem::Unknown,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match &refusal {
            Refusal::KeyReused
            | Refusal::ReferenceTaken
            | Refusal::ReferenceReserved
            | Refusal::NobodyToTell => Problem::Conflict(refusal.to_string()),
            Refusal::PaymentUnknown | Refusal::EndpointUnknown | Refusal::EventUnknown => {
                Problem::NotFound
            }
            Refusal::TooManyEndpoints => {
                Problem::Fields(vec![FieldFault { field: "url", message: refusal.to_string() }])
            }
            Refusal::Money(_) | Refusal::Wallet(_) => {
                Problem::Fields(vec![FieldFault { field: "amount", message: refusal.to_string() }])
            }
            // Authenticated requests name accounts that exist.
            Refusal::AccountUnknown | Refusal::AccountNumberTaken => Problem::Bug,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        tracing::error!(%error, "a query failed");
        Problem::NotStored
    }
}
