//! What every command leads to. A decision reads only the book; it either appends changes or
//! refuses, and a refusal appends nothing, so a group of commands needs no savepoints.

mod claim_call;
mod configure_account;
mod configure_endpoint;
mod configure_link;
mod create_bulk;
mod create_charge;
mod create_conversion;
mod create_disbursement;
mod create_refund;
mod needs;
mod open_virtual_account;
mod post;
mod record_attempt;
mod record_reconciliation;
mod repeat;
mod report_provider;
mod resend_event;
mod settle_charge;
mod submit_authorization;
mod take_callback;
mod take_deposit;
mod tell;
mod upkeep;
mod use_nonce;

pub use claim_call::ClaimCall;
pub use configure_account::{
    ApiKey, ConfigureAccount, OpenAccount, RotateSecret, SealedSecret, SecretKind,
};
pub use configure_endpoint::{
    Alteration, ConfigureEndpoint, EndpointChange, NewEndpoint, Rotation,
};
pub use configure_link::{ArchiveLink, ChangeLink, CreateLink};
pub use create_bulk::{BulkLine, BulkMode, BulkTold, CreateBulk, RefusedLine};
pub use create_charge::CreateCharge;
pub use create_conversion::CreateConversion;
pub use create_disbursement::{CreateDisbursement, Order};
pub use create_refund::CreateRefund;
pub use needs::Needs;
pub use open_virtual_account::{Expects, OpenVirtualAccount};
pub use record_reconciliation::{RecordReconciliation, ResolveDifference};
pub use report_provider::{Report, Reported};
pub use resend_event::{ReplayDeliveries, ResendEvent};
pub use submit_authorization::{Authorization, SubmitAuthorization};
pub use take_callback::TakeCallback;
pub use take_deposit::{JudgeDeposit, TakeDeposit};

use crate::account::Account;
use crate::book::Book;
use crate::conversion::Quote;
use crate::delivery::{Attempt, Delivery, DeliveryKey};
use crate::endpoint::{DialectName, Endpoint};
use crate::event::{Event, EventKind};
use crate::expected_deposit::ExpectedDeposit;
use crate::id::{AccountId, IdSource, PaymentId};
use crate::idempotency::KeyScope;
use crate::ledger::WalletError;
use crate::link::{Link, LinkRefusal};
use crate::money::{Currency, MoneyError};
use crate::payment::{Detail, Payment};
use crate::time::Timestamp;
use crate::virtual_account::VirtualAccount;

/// Everything that may change what is stored. The list is closed.
#[derive(Debug)]
pub enum Command {
    OpenAccount(Box<OpenAccount>),
    ConfigureAccount(Box<ConfigureAccount>),
    RotateSecret(Box<RotateSecret>),
    ConfigureEndpoint(Box<ConfigureEndpoint>),
    CreateCharge(Box<CreateCharge>),
    SubmitAuthorization(Box<SubmitAuthorization>),
    CreateLink(Box<CreateLink>),
    ChangeLink(Box<ChangeLink>),
    ArchiveLink(ArchiveLink),
    CreateDisbursement(Box<CreateDisbursement>),
    CreateBulk(Box<CreateBulk>),
    CreateConversion(Box<CreateConversion>),
    CreateRefund(Box<CreateRefund>),
    OpenVirtualAccount(Box<OpenVirtualAccount>),
    TakeDeposit(Box<TakeDeposit>),
    JudgeDeposit(Box<JudgeDeposit>),
    ReportProvider(Report),
    /// Answers the request that waited for a provider's first word.
    AnswerRequest {
        account: AccountId,
        payment: PaymentId,
        scope: Option<KeyScope>,
    },
    ClaimCall(ClaimCall),
    TakeCallback(Box<TakeCallback>),
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
    /// Of an endpoint that is deleted or disabled; claimed where it is neither.
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
    /// Lists what a provider's statement differs in. Moves no money.
    RecordReconciliation(Box<RecordReconciliation>),
    ResolveDifference(Box<ResolveDifference>),
}

/// What a command's sender is told after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The body to send, the same for every repetition under its idempotency key.
    Written {
        body: String,
        is_replay: bool,
    },
    /// The request goes on outside: a provider is asked, then [`Command::AnswerRequest`] answers.
    Opened(PaymentId),
    /// When the lease of a provider call ends; none when it was not due any more.
    CallClaimed(Option<Timestamp>),
    /// Whether a callback had been taken before.
    CallbackTaken {
        is_repetition: bool,
    },
    /// The lease of a delivery, or none when it is not due any more.
    Claimed(Option<Delivery>),
    /// How many differences were not listed before.
    Listed(u64),
    Done,
}

/// Why a command changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the idempotency key was used with a different request body; use a new key")]
    KeyReused,
    #[error("the first request under this idempotency key is still running; repeat it shortly")]
    StillRunning,
    #[error("this dgs_reference is already in use; use a unique one per charge")]
    ReferenceTaken,
    #[error("this form names references of ours; use a dgs_reference of another form")]
    ReferenceReserved,
    #[error("the account does not exist")]
    AccountUnknown,
    #[error("the account number is already in use")]
    AccountNumberTaken,
    #[error("no provider serves this payment")]
    SimulatedInLive,
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
    #[error("the payment has ended already")]
    PaymentFinished,
    #[error("does not fit: the payment waits for {awaited}")]
    AuthorizationUnfit { awaited: &'static str },
    #[error("was used before; encrypt again with a fresh nonce")]
    NonceUsed,
    #[error("was sealed too long ago, or by a clock that is wrong; seal it again")]
    SealedCardOutOfTime,
    #[error("the payment link does not exist")]
    LinkUnknown,
    #[error("this slug is already in use; choose another, or leave it out to have one made")]
    SlugTaken,
    #[error("the payment link was changed by another request at the same moment")]
    LinkChanged,
    #[error("cannot change once somebody began to pay through the link")]
    LinkCurrencyFixed,
    #[error("is less than the payments made through the link and on their way; archive it instead")]
    LinkCapTooLow,
    #[error(transparent)]
    Link(#[from] LinkRefusal),
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
    #[error("a bank transfer cannot be sent back the way it came; pay it out instead")]
    MethodNotRefundable,
    #[error("the bank gave a number that is in use already")]
    NumberTaken,
    #[error("this credit was told of before")]
    DepositRepeated,
    #[error("the virtual account does not exist")]
    VirtualAccountUnknown,
    #[error("the deposit does not exist")]
    DepositUnknown,
    #[error("no difference has this id; see: dgspay reconcile list")]
    DifferenceUnknown,
    #[error("the difference is resolved already")]
    DifferenceResolved,
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
    /// The answer to the request that made, changed or archived a link.
    fn link(&self, link: &Link, now: Timestamp) -> String;
    /// The answer to a bulk of disbursements.
    fn bulk_answer(&self, told: &BulkTold<'_>) -> String;
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
    /// The answer that shows a new secret of the account, sealed, to be opened on the way out.
    fn secret(&self, secret: &SealedSecret) -> String;
    /// The answer to the request that opened a virtual account.
    fn virtual_account(&self, account: &VirtualAccount) -> String;
    /// The answer to a payer of a link who is to pay into an account opened for that.
    fn expected_deposit(&self, account: &VirtualAccount, expected: &ExpectedDeposit) -> String;
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
        Command::RotateSecret(rotate) => configure_account::rotate(*rotate, book, moment),
        Command::ConfigureEndpoint(configure) => {
            configure_endpoint::configure_endpoint(*configure, book, moment)
        }
        Command::CreateCharge(create) => create_charge::create_charge(*create, book, moment),
        Command::SubmitAuthorization(submit) => {
            submit_authorization::submit_authorization(*submit, book, moment)
        }
        Command::CreateLink(create) => configure_link::create(*create, book, moment),
        Command::ChangeLink(change) => configure_link::change(*change, book, moment),
        Command::ArchiveLink(archive) => configure_link::archive(archive, book, moment),
        Command::CreateDisbursement(create) => {
            create_disbursement::create_disbursement(*create, book, moment)
        }
        Command::CreateBulk(create) => create_bulk::create_bulk(*create, book, moment),
        Command::CreateConversion(create) => {
            create_conversion::create_conversion(*create, book, moment)
        }
        Command::CreateRefund(create) => create_refund::create_refund(*create, book, moment),
        Command::OpenVirtualAccount(open) => {
            open_virtual_account::open_virtual_account(*open, book, moment)
        }
        Command::TakeDeposit(take) => take_deposit::take_deposit(*take, book, moment),
        Command::JudgeDeposit(judge) => take_deposit::judge_deposit(*judge, book, moment),
        Command::ReportProvider(report) => report_provider::report_provider(&report, book, moment),
        Command::AnswerRequest { account, payment, scope } => {
            repeat::answer_request((account, payment), scope, book, moment)
        }
        Command::ClaimCall(claim) => Ok(claim_call::claim_call(&claim, book, moment.now)),
        Command::TakeCallback(callback) => take_callback::take_callback(*callback, book, moment),
        Command::SettleCharge { account, payment } => {
            settle_charge::settle_charge((account, payment), book, moment)
        }
        Command::SetRates(rates) => Ok(upkeep::set_rates(rates, book)),
        Command::ClaimDelivery(key) => {
            Ok(Answer::Claimed(record_attempt::claim(&key, book, moment.now)))
        }
        Command::RecordAttempt { attempt, draw } => {
            record_attempt::record(attempt, draw, book, moment.now);
            Ok(Answer::Done)
        }
        Command::ParkDelivery(key) => Ok(Answer::Claimed(record_attempt::park(&key, book))),
        Command::ResendEvent(resend) => resend_event::resend_event(*resend, book, moment),
        Command::ReplayDeliveries(replay) => resend_event::replay_deliveries(*replay, book, moment),
        Command::KeepSetting { name, value } => Ok(upkeep::keep_setting(name, value, book)),
        Command::ForgetFirstUses { before } => Ok(upkeep::forget_first_uses(before, book)),
        Command::SetClockAhead { ahead_us } => Ok(upkeep::set_clock_ahead(ahead_us, book)),
        Command::RecordReconciliation(record) => {
            Ok(record_reconciliation::record(*record, book, moment.now))
        }
        Command::ResolveDifference(resolve) => {
            record_reconciliation::resolve(*resolve, book, moment.now)
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_cards;
#[cfg(test)]
mod tests_deposit;
#[cfg(test)]
mod tests_disbursement;
#[cfg(test)]
mod tests_endpoint;
#[cfg(test)]
mod tests_expected_deposit;
#[cfg(test)]
mod tests_link;
#[cfg(test)]
mod tests_provider;
#[cfg(test)]
mod tests_wallet;
