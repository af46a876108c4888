//! The log of what people did: each entry holds the hash of the one before, so that none can be
//! changed or left out without it being seen.

use sha2::{Digest, Sha256};

use crate::account::Environment;
use crate::people::UserId;
use crate::time::Timestamp;

/// What the first entry follows.
pub const GENESIS: [u8; 32] = [0; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    PersonAdded,
    SignedIn,
    SignInRefused,
    CodeRefused,
    RecoveryCodeUsed,
    SignedOut,
    PasswordConfirmed,
    ConfirmationRefused,
    PasswordChanged,
    TotpEnabled,
    TotpDisabled,
    ApiKeyRotated,
    EncryptionKeyRotated,
    EncryptionKeyShown,
    WebhookUrlChanged,
    WebhookSecretRotated,
    WebhookSecretShown,
    NetworksChanged,
    NumberRequirementChanged,
    EventResent,
    PaymentsExported,
}

impl Action {
    pub const ALL: [Action; 21] = [
        Action::PersonAdded,
        Action::SignedIn,
        Action::SignInRefused,
        Action::CodeRefused,
        Action::RecoveryCodeUsed,
        Action::SignedOut,
        Action::PasswordConfirmed,
        Action::ConfirmationRefused,
        Action::PasswordChanged,
        Action::TotpEnabled,
        Action::TotpDisabled,
        Action::ApiKeyRotated,
        Action::EncryptionKeyRotated,
        Action::EncryptionKeyShown,
        Action::WebhookUrlChanged,
        Action::WebhookSecretRotated,
        Action::WebhookSecretShown,
        Action::NetworksChanged,
        Action::NumberRequirementChanged,
        Action::EventResent,
        Action::PaymentsExported,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Action::PersonAdded => "person_added",
            Action::SignedIn => "signed_in",
            Action::SignInRefused => "sign_in_refused",
            Action::CodeRefused => "code_refused",
            Action::RecoveryCodeUsed => "recovery_code_used",
            Action::SignedOut => "signed_out",
            Action::PasswordConfirmed => "password_confirmed",
            Action::ConfirmationRefused => "confirmation_refused",
            Action::PasswordChanged => "password_changed",
            Action::TotpEnabled => "totp_enabled",
            Action::TotpDisabled => "totp_disabled",
            Action::ApiKeyRotated => "api_key_rotated",
            Action::EncryptionKeyRotated => "encryption_key_rotated",
            Action::EncryptionKeyShown => "encryption_key_shown",
            Action::WebhookUrlChanged => "webhook_url_changed",
            Action::WebhookSecretRotated => "webhook_secret_rotated",
            Action::WebhookSecretShown => "webhook_secret_shown",
            Action::NetworksChanged => "networks_changed",
            Action::NumberRequirementChanged => "number_requirement_changed",
            Action::EventResent => "event_resent",
            Action::PaymentsExported => "payments_exported",
        }
    }

    pub fn parse(word: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.word() == word)
    }
}

/// What was done, to what, in which environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub action: Action,
    /// `None` for what has nothing to do with one.
    pub environment: Option<Environment>,
    /// Plain text; never a secret.
    pub detail: String,
}

impl Deed {
    pub fn plain(action: Action) -> Deed {
        Deed { action, environment: None, detail: String::new() }
    }
}

/// One row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without gaps.
    pub number: i64,
    pub at: Timestamp,
    pub user: UserId,
    /// The merchant whose log shows it.
    pub merchant_id: String,
    /// Who, as they were called then.
    pub email: String,
    /// Where from.
    pub address: String,
    pub deed: Deed,
    pub hash: [u8; 32],
}

impl Entry {
    /// The hash over the entry before and all that this one says.
    pub fn hash_after(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(before);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.as_micros().to_be_bytes());
        hash.update(self.user.0.to_be_bytes());
        let environment = self.deed.environment.map_or("", Environment::word);
        let texts = [
            self.merchant_id.as_str(),
            &self.email,
            &self.address,
            self.deed.action.word(),
            environment,
            &self.deed.detail,
        ];
        for text in texts {
            // With its length: moving a letter from one text to the next changes the hash.
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }
}
