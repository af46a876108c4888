//! Signatures and the keys that make them. A key can be used, not seen.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};

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
