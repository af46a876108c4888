//! A merchant in one environment.

use crate::decide::Refusal;
use crate::fee::FeeRule;
use crate::id::AccountId;
use crate::money::Currency;
use crate::provider_call::Provider;
use crate::settlement::SettlementRule;

/// Test money or real money. Nothing of one environment ever refers to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    Test,
    Live,
}

impl Environment {
    /// The word in API keys (`sk_test_…`), settings and the database.
    pub const fn word(self) -> &'static str {
        match self {
            Environment::Test => "test",
            Environment::Live => "live",
        }
    }

    /// The word in events: the guide says `production` for live.
    pub const fn event_word(self) -> &'static str {
        match self {
            Environment::Test => "test",
            Environment::Live => "production",
        }
    }

    pub fn parse(word: &str) -> Option<Environment> {
        [Environment::Test, Environment::Live].into_iter().find(|one| one.word() == word)
    }
}

/// What decisions need to know of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// The same in both environments of one merchant.
    pub merchant_id: String,
    pub merchant_name: String,
    pub environment: Environment,
    /// `ACC-` and 7 digits.
    pub number: String,
    /// Off: requests may carry the API key alone, as the guide's shorter examples do.
    pub requires_number: bool,
    /// CIDR blocks that may call the API in live; empty means all.
    pub allowed_networks: Vec<String>,
    pub charge_fee: FeeRule,
    pub disbursement_fee: FeeRule,
    pub settlement: SettlementRule,
    /// Currencies that cards may be charged in.
    pub card_currencies: Vec<Currency>,
}

impl Account {
    /// Simulated money never enters a live account, whatever a caller asks for.
    pub fn admit(&self, provider: Provider) -> Result<(), Refusal> {
        if self.environment == Environment::Live && provider == Provider::Simulator {
            return Err(Refusal::SimulatedInLive);
        }
        Ok(())
    }
}
