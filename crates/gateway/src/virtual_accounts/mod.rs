//! Virtual accounts at the environment's bank: opened by request, paid into by anybody, credited
//! once the bank's notice is believed.

pub mod receiver;
pub mod sandbox_bank;
pub mod verification;

use dialects::provider::providus::{
    BANK_NAME, OpenFault, Opened, PATIENCE, Providus, SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET,
};
use dialects::provider::{Request, Secret};
use domain::Environment;
use domain::deposit::{Judgement, Notice, ReviewReason, Trust};
use domain::virtual_account::VirtualAccountKind;

use crate::config::ProvidusSettings;
use crate::egress::Egress;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankFault {
    #[error("DGSPAY_PROVIDUS_CLIENT_ID and DGSPAY_PROVIDUS_CLIENT_SECRET go together")]
    HalfCredentials,
    #[error("DGSPAY_PROVIDUS_URL needs DGSPAY_PROVIDUS_CLIENT_ID and _CLIENT_SECRET")]
    UrlWithoutCredentials,
    #[error("DGSPAY_PROVIDUS_URL must begin with https:// (or http://)")]
    Url,
    #[error("DGSPAY_PROVIDUS_VERIFY=on needs DGSPAY_PROVIDUS_URL and credentials")]
    VerifyWithoutUrl,
}

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
    pub fn of(
        settings: &ProvidusSettings,
        environment: Environment,
    ) -> Result<Option<Bank>, BankFault> {
        let ProvidusSettings { url, client_id, client_secret, verify, trust } = settings;
        let own = match (client_id, client_secret) {
            (Some(id), Some(secret)) => Some((id.clone(), secret.clone())),
            (None, None) if url.is_some() => return Err(BankFault::UrlWithoutCredentials),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(BankFault::HalfCredentials),
        };
        if *verify && url.is_none() {
            return Err(BankFault::VerifyWithoutUrl);
        }
        let desk = match url {
            Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
                Desk::At(url.trim_end_matches('/').to_owned())
            }
            Some(_) => return Err(BankFault::Url),
            None if environment == Environment::Test => Desk::Simulated,
            None => Desk::Closed,
        };
        let credentials = match (own, environment) {
            (Some(own), _) => own,
            (None, Environment::Test) => {
                (Secret::new(SANDBOX_CLIENT_ID), Secret::new(SANDBOX_CLIENT_SECRET))
            }
            (None, Environment::Live) => return Ok(None),
        };
        let trust = if *verify { Trust::Verify } else { *trust };
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
        egress: &Egress,
        kind: VirtualAccountKind,
        name: &str,
        bvn: Option<&str>,
    ) -> Result<Opened, OpenFault> {
        match &self.desk {
            Desk::At(base_url) => {
                let request = self.dialect.open_account(base_url, kind, name, bvn);
                let opened = self.dialect.read_opened(&send(egress, &request).await)?;
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
    async fn verify(&self, egress: &Egress, notice: &Notice) -> Judgement {
        match &self.desk {
            Desk::At(base_url) => {
                let request = self.dialect.verify(base_url, &notice.settlement_id);
                self.dialect.judge(&send(egress, &request).await, notice)
            }
            // It was to be verified when it came, and now nobody can be asked.
            Desk::Simulated | Desk::Closed => Judgement::Hold(ReviewReason::NotVerified),
        }
    }
}

async fn send(egress: &Egress, request: &Request) -> dialects::provider::Reply {
    egress.call_provider(request, PATIENCE).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: Option<&str>, has_credentials: bool, verify: bool) -> ProvidusSettings {
        let secret = || has_credentials.then(|| Secret::new("x"));
        ProvidusSettings {
            url: url.map(str::to_owned),
            client_id: secret(),
            client_secret: secret(),
            verify,
            trust: Trust::Review,
        }
    }

    #[test]
    fn a_bank_is_set_up_whole_or_not_at_all() {
        let of = |settings: ProvidusSettings| Bank::of(&settings, Environment::Live);
        assert!(of(settings(None, false, false)).unwrap().is_none());
        let told_only = of(settings(None, true, false)).unwrap().unwrap();
        assert!(!told_only.is_simulated() && told_only.trust == Trust::Review);
        let whole = of(settings(Some("https://bank.example/api/"), true, true)).unwrap().unwrap();
        assert!(matches!(&whole.desk, Desk::At(url) if url == "https://bank.example/api"));
        assert_eq!(whole.trust, Trust::Verify);
        for (settings, fault) in [
            (settings(Some("https://b"), false, false), BankFault::UrlWithoutCredentials),
            (settings(None, true, true), BankFault::VerifyWithoutUrl),
            (settings(None, false, true), BankFault::VerifyWithoutUrl),
            (settings(Some("bank.example"), true, false), BankFault::Url),
        ] {
            assert_eq!(of(settings).unwrap_err(), fault);
        }
        let half = ProvidusSettings { client_secret: None, ..settings(None, true, false) };
        assert_eq!(of(half).unwrap_err(), BankFault::HalfCredentials);

        let sandbox = Bank::of(&settings(None, false, false), Environment::Test).unwrap().unwrap();
        assert!(sandbox.is_simulated());
        assert!(!format!("{sandbox:?}").contains(SANDBOX_CLIENT_SECRET));
    }
}
