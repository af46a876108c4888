//! Accounts at hand: what authenticating a request and sending a webhook need, read from the
//! store at start and again whenever it changes there.

use std::collections::HashMap;
use std::sync::Arc;

use dialects::card::EncryptionKey;
use dialects::webhook::{Secrets, WebhookSecret};
use domain::account::Account;
use domain::decide::{ApiKey, SealedSecret, SecretKind};
use domain::endpoint::Endpoint;
use domain::{AccountId, EndpointId, Timestamp};
use ipnet::IpNet;
use store::query::accounts::{self, OldSecret};
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
    encryption_key: Option<EncryptionKey>,
    /// The key before it, which browsers may still have, and until when it is accepted.
    old_encryption_key: Option<(EncryptionKey, Timestamp)>,
}

impl Entry {
    /// The key that `opens` something: the account's own, or at its time the one before it. Its own
    /// where neither does.
    pub fn encryption_key(
        &self,
        now: Timestamp,
        opens: impl FnOnce(&EncryptionKey) -> bool,
    ) -> Option<&EncryptionKey> {
        let old = self.old_encryption_key.as_ref().filter(|(_, ends_at)| now < *ends_at);
        let old = old.map(|(key, _)| key).filter(|key| opens(key));
        old.or(self.encryption_key.as_ref())
    }
}

/// An endpoint with its secrets ready for use. How it is doing is told by the store alone.
#[derive(Debug)]
pub struct EndpointEntry {
    pub endpoint: Endpoint,
    secret: Option<WebhookSecret>,
    old_secret: Option<WebhookSecret>,
}

#[derive(Debug, Default)]
pub struct Directory {
    entries: HashMap<AccountId, Arc<Entry>>,
    /// With the end of its time where another has replaced it.
    api_keys: HashMap<ApiKey, (AccountId, Option<Timestamp>)>,
    endpoints: HashMap<(AccountId, EndpointId), EndpointEntry>,
}

/// The rows a directory is made of, as they lie in the store.
#[derive(Debug)]
pub struct Rows {
    pub accounts: Vec<Account>,
    pub api_keys: Vec<(ApiKey, AccountId, Option<Timestamp>)>,
    pub endpoints: Vec<Endpoint>,
    pub secrets: Vec<SealedSecret>,
    pub old_secrets: Vec<OldSecret>,
}

impl Rows {
    pub fn read(reader: &Reader) -> Result<Rows, StoreError> {
        reader.snapshot(|reader| {
            Ok(Rows {
                accounts: accounts::list_accounts(reader)?,
                api_keys: accounts::list_api_keys(reader)?,
                endpoints: accounts::list_endpoints(reader)?,
                secrets: accounts::list_secrets(reader)?,
                old_secrets: accounts::list_old_secrets(reader)?,
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
        let mut old_encryption_keys = HashMap::new();
        for old in rows.old_secrets.iter().filter(|old| old.kind == SecretKind::Encryption) {
            let text = master_key.open_kind((old.account, old.kind), &old.sealed)?;
            let key = EncryptionKey::parse(&text).map(|key| (key, old.ends_at));
            old_encryption_keys.insert(old.account, key);
        }
        let entry = |account: Account| {
            let networks = account.allowed_networks.iter();
            let entry = Entry {
                allowed_networks: networks.filter_map(|block| block.parse().ok()).collect(),
                webhook_secret: webhook_secrets.remove(&account.id),
                encryption_key: encryption_keys.remove(&account.id).flatten(),
                old_encryption_key: old_encryption_keys.remove(&account.id).flatten(),
                account,
            };
            (entry.account.id, Arc::new(entry))
        };
        let mut endpoints = HashMap::new();
        for endpoint in rows.endpoints {
            let open = |sealed: &Vec<u8>| -> Result<WebhookSecret, SecretFault> {
                let text = master_key.open_kind((endpoint.account, SecretKind::Webhook), sealed)?;
                Ok(WebhookSecret::new(&text))
            };
            let old = endpoint.old_secret.as_ref().map(|old| &old.sealed);
            let entry = EndpointEntry {
                secret: endpoint.secret.as_ref().map(open).transpose()?,
                old_secret: old.map(open).transpose()?,
                endpoint,
            };
            endpoints.insert((entry.endpoint.account, entry.endpoint.id), entry);
        }
        Ok(Directory {
            entries: rows.accounts.into_iter().map(entry).collect(),
            api_keys: rows
                .api_keys
                .into_iter()
                .map(|(key, account, ends_at)| (key, (account, ends_at)))
                .collect(),
            endpoints,
        })
    }

    pub fn find(&self, account: AccountId) -> Option<&Arc<Entry>> {
        self.entries.get(&account)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    pub fn find_by_number(&self, number: &str) -> Option<&Arc<Entry>> {
        self.entries().find(|entry| entry.account.number == number)
    }

    pub fn find_by_api_key(&self, key: &ApiKey, now: Timestamp) -> Option<&Arc<Entry>> {
        let (account, ends_at) = self.api_keys.get(key)?;
        if ends_at.is_some_and(|ends_at| now >= ends_at) {
            return None;
        }
        self.entries.get(account)
    }

    pub fn find_endpoint(&self, account: AccountId, endpoint: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(&(account, endpoint)).map(|entry| &entry.endpoint)
    }

    /// The secrets that sign for an endpoint at a moment. What has none of its own, the payments'
    /// own addresses too, is signed for as endpoint 1 is.
    pub fn find_secrets(
        &self,
        account: AccountId,
        endpoint: EndpointId,
        now: Timestamp,
    ) -> Option<Secrets<'_>> {
        let own = self.endpoints.get(&(account, endpoint)).filter(|entry| entry.secret.is_some());
        let entry = own.or_else(|| self.endpoints.get(&(account, Endpoint::PRIMARY)));
        let of_account = self.entries.get(&account)?.webhook_secret.as_ref();
        let new = entry.and_then(|entry| entry.secret.as_ref()).or(of_account)?;
        let old = entry.and_then(|entry| {
            let row = entry.endpoint.old_secret.as_ref().filter(|old| now < old.ends_at)?;
            Some((entry.old_secret.as_ref()?, row.signs_alone))
        });
        Some(match old {
            None => Secrets { lead: new, other: None },
            Some((old, true)) => Secrets { lead: old, other: Some(new) },
            Some((old, false)) => Secrets { lead: new, other: Some(old) },
        })
    }
}
