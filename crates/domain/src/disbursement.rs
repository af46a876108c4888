//! A disbursement: money sent out of the wallet, to a bank account or a phone. The wallet is
//! debited the gross at acceptance; the fee is taken from what the recipient gets.

use crate::id::BulkId;
use crate::payment::Method;
use crate::phone::{Network, Phone};
use crate::scenario::Scenario;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disbursement {
    pub recipient: Recipient,
    pub narration: Option<String>,
    /// What the sandbox was asked to simulate. Always empty in live.
    pub scenario: Scenario,
    /// The bulk it came in.
    pub bulk: Option<BulkPlace>,
    /// The provider's proof of a successful transfer.
    pub proof: Option<String>,
}

/// Where a disbursement stands in a bulk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkPlace {
    pub bulk: BulkId,
    /// From 1.
    pub line: i64,
    /// The merchant's own name for the line.
    pub reference: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    Bank { bank_key: String, account_number: String, name: Option<String>, branch: Option<String> },
    MobileMoney { network: Network, phone: Phone, name: Option<String> },
}

impl Recipient {
    pub const fn method(&self) -> Method {
        match self {
            Recipient::Bank { .. } => Method::Bank,
            Recipient::MobileMoney { .. } => Method::MobileMoney,
        }
    }

    /// The network of the phone that is paid.
    pub const fn network(&self) -> Option<Network> {
        match self {
            Recipient::Bank { .. } => None,
            Recipient::MobileMoney { network, .. } => Some(*network),
        }
    }

    /// The guide's `destination_type`.
    pub const fn destination_type(&self) -> &'static str {
        self.method().word()
    }
}
