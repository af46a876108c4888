//! A request's JSON body.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use dialects::json::{Object, Tolerance, parse_object};
use domain::{Environment, limits};

use crate::api::Problem;
use crate::app::App;
use crate::server::body;

#[derive(Debug)]
pub struct JsonBody(pub Object);

impl FromRequest<Arc<App>> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<JsonBody, Problem> {
        read(request, tolerance(app.settings.environment)).await.map(JsonBody)
    }
}

/// The one JSON object that a request must have as its body.
pub(crate) async fn read(request: Request, tolerance: Tolerance) -> Result<Object, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::WrongType);
    }
    let bytes =
        body::read(request.into_body(), limits::BODY_BYTES_MAX, limits::BODY_TIMEOUT).await?;
    Ok(parse_object(&bytes, tolerance)?)
}

pub(super) const fn tolerance(environment: Environment) -> Tolerance {
    match environment {
        Environment::Test => Tolerance::TrailingCommas,
        Environment::Live => Tolerance::Strict,
    }
}

/// A body of which nothing is required: none at all stands for an empty object.
#[derive(Debug)]
pub struct MaybeJsonBody(pub Object);

impl FromRequest<Arc<App>> for MaybeJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<MaybeJsonBody, Problem> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return JsonBody::from_request(request, app).await.map(|body| MaybeJsonBody(body.0));
        }
        let bytes =
            body::read(request.into_body(), limits::BODY_BYTES_MAX, limits::BODY_TIMEOUT).await?;
        if bytes.is_empty() {
            return Ok(MaybeJsonBody(parse_object(b"{}", Tolerance::Strict)?));
        }
        Err(Problem::WrongType)
    }
}

/// `application/json`, with any parameters but another charset than UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    is_type(headers, "application/json")
}

/// The same for any type of text.
pub(crate) fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let charset_is_utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    media_type.eq_ignore_ascii_case(wanted)
        && charset_is_utf8
        && !headers.contains_key(header::CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_utf8_and_nothing_else() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=\"UTF-8\"; v=1", true),
            ("application/json; charset=utf-16", false),
            ("text/plain", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
