//! Accounts at hand: what authenticating a request and sending a webhook need, read from the
//! store at start and again whenever it changes there.

use std::collections::HashMap;
use std::sync::Arc;

use dialects::card::EncryptionKey;
use dialects::webhook::WebhookSecret;
use domain::account::{Account, Endpoint};
use domain::decide::{ApiKey, SealedSecret, SecretKind};
use domain::{AccountId, EndpointId};
use ipnet::IpNet;
use store::query::accounts;
use store::{Reader, StoreError};

use crate::secrets::{MasterKey, SecretFault};

#[derive(Debug, thiserror::Error)]
pub enum DirectoryFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretFault),
}

/// An account with its keys ready for use.
#[derive(Debug)]
pub struct Entry {
    pub account: Account,
    pub allowed_networks: Vec<IpNet>,
    pub webhook_secret: Option<WebhookSecret>,
    /// What browsers encrypt card fields with.
    pub encryption_key: Option<EncryptionKey>,
}

#[derive(Debug, Default)]
pub struct Directory {
    entries: HashMap<AccountId, Arc<Entry>>,
    api_keys: HashMap<ApiKey, AccountId>,
    endpoints: HashMap<(AccountId, EndpointId), Endpoint>,
}

/// The rows a directory is made of, as they lie in the store.
#[derive(Debug)]
pub struct Rows {
    pub accounts: Vec<Account>,
    pub api_keys: Vec<(ApiKey, AccountId)>,
    pub endpoints: Vec<Endpoint>,
    pub secrets: Vec<SealedSecret>,
}

impl Rows {
    pub fn read(reader: &Reader) -> Result<Rows, StoreError> {
        reader.snapshot(|reader| {
            Ok(Rows {
                accounts: accounts::list_accounts(reader)?,
                api_keys: accounts::list_api_keys(reader)?,
                endpoints: accounts::list_endpoints(reader)?,
                secrets: accounts::list_secrets(reader)?,
            })
        })
    }
}

impl Directory {
    pub fn of(rows: Rows, master_key: &MasterKey) -> Result<Directory, DirectoryFault> {
        let mut webhook_secrets = HashMap::new();
        for sealed in rows.secrets.iter().filter(|sealed| sealed.kind == SecretKind::Webhook) {
            let secret = WebhookSecret::new(&master_key.open(sealed)?);
            webhook_secrets.insert(sealed.account, secret);
        }
        let mut encryption_keys = HashMap::new();
        for sealed in rows.secrets.iter().filter(|sealed| sealed.kind == SecretKind::Encryption) {
            let key = EncryptionKey::parse(&master_key.open(sealed)?);
            encryption_keys.insert(sealed.account, key);
        }
        let entry = |account: Account| {
            let networks = account.allowed_networks.iter();
            let entry = Entry {
                allowed_networks: networks.filter_map(|block| block.parse().ok()).collect(),
                webhook_secret: webhook_secrets.remove(&account.id),
                encryption_key: encryption_keys.remove(&account.id).flatten(),
                account,
            };
            (entry.account.id, Arc::new(entry))
        };
        let endpoints = rows.endpoints.into_iter();
        Ok(Directory {
            entries: rows.accounts.into_iter().map(entry).collect(),
            api_keys: rows.api_keys.into_iter().collect(),
            endpoints: endpoints
                .map(|endpoint| ((endpoint.account, endpoint.id), endpoint))
                .collect(),
        })
    }

    pub fn find(&self, account: AccountId) -> Option<&Arc<Entry>> {
        self.entries.get(&account)
    }

    pub fn find_by_api_key(&self, key: &ApiKey) -> Option<&Arc<Entry>> {
        self.entries.get(self.api_keys.get(key)?)
    }

    pub fn find_endpoint(&self, account: AccountId, endpoint: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(&(account, endpoint))
    }
}
