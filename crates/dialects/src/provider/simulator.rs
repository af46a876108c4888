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
            Detail::Charge(charge) if charge.card.is_some() => waiting_for_payer(),
            Detail::Charge(charge) => self.charge_status(payment, charge.scenario, now),
            Detail::Disbursement(_) | Detail::Conversion(_) | Detail::Refund(_) => Word {
                verdict: Verdict::Succeeded,
                provider_reference: Some(reference(payment.id)),
                ask_again_after: None,
            },
        }
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

pub(super) fn declined(code: &str, text: &str) -> Reason {
    Reason { kind: "declined".to_owned(), code: code.to_owned(), text: text.to_owned() }
}

/// The simulator's own name for a charge, in the form the guide prints.
fn reference(payment: PaymentId) -> String {
    format!("flw_{}", payment.0)
}
