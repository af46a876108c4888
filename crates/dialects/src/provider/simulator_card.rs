//! How the simulator treats cards: what it asks the holder for, and what the issuer says then.

use domain::decide::Authorization;
use domain::payment::NextAction;
use domain::provider_call::{Verdict, Word};
use domain::scenario::{Issuer, Scenario, Scene};

use crate::provider::simulator::{Simulator, declined};

/// The code that every simulated bank holds for wrong.
const WRONG_OTP: &str = "000000";

/// Nothing happens to a card charge until its holder acts.
pub(super) fn waiting_for_payer() -> Word {
    Word::of(Verdict::Pending)
}

impl Simulator {
    /// The answer to a new card charge, which the simulator will know by the number `draw`.
    pub fn first_word_of_card(&self, scenario: Scenario, draw: u64) -> Word {
        let verdict = match scenario.scene {
            Some(Scene::AuthPin | Scene::AuthPin3ds) => Verdict::NextAction(NextAction::Pin),
            Some(Scene::Auth3ds) => Verdict::NextAction(NextAction::Redirect),
            Some(Scene::AuthAvs) => Verdict::NextAction(NextAction::Address),
            // The other scenes are not of cards.
            Some(
                Scene::AuthRedirect
                | Scene::Successful
                | Scene::Failed
                | Scene::InsufficientBalance
                | Scene::InvalidCurrency,
            )
            | None => self.card_outcome(scenario),
        };
        Word { provider_reference: Some(format!("flw_{draw}")), ..Word::of(verdict) }
    }

    /// Whether a one-time code is the right one.
    pub fn is_right_otp(&self, code: &str) -> bool {
        code != WRONG_OTP
    }

    /// The answer to what the holder showed.
    pub fn authorized(&self, scenario: Scenario, authorization: Authorization) -> Word {
        let is_halfway =
            authorization == Authorization::Pin && scenario.scene == Some(Scene::AuthPin3ds);
        Word::of(if is_halfway {
            Verdict::NextAction(NextAction::Otp)
        } else {
            self.card_outcome(scenario)
        })
    }

    /// The answer to a holder who refuses on the bank's page.
    pub fn refused_at_bank(&self) -> Word {
        Word::of(Verdict::Declined(declined("05", "Declined by cardholder")))
    }

    fn card_outcome(&self, scenario: Scenario) -> Verdict {
        match scenario.issuer {
            // Only mobile money prints 05 for this.
            Some(Issuer::InsufficientFunds) => {
                Verdict::Declined(declined("51", "Insufficient funds"))
            }
            Some(
                Issuer::Approved
                | Issuer::IncorrectPin
                | Issuer::ExpiredCard
                | Issuer::InvalidCvv
                | Issuer::DoNotHonor
                | Issuer::SystemError,
            )
            | None => self.outcome(scenario),
        }
    }
}
