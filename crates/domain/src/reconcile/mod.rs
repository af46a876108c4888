//! A provider's statement against our payments: what a difference is, in seven classes. Finding
//! one moves no money: a person looks at it and says what came of it.

mod matching;

use sha2::{Digest, Sha256};

use crate::calendar::UtcOffset;
use crate::id::{AccountId, PaymentId};
use crate::money::{Currency, Money};
use crate::payment::{PaymentKind, PaymentState};
use crate::provider_call::Provider;
use crate::time::Timestamp;

pub use matching::{Counts, Matching, Outcome, TooManyDifferences};

/// In what a statement and our payments differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceClass {
    /// The provider moved money that no payment of ours knows.
    MissingHere,
    /// A payment of ours succeeded, and the statement does not have it.
    MissingThere,
    AmountDiffers,
    /// Then amounts are not compared.
    CurrencyDiffers,
    /// The statement has a payment more than once.
    DuplicateLine,
    /// Both say that the money moved, on different days of the statement's zone.
    OtherDay,
    /// The money moved according to one side alone.
    StatusDiffers,
}

impl DifferenceClass {
    pub const ALL: [DifferenceClass; 7] = [
        DifferenceClass::MissingHere,
        DifferenceClass::MissingThere,
        DifferenceClass::AmountDiffers,
        DifferenceClass::CurrencyDiffers,
        DifferenceClass::DuplicateLine,
        DifferenceClass::OtherDay,
        DifferenceClass::StatusDiffers,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            DifferenceClass::MissingHere => "missing_here",
            DifferenceClass::MissingThere => "missing_there",
            DifferenceClass::AmountDiffers => "amount_differs",
            DifferenceClass::CurrencyDiffers => "currency_differs",
            DifferenceClass::DuplicateLine => "duplicate_line",
            DifferenceClass::OtherDay => "other_day",
            DifferenceClass::StatusDiffers => "status_differs",
        }
    }

    pub fn parse(word: &str) -> Option<DifferenceClass> {
        DifferenceClass::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// Seen from our balance at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    In,
    Out,
}

impl Direction {
    pub const ALL: [Direction; 2] = [Direction::In, Direction::Out];

    pub const fn word(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }

    pub fn parse(word: &str) -> Option<Direction> {
        Direction::ALL.into_iter().find(|direction| direction.word() == word)
    }
}

/// How a provider says that a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineStatus {
    Succeeded,
    Pending,
    /// Or taken back.
    Failed,
}

impl LineStatus {
    pub const ALL: [LineStatus; 3] =
        [LineStatus::Succeeded, LineStatus::Pending, LineStatus::Failed];

    pub const fn word(self) -> &'static str {
        match self {
            LineStatus::Succeeded => "succeeded",
            LineStatus::Pending => "pending",
            LineStatus::Failed => "failed",
        }
    }

    pub fn parse(word: &str) -> Option<LineStatus> {
        LineStatus::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Where it stands in the file, whose header is line 1.
    pub number: u64,
    /// The provider's own id of the payment.
    pub provider_reference: Option<String>,
    /// Our name for the payment at the provider.
    pub client_reference: Option<String>,
    /// Never negative: the direction is told apart.
    pub amount_minor: i64,
    pub currency: Currency,
    /// What the provider took for itself. Not compared: we do not know what it should be.
    pub fee_minor: Option<i64>,
    pub status: LineStatus,
    pub direction: Option<Direction>,
    pub at: Timestamp,
    /// The statement tells the day alone, and `at` is its beginning.
    pub is_day_only: bool,
}

impl StatementLine {
    fn is_moved(&self) -> bool {
        self.status == LineStatus::Succeeded
    }
}

/// What a statement's lines are looked for in: a payment with its provider call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurPayment {
    pub account: AccountId,
    pub id: PaymentId,
    pub kind: PaymentKind,
    pub state: PaymentState,
    pub dgs_reference: String,
    pub client_reference: String,
    pub provider_reference: Option<String>,
    pub gross: Money,
    pub fee_minor: i64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl OurPayment {
    /// A payment that failed for the merchant and was confirmed late has moved the money too.
    fn is_moved(&self) -> bool {
        match self.state {
            PaymentState::Successful | PaymentState::ConfirmedLate => true,
            PaymentState::Pending | PaymentState::Failed => false,
        }
    }

    fn at(&self) -> Timestamp {
        self.finished_at.unwrap_or(self.created_at)
    }

    /// What the provider was asked to move: our fee of a disbursement stays here.
    fn asked_minor(&self) -> i64 {
        match self.kind {
            PaymentKind::Disbursement => self.gross.minor().saturating_sub(self.fee_minor),
            PaymentKind::Charge | PaymentKind::Refund | PaymentKind::Conversion => {
                self.gross.minor()
            }
        }
    }

    /// A conversion stays within one balance sheet and fits either way.
    fn fits(&self, direction: Option<Direction>) -> bool {
        match self.kind {
            PaymentKind::Charge => direction != Some(Direction::Out),
            PaymentKind::Disbursement | PaymentKind::Refund => direction != Some(Direction::In),
            PaymentKind::Conversion => true,
        }
    }

    fn side(&self) -> OurSide {
        OurSide {
            account: self.account,
            payment: self.id,
            dgs_reference: self.dgs_reference.clone(),
            state: self.state,
            amount_minor: self.asked_minor(),
            currency: self.gross.currency(),
            at: self.at(),
        }
    }
}

/// What we knew of a payment when a difference was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurSide {
    pub account: AccountId,
    pub payment: PaymentId,
    pub dgs_reference: String,
    pub state: PaymentState,
    /// What the provider was asked to move.
    pub amount_minor: i64,
    pub currency: Currency,
    /// When we learned of the end; when the payment was made, while it has none.
    pub at: Timestamp,
}

/// The time that a statement speaks of, and the zone that its days are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    pub offset: UtcOffset,
}

impl Period {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// Names a difference by what differs, so that finding it again, in this file or another, is to
/// find the same. 80 bits of SHA-256, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DifferenceId(pub String);

/// Names the comparison of a file over a period by what was compared. 80 bits of SHA-256, in hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub String);

/// Parts are told apart by a byte that no reference holds.
fn digest_of(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

/// At least one side is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub id: DifferenceId,
    pub class: DifferenceClass,
    pub ours: Option<OurSide>,
    pub theirs: Option<StatementLine>,
}

impl Difference {
    /// Whose payment it is about; account 0, which is nobody's, where we know of none.
    pub fn account(&self) -> AccountId {
        self.ours.as_ref().map_or(AccountId(0), |ours| ours.account)
    }
}

/// One row of the `reconciliation_run` table: a file that was compared over a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub provider: Provider,
    pub file_name: String,
    /// SHA-256 of the file, in hex.
    pub file_digest: String,
    pub period: Period,
    pub counts: Counts,
}

impl Run {
    pub fn id(provider: Provider, file_digest: &str, period: &Period) -> RunId {
        let Period { from, until, offset } = period;
        RunId(digest_of(&[
            provider.word(),
            file_digest,
            &from.as_micros().to_string(),
            &until.as_micros().to_string(),
            &offset.east_s().to_string(),
        ]))
    }
}

/// What came of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub note: String,
    pub at: Timestamp,
}

/// One row of the `reconciliation_item` table. Open until a person has said what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationItem {
    pub provider: Provider,
    /// The run that found it first.
    pub run: RunId,
    pub difference: Difference,
    pub listed_at: Timestamp,
    pub resolution: Option<Resolution>,
}

impl ReconciliationItem {
    pub fn key(&self) -> (AccountId, DifferenceId) {
        (self.difference.account(), self.difference.id.clone())
    }
}

#[cfg(test)]
mod tests;
