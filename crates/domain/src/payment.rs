//! What every movement of money for a merchant has in common: charges, disbursements,
//! conversions and refunds are all payments, told apart by their kind. Their state machine is
//! [`step`].

use crate::charge::Charge;
use crate::conversion::Conversion;
use crate::disbursement::Disbursement;
use crate::id::{AccountId, LinkId, PaymentId};
use crate::money::Money;
use crate::provider_call::Provider;
use crate::refund::Refund;
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentKind {
    Charge,
    Disbursement,
    Conversion,
    Refund,
}

impl PaymentKind {
    pub const ALL: [PaymentKind; 4] = [
        PaymentKind::Charge,
        PaymentKind::Disbursement,
        PaymentKind::Conversion,
        PaymentKind::Refund,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            PaymentKind::Charge => "charge",
            PaymentKind::Disbursement => "disbursement",
            PaymentKind::Conversion => "conversion",
            PaymentKind::Refund => "refund",
        }
    }

    pub fn parse(word: &str) -> Option<PaymentKind> {
        PaymentKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How the money travels; the guide's `payment_method_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    MobileMoney,
    Card,
    /// A bank account, of disbursements.
    Bank,
    /// Into a virtual account of ours, of charges.
    BankTransfer,
    /// Within the merchant's own wallet, of conversions.
    Wallet,
}

impl Method {
    pub const ALL: [Method; 5] =
        [Method::MobileMoney, Method::Card, Method::Bank, Method::BankTransfer, Method::Wallet];

    pub const fn word(self) -> &'static str {
        match self {
            Method::MobileMoney => "mobile_money",
            Method::Card => "card",
            Method::Bank => "bank",
            Method::BankTransfer => "bank_transfer",
            Method::Wallet => "wallet",
        }
    }

    pub fn parse(word: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.word() == word)
    }

    /// Whether what a provider needs for it is at hand but once: card data is never kept.
    pub const fn is_sent_once(self) -> bool {
        match self {
            Method::Card => true,
            Method::MobileMoney | Method::Bank | Method::BankTransfer | Method::Wallet => false,
        }
    }
}

/// Where a payment stands. What may follow what is said by the state machine of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentState {
    Pending,
    Successful,
    Failed,
    /// Failed for the merchant; then the provider took the money after all. It lies in suspense.
    ConfirmedLate,
}

impl PaymentState {
    pub const ALL: [PaymentState; 4] = [
        PaymentState::Pending,
        PaymentState::Successful,
        PaymentState::Failed,
        PaymentState::ConfirmedLate,
    ];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            PaymentState::Pending => "pending",
            PaymentState::Successful => "successful",
            PaymentState::Failed => "failed",
            PaymentState::ConfirmedLate => "confirmed_late",
        }
    }

    /// The word in records, filters and webhooks.
    pub const fn record_word(self) -> &'static str {
        match self {
            PaymentState::Pending => "pending",
            PaymentState::Successful => "success",
            PaymentState::Failed | PaymentState::ConfirmedLate => "failed",
        }
    }

    /// The word of `transaction_status` in charge answers.
    pub const fn transaction_word(self) -> &'static str {
        match self {
            PaymentState::Pending => "pending",
            PaymentState::Successful => "successful",
            PaymentState::Failed | PaymentState::ConfirmedLate => "failed",
        }
    }

    pub fn parse(word: &str) -> Option<PaymentState> {
        PaymentState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What the payer must do before a payment can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextAction {
    Redirect,
    Pin,
    Otp,
    /// The billing address (AVS).
    Address,
}

impl NextAction {
    pub const ALL: [NextAction; 4] =
        [NextAction::Redirect, NextAction::Pin, NextAction::Otp, NextAction::Address];

    /// The guide's `next_action_type`.
    pub const fn word(self) -> &'static str {
        match self {
            NextAction::Redirect => "redirect_url",
            NextAction::Pin => "requires_pin",
            NextAction::Otp => "requires_otp",
            NextAction::Address => "requires_additional_fields",
        }
    }

    pub fn parse(word: &str) -> Option<NextAction> {
        NextAction::ALL.into_iter().find(|action| action.word() == word)
    }
}

/// Why a payment failed, in the three words of the guide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// `issuer_response_type`, such as `declined`.
    pub kind: String,
    /// `issuer_response_code`, such as `05`.
    pub code: String,
    /// `processor_response`: plain words for people.
    pub text: String,
}

/// One row of the `payment` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub account: AccountId,
    pub id: PaymentId,
    pub kind: PaymentKind,
    pub method: Method,
    pub state: PaymentState,
    /// Counts the changes of this row, from 1.
    pub version: i64,
    pub dgs_reference: String,
    pub gross: Money,
    /// Fixed when the payment is accepted, due when it succeeds. Never above the gross.
    pub fee_minor: i64,
    pub provider: Provider,
    /// The provider's own id; `flw_charge_id` and its like outside.
    pub provider_reference: Option<String>,
    pub next_action: Option<NextAction>,
    pub reason: Option<Reason>,
    /// Replaces the account's endpoints for the events of this payment.
    pub callback_url: Option<String>,
    /// The payment link it came through.
    pub link: Option<LinkId>,
    /// How much of a successful charge is refunded or on its way back.
    pub refunded_minor: i64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// When its net moved from pending to available.
    pub settled_at: Option<Timestamp>,
}

/// What a payment holds beyond what every kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    Charge(Charge),
    Disbursement(Disbursement),
    Conversion(Conversion),
    Refund(Refund),
}

/// What the world says about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The provider has not decided, or did not say: a time-out is no answer.
    StillOpen,
    /// The provider confirms that the money moved.
    Confirm,
    /// The provider says that it will not happen.
    Decline,
    /// The provider tells of something else than was asked for.
    Contradict,
}

/// What a payment does about it. Which transfers that causes is a matter of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Unchanged,
    Succeed,
    Fail,
    /// The money moved after the merchant was told it would not: a person decides.
    ConfirmLate,
    /// The provider takes back what it confirmed, or tells of something else than was asked for: a
    /// person decides, nothing moves by itself.
    Review,
}

/// Every state meets every input, for payments of every kind. Providers repeat themselves and
/// overtake themselves, so old news changes nothing and no input is an error.
pub const fn step(state: PaymentState, input: Input) -> Step {
    use {Input as In, PaymentState as S};
    match (state, input) {
        (S::Pending, In::Confirm) => Step::Succeed,
        (S::Pending, In::Decline) => Step::Fail,
        (S::Failed, In::Confirm) => Step::ConfirmLate,
        (S::Successful, In::Decline)
        | (S::Pending | S::Successful | S::Failed | S::ConfirmedLate, In::Contradict) => {
            Step::Review
        }
        (S::Pending | S::Successful | S::Failed | S::ConfirmedLate, In::StillOpen)
        | (S::Successful, In::Confirm)
        | (S::Failed, In::Decline)
        | (S::ConfirmedLate, In::Confirm | In::Decline) => Step::Unchanged,
    }
}

impl Step {
    pub const fn leads_to(self, from: PaymentState) -> PaymentState {
        match self {
            Step::Unchanged | Step::Review => from,
            Step::Succeed => PaymentState::Successful,
            Step::Fail => PaymentState::Failed,
            Step::ConfirmLate => PaymentState::ConfirmedLate,
        }
    }
}

impl Payment {
    /// What the merchant is credited when the payment succeeds. May be zero when the fee takes all.
    pub fn net_minor(&self) -> i64 {
        self.gross.minor().saturating_sub(self.fee_minor)
    }

    /// What a provider is asked to move: of a disbursement, what the recipient gets.
    pub fn asked(&self) -> Money {
        let minor = match self.kind {
            PaymentKind::Disbursement => self.net_minor(),
            PaymentKind::Charge | PaymentKind::Conversion | PaymentKind::Refund => {
                self.gross.minor()
            }
        };
        Money::from_minor(minor, self.gross.currency()).unwrap_or(self.gross)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: [Input; 4] =
        [Input::StillOpen, Input::Confirm, Input::Decline, Input::Contradict];

    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for state in PaymentState::ALL {
            let steps = INPUTS.map(|input| format!("{:?}", step(state, input))).join(" ");
            table += &format!("{state:?}: {steps}\n");
        }
        assert_eq!(
            table,
            "\
Pending: Unchanged Succeed Fail Review
Successful: Unchanged Unchanged Review Review
Failed: Unchanged ConfirmLate Unchanged Review
ConfirmedLate: Unchanged Unchanged Unchanged Review
"
        );
    }

    /// The property the money rests on: news told twice never moves money twice.
    #[test]
    fn the_same_news_twice_moves_money_once() {
        for state in PaymentState::ALL {
            for input in INPUTS {
                let first = step(state, input);
                let second = step(first.leads_to(state), input);
                assert!(matches!(second, Step::Unchanged | Step::Review), "{state:?} {input:?}");
            }
        }
    }

    /// Merchants dedupe on the reference, so a second terminal event would be lost on them.
    #[test]
    fn at_most_one_step_ever_ends_a_payment_for_the_merchant() {
        let tells_merchant = |taken: Step| matches!(taken, Step::Succeed | Step::Fail);
        for first in INPUTS {
            for second in INPUTS {
                for third in INPUTS {
                    let mut state = PaymentState::Pending;
                    let mut told = 0;
                    for input in [first, second, third] {
                        let taken = step(state, input);
                        told += usize::from(tells_merchant(taken));
                        state = taken.leads_to(state);
                    }
                    assert!(told <= 1, "{first:?} {second:?} {third:?}");
                }
            }
        }
    }
}
