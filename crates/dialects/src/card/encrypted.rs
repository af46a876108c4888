//! The guide's scheme: AES-256-GCM under the account's encryption key, one nonce for all fields.
//! Whoever has the key, which every browser has, can open what was captured; TLS protects it.

use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit, consts::U24};
use aes_gcm::aes::Aes256;
use aes_gcm::{Aes256Gcm, AesGcm, Nonce};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::charge::CardNonce;
use zeroize::Zeroizing;

use crate::card::{CardFault, wipe_stack};

const TAG_BYTES: usize = 16;

/// An account's encryption key, ready for use. It can be used, not seen.
pub struct EncryptionKey {
    /// For nonces of 12 bytes.
    short: Aes256Gcm,
    /// For nonces of 24 bytes.
    long: AesGcm<Aes256, U24>,
    /// Tells keys apart, and nothing about them.
    name: String,
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey(..)")
    }
}

/// What can be said of a field without a nonce to open it with: whether it is a ciphertext at all.
pub fn check_form(field: &str) -> Result<(), CardFault> {
    match STANDARD.decode(field) {
        Ok(bytes) if bytes.len() > TAG_BYTES => Ok(()),
        Ok(_) | Err(_) => Err(CardFault::Unreadable),
    }
}

/// A nonce in each form it may be meant in. The guide's text says 12 bytes as 24 hex characters,
/// its code uses the characters themselves; the tag decides.
pub struct Iv {
    short: [u8; 12],
    long: Option<[u8; 24]>,
}

impl fmt::Debug for Iv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iv(..)")
    }
}

impl Iv {
    pub fn parse(text: &str) -> Result<Iv, CardFault> {
        if !text.is_ascii() {
            return Err(CardFault::Nonce);
        }
        let bytes = text.as_bytes();
        if let Ok(short) = bytes.try_into() {
            return Ok(Iv { short, long: None });
        }
        let long: [u8; 24] = bytes.try_into().map_err(|_| CardFault::Nonce)?;
        let mut short = [0; 12];
        hex::decode_to_slice(long, &mut short).map_err(|_| CardFault::Nonce)?;
        Ok(Iv { short, long: Some(long) })
    }
}

impl EncryptionKey {
    /// Takes a key as it is shown to merchants: base64 of 32 bytes.
    pub fn parse(text: &str) -> Option<EncryptionKey> {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        let hash = digest::digest(&digest::SHA256, &bytes);
        Some(EncryptionKey {
            short: Aes256Gcm::new_from_slice(&bytes).ok()?,
            long: AesGcm::new_from_slice(&bytes).ok()?,
            name: hex::encode(hash.as_ref().get(..8)?),
        })
    }

    /// Opens one field and hands its text to `read`; the text is wiped when that returns.
    pub fn open<T>(
        &self,
        iv: &Iv,
        field: &str,
        read: impl FnOnce(&str) -> Result<T, CardFault>,
    ) -> Result<T, CardFault> {
        let sealed = Zeroizing::new(STANDARD.decode(field).map_err(|_| CardFault::Unreadable)?);
        let mut opened = sealed.clone();
        let mut result = self.short.decrypt_in_place(&Nonce::from(iv.short), b"", &mut *opened);
        if let (Err(_), Some(long)) = (&result, iv.long) {
            opened.clone_from(&sealed);
            result = self.long.decrypt_in_place(&Nonce::from(long), b"", &mut *opened);
        }
        wipe_stack();
        result.map_err(|_| CardFault::Unreadable)?;
        read(std::str::from_utf8(&opened).map_err(|_| CardFault::Unreadable)?)
    }

    /// The name under which a nonce is remembered: its bytes, in whichever case they came.
    pub fn nonce(&self, iv: &Iv) -> CardNonce {
        let name = format!("{}/{}", self.name, hex::encode(iv.short));
        CardNonce { name, sealed_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::read_number;

    fn key(first: u8) -> EncryptionKey {
        let bytes: Vec<u8> = (first..first + 32).collect();
        EncryptionKey::parse(&STANDARD.encode(bytes)).unwrap()
    }

    fn sealed(key: &EncryptionKey, nonce: Result<[u8; 12], [u8; 24]>) -> String {
        let mut buffer = b"4532123456789010".to_vec();
        match nonce {
            Ok(iv) => key.short.encrypt_in_place(&Nonce::from(iv), b"", &mut buffer),
            Err(iv) => key.long.encrypt_in_place(&Nonce::from(iv), b"", &mut buffer),
        }
        .unwrap();
        STANDARD.encode(buffer)
    }

    fn opens(key: &EncryptionKey, nonce: &str, field: &str) -> bool {
        let iv = Iv::parse(nonce).unwrap();
        key.open(&iv, field, |text| read_number(text, false)).is_ok()
    }

    /// CONTRACT §6.
    #[test]
    fn known_answer() {
        let field = "63oda1oMNeWjs//G2Dtw7hF5YVpWFUu4wUlBIDo4pjc=";
        assert_eq!(sealed(&key(0), Ok(*b"abc123def456")), field);
        assert!(opens(&key(0), "abc123def456", field));
        assert!(!opens(&key(1), "abc123def456", field));
        assert!(!opens(&key(0), "abc123def457", field));
        assert!(!opens(&key(0), "ABC123DEF456", field));
    }

    #[test]
    fn a_nonce_in_each_form() {
        let text = "00112233445566778899aabb";
        let mut decoded = [0; 12];
        hex::decode_to_slice(text, &mut decoded).unwrap();
        let ascii: [u8; 24] = text.as_bytes().try_into().unwrap();
        assert!(opens(&key(0), text, &sealed(&key(0), Ok(decoded))));
        assert!(opens(&key(0), text, &sealed(&key(0), Err(ascii))));
        let name = |text| key(0).nonce(&Iv::parse(text).unwrap()).name;
        assert_eq!(name(text), name("00112233445566778899AABB"));
        assert_ne!(name("abc123def456"), name("abc123def457"));
        for bad in ["", "abc", "abc123def4567", "00112233445566778899aabg", "abc123def45é"] {
            assert_eq!(Iv::parse(bad).unwrap_err(), CardFault::Nonce, "{bad}");
        }
    }

    #[test]
    fn what_is_no_ciphertext_of_ours_is_unreadable() {
        let good = sealed(&key(0), Ok(*b"abc123def456"));
        let mut flipped = STANDARD.decode(&good).unwrap();
        flipped[3] ^= 1;
        let flipped = STANDARD.encode(flipped);
        let url_safe = good.replace('/', "_");
        for bad in ["", "<encrypted_number>", "AAAA", &good[..40], &flipped, &url_safe] {
            assert!(!opens(&key(0), "abc123def456", bad), "{bad}");
        }
    }

    #[test]
    fn a_key_is_base64_of_32_bytes_and_cannot_be_printed() {
        for bad in ["", "AAAA", "not base64 at all", &STANDARD.encode([0; 31])] {
            assert!(EncryptionKey::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{:?}", key(0)), "EncryptionKey(..)");
    }
}
