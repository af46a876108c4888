//! What MTN's words mean. The names are MTN's; `05` and its like are ISO 8583 answers.

use Meaning::{Declined, Open};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It will not happen: an ISO 8583 code and plain words.
    Declined(&'static str, &'static str),
    /// It may still happen.
    Open,
}

const SYSTEM: Meaning = Declined("96", "System error");
const CUSTOMER: Meaning = Declined("05", "Declined by customer");

/// The `reason` of a `FAILED` payment, and the `code` of a refused request.
pub const REASONS: &[(&str, Meaning)] = &[
    ("NOT_ENOUGH_FUNDS", Declined("51", "Insufficient funds")),
    // Most often the payer had too little, but MTN does not say so.
    ("INTERNAL_PROCESSING_ERROR", Declined("05", "Declined")),
    ("PAYER_NOT_FOUND", Declined("14", "The payer has no MoMo account")),
    ("PAYEE_NOT_FOUND", Declined("14", "The recipient has no MoMo account")),
    ("PAYER_LIMIT_REACHED", Declined("61", "Limit exceeded")),
    ("PAYEE_NOT_ALLOWED_TO_RECEIVE", Declined("57", "The recipient cannot receive this payment")),
    ("APPROVAL_REJECTED", CUSTOMER),
    ("REJECTED", CUSTOMER),
    ("PAYMENT_NOT_APPROVED", CUSTOMER),
    ("TRANSACTION_CANCELED", CUSTOMER),
    ("EXPIRED", Declined("05", "Not approved in time")),
    ("COULD_NOT_PERFORM_TRANSACTION", Declined("05", "Not approved in time")),
    ("SENDER_ACCOUNT_NOT_ACTIVE", Declined("57", "The account is not active")),
    ("NOT_ALLOWED", Declined("57", "Not permitted")),
    ("NOT_ALLOWED_TARGET_ENVIRONMENT", SYSTEM),
    ("INVALID_CALLBACK_URL_HOST", SYSTEM),
    ("INVALID_CURRENCY", SYSTEM),
    ("TRANSACTION_NOT_FOUND", SYSTEM),
    ("TRANSACTION_NOT_COMPLETED", SYSTEM),
    ("TRANSFER_TYPE_UNKNOWN", SYSTEM),
    ("SERVICE_UNAVAILABLE", SYSTEM),
    ("ONGOING", Open),
    ("DELAYED", Open),
    ("PAYER_DELAYED", Open),
    ("PAYEE_DELAYED", Open),
];

/// The codes that, in the answer to a new payment, say that there is none: MTN sends them with
/// 500. All others leave open whether it was made.
pub const REFUSALS: &[&str] = &[
    "NOT_ALLOWED",
    "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "INVALID_CALLBACK_URL_HOST",
    "INVALID_CURRENCY",
    "PAYER_NOT_FOUND",
    "PAYEE_NOT_FOUND",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE",
    "NOT_ENOUGH_FUNDS",
    "PAYER_LIMIT_REACHED",
];

/// A reason without a row is still the reason of a failure.
pub fn meaning(reason: Option<&str>) -> Meaning {
    let row = REASONS.iter().find(|(name, _)| Some(*name) == reason);
    row.map_or(Declined("05", "Declined"), |(_, meaning)| *meaning)
}
