//! What Airtel's codes say. Two families of `response_code` and the gateway's own, then the older
//! `result_code`. `05` and its like are ISO 8583 answers.

use Meaning::{Ambiguous, Declined, Exists, Pending, Refused, Succeeded, Taken, Unheard};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The money moved.
    Succeeded,
    /// The request was understood: how the payment stands is said elsewhere.
    Taken,
    Pending,
    /// The payment failed: an ISO 8583 code and plain words.
    Declined(&'static str, &'static str),
    /// The request was turned away before there was a payment. Says nothing of a payment that is
    /// only asked about.
    Refused(&'static str, &'static str),
    /// There is a payment of this id already.
    Exists,
    Unheard,
    /// It may or may not have happened: ask.
    Ambiguous,
}

/// Something of ours that Airtel does not accept, in all likelihood a setting.
const OURS: Meaning = Refused("96", "System error");
const LATE: Meaning = Declined("05", "Not approved in time");
const NOT_PERMITTED: Meaning = Declined("57", "Not permitted");
const NUMBER: Meaning = Refused("14", "Invalid mobile number");

pub const CODES: &[(&str, Meaning)] = &[
    // Collection.
    ("DP00800001000", Ambiguous),
    ("DP00800001001", Succeeded),
    ("DP00800001002", Declined("55", "Incorrect PIN")),
    ("DP00800001003", Declined("61", "Limit exceeded")),
    ("DP00800001004", Declined("13", "Invalid amount")),
    ("DP00800001005", LATE),
    ("DP00800001006", Pending),
    ("DP00800001007", Declined("51", "Insufficient funds")),
    ("DP00800001008", Declined("05", "Declined")),
    ("DP00800001009", Declined("05", "Do not honor")),
    ("DP00800001010", NOT_PERMITTED),
    ("DP00800001024", Ambiguous),
    ("DP00800001025", Unheard),
    ("DP00800001026", OURS),
    ("DP00800001029", LATE),
    // Disbursement.
    ("DP00900001000", Ambiguous),
    ("DP00900001001", Succeeded),
    ("DP00900001003", Declined("61", "Limit exceeded")),
    ("DP00900001004", Declined("13", "Invalid amount")),
    ("DP00900001005", Declined("05", "Declined")),
    ("DP00900001006", Pending),
    ("DP00900001007", Declined("51", "Insufficient funds")),
    ("DP00900001009", NOT_PERMITTED),
    ("DP00900001010", NOT_PERMITTED),
    ("DP00900001011", NOT_PERMITTED),
    ("DP00900001012", Declined("14", "Invalid mobile number")),
    ("DP00900001013", Declined("05", "Declined")),
    ("DP00900001014", Ambiguous),
    ("DP00900001015", Unheard),
    ("DP00900001016", OURS),
    ("DP00900001017", Exists),
    ("DP00900001018", OURS),
    // The gateway before both.
    ("ROUTER001", OURS),
    ("ROUTER003", OURS),
    ("ROUTER005", OURS),
    ("ROUTER006", OURS),
    ("ROUTER007", OURS),
    ("ROUTER112", OURS),
    ("ROUTER114", OURS),
    // Our PIN: a payer's own is not in a request. Never tried again, or it will be blocked.
    ("ROUTER115", OURS),
    ("ROUTER116", OURS),
    ("ROUTER117", Ambiguous),
    ("ROUTER119", OURS),
    // `result_code`.
    ("ESB000001", Ambiguous),
    ("ESB000004", Ambiguous),
    ("ESB000008", Ambiguous),
    ("ESB000010", Taken),
    ("ESB000011", Declined("05", "Declined")),
    ("ESB000014", Ambiguous),
    ("ESB000033", NUMBER),
    ("ESB000034", OURS),
    ("ESB000035", OURS),
    ("ESB000036", NUMBER),
    ("ESB000039", OURS),
    ("ESB000041", Exists),
    ("ESB000045", Unheard),
    ("0000900", Ambiguous),
];

/// A code without a row is a reason to ask, never a failure.
pub fn meaning(code: &str) -> Meaning {
    CODES.iter().find(|(name, _)| *name == code).map_or(Ambiguous, |(_, meaning)| *meaning)
}
