//! Virtual accounts: account numbers at a bank that money comes in by, each for one merchant.

use crate::id::{AccountId, VirtualAccountId};
use crate::money::Currency;
use crate::provider_call::Provider;
use crate::time::Timestamp;

/// One row of the `virtual_account` table. Once it is there, its number is the merchant's for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualAccount {
    pub account: AccountId,
    pub id: VirtualAccountId,
    /// The bank.
    pub provider: Provider,
    pub kind: VirtualAccountKind,
    /// Unique at its provider; 10 digits in Nigeria (NUBAN).
    pub number: String,
    /// As the bank shows it to whoever pays in.
    pub name: String,
    pub bank_name: String,
    pub created_at: Timestamp,
}

impl VirtualAccount {
    /// What they all take.
    pub const CURRENCY: Currency = Currency::Ngn;
}

/// How long the bank keeps the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtualAccountKind {
    /// For good, in the name of a customer.
    Reserved,
    /// For one occasion.
    Dynamic,
}

impl VirtualAccountKind {
    pub const ALL: [VirtualAccountKind; 2] =
        [VirtualAccountKind::Reserved, VirtualAccountKind::Dynamic];

    pub const fn word(self) -> &'static str {
        match self {
            VirtualAccountKind::Reserved => "reserved",
            VirtualAccountKind::Dynamic => "dynamic",
        }
    }

    pub fn parse(word: &str) -> Option<VirtualAccountKind> {
        VirtualAccountKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
