//! A charge: asking a payer for money, once. Its state machine is [`step`].

use crate::payment::PaymentState;
use crate::phone::{Network, Phone};
use crate::scenario::Scenario;

/// What a charge holds beyond the payment every kind is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub customer: Customer,
    pub redirect_url: Option<String>,
    pub narration: Option<String>,
    pub mobile_money: Option<MobileMoney>,
    /// What the sandbox was asked to simulate. Always empty in live.
    pub scenario: Scenario,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub phone: Phone,
}

/// The phone that receives the STK push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MobileMoney {
    pub network: Network,
    pub phone: Phone,
}

/// What the world says about a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeInput {
    /// The provider has not decided, or did not say: a time-out is no answer.
    StillOpen,
    /// The provider confirms that it has the money.
    Confirm,
    /// The provider says that it will not happen.
    Decline,
}

/// What a charge does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Unchanged,
    Credit,
    Fail,
    /// The money came after the merchant was told it would not: a person decides.
    CreditSuspense,
    /// The provider takes back what it confirmed: a person decides, nothing moves by itself.
    Review,
}

/// Every state meets every input. Providers repeat themselves and overtake themselves, so old
/// news changes nothing and no input is an error.
pub const fn step(state: PaymentState, input: ChargeInput) -> Step {
    use {ChargeInput as In, PaymentState as S};
    match (state, input) {
        (S::Pending, In::Confirm) => Step::Credit,
        (S::Pending, In::Decline) => Step::Fail,
        (S::Failed, In::Confirm) => Step::CreditSuspense,
        (S::Successful, In::Decline) => Step::Review,
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
            Step::Credit => PaymentState::Successful,
            Step::Fail => PaymentState::Failed,
            Step::CreditSuspense => PaymentState::ConfirmedLate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: [ChargeInput; 3] =
        [ChargeInput::StillOpen, ChargeInput::Confirm, ChargeInput::Decline];

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
Pending: Unchanged Credit Fail
Successful: Unchanged Unchanged Review
Failed: Unchanged CreditSuspense Unchanged
ConfirmedLate: Unchanged Unchanged Unchanged
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
    fn at_most_one_step_ever_ends_a_charge_for_the_merchant() {
        let tells_merchant = |taken: Step| matches!(taken, Step::Credit | Step::Fail);
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
