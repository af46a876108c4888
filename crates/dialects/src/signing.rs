//! Signatures and the keys that make them. A key can be used, not seen.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA512, UnparsedPublicKey,
};
use aws_lc_rs::{constant_time, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Key material for HMAC-SHA256.
pub struct SigningKey(hmac::Key);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    pub fn new(bytes: &[u8]) -> SigningKey {
        SigningKey(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Signs the parts as if they were one message.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut signature = [0; 32];
        signature.copy_from_slice(context.sign().as_ref());
        signature
    }

    /// Compares in constant time, so that an attacker learns nothing from how long a refusal takes.
    pub fn verify(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.sign(parts), signature).is_ok()
    }
}

/// What an RSA signature hashes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaDigest {
    #[default]
    Sha512,
    Sha256,
}

/// A private RSA key as it is stored, PKCS #8. It can be put away and taken up, not seen.
pub struct RsaKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaKey(..)")
    }
}

impl RsaKey {
    /// A new key of 4096 bits. Takes a second or more of a processor.
    pub fn generate() -> Option<RsaKey> {
        RsaKey::of_size(KeySize::Rsa4096)
    }

    #[cfg(test)]
    pub(crate) fn generate_small() -> RsaKey {
        RsaKey::of_size(KeySize::Rsa2048).unwrap()
    }

    fn of_size(size: KeySize) -> Option<RsaKey> {
        let pair = KeyPair::generate(size).ok()?;
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?;
        Some(RsaKey(Zeroizing::new(der.as_ref().to_vec())))
    }

    pub fn from_base64(text: &str) -> Option<RsaKey> {
        STANDARD.decode(text).ok().map(|bytes| RsaKey(Zeroizing::new(bytes)))
    }

    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&*self.0))
    }

    pub fn signer(&self) -> Option<RsaSigner> {
        KeyPair::from_pkcs8(&self.0).ok().map(RsaSigner)
    }
}

/// Makes RSASSA-PKCS1-v1_5 signatures.
#[derive(Debug)]
pub struct RsaSigner(KeyPair);

impl RsaSigner {
    pub fn sign(&self, digest: RsaDigest, message: &[u8]) -> Option<Vec<u8>> {
        let padding = match digest {
            RsaDigest::Sha512 => &RSA_PKCS1_SHA512,
            RsaDigest::Sha256 => &RSA_PKCS1_SHA256,
        };
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(padding, &rand::SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    /// The public key in the form that OpenSSL and its like read.
    pub fn public_pem(&self) -> String {
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(self.0.public_key());
        let encoded = der.map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default();
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for line in encoded.as_bytes().chunks(64) {
            pem += &String::from_utf8_lossy(line);
            pem.push('\n');
        }
        pem + "-----END PUBLIC KEY-----\n"
    }
}

/// Checks RSASSA-PKCS1-v1_5 signatures.
#[derive(Debug)]
pub struct RsaVerifier(Vec<u8>);

impl RsaVerifier {
    /// A public key in PEM.
    pub fn of_pem(pem: &str) -> Option<RsaVerifier> {
        let body: String =
            pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        STANDARD.decode(body).ok().filter(|der| !der.is_empty()).map(RsaVerifier)
    }

    pub fn verify(&self, digest: RsaDigest, message: &[u8], signature: &[u8]) -> bool {
        let algorithm = match digest {
            RsaDigest::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
            RsaDigest::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.0).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that DusuPay's documentation prints.
    #[test]
    fn known_answer() {
        let key = SigningKey::new(b"SGNKYUEMYFDEHRWGPEUG");
        let text = b"transaction.completed:MCTREFT2WMNWZ23SBN6Y:DUSUPAYRMGRXNNYBWATKJ:COLLECTION:COMPLETED";
        let expected = "d7e5264c92bd58279541309cad80a19889a5e9a10a944f418e52383c6ea5fcfe";
        assert_eq!(hex::encode(key.sign(&[text])), expected);
        let (head, tail) = text.split_at(20);
        assert!(key.verify(&[head, tail], &hex::decode(expected).unwrap()));
        assert!(!key.verify(&[head], &hex::decode(expected).unwrap()));
        assert!(!key.verify(&[text], b"short"));
    }
}
