//! The dialects ready for use. The key that `dusupay` signs with is made when it is first needed,
//! once for the environment, and kept sealed in the store.

use std::sync::Arc;

use dialects::signing::{RsaDigest, RsaKey, RsaSigner};
use dialects::webhook::{Dgs, Dialect, DusuPay, Standard};
use domain::decide::Command;
use domain::endpoint::DialectName;
use store::query::accounts::find_setting;
use store::{StoreError, SubmitError};
use tokio::sync::OnceCell;

use crate::app::App;
use crate::config::Settings;
use crate::secrets::SecretFault;

/// Its name in the store, and the place it is sealed to.
const KEY_NAME: &str = "dusupay_key";

#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error("the RSA key could not be made or read")]
    Unusable,
}

#[derive(Debug)]
pub struct Dialects {
    digest: RsaDigest,
    retries_server_errors: bool,
    key: OnceCell<Arc<RsaSigner>>,
}

impl Dialects {
    pub fn of(settings: &Settings) -> Dialects {
        Dialects {
            digest: settings.dusupay_digest,
            retries_server_errors: settings.dusupay_retries_server_errors,
            key: OnceCell::new(),
        }
    }
}

impl App {
    pub async fn dialect(&self, name: DialectName) -> Result<Box<dyn Dialect>, KeyFault> {
        Ok(match name {
            DialectName::Dgs => Box::new(Dgs),
            DialectName::Standard => Box::new(Standard),
            DialectName::DusuPay => Box::new(DusuPay {
                rsa: Some(self.dusupay_key().await?),
                digest: self.dialects.digest,
                retries_server_errors: self.dialects.retries_server_errors,
            }),
        })
    }

    pub async fn dusupay_key(&self) -> Result<Arc<RsaSigner>, KeyFault> {
        self.dialects.key.get_or_try_init(|| self.load_key()).await.map(Arc::clone)
    }

    async fn load_key(&self) -> Result<Arc<RsaSigner>, KeyFault> {
        let stored = self.store.read(|reader| find_setting(reader, KEY_NAME)).await?;
        let key = match stored {
            Some(text) => {
                let sealed = hex::decode(text).map_err(|_| KeyFault::Unusable)?;
                let text = self.master_key.open_at(KEY_NAME, &sealed)?;
                RsaKey::from_base64(&text).ok_or(KeyFault::Unusable)?
            }
            None => self.make_key().await?,
        };
        key.signer().map(Arc::new).ok_or(KeyFault::Unusable)
    }

    async fn make_key(&self) -> Result<RsaKey, KeyFault> {
        let made = tokio::task::spawn_blocking(RsaKey::generate).await;
        let key = made.ok().flatten().ok_or(KeyFault::Unusable)?;
        let sealed = self.master_key.seal_at(KEY_NAME, &key.to_base64())?;
        let keep = Command::KeepSetting { name: KEY_NAME, value: hex::encode(sealed) };
        self.store.lane().submit(keep).await?;
        Ok(key)
    }
}
