//! `GET /openapi.json`: the description of the API that programs read.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::pages::packed::Packed;

pub const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// Viewers on other sites may read it: it says nothing of anybody's account.
pub async fn show(headers: HeaderMap) -> Response {
    static PACKED: LazyLock<Packed> = LazyLock::new(|| Packed::of(DOCUMENT));
    let mut response = PACKED.answer(&headers);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::event::EventKind;
    use serde_json::Value;

    use super::*;

    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    /// Methods and paths as the source of the router names them: a route cannot be added without
    /// its description.
    fn routes() -> BTreeSet<(String, String)> {
        let source = include_str!("router.rs");
        let of_api = source.find(".nest(\"/generation/v2\"").unwrap();
        let begins: Vec<usize> = source.match_indices(".route(").map(|(at, _)| at).collect();
        let ends = begins.iter().skip(1).copied().chain([source.len()]);
        let mut routes = BTreeSet::new();
        for (begin, end) in begins.iter().copied().zip(ends) {
            let call = &source[begin..end];
            let path = call.split('"').nth(1).unwrap();
            let prefix = if begin < of_api { "/generation/v2" } else { "" };
            let methods = METHODS.into_iter().filter(|method| {
                let opening = format!("{method}(");
                call.match_indices(&opening)
                    .any(|(at, _)| call[..at].ends_with([' ', '.', '(', '\n']))
            });
            // What providers call is described by them.
            if path.starts_with("/providers/{provider}") {
                continue;
            }
            let before = routes.len();
            routes.extend(methods.map(|method| (method.to_owned(), format!("{prefix}{path}"))));
            assert!(routes.len() > before, "no method is seen for {path}");
        }
        routes
    }

    fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
        document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let document = document();
        let described: BTreeSet<(String, String)> = operations(&document)
            .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
            .collect();
        let routes = routes();
        let missing: Vec<_> = routes.difference(&described).collect();
        let invented: Vec<_> = described.difference(&routes).collect();
        assert!(missing.is_empty(), "not in docs/openapi.json: {missing:?}");
        assert!(invented.is_empty(), "not in the router: {invented:?}");
    }

    #[test]
    fn every_end_of_a_payment_is_described() {
        let document = document();
        let described: BTreeSet<&str> =
            document["webhooks"].as_object().unwrap().keys().map(String::as_str).collect();
        let told = EventKind::ALL.into_iter().filter(|kind| kind.is_terminal());
        assert_eq!(described, told.map(EventKind::word).collect());
    }

    #[test]
    fn operations_have_names_of_their_own_and_all_parameters_of_their_paths() {
        let document = document();
        let mut names = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} stands twice");
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none);
            for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
                let part = part.trim_end_matches('}');
                let is_there = parameters.iter().any(|one| one["name"] == part);
                assert!(is_there, "{method} {path} does not describe {part}");
            }
        }
    }

    #[test]
    fn references_lead_somewhere() {
        fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::String(text) if text.starts_with("#/") => found.push(text),
                Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
                Value::Object(members) => members.values().for_each(|value| walk(value, found)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        walk(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }
}
