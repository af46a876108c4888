//! What a careful receiver computes to check a webhook. Written from the contract, not shared
//! with the sender, so that one mistake cannot hide in both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::receiver::Received;

/// `X-DGS-Signature`: lower-case hex over the raw body, keyed with the secret as it is printed.
pub fn dgs(secret: &str, body: &[u8]) -> String {
    hex::encode(hmac(secret.as_bytes(), body))
}

/// One `v1` entry of `webhook-signature`, keyed with the bytes behind `whsec_`.
pub fn standard(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let encoded = secret.strip_prefix("whsec_").expect("a webhook secret begins with whsec_");
    let key = STANDARD.decode(encoded).expect("a webhook secret is base64");
    let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    format!("v1,{}", STANDARD.encode(hmac(&key, &signed)))
}

/// Both signatures of a request that came in; panics with the one that is wrong.
pub fn assert_signed(received: &Received, secret: &str) {
    let expected = dgs(secret, &received.body);
    assert_eq!(received.header("x-dgs-signature"), expected, "X-DGS-Signature");
    let (id, timestamp) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let expected = standard(secret, id, timestamp, &received.body);
    let shown = received.header("webhook-signature");
    assert!(shown.split(' ').any(|one| one == expected), "webhook-signature: {shown}");
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2: keeps this judge honest by itself.
    #[test]
    fn a_published_vector() {
        assert_eq!(
            dgs("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
