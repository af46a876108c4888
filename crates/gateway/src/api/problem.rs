//! Where our errors meet HTTP: the closed list of what a client may be told, and nothing of how
//! we are built.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialects::bulk_csv::CsvFault;
use dialects::json::{JsonFault, number};
use dialects::object::LineObject;
use domain::access::AccessRefusal;
use domain::decide::{Refusal, RefusedLine, ShortWallet};
use domain::link::LinkRefusal;
use domain::money::amount_text;
use serde::Serialize;
use serde_json::value::RawValue;
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
    #[error(transparent)]
    Csv(#[from] CsvFault),
    /// Lines of a bulk, none of which was done.
    #[error("{} of the lines cannot be done; nothing was done", .0.len())]
    Lines(Vec<RefusedLine>),
    #[error("Insufficient {} balance", .0.currency)]
    ShortWallet(ShortWallet),
    #[error("the {0} header {1}")]
    Header(&'static str, &'static str),
    #[error("the Content-Type header must be application/json")]
    WrongType,
    #[error("the Content-Type header must be application/json or text/csv")]
    WrongBulkType,
    #[error("the Content-Type header must be text/csv")]
    NotCsv,
    #[error("the body is larger than {} KiB", bytes_max / 1024)]
    BodyTooLarge { bytes_max: usize },
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the body ended early or was badly framed")]
    BodyBroken,
    #[error("this path does not take this method; see the Allow header")]
    WrongMethod,
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    #[error("the Authorization header must be Bearer and the operator's token")]
    OperatorUnknown,
    #[error("nothing is here under this name for your account")]
    NotFound,
    #[error(transparent)]
    Link(LinkRefusal),
    #[error("{0}")]
    Conflict(String),
    #[error("the first request under this Idempotency-Key is still running; repeat this shortly")]
    StillRunning,
    #[error("no provider serves this; GET /providers tells which there are")]
    NoProvider,
    #[error("the provider does not tell this")]
    NotTold,
    #[error("the provider gave no answer that can be read; try again after a short delay")]
    ProviderSilent,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<LineObject>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    short_wallet: Option<ShortWalletFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    request_id: &'a str,
}

/// What a short wallet has, and what was asked of it.
#[derive(Serialize)]
struct ShortWalletFields {
    available_balance: Box<RawValue>,
    required: Box<RawValue>,
    currency: &'static str,
}

impl ShortWalletFields {
    fn of(short: &ShortWallet) -> ShortWalletFields {
        let amount = |minor| number(amount_text(minor, short.currency));
        ShortWalletFields {
            available_balance: amount(short.available_minor),
            required: amount(short.required_minor),
            currency: short.currency.code(),
        }
    }
}

impl Problem {
    /// One field at fault.
    pub fn field(field: &'static str, message: String) -> Problem {
        Problem::Fields(vec![FieldFault { field, message }])
    }

    /// HTTP status, error code, and for 99 what became of the request.
    fn parts(&self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            Problem::Fields(_)
            | Problem::Json(_)
            | Problem::Csv(_)
            | Problem::Lines(_)
            | Problem::ShortWallet(_)
            | Problem::Header(..)
            | Problem::BodyBroken
            | Problem::Link(_) => (StatusCode::BAD_REQUEST, "90", None),
            Problem::WrongType | Problem::WrongBulkType | Problem::NotCsv => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "90", None)
            }
            Problem::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "90", None),
            Problem::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "90", None),
            Problem::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "90", None),
            Problem::Access(AccessRefusal::AddressNotAllowed) => {
                (StatusCode::FORBIDDEN, "91", None)
            }
            Problem::Access(_) | Problem::OperatorUnknown => (StatusCode::UNAUTHORIZED, "91", None),
            Problem::NotFound | Problem::NotTold => (StatusCode::NOT_FOUND, "92", None),
            Problem::Conflict(_) | Problem::StillRunning => (StatusCode::CONFLICT, "93", None),
            Problem::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "99", Some("none")),
            Problem::Busy | Problem::NotStored | Problem::NoProvider | Problem::ProviderSilent => {
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
        matches!(self, Problem::Busy | Problem::StillRunning).then_some(1)
    }

    /// Whether the same request may well be done later.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Problem::Busy | Problem::NotStored | Problem::Unknown | Problem::StillRunning
        )
    }

    /// The whole answer, in the envelope of all errors.
    pub fn answer(&self, request_id: &RequestId) -> Response {
        let (status, error_code, outcome) = self.parts();
        let errors = if let Problem::Fields(faults) = self { faults.clone() } else { Vec::new() };
        let lines = if let Problem::Lines(lines) = self { lines.as_slice() } else { &[] };
        let short = if let Problem::ShortWallet(short) = self { Some(short) } else { None };
        let of_amount = short.map(|_| FieldFault { field: "amount", message: self.to_string() });
        let envelope = Envelope {
            status: "failed",
            error_code,
            message: self.to_string(),
            errors: errors.into_iter().chain(of_amount).collect(),
            lines: lines.iter().map(LineObject::refused).collect(),
            short_wallet: short.map(ShortWalletFields::of),
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
            BodyFault::TooLarge { bytes_max } => Problem::BodyTooLarge { bytes_max },
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
        let field =
            |field| Problem::Fields(vec![FieldFault { field, message: refusal.to_string() }]);
        match &refusal {
            Refusal::StillRunning => Problem::StillRunning,
            Refusal::KeyReused
            | Refusal::ReferenceTaken
            | Refusal::ReferenceReserved
            | Refusal::ChargeNotSuccessful
            | Refusal::ChargeRefunded
            | Refusal::NumberTaken
            | Refusal::DepositRepeated
            | Refusal::PaymentFinished
            | Refusal::SlugTaken
            | Refusal::LinkChanged
            | Refusal::DifferenceResolved
            | Refusal::NobodyToTell => Problem::Conflict(refusal.to_string()),
            Refusal::AuthorizationUnfit { .. } => field("auth_type"),
            Refusal::NonceUsed => field("card_nonce"),
            Refusal::SealedCardOutOfTime => field("card_sealed"),
            Refusal::PaymentUnknown
            | Refusal::LinkUnknown
            | Refusal::EndpointUnknown
            | Refusal::VirtualAccountUnknown
            | Refusal::DepositUnknown
            | Refusal::EventUnknown
            | Refusal::DifferenceUnknown => Problem::NotFound,
            Refusal::MethodNotRefundable => field("dgs_reference"),
            // Nothing is wrong with the request.
            Refusal::SimulatedInLive => Problem::NotStored,
            Refusal::TooManyEndpoints => field("url"),
            Refusal::ShortWallet(short) => Problem::ShortWallet(*short),
            Refusal::LinesRefused(lines) => Problem::Lines(lines.clone()),
            Refusal::RateUnknown => field("to_currency"),
            Refusal::LinkCurrencyFixed => field("currency"),
            Refusal::LinkCapTooLow => field("max_uses"),
            Refusal::Link(LinkRefusal::AmountDiffers) => field("amount"),
            Refusal::Link(LinkRefusal::MethodNotOffered) => field("payment_type"),
            Refusal::Link(link) => Problem::Link(*link),
            Refusal::FeeTakesAll { .. }
            | Refusal::RefundExceedsCharge
            | Refusal::Money(_)
            | Refusal::Wallet(_) => field("amount"),
            // Authenticated requests name accounts that exist, and the operator opens one at a time.
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
