//! The `standard` dialect: the guide's bodies under the headers of Standard Webhooks 1.0, for
//! receivers that use one of its libraries. Any 2xx acknowledges, as it says there.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::account::Account;
use domain::decide::Told;
use domain::delivery::Reading;
use domain::event::EventKind;

use super::{Dialect, Headers, Message, Secrets, WebhookSecret};

/// How far a timestamp may be from the receiver's clock.
pub const TOLERANCE_S: i64 = 300;

#[derive(Clone, Copy, Debug)]
pub struct Standard;

impl Dialect for Standard {
    fn write(&self, _: &Account, _: EventKind, _: Told<'_>) -> Option<String> {
        None
    }

    fn sign(&self, secrets: &Secrets<'_>, message: &Message<'_>) -> Headers {
        let timestamp = message.unix_seconds.to_string();
        let signature = |secret: &WebhookSecret| {
            let signed =
                secret.decoded.sign(&signed_parts(message.event_id, &timestamp, message.body));
            format!("v1,{}", STANDARD.encode(signed))
        };
        let mut signatures = signature(secrets.lead);
        if let Some(other) = secrets.other {
            signatures += " ";
            signatures += &signature(other);
        }
        vec![
            ("webhook-id", message.event_id.to_owned()),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signatures),
        ]
    }

    fn read(&self, status: u16, retry_after: Option<Duration>) -> Reading {
        match status {
            200..=299 => Reading::Delivered,
            410 => Reading::Gone,
            _ => Reading::Retry { after: retry_after },
        }
    }
}

/// The three headers of a webhook that came in.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    pub signature: &'a str,
}

/// Whether one of the signatures is of this body, and the timestamp is near `now`.
pub fn verify(secret: &WebhookSecret, body: &[u8], shown: Shown<'_>, now_s: i64) -> bool {
    let is_recent = shown
        .timestamp
        .parse::<i64>()
        .is_ok_and(|at| now_s.abs_diff(at) <= TOLERANCE_S.unsigned_abs());
    let parts = signed_parts(shown.id, shown.timestamp, body);
    let is_ours = |one: &str| {
        one.strip_prefix("v1,")
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .is_some_and(|bytes| secret.decoded.verify(&parts, &bytes))
    };
    is_recent && shown.signature.split(' ').any(is_ours)
}

fn signed_parts<'a>(id: &'a str, timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_secret_of_a_rotation_verifies_within_five_minutes() {
        let (new, old) = (WebhookSecret::new("whsec_AAAA"), WebhookSecret::new("whsec_BBBB"));
        let stranger = WebhookSecret::new("whsec_CCCC");
        let message = Message { event_id: "evt_1", unix_seconds: 1000, body: b"{}" };
        let headers = Standard.sign(&Secrets { lead: &new, other: Some(&old) }, &message);
        let shown = Shown { id: &headers[0].1, timestamp: &headers[1].1, signature: &headers[2].1 };
        for (name, secret, now_s, body, expected) in [
            ("new", &new, 1000, &b"{}"[..], true),
            ("old", &old, 1300, b"{}", true),
            ("late", &old, 1301, b"{}", false),
            ("stranger", &stranger, 1000, b"{}", false),
            ("changed", &new, 1000, b"{ }", false),
        ] {
            assert_eq!(verify(secret, body, shown, now_s), expected, "{name}");
        }
        assert_eq!(Standard.read(204, None), Reading::Delivered);
        assert_eq!(Standard.read(302, None), Reading::Retry { after: None });
    }
}
