//! The master key, and what it seals: secrets lie in the database only as ciphertext that the
//! database alone cannot open.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dialects::signing::SigningKey;
use domain::decide::{ApiKey, SealedSecret, SecretKind};
use domain::{AccountId, Environment, Timestamp};
use rustix::process::{Resource, Rlimit, setrlimit};
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
pub enum SecretFault {
    #[error("the master key file {file} cannot be used: {reason}")]
    MasterKey { file: String, reason: String },
    #[error("a stored secret cannot be opened: the master key is not the one it was sealed with")]
    WrongMasterKey,
    #[error("the system's random source failed")]
    NoRandom,
}

/// A secret text in memory, wiped when dropped. It has no `Debug` and no `Display`.
pub type SecretText = Zeroizing<String>;

/// Seals and opens the secrets of the database.
pub struct MasterKey {
    sealing: LessSafeKey,
    deriving: SigningKey,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// Reads the key file (64 hex digits), making one that only we may read where there is none.
    pub fn of_file(file: &Path) -> Result<MasterKey, SecretFault> {
        if !file.exists() {
            make_secret_file(file, &hex::encode(random::<32>()?))
                .map_err(|error| key_fault(file, error.to_string()))?;
        }
        MasterKey::read(file)
    }

    /// The key of a data folder that has one of its own, both made if absent.
    pub fn of_folder(data: &Path) -> Result<MasterKey, SecretFault> {
        std::fs::create_dir_all(data).map_err(|error| key_fault(data, error.to_string()))?;
        MasterKey::of_file(&data.join("master.key"))
    }

    /// Reads a key file that must be there, and nobody else's to read.
    pub fn of_private_file(file: &Path) -> Result<MasterKey, SecretFault> {
        let data = std::fs::metadata(file).map_err(|error| key_fault(file, error.to_string()))?;
        if data.permissions().mode() & 0o077 != 0 {
            return Err(key_fault(file, "others may read it; chmod 600 it".to_owned()));
        }
        MasterKey::read(file)
    }

    fn read(file: &Path) -> Result<MasterKey, SecretFault> {
        let text = Zeroizing::new(
            std::fs::read_to_string(file).map_err(|error| key_fault(file, error.to_string()))?,
        );
        MasterKey::parse(&text)
            .ok_or_else(|| key_fault(file, "it must hold 64 hex digits".to_owned()))
    }

    /// A key of 64 hex digits.
    pub fn parse(text: &str) -> Option<MasterKey> {
        let bytes = hex::decode(text.trim()).ok().map(Zeroizing::new)?;
        MasterKey::of_bytes(<&[u8; 32]>::try_from(bytes.as_slice()).ok()?).ok()
    }

    /// The master key of one environment among several that share this one. What one of them
    /// sealed or signed means nothing to another.
    pub fn of_environment(&self, environment: Environment) -> Result<MasterKey, SecretFault> {
        MasterKey::of_bytes(&self.derive_bytes(&format!("environment {}", environment.word())))
    }

    /// The master key of what belongs to people, whichever environment they look at.
    pub fn of_people(&self) -> Result<MasterKey, SecretFault> {
        MasterKey::of_bytes(&self.derive_bytes("people"))
    }

    fn of_bytes(bytes: &[u8; 32]) -> Result<MasterKey, SecretFault> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SecretFault::WrongMasterKey)?;
        Ok(MasterKey { sealing: LessSafeKey::new(key), deriving: SigningKey::new(bytes) })
    }

    /// A key for one purpose, which tells nothing of the master key.
    pub fn derive(&self, purpose: &str) -> SigningKey {
        SigningKey::new(&*self.derive_bytes(purpose))
    }

    /// The same as bytes, for keys of other kinds.
    pub fn derive_bytes(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.deriving.sign(&[purpose.as_bytes()]))
    }

    /// Seals a secret to its place, so that ciphertexts cannot change places in the database.
    pub fn seal(
        &self,
        (account, kind): (AccountId, SecretKind),
        secret: &str,
        now: Timestamp,
    ) -> Result<SealedSecret, SecretFault> {
        let sealed = self.seal_at(&place(account, kind), secret)?;
        let key_hash = (kind == SecretKind::ApiKey).then(|| hash_api_key(secret));
        Ok(SealedSecret { account, kind, sealed, key_hash, created_at: now, old_ends_at: None })
    }

    /// An API key that is shown once: what is kept finds it and cannot bring it back.
    pub fn hash_only(account: AccountId, api_key: &str, now: Timestamp) -> SealedSecret {
        SealedSecret {
            account,
            kind: SecretKind::ApiKey,
            sealed: Vec::new(),
            key_hash: Some(hash_api_key(api_key)),
            created_at: now,
            old_ends_at: None,
        }
    }

    pub fn open(&self, secret: &SealedSecret) -> Result<SecretText, SecretFault> {
        self.open_kind((secret.account, secret.kind), &secret.sealed)
    }

    /// Opens a secret of an account by its kind: one that was replaced, or that signs for any of
    /// its endpoints.
    pub fn open_kind(
        &self,
        (account, kind): (AccountId, SecretKind),
        sealed: &[u8],
    ) -> Result<SecretText, SecretFault> {
        self.open_at(&place(account, kind), sealed)
    }

    /// Seals a text to a named place.
    pub fn seal_at(&self, place: &str, text: &str) -> Result<Vec<u8>, SecretFault> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = text.as_bytes().to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| SecretFault::NoRandom)?;
        let mut bytes = nonce.to_vec();
        bytes.append(&mut sealed);
        Ok(bytes)
    }

    pub fn open_at(&self, place: &str, sealed: &[u8]) -> Result<SecretText, SecretFault> {
        let (nonce, sealed) =
            sealed.split_first_chunk::<NONCE_LEN>().ok_or(SecretFault::WrongMasterKey)?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let opened = self
            .sealing
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(place.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| SecretFault::WrongMasterKey)?;
        let text = std::str::from_utf8(opened).map_err(|_| SecretFault::WrongMasterKey)?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

fn key_fault(file: &Path, reason: String) -> SecretFault {
    SecretFault::MasterKey { file: file.display().to_string(), reason }
}

/// Makes a file that only we may read, and never replaces one.
pub fn make_secret_file(file: &Path, text: &str) -> std::io::Result<()> {
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()
}

fn place(account: AccountId, kind: SecretKind) -> String {
    format!("secret/{}/{}", account.0, kind.word())
}

/// The form in which API keys are stored and looked up.
pub fn hash_api_key(key: &str) -> ApiKey {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    ApiKey(hash)
}

/// A new API key: its environment, then 40 base-62 characters (238 random bits).
pub fn new_api_key(environment: Environment) -> Result<SecretText, SecretFault> {
    let mut key = format!("sk_{}_", environment.word());
    push_random(&mut key, 40, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")?;
    Ok(Zeroizing::new(key))
}

/// The address of a payment link: 10 base-58 characters, none of which looks like another.
pub fn new_slug() -> Result<String, SecretFault> {
    let mut slug = String::new();
    push_random(&mut slug, 10, b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")?;
    Ok(slug)
}

/// A password that somebody is given: 16 letters and digits, 95 random bits.
pub fn new_password() -> Result<SecretText, SecretFault> {
    let mut password = String::new();
    push_random(&mut password, 16, b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")?;
    Ok(Zeroizing::new(password))
}

/// A name that only its holder knows: 128 random bits.
pub fn new_token() -> Result<String, SecretFault> {
    Ok(hex::encode(random::<16>()?))
}

fn push_random(text: &mut String, letters: usize, alphabet: &[u8]) -> Result<(), SecretFault> {
    let length = text.len() + letters;
    // Values past the last whole round of the alphabet would favour its first letters.
    let fair = 256 - 256 % alphabet.len();
    while text.len() < length {
        let drawn = usize::from(random::<1>()?[0]);
        if drawn < fair
            && let Some(letter) = alphabet.get(drawn % alphabet.len())
        {
            text.push(char::from(*letter));
        }
    }
    Ok(())
}

/// `ACC-` and 7 digits.
pub fn new_account_number() -> Result<String, SecretFault> {
    Ok(format!("ACC-{:07}", u32::from_be_bytes(random::<4>()?) % 10_000_000))
}

/// The id of a merchant: a random UUID.
pub fn new_merchant_id() -> Result<String, SecretFault> {
    let mut bytes = random::<16>()?;
    // RFC 9562: version 4, and the variant of that document.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex::encode(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &text[range]);
    Ok(parts.join("-"))
}

/// The key that browsers encrypt card fields with: base64 of 32 bytes.
pub fn new_encryption_key() -> Result<SecretText, SecretFault> {
    Ok(Zeroizing::new(STANDARD.encode(random::<32>()?)))
}

/// `whsec_` and base64 of 32 bytes.
pub fn new_webhook_secret() -> Result<SecretText, SecretFault> {
    Ok(Zeroizing::new(format!("whsec_{}", STANDARD.encode(random::<32>()?))))
}

/// A new secret of a kind.
pub fn fresh(kind: SecretKind, environment: Environment) -> Result<SecretText, SecretFault> {
    match kind {
        SecretKind::ApiKey => new_api_key(environment),
        SecretKind::Encryption => new_encryption_key(),
        SecretKind::Webhook => new_webhook_secret(),
    }
}

/// Whether a text can serve as a test credential of a kind.
pub fn is_fit(kind: SecretKind, text: &str) -> bool {
    match kind {
        SecretKind::ApiKey => text.strip_prefix("sk_test_").is_some_and(|rest| {
            rest.len() >= 16 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }),
        SecretKind::Encryption => STANDARD.decode(text).is_ok_and(|key| key.len() == 32),
        SecretKind::Webhook => text
            .strip_prefix("whsec_")
            .is_some_and(|rest| STANDARD.decode(rest).is_ok_and(|key| key.len() >= 16)),
    }
}

/// What [`is_fit`] asks for, to tell the developer.
pub const fn form(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::ApiKey => "must be sk_test_ and at least 16 letters or digits",
        SecretKind::Encryption => "must be base64 of 32 bytes",
        SecretKind::Webhook => "must be whsec_ and base64 of at least 16 bytes",
    }
}

pub fn is_account_number(text: &str) -> bool {
    text.strip_prefix("ACC-")
        .is_some_and(|rest| rest.len() == 7 && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A crash must not write the memory of this process, keys and cards in hand included, to disk.
pub fn forbid_core_dumps() -> std::io::Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Ok(setrlimit(Resource::Core, none)?)
}

/// A number of up to 19 digits, for the simulator's names of things.
pub fn random_number() -> u64 {
    random::<8>().map_or(0, |bytes| u64::from_be_bytes(bytes) >> 1)
}

/// A number below `bound`, for jitter and the like.
pub fn random_below(bound: u32) -> u32 {
    random::<4>().map_or(0, |bytes| u32::from_be_bytes(bytes) % bound.max(1))
}

/// From the system: a library's own generator takes 35 ms to seed itself at the first draw.
/// Bytes that nobody can guess.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], SecretFault> {
    random()
}

fn random<const N: usize>() -> Result<[u8; N], SecretFault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SecretFault::NoRandom)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_at_its_own_place_under_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::of_file(&folder.path().join("master.key")).unwrap();
        let again = MasterKey::of_file(&folder.path().join("master.key")).unwrap();
        let other = MasterKey::of_file(&folder.path().join("other.key")).unwrap();
        let place = (AccountId(1), SecretKind::Webhook);
        let sealed = key.seal(place, "whsec_x", Timestamp::default()).unwrap();
        assert!(!sealed.sealed.windows(5).any(|part| part == b"whsec"));
        assert_eq!(again.open(&sealed).unwrap().as_str(), "whsec_x");
        assert!(other.open(&sealed).is_err());
        let moved = SealedSecret { account: AccountId(2), ..sealed.clone() };
        assert!(key.open(&moved).is_err());
    }

    #[test]
    fn what_one_environment_sealed_another_cannot_open() {
        let key = MasterKey::parse(&"a1".repeat(32)).unwrap();
        let [test, live] = [Environment::Test, Environment::Live]
            .map(|environment| key.of_environment(environment).unwrap());
        let sealed = test.seal_at("x", "secret").unwrap();
        assert_eq!(test.open_at("x", &sealed).unwrap().as_str(), "secret");
        assert!(live.open_at("x", &sealed).is_err() && key.open_at("x", &sealed).is_err());
    }

    #[test]
    fn a_private_key_file_is_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        assert!(MasterKey::of_private_file(&file).is_err());
        make_secret_file(&file, &format!("{}\n", "a1".repeat(32))).unwrap();
        assert!(MasterKey::of_private_file(&file).is_ok());
        assert!(make_secret_file(&file, "").is_err());
        for (mode, fits) in [(0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(MasterKey::of_private_file(&file).is_ok(), fits, "{mode:o}");
        }
        for text in ["", "a1", &"a1".repeat(33), &"zz".repeat(32)] {
            assert!(MasterKey::parse(text).is_none());
        }
    }

    #[test]
    fn fresh_credentials_have_their_documented_form() {
        let key = new_api_key(Environment::Test).unwrap();
        assert!(key.starts_with("sk_test_") && key.len() == 48);
        assert!(key.bytes().skip(8).all(|byte| byte.is_ascii_alphanumeric()));
        let number = new_account_number().unwrap();
        assert!(number.starts_with("ACC-") && number.len() == 11);
        assert_eq!(STANDARD.decode(new_encryption_key().unwrap().as_str()).unwrap().len(), 32);
        assert!(new_webhook_secret().unwrap().starts_with("whsec_"));
        let merchant = new_merchant_id().unwrap();
        assert!(merchant.len() == 36 && merchant.as_bytes()[14] == b'4', "{merchant}");
    }
}
