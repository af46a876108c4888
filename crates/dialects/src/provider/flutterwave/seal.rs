//! Card fields under the key of the dashboard: AES-256-GCM whose nonce is the bytes of twelve
//! letters and digits, the tag behind the ciphertext, base64.
//!
//! All fields of a card share one nonce, because the request has room for one: who knows the first
//! digits of the number can work out the CVV. So what is sealed is card data still.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub struct FieldKey(LessSafeKey);

impl fmt::Debug for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FieldKey(..)")
    }
}

impl FieldKey {
    /// `None` when the text is not base64 of 32 bytes.
    pub fn read(text: &str) -> Option<FieldKey> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Some(FieldKey(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?)))
    }

    /// `None` never happens for texts as short as ours.
    pub fn seal(&self, nonce: &str, text: &str) -> Option<String> {
        let bytes: [u8; NONCE_LEN] = nonce.as_bytes().try_into().ok()?;
        let nonce = Nonce::assume_unique_for_key(bytes);
        let mut sealed = Zeroizing::new(text.as_bytes().to_vec());
        // Room for the tag, so that the text is not left behind where it stood.
        sealed.reserve_exact(AES_256_GCM.tag_len());
        self.0.seal_in_place_append_tag(nonce, Aad::empty(), &mut *sealed).ok()?;
        Some(STANDARD.encode(&*sealed))
    }
}

/// Twelve letters and digits of unguessable bytes.
pub fn nonce(chance: &[u8; 64]) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number =
        chance.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let mut text = String::new();
    for _ in 0..NONCE_LEN {
        let place = usize::try_from(number % 62).unwrap_or(0);
        text.push(char::from(ALPHABET[place]));
        number /= 62;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// Made with another implementation.
    #[test]
    fn known_ciphertexts() {
        let key = FieldKey::read(KEY).unwrap();
        for (text, sealed) in [
            ("5531886652142950", "9/REsciBOU1yNkLCDYHLwYEIDk+6YBPqn25Z6biPtpM="),
            ("09", "8vie3ZdqwAn4zHhyRE3FaqCo"),
            ("32", "8fOcwEo31HzS5CrxlCiA+z7a"),
            ("564", "9/dDNMoTQAHlsVhipJK9/aTNaw=="),
            ("12345", "8/NEtMVbbdLmFjHbHOoQKRj92ikI"),
        ] {
            assert_eq!(key.seal("Rw4Ki9Gali20", text).as_deref(), Some(sealed));
        }
        assert!(FieldKey::read("AAEC").is_none());
        assert!(FieldKey::read("no base64").is_none());
    }

    proptest! {
        #[test]
        fn nonces_are_twelve_letters_and_digits(first: [u8; 16], other: [u8; 16]) {
            let whole = |begin: [u8; 16]| {
                let mut chance = [0; 64];
                chance[..16].copy_from_slice(&begin);
                chance
            };
            let (one, two) = (nonce(&whole(first)), nonce(&whole(other)));
            prop_assert!(one.len() == 12 && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(one == two, first == other);
        }
    }
}
