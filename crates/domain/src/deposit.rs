//! Deposits: credits to virtual accounts, of which a bank tells us. A notice is only what somebody
//! says who knows a password; the money moves once it is believed.

use std::time::Duration;

use crate::id::{AccountId, DepositId, PaymentId, VirtualAccountId};
use crate::money::{Currency, Money, MoneyError};
use crate::provider_call::Provider;
use crate::time::Timestamp;

/// How long after a notice the bank's "never heard of it" is to be believed.
pub const UNHEARD_AFTER: Duration = Duration::from_secs(60);

/// One row of the `deposit` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    pub account: AccountId,
    pub id: DepositId,
    pub virtual_account: VirtualAccountId,
    pub notice: Notice,
    pub state: DepositState,
    /// Why a person must look, or had to.
    pub review: Option<ReviewReason>,
    /// The charge that it was credited as.
    pub payment: Option<PaymentId>,
    /// When to ask the bank next. Meaningful while unverified.
    pub due_at: Timestamp,
    pub polls_made: u32,
    pub received_at: Timestamp,
}

/// What a bank says it has booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub provider: Provider,
    /// The bank's name of the credit: the same in every copy of a notice, and in no other.
    pub settlement_id: String,
    pub session_id: String,
    pub account_number: String,
    pub sums: Sums,
    pub sender: Sender,
    pub remarks: Option<String>,
    /// When the bank booked it, where it says so readably.
    pub paid_at: Option<Timestamp>,
}

/// What was paid and what of it is ours, in minor units, none below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    pub currency: Currency,
    /// What the payer sent.
    pub transaction_minor: i64,
    /// What the bank pays us of it.
    pub settled_minor: i64,
    /// What the bank keeps.
    pub fee_minor: i64,
    pub vat_minor: i64,
}

/// Who paid, as their bank calls them. Empty where it is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    pub account_number: String,
    pub account_name: String,
    pub bank_name: String,
}

impl Sums {
    /// Whether what is settled and what is kept make what was paid.
    pub fn add_up(self) -> bool {
        self.settled_minor
            .checked_add(self.fee_minor)
            .and_then(|sum| sum.checked_add(self.vat_minor))
            .is_some_and(|sum| sum == self.transaction_minor)
    }

    /// What the merchant is credited: what the bank pays us, so that nobody's money is handed out
    /// that is not there.
    pub fn settled(self) -> Result<Money, MoneyError> {
        Money::from_minor(self.settled_minor, self.currency)
    }
}

impl Notice {
    /// What tells it from every other.
    pub fn key(&self) -> (Provider, String) {
        (self.provider, self.settlement_id.clone())
    }

    /// Where it came to: the bank and its number.
    pub fn address(&self) -> (Provider, String) {
        (self.provider, self.account_number.clone())
    }

    /// Whether both tell of the same credit.
    pub fn agrees_with(&self, other: &Notice) -> bool {
        self.provider == other.provider
            && self.settlement_id == other.settlement_id
            && self.account_number == other.account_number
            && self.sums == other.sums
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DepositState {
    /// The bank is still to be asked.
    Unverified,
    /// A person decides; no money has moved.
    NeedsReview,
    Credited,
    Rejected,
}

impl DepositState {
    pub const ALL: [DepositState; 4] = [
        DepositState::Unverified,
        DepositState::NeedsReview,
        DepositState::Credited,
        DepositState::Rejected,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            DepositState::Unverified => "unverified",
            DepositState::NeedsReview => "needs_review",
            DepositState::Credited => "credited",
            DepositState::Rejected => "rejected",
        }
    }

    pub fn parse(word: &str) -> Option<DepositState> {
        DepositState::ALL.into_iter().find(|state| state.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReviewReason {
    /// Settled amount, fee and VAT do not make the transaction amount.
    SumsDiffer,
    /// The bank pays us nothing of it.
    NothingSettled,
    /// Nobody was asked, and the operator wants to look at such notices.
    NotVerified,
    /// Asked, the bank tells of another credit under this name.
    BankDisagrees,
    /// Asked, the bank knows no such credit.
    UnknownToBank,
    /// Asked for a week, the bank did not say.
    BankSilent,
    /// It could not be posted.
    NotPosted,
}

impl ReviewReason {
    pub const ALL: [ReviewReason; 7] = [
        ReviewReason::SumsDiffer,
        ReviewReason::NothingSettled,
        ReviewReason::NotVerified,
        ReviewReason::BankDisagrees,
        ReviewReason::UnknownToBank,
        ReviewReason::BankSilent,
        ReviewReason::NotPosted,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            ReviewReason::SumsDiffer => "sums_differ",
            ReviewReason::NothingSettled => "nothing_settled",
            ReviewReason::NotVerified => "not_verified",
            ReviewReason::BankDisagrees => "bank_disagrees",
            ReviewReason::UnknownToBank => "unknown_to_bank",
            ReviewReason::BankSilent => "bank_silent",
            ReviewReason::NotPosted => "not_posted",
        }
    }

    pub fn parse(word: &str) -> Option<ReviewReason> {
        ReviewReason::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// How far a notice is believed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is credited.
    Credit,
    /// The bank is asked first.
    Verify,
    /// A person looks first.
    Review,
}

/// What the bank, asked about a deposit, or a person says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The bank agrees, or a person lets it pass.
    Credit,
    /// A person must look.
    Hold(ReviewReason),
    /// A person decided that there is nothing to credit.
    Reject,
    /// The bank did not say: a lost or unreadable answer is no answer.
    Silent,
    /// The bank knows no such credit. It may be late: see [`UNHEARD_AFTER`].
    Unheard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepositStep {
    Unchanged,
    Credit,
    Hold(ReviewReason),
    Reject,
    AskAgain,
}

/// Every state meets every judgement. What is decided stays decided.
pub const fn step(state: DepositState, judgement: Judgement) -> DepositStep {
    use {DepositState as S, Judgement as J};
    match (state, judgement) {
        (S::Unverified | S::NeedsReview, J::Credit) => DepositStep::Credit,
        (S::Unverified | S::NeedsReview, J::Reject) => DepositStep::Reject,
        (S::Unverified, J::Hold(reason)) => DepositStep::Hold(reason),
        (S::Unverified, J::Silent | J::Unheard) => DepositStep::AskAgain,
        (S::NeedsReview, J::Hold(_) | J::Silent | J::Unheard)
        | (
            S::Credited | S::Rejected,
            J::Credit | J::Hold(_) | J::Reject | J::Silent | J::Unheard,
        ) => DepositStep::Unchanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn leads_to(step: DepositStep, from: DepositState) -> DepositState {
        match step {
            DepositStep::Unchanged | DepositStep::AskAgain => from,
            DepositStep::Credit => DepositState::Credited,
            DepositStep::Hold(_) => DepositState::NeedsReview,
            DepositStep::Reject => DepositState::Rejected,
        }
    }

    #[test]
    fn nothing_is_credited_twice_or_after_a_rejection() {
        let judgements = [
            Judgement::Credit,
            Judgement::Hold(ReviewReason::BankDisagrees),
            Judgement::Reject,
            Judgement::Silent,
            Judgement::Unheard,
        ];
        for state in DepositState::ALL {
            for first in judgements {
                let after = leads_to(step(state, first), state);
                if matches!(after, DepositState::Credited | DepositState::Rejected) {
                    for second in judgements {
                        assert_eq!(step(after, second), DepositStep::Unchanged, "{after:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn sums_are_checked_without_overflow() {
        let sums = |transaction_minor, settled_minor, fee_minor, vat_minor| Sums {
            currency: Currency::Ngn,
            transaction_minor,
            settled_minor,
            fee_minor,
            vat_minor,
        };
        assert!(sums(100, 100, 0, 0).add_up() && sums(10_000, 9_785, 200, 15).add_up());
        assert!(!sums(100, 99, 0, 0).add_up() && !sums(100, 100, 1, 0).add_up());
        assert!(!sums(i64::MAX, i64::MAX, i64::MAX, 1).add_up());
    }
}
