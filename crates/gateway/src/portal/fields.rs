//! Forms that people send: taken only from our own pages, and within a session only with its token.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, header};
use domain::limits;
use zeroize::Zeroizing;

use crate::api::json_body::is_type;
use crate::portal::Door;
use crate::portal::turned::Turned;
use crate::portal::visit::{Member, Visit};
use crate::secrets::SecretText;
use crate::server::body;

/// The hidden field that each form of a session carries.
pub const FORM_TOKEN: &str = "form_token";

/// The fields of a form. Passwords are among them: it has no `Debug`, and is wiped.
pub struct Fields(Vec<(String, SecretText)>);

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fields(..)")
    }
}

impl Fields {
    /// Empty where it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, text)| text.as_str())
    }

    pub fn secret(&self, name: &str) -> SecretText {
        Zeroizing::new(self.text(name).to_owned())
    }
}

/// A form of somebody who may not be signed in.
#[derive(Debug)]
pub struct OpenForm {
    pub visit: Visit,
    pub fields: Fields,
}

impl FromRequest<Arc<Door>> for OpenForm {
    type Rejection = Turned;

    async fn from_request(request: Request, door: &Arc<Door>) -> Result<OpenForm, Turned> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, door).await?;
        let public_url = &door.app.settings.public_url;
        if !is_from_here(&parts.headers, public_url)
            || !is_type(&parts.headers, "application/x-www-form-urlencoded")
        {
            return Err(Turned::cross_site(&visit));
        }
        let bytes = body::read(body, limits::BODY_BYTES_MAX, limits::BODY_TIMEOUT).await;
        let bytes = bytes.map_err(|_| Turned::cross_site(&visit))?;
        let fields = form_urlencoded::parse(&bytes)
            .map(|(name, text)| (name.into_owned(), Zeroizing::new(text.into_owned())));
        Ok(OpenForm { visit, fields: Fields(fields.collect()) })
    }
}

/// A form of somebody signed in.
#[derive(Debug)]
pub struct MemberForm {
    pub member: Member,
    pub fields: Fields,
}

impl FromRequest<Arc<Door>> for MemberForm {
    type Rejection = Turned;

    async fn from_request(request: Request, door: &Arc<Door>) -> Result<MemberForm, Turned> {
        let OpenForm { visit, fields } = OpenForm::from_request(request, door).await?;
        let member = Member::of_visit(visit)?;
        let token = door.portal.people.form_token(&member.session);
        let shown = fields.text(FORM_TOKEN);
        if verify_slices_are_equal(shown.as_bytes(), token.as_bytes()).is_err() {
            return Err(Turned::cross_site(&member.visit));
        }
        Ok(MemberForm { member, fields })
    }
}

/// Whether a browser says that the form stood on a page of ours. Every browser that we serve says
/// one or the other; what says neither is no browser.
fn is_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text =
        |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    let host = text(header::HOST).unwrap_or("?");
    let is_ours = |origin: &str| {
        let rest = origin.split_once("://").map(|(_, rest)| rest);
        origin.eq_ignore_ascii_case(public_url)
            || rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host))
    };
    let site_is_fit = site.is_none_or(|site| site == "same-origin");
    let origin_is_fit = origin.is_none_or(is_ours);
    (site.is_some() || origin.is_some()) && site_is_fit && origin_is_fit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_send_forms() {
        for (site, origin, expected) in [
            (Some("same-origin"), Some("http://localhost:8080"), true),
            (Some("same-origin"), None, true),
            (None, Some("http://localhost:8080"), true),
            (None, Some("https://pay.example.rw"), true),
            (None, None, false),
            (Some("cross-site"), Some("http://localhost:8080"), false),
            (Some("same-site"), None, false),
            (Some("none"), None, false),
            (Some("same-origin"), Some("https://evil.example"), false),
            (None, Some("null"), false),
            (None, Some("http://localhost:8081"), false),
            (None, Some("http://localhost:8080.evil.example"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", "localhost:8080".parse().unwrap());
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            if let Some(origin) = origin {
                headers.insert("origin", origin.parse().unwrap());
            }
            let found = is_from_here(&headers, "https://pay.example.rw");
            assert_eq!(found, expected, "{site:?} {origin:?}");
        }
    }
}
