//! A refund: money of one successful charge back to its payer.

use crate::id::PaymentId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub charge: PaymentId,
    /// The charge's name, which the merchant knows it by.
    pub charge_reference: String,
    pub reason: Option<String>,
}
