//! Large texts that never change, packed once and sent packed to whoever takes them so.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

#[derive(Debug)]
pub struct Packed {
    plain: Bytes,
    /// `None` where it cannot be packed, which no text should know.
    gzip: Option<Bytes>,
}

impl Packed {
    pub fn of(text: impl Into<Bytes>) -> Packed {
        let plain: Bytes = text.into();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
        Packed { plain, gzip: packed.ok().map(Bytes::from) }
    }

    /// The answer with the text as its body; its type is the caller's to say.
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let gzip = self.gzip.as_ref().filter(|_| takes_gzip(headers));
        let mut response = Response::new(Body::from(gzip.unwrap_or(&self.plain).clone()));
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if gzip.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Whether `Accept-Encoding` names gzip, and not only to refuse it.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches("q=");
        name.trim().eq_ignore_ascii_case("gzip")
            && !(weight.starts_with('0') && weight.bytes().all(|byte| matches!(byte, b'0' | b'.')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_goes_to_those_who_take_it() {
        let packed = Packed::of("x".repeat(10_000));
        for (accept, is_packed) in [
            ("gzip", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
            let answer = packed.answer(&headers);
            assert_eq!(
                answer.headers().contains_key(header::CONTENT_ENCODING),
                is_packed,
                "{accept}"
            );
        }
    }
}
