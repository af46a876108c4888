//! What every command leads to. A decision reads only the book; it either appends changes or
//! refuses, and a refusal appends nothing, so a group of commands needs no savepoints.

mod configure_account;
mod configure_endpoint;
mod create_charge;
mod post;
mod record_attempt;
mod repeat;
mod report_provider;
mod resend_event;
mod tell;

use std::collections::BTreeSet;

pub use configure_account::{ApiKey, ConfigureAccount, OpenAccount, SealedSecret, SecretKind};
pub use configure_endpoint::{
    Alteration, ConfigureEndpoint, EndpointChange, NewEndpoint, Rotation,
};
pub use create_charge::CreateCharge;
pub use report_provider::Report;
pub use resend_event::{ReplayDeliveries, ResendEvent};

use crate::account::Account;
use crate::book::Book;
use crate::delivery::{Attempt, Delivery, DeliveryKey};
use crate::endpoint::{DialectName, Endpoint};
use crate::event::{Event, EventKind};
use crate::id::{AccountId, EventId, IdSource, LinkId, PaymentId};
use crate::idempotency::KeyScope;
use crate::ledger::WalletError;
use crate::money::MoneyError;
use crate::payment::{Detail, Payment};
use crate::time::Timestamp;

/// Everything that may change what is stored. The list is closed.
#[derive(Debug)]
pub enum Command {
    OpenAccount(Box<OpenAccount>),
    ConfigureAccount(Box<ConfigureAccount>),
    ConfigureEndpoint(Box<ConfigureEndpoint>),
    CreateCharge(Box<CreateCharge>),
    ReportProvider(Report),
    ClaimDelivery(DeliveryKey),
    RecordAttempt {
        attempt: Attempt,
        /// Chance, 0 to 400, for the delay of the next attempt.
        draw: u32,
    },
    /// Of an endpoint that is deleted or disabled.
    ParkDelivery(DeliveryKey),
    ResendEvent(Box<ResendEvent>),
    ReplayDeliveries(Box<ReplayDeliveries>),
    /// Keeps a value for good; what is kept already stays.
    KeepSetting {
        name: &'static str,
        value: String,
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
    #[error("dgs_ and digits name references of ours; use a dgs_reference of another form")]
    ReferenceReserved,
    #[error("the account does not exist")]
    AccountUnknown,
    #[error("the account number is already in use")]
    AccountNumberTaken,
    #[error("the payment does not exist")]
    PaymentUnknown,
    #[error("the endpoint does not exist")]
    EndpointUnknown,
    #[error("an account may have {} webhook endpoints", crate::limits::ENDPOINTS_PER_ACCOUNT_MAX)]
    TooManyEndpoints,
    #[error("the event does not exist")]
    EventUnknown,
    #[error("no enabled endpoint takes this event")]
    NobodyToTell,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

/// How facts are put into words for merchants. Pure; lives in `dialects`.
pub trait Wording: Send + Sync {
    /// The answer to the request that made a payment, or that took it a step further.
    fn answer(&self, payment: &Payment, detail: &Detail) -> String;
    /// The body of a payment's event. The detail is there for every kind but charges.
    fn event(&self, account: &Account, kind: EventKind, told: Told<'_>) -> String;
    /// The same in an endpoint's dialect, where that has a body of its own.
    fn event_in(
        &self,
        dialect: DialectName,
        account: &Account,
        kind: EventKind,
        told: Told<'_>,
    ) -> Option<String>;
    /// The answer that shows an endpoint, once with a sealed secret to be opened on the way out.
    fn endpoint(&self, endpoint: &Endpoint, sealed_secret: Option<&[u8]>) -> String;
    /// The answer to the wish that an event be told again.
    fn resent(&self, event: &Event, deliveries: &[DeliveryKey]) -> String;
    /// The same for many deliveries: how many were found, and how many go out again.
    fn replayed(&self, matched: u64, replayed: u64) -> String;
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
    /// With their payments and all of their deliveries.
    pub events: BTreeSet<(AccountId, EventId)>,
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
            Command::ConfigureEndpoint(configure) => {
                self.accounts.insert(configure.account);
                self.first_uses.extend(configure.key_use.iter().map(|used| used.scope.clone()));
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
            Command::ParkDelivery(key) => {
                self.deliveries.insert(*key);
                self.accounts.insert(key.account);
            }
            Command::ResendEvent(resend) => {
                self.accounts.insert(resend.account);
                self.events.insert((resend.account, resend.event));
                self.first_uses.extend(resend.key_use.iter().map(|used| used.scope.clone()));
            }
            Command::ReplayDeliveries(replay) => {
                self.accounts.insert(replay.account);
                self.deliveries.extend(replay.keys.iter().copied());
                self.first_uses.extend(replay.key_use.iter().map(|used| used.scope.clone()));
            }
            Command::ForgetFirstUses { .. }
            | Command::SetClockAhead { .. }
            | Command::KeepSetting { .. } => {}
        }
    }
}

/// Decides one command against the book.
pub fn decide(
    command: Command,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    let mark = book.payments.mark();
    let answer = apply(command, book, moment)?;
    tell::record_processing(mark, book, moment);
    Ok(answer)
}

fn apply(command: Command, book: &mut Book, moment: &mut Moment<'_>) -> Result<Answer, Refusal> {
    match command {
        Command::OpenAccount(open) => configure_account::open(*open, book, moment),
        Command::ConfigureAccount(configure) => {
            configure_account::configure(*configure, book, moment)
        }
        Command::ConfigureEndpoint(configure) => {
            configure_endpoint::configure_endpoint(*configure, book, moment)
        }
        Command::CreateCharge(create) => create_charge::create_charge(*create, book, moment),
        Command::ReportProvider(report) => report_provider::report_provider(&report, book, moment),
        Command::ClaimDelivery(key) => {
            Ok(Answer::Claimed(record_attempt::claim(&key, book, moment.now)))
        }
        Command::RecordAttempt { attempt, draw } => {
            record_attempt::record(attempt, draw, book, moment.now);
            Ok(Answer::Done)
        }
        Command::ParkDelivery(key) => {
            record_attempt::park(&key, book);
            Ok(Answer::Done)
        }
        Command::ResendEvent(resend) => resend_event::resend_event(*resend, book, moment),
        Command::ReplayDeliveries(replay) => resend_event::replay_deliveries(*replay, book, moment),
        Command::KeepSetting { name, value } => {
            book.settings.push((name, value));
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
