//! The `dgs` dialect: the guide's signature over the raw body, and beside it the
//! headers of Standard Webhooks 1.0. Only HTTP 200 acknowledges.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::Reading;

use crate::signing::SigningKey;

/// The two keys that follow from one webhook secret: its text for the guide's header, the bytes
/// it encodes for Standard Webhooks.
#[derive(Debug)]
pub struct WebhookSecret {
    text: SigningKey,
    decoded: SigningKey,
}

impl WebhookSecret {
    /// `whsec_` and base64, or any other text, which then is its own bytes.
    pub fn new(secret: &str) -> WebhookSecret {
        let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
        let decoded = STANDARD.decode(encoded).unwrap_or_else(|_| encoded.as_bytes().to_vec());
        WebhookSecret {
            text: SigningKey::new(secret.as_bytes()),
            decoded: SigningKey::new(&decoded),
        }
    }
}

/// The headers of one attempt: signature, id, time in unix seconds, second signature.
pub fn sign(
    secret: &WebhookSecret,
    event_id: &str,
    unix_seconds: i64,
    body: &[u8],
) -> [(&'static str, String); 4] {
    let timestamp = unix_seconds.to_string();
    let parts: [&[u8]; 5] = [event_id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let standard = STANDARD.encode(secret.decoded.sign(&parts));
    [
        ("x-dgs-signature", hex::encode(secret.text.sign(&[body]))),
        ("webhook-id", event_id.to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", format!("v1,{standard}")),
    ]
}

/// What an answer means: 200 acknowledges, 410 ends it, all else is tried again.
pub fn read_answer(status: u16, retry_after: Option<Duration>) -> Reading {
    match status {
        200 => Reading::Delivered,
        410 => Reading::Gone,
        _ => Reading::Retry { after: retry_after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL:
    /// `printf '{"a":1}' | openssl dgst -sha256 -hmac whsec_MDEyMzQ1Njc4OWFiY2RlZg==` and
    /// `printf 'evt_1.1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base64`.
    #[test]
    fn known_answers() {
        let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
        let headers = sign(&secret, "evt_1", 1_700_000_000, br#"{"a":1}"#);
        assert_eq!(
            headers[0].1,
            "586801503b2eba5b2b3a98b71aa03d9d654137a251983ef18fff49ad03aeddea"
        );
        assert_eq!(headers[3].1, "v1,Ohi4NGMYwRFrIRUJa13YAbxiEydKHDp9bqlnQTDCY+8=");
    }

    #[test]
    fn only_200_acknowledges() {
        assert_eq!(read_answer(200, None), Reading::Delivered);
        assert_eq!(read_answer(410, None), Reading::Gone);
        for status in [100, 201, 204, 301, 302, 400, 401, 404, 429, 500, 503] {
            assert_eq!(read_answer(status, None), Reading::Retry { after: None }, "{status}");
        }
        let wish = Some(Duration::from_secs(9));
        assert_eq!(read_answer(429, wish), Reading::Retry { after: wish });
    }
}
