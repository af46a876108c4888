//! Webhook endpoints as merchants see them.

use domain::endpoint::Endpoint;
use serde::Serialize;

use crate::object::secret::sealed_text;
use crate::object::{record_time, to_text};

#[derive(Serialize)]
struct Answer<T> {
    status: &'static str,
    data: T,
}

#[derive(Serialize)]
struct EndpointObject<'a> {
    id: String,
    url: &'a str,
    dialect: &'static str,
    /// Empty: all.
    events: &'a [String],
    description: Option<&'a str>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<&'static str>,
    failing_since: Option<String>,
    last_success_at: Option<String>,
    old_secret_ends_at: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

fn object<'a>(endpoint: &'a Endpoint, sealed_secret: Option<&[u8]>) -> EndpointObject<'a> {
    let is_told = endpoint.state.is_told();
    EndpointObject {
        id: endpoint.id.text(),
        url: &endpoint.url,
        dialect: endpoint.dialect.word(),
        events: &endpoint.events,
        description: endpoint.description.as_deref(),
        state: endpoint.state.public_word(),
        disabled_reason: (!is_told).then(|| endpoint.state.word()),
        failing_since: endpoint.failing_since.map(record_time),
        last_success_at: endpoint.last_success_at.map(record_time),
        old_secret_ends_at: endpoint.old_secret.as_ref().map(|old| record_time(old.ends_at)),
        created_at: record_time(endpoint.created_at),
        secret: sealed_secret.map(sealed_text),
    }
}

/// One endpoint. A secret that is to be shown once is in it as it is stored, so that the answer
/// can be kept for repetitions; `reveal_secret` opens it on the way out.
pub fn endpoint_answer(endpoint: &Endpoint, sealed_secret: Option<&[u8]>) -> String {
    to_text(&Answer { status: "success", data: object(endpoint, sealed_secret) })
}

pub fn endpoint_list_answer(endpoints: &[Endpoint]) -> String {
    let data: Vec<_> = endpoints.iter().map(|endpoint| object(endpoint, None)).collect();
    to_text(&Answer { status: "success", data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::reveal_secret;
    use domain::{AccountId, EndpointId, Timestamp};

    #[test]
    fn a_secret_is_opened_on_the_way_out_and_nowhere_else() {
        let url = r#"https://m.example/?x=","secret":"sealed:AAAA"#.to_owned();
        let endpoint = Endpoint::new(AccountId(1), EndpointId(7), url, Timestamp::default());
        let stored = endpoint_answer(&endpoint, Some(b"ciphertext"));
        let shown = reveal_secret(&stored, |sealed| {
            assert_eq!(sealed, b"ciphertext");
            Some("whsec_x".to_owned())
        });
        assert!(shown.unwrap().ends_with(r#","secret":"whsec_x"}}"#));
        assert_eq!(reveal_secret(&stored, |_| None), None);
        let without = endpoint_answer(&endpoint, None);
        assert_eq!(reveal_secret(&without, |_| None), Some(without.clone()));
    }
}
