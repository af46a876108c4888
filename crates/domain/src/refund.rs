//! A refund: money of one successful charge back to its payer.

use crate::id::{PaymentId, parse_digits};
use crate::scenario::Scenario;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub charge: PaymentId,
    /// The charge's name, which the merchant knows it by.
    pub charge_reference: String,
    pub reason: Option<String>,
    /// What the sandbox was asked to simulate. Always empty in live.
    pub scenario: Scenario,
}

const REFERENCE_PREFIX: &str = "DGSREF";

/// `DGSREF` and the digits of the id.
pub fn reference(id: PaymentId) -> String {
    format!("{REFERENCE_PREFIX}{}", id.0)
}

/// Whether a reference has the form of those that [`reference()`] makes.
pub fn is_reference(text: &str) -> bool {
    text.strip_prefix(REFERENCE_PREFIX).and_then(parse_digits).is_some()
}
