//! The sandbox's `scenario_key`: what a tester asks the simulated world to do.

/// What the simulated customer or scheme does (`scenario:`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scene {
    AuthPin,
    AuthPin3ds,
    Auth3ds,
    AuthAvs,
    AuthRedirect,
    Successful,
    Failed,
    InsufficientBalance,
    InvalidCurrency,
}

/// What the simulated issuer answers in the end (`issuer:`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Issuer {
    Approved,
    InsufficientFunds,
    IncorrectPin,
    ExpiredCard,
    InvalidCvv,
    DoNotHonor,
    SystemError,
}

impl Scene {
    pub const ALL: [Scene; 9] = [
        Scene::AuthPin,
        Scene::AuthPin3ds,
        Scene::Auth3ds,
        Scene::AuthAvs,
        Scene::AuthRedirect,
        Scene::Successful,
        Scene::Failed,
        Scene::InsufficientBalance,
        Scene::InvalidCurrency,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Scene::AuthPin => "auth_pin",
            Scene::AuthPin3ds => "auth_pin_3ds",
            Scene::Auth3ds => "auth_3ds",
            Scene::AuthAvs => "auth_avs",
            Scene::AuthRedirect => "auth_redirect",
            Scene::Successful => "successful",
            Scene::Failed => "failed",
            Scene::InsufficientBalance => "insufficient_balance",
            Scene::InvalidCurrency => "invalid_currency",
        }
    }
}

impl Issuer {
    pub const ALL: [Issuer; 7] = [
        Issuer::Approved,
        Issuer::InsufficientFunds,
        Issuer::IncorrectPin,
        Issuer::ExpiredCard,
        Issuer::InvalidCvv,
        Issuer::DoNotHonor,
        Issuer::SystemError,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Issuer::Approved => "approved",
            Issuer::InsufficientFunds => "insufficient_funds",
            Issuer::IncorrectPin => "incorrect_pin",
            Issuer::ExpiredCard => "expired_card",
            Issuer::InvalidCvv => "invalid_cvv",
            Issuer::DoNotHonor => "do_not_honor",
            Issuer::SystemError => "system_error",
        }
    }
}

/// What a kind of payment lets a tester choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub scenes: &'static [Scene],
    pub issuers: &'static [Issuer],
}

impl Choice {
    pub const MOBILE_MONEY: Choice =
        Choice { scenes: &[Scene::AuthPin, Scene::AuthRedirect], issuers: &Issuer::ALL };

    pub const CARD: Choice = Choice {
        scenes: &[Scene::AuthPin, Scene::AuthPin3ds, Scene::Auth3ds, Scene::AuthAvs],
        issuers: &Issuer::ALL,
    };

    pub const DISBURSEMENT: Choice = Choice {
        scenes: &[Scene::Successful, Scene::InsufficientBalance, Scene::InvalidCurrency],
        issuers: &[],
    };

    /// Of conversions and refunds: they end one way or the other, and nobody is asked.
    pub const OUTCOME: Choice =
        Choice { scenes: &[Scene::Successful, Scene::Failed], issuers: &[] };

    /// The allowed parts in one line, for the message of a refusal.
    pub fn listed(self) -> String {
        let scenes = self.scenes.iter().map(|scene| format!("scenario:{}", scene.name()));
        let issuers = self.issuers.iter().map(|issuer| format!("issuer:{}", issuer.name()));
        scenes.chain(issuers).collect::<Vec<_>>().join(", ")
    }
}

/// A parsed key. Both parts may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    pub scene: Option<Scene>,
    pub issuer: Option<Issuer>,
}

impl Scenario {
    /// Reads parts joined by `&`, each at most once and only from `choice`. `None` when the text
    /// is anything else.
    pub fn parse(text: &str, choice: Choice) -> Option<Scenario> {
        let mut scenario = Scenario::default();
        for part in text.split('&') {
            let (kind, name) = part.trim().split_once(':')?;
            let repeated = match kind {
                "scenario" => {
                    let found = choice.scenes.iter().find(|scene| scene.name() == name)?;
                    scenario.scene.replace(*found).is_some()
                }
                "issuer" => {
                    let found = choice.issuers.iter().find(|issuer| issuer.name() == name)?;
                    scenario.issuer.replace(*found).is_some()
                }
                _ => return None,
            };
            if repeated {
                return None;
            }
        }
        Some(scenario)
    }

    /// The canonical text, as it is stored. `None` for the empty scenario.
    pub fn text(self) -> Option<String> {
        let scene = self.scene.map(|scene| format!("scenario:{}", scene.name()));
        let issuer = self.issuer.map(|issuer| format!("issuer:{}", issuer.name()));
        match (scene, issuer) {
            (Some(scene), Some(issuer)) => Some(format!("{scene}&{issuer}")),
            (scene, issuer) => scene.or(issuer),
        }
    }

    /// Takes back a scenario that was stored by us.
    pub fn from_stored(text: Option<&str>) -> Scenario {
        let every = Choice { scenes: &Scene::ALL, issuers: &Issuer::ALL };
        text.and_then(|text| Scenario::parse(text, every)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_at_most_once_and_only_what_applies() {
        let parse = |text| Scenario::parse(text, Choice::MOBILE_MONEY);
        assert_eq!(
            parse("scenario:auth_pin&issuer:approved"),
            Some(Scenario { scene: Some(Scene::AuthPin), issuer: Some(Issuer::Approved) })
        );
        for text in [
            "",
            "&",
            "auth_pin",
            "scenario:",
            "scenario:auth_avs",
            "issuer:no_such",
            "scenario:auth_pin&scenario:auth_pin",
            "issuer:approved&issuer:approved",
            "other:auth_pin",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn stored_text_reads_back_the_same() {
        for scene in Scene::ALL.map(Some).into_iter().chain([None]) {
            for issuer in Issuer::ALL.map(Some).into_iter().chain([None]) {
                let scenario = Scenario { scene, issuer };
                assert_eq!(Scenario::from_stored(scenario.text().as_deref()), scenario);
            }
        }
    }
}
