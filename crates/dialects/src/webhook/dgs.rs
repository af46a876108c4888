//! The `dgs` dialect: the guide's signature over the raw body, and beside it the
//! headers of Standard Webhooks 1.0. Only HTTP 200 acknowledges.

use std::time::Duration;

use domain::account::Account;
use domain::decide::Told;
use domain::delivery::Reading;
use domain::event::EventKind;

use super::{Dialect, Headers, Message, Secrets, Standard, WebhookSecret};

#[derive(Clone, Copy, Debug)]
pub struct Dgs;

impl Dialect for Dgs {
    fn write(&self, _: &Account, _: EventKind, _: Told<'_>) -> Option<String> {
        None
    }

    fn sign(&self, secrets: &Secrets<'_>, message: &Message<'_>) -> Headers {
        let signature = hex::encode(secrets.lead.text.sign(&[message.body]));
        let mut headers = vec![("x-dgs-signature", signature)];
        headers.extend(Standard.sign(secrets, message));
        headers
    }

    fn read(&self, status: u16, retry_after: Option<Duration>) -> Reading {
        match status {
            200 => Reading::Delivered,
            410 => Reading::Gone,
            _ => Reading::Retry { after: retry_after },
        }
    }
}

/// Whether an `X-DGS-Signature` is of this body. Any case, in constant time.
pub fn verify(secret: &WebhookSecret, body: &[u8], signature: &str) -> bool {
    hex::decode(signature).is_ok_and(|bytes| secret.text.verify(&[body], &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message<'_> =
        Message { event_id: "evt_1", unix_seconds: 1_700_000_000, body: br#"{"a":1}"# };

    /// Computed with OpenSSL:
    /// `printf '{"a":1}' | openssl dgst -sha256 -hmac whsec_MDEyMzQ1Njc4OWFiY2RlZg==` and
    /// `printf 'evt_1.1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base64`.
    #[test]
    fn known_answers() {
        let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
        let headers = Dgs.sign(&Secrets { lead: &secret, other: None }, &MESSAGE);
        assert_eq!(
            headers[0],
            (
                "x-dgs-signature",
                "586801503b2eba5b2b3a98b71aa03d9d654137a251983ef18fff49ad03aeddea".to_owned()
            )
        );
        assert_eq!(headers[3].1, "v1,Ohi4NGMYwRFrIRUJa13YAbxiEydKHDp9bqlnQTDCY+8=");
        assert!(verify(&secret, MESSAGE.body, &headers[0].1));
        assert!(!verify(&secret, br#"{"a":2}"#, &headers[0].1));
        assert!(!verify(&secret, MESSAGE.body, "zz"));
    }

    #[test]
    fn the_lead_signs_alone_where_there_is_room_for_one() {
        let (new, old) = (WebhookSecret::new("whsec_AAAA"), WebhookSecret::new("whsec_BBBB"));
        for (lead, other) in [(&new, &old), (&old, &new)] {
            let headers = Dgs.sign(&Secrets { lead, other: Some(other) }, &MESSAGE);
            assert!(verify(lead, MESSAGE.body, &headers[0].1));
            assert!(!verify(other, MESSAGE.body, &headers[0].1));
        }
    }

    #[test]
    fn only_200_acknowledges() {
        assert_eq!(Dgs.read(200, None), Reading::Delivered);
        assert_eq!(Dgs.read(410, None), Reading::Gone);
        for status in [100, 201, 204, 301, 302, 400, 401, 404, 429, 500, 503] {
            assert_eq!(Dgs.read(status, None), Reading::Retry { after: None }, "{status}");
        }
        let wish = Some(Duration::from_secs(9));
        assert_eq!(Dgs.read(429, wish), Reading::Retry { after: wish });
    }
}
