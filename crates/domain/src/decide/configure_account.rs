//! Opening an account, and changing its credentials and settings.

use std::time::Duration;

use crate::account::Account;
use crate::book::Book;
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Refusal};
use crate::endpoint::Endpoint;
use crate::fee::FeeRule;
use crate::id::AccountId;
use crate::idempotency::KeyUse;
use crate::ledger::{self, Chain, Fact, Journal, Wallet};
use crate::money::{Currency, Money};
use crate::settlement::SettlementRule;
use crate::time::Timestamp;

/// What a secret of an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// Kept only so that a sandbox can print it again; live keys are never kept.
    ApiKey,
    Encryption,
    Webhook,
}

impl SecretKind {
    pub const ALL: [SecretKind; 3] =
        [SecretKind::ApiKey, SecretKind::Encryption, SecretKind::Webhook];

    pub const fn word(self) -> &'static str {
        match self {
            SecretKind::ApiKey => "api_key",
            SecretKind::Encryption => "encryption_key",
            SecretKind::Webhook => "webhook_secret",
        }
    }

    pub fn parse(word: &str) -> Option<SecretKind> {
        SecretKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A secret as it is stored: only the holder of the master key can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    pub account: AccountId,
    pub kind: SecretKind,
    /// Empty for an API key that nobody is to read again: only its hash is kept.
    pub sealed: Vec<u8>,
    /// SHA-256 of an API key, by which it is found; `None` for other secrets.
    pub key_hash: Option<ApiKey>,
    pub created_at: Timestamp,
    /// Until when the secret that it replaces is accepted too; `None` where that ends at once.
    pub old_ends_at: Option<Timestamp>,
}

/// SHA-256 of an API key. The keys have 190 random bits or more, so a plain hash hides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApiKey(pub [u8; 32]);

#[derive(Debug)]
pub struct OpenAccount {
    pub account: Account,
    pub webhook_url: Option<String>,
    pub secrets: Vec<SealedSecret>,
    /// Simulated money to begin with; empty in live.
    pub opening_funds: Vec<Money>,
}

/// Every part that is there replaces what was.
#[derive(Debug)]
pub struct ConfigureAccount {
    pub account: AccountId,
    pub number: Option<String>,
    pub webhook_url: Option<String>,
    pub requires_number: Option<bool>,
    pub allowed_networks: Option<Vec<String>>,
    pub charge_fee: Option<FeeRule>,
    pub disbursement_fee: Option<FeeRule>,
    pub settlement: Option<SettlementRule>,
    pub card_currencies: Option<Vec<Currency>>,
    pub secrets: Vec<SealedSecret>,
}

impl ConfigureAccount {
    /// Leaves everything as it is.
    pub fn nothing(account: AccountId) -> ConfigureAccount {
        ConfigureAccount {
            account,
            number: None,
            webhook_url: None,
            requires_number: None,
            allowed_networks: None,
            charge_fee: None,
            disbursement_fee: None,
            settlement: None,
            card_currencies: None,
            secrets: Vec::new(),
        }
    }
}

/// Replaces the account's secret of a kind.
#[derive(Debug)]
pub struct RotateSecret {
    pub key_use: Option<KeyUse>,
    pub secret: SealedSecret,
    pub overlap: Duration,
}

/// The new secret is accepted at once, the old one until the overlap ends. Of those before it none:
/// an account has one old secret of a kind at a time.
pub(super) fn rotate(
    rotate: RotateSecret,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(rotate.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let _: &Account = book.accounts.find(&rotate.secret.account).ok_or(Refusal::AccountUnknown)?;
    let old_ends_at = (rotate.overlap > Duration::ZERO).then(|| moment.now.plus(rotate.overlap));
    let secret = SealedSecret { old_ends_at, ..rotate.secret };
    let body = moment.wording.secret(&secret);
    book.secrets.push(secret);
    Ok(keep(body, rotate.key_use, book, moment))
}

pub(super) fn open(
    open: OpenAccount,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    let id = open.account.id;
    if book.accounts.find(&id).is_some() {
        return Err(Refusal::AccountNumberTaken);
    }
    let journal = Journal::append(
        &Chain::default(),
        id,
        (Fact::OpeningFunds, None),
        ledger::opening_funds(&open.opening_funds),
        moment.now,
    );
    let mut wallets: Vec<(Currency, Wallet)> = Vec::new();
    for transfer in &journal.transfers {
        let wallet = Wallet::default().after(transfer)?;
        wallets.push((transfer.amount.currency(), wallet));
    }
    book.accounts.insert(id, open.account);
    set_webhook_url(book, id, open.webhook_url, moment.now);
    book.secrets.extend(open.secrets);
    for (currency, wallet) in wallets {
        book.wallets.insert((id, currency), wallet);
    }
    if !journal.transfers.is_empty() {
        book.chains.insert(id, journal.chain());
        book.journals.push(journal);
    }
    Ok(Answer::Done)
}

pub(super) fn configure(
    configure: ConfigureAccount,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    let account = book.accounts.change(&configure.account).ok_or(Refusal::AccountUnknown)?;
    replace(&mut account.number, configure.number);
    replace(&mut account.requires_number, configure.requires_number);
    replace(&mut account.allowed_networks, configure.allowed_networks);
    replace(&mut account.charge_fee, configure.charge_fee);
    replace(&mut account.disbursement_fee, configure.disbursement_fee);
    replace(&mut account.settlement, configure.settlement);
    replace(&mut account.card_currencies, configure.card_currencies);
    set_webhook_url(book, configure.account, configure.webhook_url, moment.now);
    book.secrets.extend(configure.secrets);
    Ok(Answer::Done)
}

fn replace<T>(part: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *part = new;
    }
}

/// Sets the address of endpoint 1 and switches it on.
fn set_webhook_url(book: &mut Book, account: AccountId, url: Option<String>, now: Timestamp) {
    let Some(url) = url else { return };
    let key = (account, Endpoint::PRIMARY);
    match book.endpoints.change(&key) {
        Some(endpoint) => {
            endpoint.url = url;
            endpoint.enable();
        }
        None => book.endpoints.insert(key, Endpoint::new(account, key.1, url, now)),
    }
}
