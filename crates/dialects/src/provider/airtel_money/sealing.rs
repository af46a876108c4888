//! Message signing: a one-time AES key goes to Airtel under its RSA key, and the body encrypted
//! with it is the signature.

use std::fmt;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::provider::Secret;
use crate::rsa_encryption::{Padding, RsaPublicKey, random_bytes};

/// Airtel's key for the signatures of one application.
pub struct Seal(pub RsaPublicKey);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

impl Seal {
    /// `x-signature` and `x-key` of exactly these bytes.
    pub fn headers(&self, body: &[u8], chance: &[u8; 64]) -> Option<[(&'static str, Secret); 2]> {
        let mut random = random_bytes(chance, "airtel message key");
        let mut key = Zeroizing::new([0; 32]);
        let mut iv = [0; 16];
        key.iter_mut().chain(&mut iv).zip(&mut random).for_each(|(byte, drawn)| *byte = drawn);

        let cipher = UnboundCipherKey::new(&AES_256, &*key).ok()?;
        let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).ok()?;
        let mut signature = body.to_vec();
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        cipher.less_safe_encrypt(&mut signature, context).ok()?;

        let words = format!("{}:{}", STANDARD.encode(*key), STANDARD.encode(iv));
        let sealed = self.0.encrypt(Padding::Pkcs1, Zeroizing::new(words).as_bytes(), random)?;
        Some([
            ("x-signature", Secret::new(STANDARD.encode(signature))),
            ("x-key", Secret::new(STANDARD.encode(sealed))),
        ])
    }
}
