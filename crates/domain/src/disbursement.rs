//! A disbursement: money sent out of the wallet, to a bank account or a phone. The wallet is
//! debited the gross at acceptance; the fee is taken from what the recipient gets.

use crate::phone::{Network, Phone};
use crate::scenario::Scenario;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disbursement {
    pub recipient: Recipient,
    pub narration: Option<String>,
    /// What the sandbox was asked to simulate. Always empty in live.
    pub scenario: Scenario,
    /// The bulk it came in, and its line there, from 1.
    pub bulk: Option<(i64, i64)>,
    /// The provider's proof of a successful transfer.
    pub proof: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    Bank { bank_key: String, account_number: String, name: Option<String>, branch: Option<String> },
    MobileMoney { network: Network, phone: Phone, name: Option<String> },
}

impl Recipient {
    /// The guide's `destination_type`.
    pub const fn destination_type(&self) -> &'static str {
        match self {
            Recipient::Bank { .. } => "bank",
            Recipient::MobileMoney { .. } => "mobile_money",
        }
    }
}
