//! The chart of accounts. A place has one currency, told by the transfers that touch it.

use crate::provider_call::Provider;

/// Where money lies or passes through. The first three are the merchant's wallet; the others are
/// the platform's side of the same account, so that every journal stays within one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Received, not settled yet.
    Pending,
    /// Free to disburse or convert.
    Available,
    /// Set aside for a payment on its way out.
    Held,
    /// What the gateway has earned.
    Fees,
    /// Clearing with a provider: what it owes us, or we it.
    Provider(Provider),
    /// The gateway's position in a currency, between the two halves of conversions.
    Fx,
    /// Money nobody may touch until a person decides.
    Suspense,
}

impl Place {
    /// The word in the database.
    pub fn word(self) -> String {
        match self {
            Place::Pending => "pending".to_owned(),
            Place::Available => "available".to_owned(),
            Place::Held => "held".to_owned(),
            Place::Fees => "fees".to_owned(),
            Place::Provider(provider) => format!("provider:{}", provider.word()),
            Place::Fx => "fx".to_owned(),
            Place::Suspense => "suspense".to_owned(),
        }
    }

    pub fn parse(word: &str) -> Option<Place> {
        match word {
            "pending" => Some(Place::Pending),
            "available" => Some(Place::Available),
            "held" => Some(Place::Held),
            "fees" => Some(Place::Fees),
            "fx" => Some(Place::Fx),
            "suspense" => Some(Place::Suspense),
            other => Provider::parse(other.strip_prefix("provider:")?).map(Place::Provider),
        }
    }

    /// Whether a balance of the place is cached in the wallet, and may never be negative.
    pub const fn is_wallet(self) -> bool {
        match self {
            Place::Pending | Place::Available | Place::Held => true,
            Place::Fees | Place::Provider(_) | Place::Fx | Place::Suspense => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for place in [
            Place::Pending,
            Place::Available,
            Place::Held,
            Place::Fees,
            Place::Provider(Provider::Simulator),
            Place::Fx,
            Place::Suspense,
        ] {
            assert_eq!(Place::parse(&place.word()), Some(place));
        }
        assert_eq!(Place::parse("provider:nobody"), None);
    }
}
