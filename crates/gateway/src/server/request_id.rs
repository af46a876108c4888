//! The name of one request, by which a client's log and ours find each other.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue};
use domain::limits::REQUEST_ID_CHARS_MAX;

pub const X_REQUEST_ID: &str = "x-request-id";

/// What the client called its request, or a name of ours: 1–128 visible ASCII characters. These
/// may be quotes and backslashes, so it is escaped like any text where it goes into JSON or HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    pub fn of(headers: &HeaderMap) -> RequestId {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        match given {
            Some(text) if is_fit(text) => RequestId(text.to_owned()),
            Some(_) | None => RequestId::make(),
        }
    }

    pub fn make() -> RequestId {
        let mut bytes = [0; 12];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        RequestId(format!("req_{}", hex::encode(bytes)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("visible ASCII is a header value")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_fit(text: &str) -> bool {
    (1..=REQUEST_ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(value: &[u8]) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_fit_name_is_kept_as_sent() {
        let longest = "x".repeat(REQUEST_ID_CHARS_MAX);
        for name in ["a", "order-7/retry_2", "\"\\~!", &longest] {
            assert_eq!(id_of(name.as_bytes()).as_str(), name);
        }
    }

    #[test]
    fn an_unfit_or_missing_name_is_replaced() {
        let too_long = "x".repeat(REQUEST_ID_CHARS_MAX + 1);
        for name in ["", "a b", "é", "a\tb", &too_long] {
            assert!(is_ours(&id_of(name.as_bytes())), "{name:?}");
        }
        assert!(is_ours(&RequestId::of(&HeaderMap::new())));
        assert_ne!(RequestId::make(), RequestId::make());
    }

    fn is_ours(id: &RequestId) -> bool {
        id.as_str().strip_prefix("req_").is_some_and(|random| {
            random.len() == 24 && random.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }
}
