//! Virtual accounts at the environment's bank: opened by request, paid into by anybody, credited
//! once the bank's notice is believed.

pub mod receiver;
pub mod sandbox_bank;
pub mod verification;

use dialects::provider::Secret;
use dialects::provider::providus::{
    BANK_NAME, OpenFault, Opened, PATIENCE, Providus, SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET,
};
use dialects::provider::setting::{Fault, Values};
use domain::Environment;
use domain::deposit::{Judgement, Notice, ReviewReason, Trust};
use domain::virtual_account::VirtualAccountKind;

use crate::egress::upstream::Upstream;

/// The bank of an environment.
#[derive(Debug)]
pub struct Bank {
    dialect: Providus,
    desk: Desk,
    /// How far its notices are believed by themselves.
    trust: Trust,
}

/// Where accounts are opened and notices verified.
#[derive(Debug)]
enum Desk {
    /// The bank's own, at a base URL without a slash at its end.
    At(String),
    /// The sandbox's, in this process.
    Simulated,
    /// Nowhere: the bank only tells us of credits.
    Closed,
}

impl Bank {
    /// The bank as it is set up. In live there is none where nothing is; in the sandbox there is
    /// always one, which speaks with the credentials of the bank's own sandbox.
    pub fn of(values: &Values, environment: Environment) -> Result<Option<Bank>, Fault> {
        let url = values.find("url").map(|_| values.url("url")).transpose()?;
        let credentials = match (values.find("client_id"), values.find("client_secret")) {
            (Some(id), Some(secret)) => (id.clone(), secret.clone()),
            (Some(_), None) => return Err(Fault::Missing("client_secret")),
            (None, Some(_)) => return Err(Fault::Missing("client_id")),
            (None, None) if url.is_some() => return Err(Fault::Missing("client_id")),
            (None, None) if environment == Environment::Live => return Ok(None),
            (None, None) => (Secret::new(SANDBOX_CLIENT_ID), Secret::new(SANDBOX_CLIENT_SECRET)),
        };
        let desk = match url {
            Some(url) => Desk::At(url),
            None if environment == Environment::Test => Desk::Simulated,
            None => Desk::Closed,
        };
        let trust = trust(values, environment)?;
        if trust == Trust::Verify && !matches!(desk, Desk::At(_)) {
            return Err(Fault::Unfit { name: "verify", reason: "needs url and credentials" });
        }
        let dialect = Providus::new(credentials.0, &credentials.1);
        Ok(Some(Bank { dialect, desk, trust }))
    }

    pub const fn is_simulated(&self) -> bool {
        matches!(self.desk, Desk::Simulated)
    }

    /// Opens an account. An answer that is lost may leave a number at the bank that nobody is told,
    /// so that nobody pays into it.
    pub async fn open_account(
        &self,
        upstream: &Upstream,
        kind: VirtualAccountKind,
        name: &str,
        bvn: Option<&str>,
    ) -> Result<Opened, OpenFault> {
        match &self.desk {
            Desk::At(base_url) => {
                let request = self.dialect.open_account(base_url, kind, name, bvn);
                let opened =
                    self.dialect.read_opened(&upstream.send(&request, None, PATIENCE).await)?;
                let name = if opened.name.is_empty() { name.to_owned() } else { opened.name };
                Ok(Opened { name, ..opened })
            }
            Desk::Simulated => Ok(sandbox_bank::open(name)),
            Desk::Closed => Err(OpenFault::Refused("no address of it is configured".to_owned())),
        }
    }

    pub const fn name(&self) -> &'static str {
        if self.is_simulated() { sandbox_bank::NAME } else { BANK_NAME }
    }

    /// What the bank says of a notice in its name.
    async fn verify(&self, upstream: &Upstream, notice: &Notice) -> Judgement {
        match &self.desk {
            Desk::At(base_url) => {
                let request = self.dialect.verify(base_url, &notice.settlement_id);
                self.dialect.judge(&upstream.send(&request, None, PATIENCE).await, notice)
            }
            // It was to be verified when it came, and now nobody can be asked.
            Desk::Simulated | Desk::Closed => Judgement::Hold(ReviewReason::NotVerified),
        }
    }
}

fn trust(values: &Values, environment: Environment) -> Result<Trust, Fault> {
    if values.find("verify").is_some() && values.switch("verify")? {
        return Ok(Trust::Verify);
    }
    match (values.find("unverified").map(Secret::reveal), environment) {
        (Some("credit"), _) | (None, Environment::Test) => Ok(Trust::Credit),
        (Some("review"), _) | (None, Environment::Live) => Ok(Trust::Review),
        (Some(_), _) => {
            Err(Fault::Unfit { name: "unverified", reason: "must be credit or review" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::provider::providus::SETTINGS;

    fn of(environment: Environment, given: &[(&str, &str)]) -> Result<Option<Bank>, Fault> {
        let given = given.iter().map(|(name, text)| ((*name).to_owned(), Secret::new(*text)));
        Bank::of(&Values::of(SETTINGS, given)?, environment)
    }

    const ID: (&str, &str) = ("client_id", "x");
    const SECRET: (&str, &str) = ("client_secret", "x");
    const URL: (&str, &str) = ("url", "https://bank.example/api/");
    const VERIFY: (&str, &str) = ("verify", "on");

    #[test]
    fn a_bank_is_set_up_whole_or_not_at_all() {
        let live = |given: &[_]| of(Environment::Live, given);
        assert!(live(&[]).unwrap().is_none());
        let told_only = live(&[ID, SECRET]).unwrap().unwrap();
        assert!(!told_only.is_simulated() && told_only.trust == Trust::Review);
        let whole = live(&[ID, SECRET, URL, VERIFY]).unwrap().unwrap();
        assert!(matches!(&whole.desk, Desk::At(url) if url == "https://bank.example/api"));
        assert_eq!(whole.trust, Trust::Verify);
        for (given, name) in [
            (&[ID][..], "client_secret"),
            (&[SECRET], "client_id"),
            (&[URL], "client_id"),
            (&[ID, SECRET, VERIFY], "verify"),
            (&[ID, SECRET, ("url", "bank.example")], "url"),
            (&[ID, SECRET, ("unverified", "ignore")], "unverified"),
            (&[ID, SECRET, ("verify", "perhaps")], "verify"),
        ] {
            assert!(live(given).unwrap_err().to_string().starts_with(name), "{given:?}");
        }
    }

    #[test]
    fn the_sandbox_has_a_bank_of_its_own() {
        let sandbox = of(Environment::Test, &[]).unwrap().unwrap();
        assert!(sandbox.is_simulated() && sandbox.trust == Trust::Credit);
        assert!(!format!("{sandbox:?}").contains(SANDBOX_CLIENT_SECRET));
        assert!(of(Environment::Test, &[VERIFY]).is_err());
        let strict = of(Environment::Test, &[("unverified", "review")]).unwrap().unwrap();
        assert_eq!(strict.trust, Trust::Review);
    }
}
