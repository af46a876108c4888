//! What every command leads to. A decision reads only the book; it either appends changes or
//! refuses, and a refusal appends nothing, so a group of commands needs no savepoints.

mod configure_account;
mod create_bulk;
mod create_charge;
mod create_conversion;
mod create_disbursement;
mod create_refund;
mod post;
mod record_attempt;
mod repeat;
mod report_provider;
mod settle_charge;
mod tell;

use std::collections::BTreeSet;

pub use configure_account::{ApiKey, ConfigureAccount, OpenAccount, SealedSecret, SecretKind};
pub use create_bulk::{BulkLine, BulkMode, BulkTold, CreateBulk, RefusedLine};
pub use create_charge::CreateCharge;
pub use create_conversion::CreateConversion;
pub use create_disbursement::{CreateDisbursement, Order};
pub use create_refund::CreateRefund;
pub use report_provider::Report;

use crate::account::Account;
use crate::book::Book;
use crate::conversion::Quote;
use crate::delivery::{Attempt, Delivery, DeliveryKey};
use crate::event::EventKind;
use crate::id::{AccountId, IdSource, LinkId, PaymentId};
use crate::idempotency::{KeyScope, KeyUse};
use crate::ledger::WalletError;
use crate::money::{Currency, MoneyError};
use crate::payment::{Detail, Payment};
use crate::time::Timestamp;

/// Everything that may change what is stored. The list is closed.
#[derive(Debug)]
pub enum Command {
    OpenAccount(Box<OpenAccount>),
    ConfigureAccount(Box<ConfigureAccount>),
    CreateCharge(Box<CreateCharge>),
    CreateDisbursement(Box<CreateDisbursement>),
    CreateBulk(Box<CreateBulk>),
    CreateConversion(Box<CreateConversion>),
    CreateRefund(Box<CreateRefund>),
    ReportProvider(Report),
    /// Moves the net of a charge from pending to available, once it is due.
    SettleCharge {
        account: AccountId,
        payment: PaymentId,
    },
    /// Replaces all rates.
    SetRates(Vec<Quote>),
    ClaimDelivery(DeliveryKey),
    RecordAttempt {
        attempt: Attempt,
        /// Chance, 0 to 400, for the delay of the next attempt.
        draw: u32,
    },
    ForgetFirstUses {
        before: Timestamp,
    },
    SetClockAhead {
        ahead_us: i64,
    },
}

/// What a command's sender is told after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The body to send, the same for every repetition under its idempotency key.
    Written {
        body: String,
        is_replay: bool,
    },
    /// The lease of a delivery, or none when it is not due any more.
    Claimed(Option<Delivery>),
    Done,
}

/// Why a command changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the idempotency key was used with a different request body; use a new key")]
    KeyReused,
    #[error("this dgs_reference is already in use; use a unique one per charge")]
    ReferenceTaken,
    #[error("this form names references of ours; use a dgs_reference of another form")]
    ReferenceReserved,
    #[error("the account does not exist")]
    AccountUnknown,
    #[error("the account number is already in use")]
    AccountNumberTaken,
    #[error("the payment does not exist")]
    PaymentUnknown,
    #[error("Insufficient {} balance", .0.currency)]
    ShortWallet(ShortWallet),
    #[error("must be more than the fee of {fee}, which the recipient bears")]
    FeeTakesAll { fee: String },
    /// Nothing of a bulk was done.
    #[error("no line was done; see what is wrong with each")]
    LinesRefused(Vec<RefusedLine>),
    #[error("there is no rate for this pair of currencies")]
    RateUnknown,
    #[error("only a successful charge can be refunded")]
    ChargeNotSuccessful,
    #[error("the charge is refunded in full already")]
    ChargeRefunded,
    #[error("is more than is left of the charge to refund")]
    RefundExceedsCharge,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

/// What a wallet lacks for what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortWallet {
    pub available_minor: i64,
    pub required_minor: i64,
    pub currency: Currency,
}

/// How facts are put into words for merchants. Pure; lives in `dialects`.
pub trait Wording: Send + Sync {
    /// The answer to the request that made a payment, or that took it a step further.
    fn answer(&self, payment: &Payment, detail: &Detail) -> String;
    /// The answer to a bulk of disbursements.
    fn bulk_answer(&self, told: &BulkTold<'_>) -> String;
    /// The body of a payment's event. The detail is there for every kind but charges.
    fn event(&self, account: &Account, kind: EventKind, told: Told<'_>) -> String;
}

/// The payment that an event is about, and when it is told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub payment: &'a Payment,
    pub detail: Option<&'a Detail>,
    pub at: Timestamp,
}

/// What the world lends a decision: the time, new ids, and words.
pub struct Moment<'a> {
    pub now: Timestamp,
    pub ids: &'a mut IdSource,
    pub wording: &'a dyn Wording,
}

impl std::fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moment").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The rows a group of commands must see, each named once and in key order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// With their endpoints.
    pub accounts: BTreeSet<AccountId>,
    /// With their provider call, the link they came through, and their detail unless it is a
    /// charge's, which the end of a charge does not need.
    pub payments: BTreeSet<(AccountId, PaymentId)>,
    /// Of charges too.
    pub charge_details: BTreeSet<(AccountId, PaymentId)>,
    pub settlements: BTreeSet<(AccountId, PaymentId)>,
    pub links: BTreeSet<(AccountId, LinkId)>,
    pub nonces: BTreeSet<(AccountId, String)>,
    /// All currencies, and the end of the ledger chain.
    pub wallets: BTreeSet<AccountId>,
    pub first_uses: Vec<KeyScope>,
    pub references: BTreeSet<(AccountId, String)>,
    pub deliveries: BTreeSet<DeliveryKey>,
}

impl Needs {
    /// Adds what `command` must see.
    pub fn add(&mut self, command: &Command) {
        match command {
            Command::OpenAccount(open) => {
                self.accounts.insert(open.account.id);
            }
            Command::ConfigureAccount(configure) => {
                self.accounts.insert(configure.account);
            }
            Command::CreateCharge(create) => {
                self.accounts.insert(create.account);
                if let Some(key_use) = &create.key_use {
                    self.first_uses.push(key_use.scope.clone());
                }
                if let Some(reference) = &create.dgs_reference {
                    self.references.insert((create.account, reference.clone()));
                }
                if let Some(link) = create.link {
                    self.links.insert((create.account, link));
                }
                // A provider that answers at once may move money at once.
                if create.first_word.is_some() {
                    self.wallets.insert(create.account);
                }
            }
            Command::CreateDisbursement(create) => {
                self.add_debit(create.account, create.key_use.as_ref());
            }
            Command::CreateBulk(create) => {
                self.add_debit(create.account, create.key_use.as_ref());
            }
            Command::CreateConversion(create) => {
                self.add_debit(create.account, create.key_use.as_ref());
            }
            Command::CreateRefund(create) => {
                self.add_debit(create.account, create.key_use.as_ref());
                self.payments.insert((create.account, create.charge));
            }
            Command::SettleCharge { account, payment } => {
                self.wallets.insert(*account);
                self.payments.insert((*account, *payment));
                self.settlements.insert((*account, *payment));
            }
            Command::ReportProvider(report) => {
                self.accounts.insert(report.account);
                self.payments.insert((report.account, report.payment));
                self.wallets.insert(report.account);
            }
            Command::ClaimDelivery(key) => {
                self.deliveries.insert(*key);
            }
            Command::RecordAttempt { attempt, .. } => {
                self.deliveries.insert(attempt.key);
                self.accounts.insert(attempt.key.account);
            }
            Command::ForgetFirstUses { .. }
            | Command::SetClockAhead { .. }
            | Command::SetRates(_) => {}
        }
    }

    /// What a request to take money out of a wallet must see.
    fn add_debit(&mut self, account: AccountId, key_use: Option<&KeyUse>) {
        self.accounts.insert(account);
        self.wallets.insert(account);
        if let Some(key_use) = key_use {
            self.first_uses.push(key_use.scope.clone());
        }
    }
}

/// Decides one command against the book.
pub fn decide(
    command: Command,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    match command {
        Command::OpenAccount(open) => configure_account::open(*open, book, moment),
        Command::ConfigureAccount(configure) => configure_account::configure(*configure, book),
        Command::CreateCharge(create) => create_charge::create_charge(*create, book, moment),
        Command::CreateDisbursement(create) => {
            create_disbursement::create_disbursement(*create, book, moment)
        }
        Command::CreateBulk(create) => create_bulk::create_bulk(*create, book, moment),
        Command::CreateConversion(create) => {
            create_conversion::create_conversion(*create, book, moment)
        }
        Command::CreateRefund(create) => create_refund::create_refund(*create, book, moment),
        Command::ReportProvider(report) => report_provider::report_provider(&report, book, moment),
        Command::SettleCharge { account, payment } => {
            settle_charge::settle_charge((account, payment), book, moment)
        }
        Command::SetRates(rates) => {
            book.rates = Some(rates);
            Ok(Answer::Done)
        }
        Command::ClaimDelivery(key) => {
            Ok(Answer::Claimed(record_attempt::claim(&key, book, moment.now)))
        }
        Command::RecordAttempt { attempt, draw } => {
            record_attempt::record(attempt, draw, book, moment.now);
            Ok(Answer::Done)
        }
        Command::ForgetFirstUses { before } => {
            book.forget_first_uses_before = Some(before);
            Ok(Answer::Done)
        }
        Command::SetClockAhead { ahead_us } => {
            book.clock_ahead_us = Some(ahead_us);
            Ok(Answer::Done)
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_disbursement;
#[cfg(test)]
mod tests_wallet;
