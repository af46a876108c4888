//! One request of ours to a provider, tracked until we know the answer. Stored before anything is
//! sent, under a reference of our own, so that an answer lost on the way can be asked for again.

use std::time::Duration;

use crate::id::{AccountId, PaymentId};
use crate::limits;
use crate::money::Money;
use crate::payment::{NextAction, Reason};
use crate::time::Timestamp;

/// Who moves the money outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// The sandbox's own, in this process.
    Simulator,
    /// The operator's own book, in this process: conversions at the operator's rates.
    Treasury,
    Flutterwave,
    MtnMomo,
    AirtelMoney,
    DusuPay,
    Providus,
}

impl Provider {
    pub const ALL: [Provider; 7] = [
        Provider::Simulator,
        Provider::Treasury,
        Provider::Flutterwave,
        Provider::MtnMomo,
        Provider::AirtelMoney,
        Provider::DusuPay,
        Provider::Providus,
    ];

    /// The word in settings, addresses and the database.
    pub const fn word(self) -> &'static str {
        match self {
            Provider::Simulator => "simulator",
            Provider::Treasury => "treasury",
            Provider::Flutterwave => "flutterwave",
            Provider::MtnMomo => "mtn_momo",
            Provider::AirtelMoney => "airtel_money",
            Provider::DusuPay => "dusupay",
            Provider::Providus => "providus",
        }
    }

    pub fn parse(word: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.word() == word)
    }
}

/// What a provider says. Only its own word makes a failure: a time-out, a 5xx or an unreadable
/// answer is `Unknown`, and is asked about again, never taken for a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Succeeded,
    Declined(Reason),
    NextAction(NextAction),
    Pending,
    /// The answer was lost or cannot be read: the money may or may not have moved.
    Unknown,
    /// The provider has never heard of our reference.
    Unheard,
    /// Nothing left this process: the same may be tried again, at another provider too.
    NotSent,
    /// The provider tells of another payment than we asked for (what differs): a person must look.
    Contradicts(&'static str),
}

/// A verdict with what came along with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub verdict: Verdict,
    /// What the provider says was moved, where it says so. It must be what we asked for.
    pub stated: Option<Money>,
    /// The provider's own page, where the next action is a redirect to it.
    pub page_url: Option<String>,
    /// What the payer is to be shown, in the provider's words.
    pub instruction: Option<String>,
    /// The provider's id of the payment, once it has told us one.
    pub provider_reference: Option<String>,
    /// The provider's proof of a transfer that it made.
    pub proof: Option<String>,
    /// When the provider wants to be asked again; our own schedule when it does not say.
    pub ask_again_after: Option<Duration>,
}

impl Word {
    /// Whether it says where or how the payer goes on.
    pub const fn has_page(&self) -> bool {
        self.page_url.is_some() || self.instruction.is_some()
    }

    /// A verdict that nothing came along with.
    pub const fn of(verdict: Verdict) -> Word {
        Word {
            verdict,
            stated: None,
            page_url: None,
            instruction: None,
            provider_reference: None,
            proof: None,
            ask_again_after: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallState {
    /// We do not know the outcome; something is done about it at `due_at`.
    Open,
    /// The provider has had its last word.
    Answered,
    /// It had; since then it called us again, so it is asked once more at `due_at`.
    Recheck,
    /// Asked for a week in vain, or the provider contradicts itself: a person must look.
    NeedsReview,
}

impl CallState {
    pub const ALL: [CallState; 4] =
        [CallState::Open, CallState::Answered, CallState::Recheck, CallState::NeedsReview];

    pub const fn word(self) -> &'static str {
        match self {
            CallState::Open => "open",
            CallState::Answered => "answered",
            CallState::Recheck => "recheck",
            CallState::NeedsReview => "needs_review",
        }
    }

    pub fn parse(word: &str) -> Option<CallState> {
        CallState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it comes up at `due_at`.
    pub const fn is_due_sometime(self) -> bool {
        match self {
            CallState::Open | CallState::Recheck => true,
            CallState::Answered | CallState::NeedsReview => false,
        }
    }
}

/// One row of the `provider_call` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCall {
    pub account: AccountId,
    pub payment: PaymentId,
    pub provider: Provider,
    /// Our name for this call at the provider: digits only, because some forbid `_`.
    pub client_reference: String,
    pub state: CallState,
    /// Whether the request may have been sent: what may have been is asked about before it is
    /// sent again.
    pub is_sent: bool,
    /// When to send or to ask, and while somebody does, when their lease ends. Meaningful while
    /// open or to be rechecked.
    pub due_at: Timestamp,
    /// Whether somebody sends or asks now.
    pub is_leased: bool,
    pub polls_made: u32,
    /// Why a person must look.
    pub note: Option<String>,
    pub created_at: Timestamp,
}

impl ProviderCall {
    pub fn show_to_a_person(&mut self, why: &str) {
        self.state = CallState::NeedsReview;
        self.note = Some(why.to_owned());
    }

    /// Leaves the call to whoever sends or asks now. Should they never come back, somebody else
    /// asks how it stands.
    pub fn lease(&mut self, now: Timestamp) {
        self.is_sent = true;
        self.is_leased = true;
        self.due_at = now.plus(limits::CALL_LEASE);
    }
}

/// What makes a callback known when it comes a second time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallbackKey {
    pub provider: Provider,
    /// The provider's id of the message, or of the payment and its new state.
    pub name: String,
}

/// One row of the `inbound_callback` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundCallback {
    pub about: Option<(AccountId, PaymentId)>,
    pub body: String,
    pub received_at: Timestamp,
}

const POLL_DELAYS_S: [u64; 10] =
    [5, 15, 60, 5 * 60, 15 * 60, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600];
const POLL_DELAY_LAST: Duration = Duration::from_secs(24 * 3600);

/// When to ask again after `polls_made` questions; `None` once a week has gone by since `created_at`.
pub fn next_poll_at(created_at: Timestamp, now: Timestamp, polls_made: u32) -> Option<Timestamp> {
    let index = usize::try_from(polls_made).unwrap_or(usize::MAX);
    let delay = POLL_DELAYS_S.get(index).map_or(POLL_DELAY_LAST, |s| Duration::from_secs(*s));
    let last = created_at.plus(limits::POLL_FOR);
    (now < last).then(|| now.plus(delay).min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_outcome_is_asked_about_for_a_week_and_then_shown_to_a_person() {
        let created_at = Timestamp::from_micros(0);
        let mut at = created_at;
        let mut seconds = Vec::new();
        let mut polls_made = 0;
        while let Some(next) = next_poll_at(created_at, at, polls_made) {
            at = next;
            seconds.push(at.as_secs());
            polls_made += 1;
        }
        assert_eq!(&seconds[..6], &[5, 20, 80, 380, 1280, 4880]);
        assert_eq!(at.as_secs(), 7 * 24 * 3600);
        assert!(seconds.len() < 30);
    }
}
