//! The sandbox's provider. It lives in this process: what it answers is a function of the stored
//! scenario and the time gone by, so a restart changes nothing. It serves `test` alone.

use std::time::Duration;

use domain::payment::{Detail, NextAction, Payment, Reason};
use domain::provider_call::{Verdict, Word};
use domain::scenario::{Issuer, Scenario, Scene};
use domain::{PaymentId, Timestamp};

use crate::provider::simulator_card::waiting_for_payer;

/// How fast the simulated world is.
#[derive(Clone, Copy, Debug)]
pub struct Simulator {
    /// From the STK push to the customer's PIN.
    pub approval_delay: Duration,
    /// From the acceptance of a disbursement or refund to the end of its transfer.
    pub transfer_delay: Duration,
    pub conversion_delay: Duration,
}

impl Simulator {
    /// The answer to a new mobile money charge: the push is sent, nothing is decided.
    pub fn first_word(&self, scenario: Scenario) -> Word {
        let waits_for_customer = scenario.scene == Some(Scene::AuthRedirect);
        Word {
            ask_again_after: (!waits_for_customer).then_some(self.approval_delay),
            ..Word::of(Verdict::NextAction(NextAction::Redirect))
        }
    }

    /// The answer to a new disbursement or refund: the transfer is on its way.
    pub fn first_transfer_word(&self) -> Word {
        Word { ask_again_after: Some(self.transfer_delay), ..Word::of(Verdict::Pending) }
    }

    /// The answer to a status request.
    pub fn status(&self, payment: &Payment, detail: &Detail, now: Timestamp) -> Word {
        match detail {
            Detail::Charge(charge) if charge.card.is_some() => waiting_for_payer(),
            Detail::Charge(charge) => self.charge_status(payment, charge.scenario, now),
            Detail::Disbursement(disbursement) => {
                self.transfer_status(payment, disbursement.scenario, now)
            }
            Detail::Conversion(conversion) => {
                let refusal = declined("51", "Insufficient balance");
                let verdict = outcome_of(conversion.scenario, refusal);
                timed(payment, self.conversion_delay, verdict, now)
            }
            Detail::Refund(refund) => {
                let refusal = declined("05", "The payer's account cannot be credited");
                timed(payment, self.transfer_delay, outcome_of(refund.scenario, refusal), now)
            }
        }
    }

    /// The answer to a new conversion: it is being worked on.
    pub fn first_conversion_word(&self) -> Word {
        Word { ask_again_after: Some(self.conversion_delay), ..self.first_transfer_word() }
    }

    fn charge_status(&self, payment: &Payment, scenario: Scenario, now: Timestamp) -> Word {
        let due_at = payment.created_at.plus(self.approval_delay);
        let waits_for_customer = scenario.scene == Some(Scene::AuthRedirect);
        let (verdict, ask_again_after) = if waits_for_customer {
            (Verdict::Pending, None)
        } else if now < due_at {
            (Verdict::Pending, Some(due_at.since(now)))
        } else {
            (self.outcome(scenario), None)
        };
        let provider_reference = Some(reference(payment.id));
        Word { provider_reference, ask_again_after, ..Word::of(verdict) }
    }

    fn transfer_status(&self, payment: &Payment, scenario: Scenario, now: Timestamp) -> Word {
        let number = transfer_number(payment.id);
        let due_at = payment.created_at.plus(self.transfer_delay);
        let (verdict, ask_again_after) = if now < due_at {
            (Verdict::Pending, Some(due_at.since(now)))
        } else {
            (transfer_outcome(scenario), None)
        };
        let is_made = verdict == Verdict::Succeeded;
        let proof = is_made.then(|| format!("FLW-PROOF-{number}"));
        Word {
            provider_reference: Some(number.to_string()),
            proof,
            ask_again_after,
            ..Word::of(verdict)
        }
    }

    /// What the customer's own answer on the simulated page leads to.
    pub fn answered(&self, payment: &Payment, scenario: Scenario, approves: bool) -> Word {
        let verdict = if approves {
            self.outcome(scenario)
        } else {
            Verdict::Declined(declined("05", "Declined by customer"))
        };
        let provider_reference = Some(reference(payment.id));
        Word { provider_reference, ..Word::of(verdict) }
    }

    pub(super) fn outcome(&self, scenario: Scenario) -> Verdict {
        let refusal = match scenario.issuer.unwrap_or(Issuer::Approved) {
            Issuer::Approved => return Verdict::Succeeded,
            // The guide's example of a failed mobile money charge prints 05 for this one.
            Issuer::InsufficientFunds => declined("05", "Insufficient funds"),
            Issuer::DoNotHonor => declined("05", "Do not honor"),
            Issuer::ExpiredCard => declined("54", "Expired card"),
            Issuer::IncorrectPin => declined("55", "Incorrect PIN"),
            Issuer::InvalidCvv => declined("N7", "Invalid CVV"),
            Issuer::SystemError => declined("96", "System error"),
        };
        Verdict::Declined(refusal)
    }
}

fn outcome_of(scenario: Scenario, refusal: Reason) -> Verdict {
    if scenario.scene == Some(Scene::Failed) {
        Verdict::Declined(refusal)
    } else {
        Verdict::Succeeded
    }
}

/// What nobody has to approve: it is decided, and told once its time has gone by.
fn timed(payment: &Payment, delay: Duration, verdict: Verdict, now: Timestamp) -> Word {
    let due_at = payment.created_at.plus(delay);
    let (verdict, ask_again_after) =
        if now < due_at { (Verdict::Pending, Some(due_at.since(now))) } else { (verdict, None) };
    let provider_reference = Some(reference(payment.id));
    Word { provider_reference, ask_again_after, ..Word::of(verdict) }
}

fn transfer_outcome(scenario: Scenario) -> Verdict {
    match scenario.scene {
        Some(Scene::InsufficientBalance) => {
            Verdict::Declined(declined("51", "Insufficient balance"))
        }
        Some(Scene::InvalidCurrency) => Verdict::Declined(declined("12", "Invalid currency")),
        Some(
            Scene::Successful
            | Scene::Failed
            | Scene::AuthPin
            | Scene::AuthPin3ds
            | Scene::Auth3ds
            | Scene::AuthAvs
            | Scene::AuthRedirect,
        )
        | None => Verdict::Succeeded,
    }
}

pub(super) fn declined(code: &str, text: &str) -> Reason {
    Reason { kind: "declined".to_owned(), code: code.to_owned(), text: text.to_owned() }
}

/// The simulator's own name for a charge, in the form the guide prints.
fn reference(payment: PaymentId) -> String {
    format!("flw_{}", payment.0)
}

/// The simulator's number for a transfer: the time and the sequence of the payment's id, without
/// the node. Below 2^53, because merchants read numbers of JSON as floats.
fn transfer_number(payment: PaymentId) -> i64 {
    const NODE_AND_SEQUENCE: i64 = 1 << 22;
    const SEQUENCE: i64 = 1 << 12;
    payment.0 / NODE_AND_SEQUENCE * SEQUENCE + payment.0 % SEQUENCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::IdSource;

    #[test]
    fn numbers_of_transfers_differ_and_are_exact_as_floats() {
        let now = Timestamp::from_micros(2_600_000_000_000_000);
        let mut ids = IdSource::after(0, 0);
        let mut last = 0;
        for _ in 0..9_000 {
            let number = transfer_number(PaymentId(ids.next(now)));
            assert!(last < number && number < 1 << 53, "{last} then {number}");
            last = number;
        }
    }
}
