//! The sandbox's provider. It lives in this process: what it answers is a function of the stored
//! scenario and the time gone by, so a restart changes nothing. It serves `test` alone.

use std::time::Duration;

use domain::payment::{Detail, NextAction, Payment, Reason};
use domain::provider_call::{Verdict, Word};
use domain::scenario::{Issuer, Scenario, Scene};
use domain::{PaymentId, Timestamp};

/// How fast the simulated world is.
#[derive(Clone, Copy, Debug)]
pub struct Simulator {
    /// From the STK push to the customer's PIN.
    pub approval_delay: Duration,
    /// From a transfer's acceptance to its end; refunds are transfers too.
    pub transfer_delay: Duration,
    pub conversion_delay: Duration,
}

impl Simulator {
    /// The answer to a new mobile money charge: the push is sent, nothing is decided.
    pub fn first_word(&self, scenario: Scenario) -> Word {
        let waits_for_customer = scenario.scene == Some(Scene::AuthRedirect);
        Word {
            verdict: Verdict::NextAction(NextAction::Redirect),
            provider_reference: None,
            ask_again_after: (!waits_for_customer).then_some(self.approval_delay),
        }
    }

    /// The answer to a status request.
    pub fn status(&self, payment: &Payment, detail: &Detail, now: Timestamp) -> Word {
        match detail {
            Detail::Charge(charge) => self.charge_status(payment, charge.scenario, now),
            Detail::Conversion(conversion) => {
                let refusal = declined("51", "Insufficient balance");
                let verdict = outcome_of(conversion.scenario, refusal);
                timed(payment, self.conversion_delay, verdict, now)
            }
            Detail::Refund(refund) => {
                let refusal = declined("05", "The payer's account cannot be credited");
                timed(payment, self.transfer_delay, outcome_of(refund.scenario, refusal), now)
            }
            Detail::Disbursement(_) => Word {
                verdict: Verdict::Succeeded,
                provider_reference: Some(reference(payment.id)),
                ask_again_after: None,
            },
        }
    }

    /// The answer to a new conversion.
    pub fn conversion_word(&self) -> Word {
        accepted(self.conversion_delay)
    }

    /// The answer to a new refund.
    pub fn refund_word(&self) -> Word {
        accepted(self.transfer_delay)
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
        Word { verdict, provider_reference: Some(reference(payment.id)), ask_again_after }
    }

    /// What the customer's own answer on the simulated page leads to.
    pub fn answered(&self, payment: &Payment, scenario: Scenario, approves: bool) -> Word {
        let verdict = if approves {
            self.outcome(scenario)
        } else {
            Verdict::Declined(declined("05", "Declined by customer"))
        };
        Word { verdict, provider_reference: Some(reference(payment.id)), ask_again_after: None }
    }

    fn outcome(&self, scenario: Scenario) -> Verdict {
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

fn accepted(delay: Duration) -> Word {
    Word { verdict: Verdict::Pending, provider_reference: None, ask_again_after: Some(delay) }
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
    Word { verdict, provider_reference: Some(reference(payment.id)), ask_again_after }
}

fn declined(code: &str, text: &str) -> Reason {
    Reason { kind: "declined".to_owned(), code: code.to_owned(), text: text.to_owned() }
}

/// The simulator's own name for a charge, in the form the guide prints.
fn reference(payment: PaymentId) -> String {
    format!("flw_{}", payment.0)
}
