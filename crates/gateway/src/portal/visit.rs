//! Who asks for a page, from where and in which language; and the cookie by which they are known.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use domain::people::{Command, SESSION_TOUCH_AFTER, Session, Stage, Who};
use store::people::{Person, find_session};

use crate::api::client_address::client_address;
use crate::pages::Language;
use crate::pages::PortalTexts;
use crate::portal::people::hash_token;
use crate::portal::turned::Turned;
use crate::portal::{Door, ROOT};
use crate::server::Peer;

const LANGUAGE_COOKIE: &str = "dgspay_language";

/// A request for a page, by somebody signed in or not.
#[derive(Clone, Debug)]
pub struct Visit {
    pub door: Arc<Door>,
    pub language: Language,
    /// Where from.
    pub address: String,
    /// The path and the query, of a page that can be come back to.
    pub here: String,
    /// A session that lives, however far it has come.
    pub known: Option<(Session, Person)>,
}

impl Visit {
    pub fn words(&self) -> &'static PortalTexts {
        self.language.portal_texts()
    }
}

impl FromRequestParts<Arc<Door>> for Visit {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Visit, Turned> {
        let headers = &parts.headers;
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        let trusted = &door.app.settings.trusted_proxies;
        let address = peer.map(|peer| client_address(peer, headers, trusted).to_string());
        let people = &door.portal.people;
        let known = match cookie(headers, session_cookie(door)) {
            Some(token) => {
                let token = hash_token(token);
                let found = people.database.read(move |reader| find_session(reader, token)).await?;
                found.filter(|(session, _)| session.is_alive(people.now()))
            }
            None => None,
        };
        let chosen = known.as_ref().map(|(_, person)| person.user.language.as_str());
        let language = [chosen, cookie(headers, LANGUAGE_COOKIE)]
            .into_iter()
            .flatten()
            .find_map(Language::parse)
            .unwrap_or_else(|| Language::wanted_by(headers));
        // Where a form was sent to is no place to come back to.
        let page = parts.uri.path_and_query().filter(|_| parts.method == Method::GET);
        let here = page.map_or(ROOT, |path| path.as_str()).to_owned();
        let address = address.unwrap_or_default();
        Ok(Visit { door: Arc::clone(door), language, address, here, known })
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Member {
    pub visit: Visit,
    pub session: Session,
    pub person: Person,
}

impl Member {
    /// As commands name them.
    pub fn who(&self) -> Who {
        let session = &self.session;
        Who { user: session.user, session: session.token, address: self.visit.address.clone() }
    }

    pub fn is_confirmed(&self) -> bool {
        self.session.is_confirmed(self.visit.door.portal.people.now())
    }

    pub fn of_visit(visit: Visit) -> Result<Member, Turned> {
        match visit.known.clone() {
            Some((session, person)) if session.stage == Stage::SignedIn => {
                Ok(Member { visit, session, person })
            }
            Some(_) => Err(Turned::to(&format!("{ROOT}sign-in/code"))),
            None => Err(Turned::sign_in(&visit.here)),
        }
    }
}

impl FromRequestParts<Arc<Door>> for Member {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Member, Turned> {
        // What a script asks for on its own is no sign of somebody at the desk.
        let is_by_script =
            parts.headers.get("sec-fetch-dest").is_some_and(|value| value == "empty");
        let visit = Visit::from_request_parts(parts, door).await?;
        let member = Member::of_visit(visit)?;
        let people = &door.portal.people;
        let unseen_for = people.now().since(member.session.seen_at);
        if !is_by_script && unseen_for >= SESSION_TOUCH_AFTER {
            people.submit(Command::Touch(member.who())).await?;
        }
        Ok(member)
    }
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|text| text.split(';')).filter_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    });
    pairs.next()
}

/// Over https the name itself binds the cookie to this host (RFC 6265bis, 4.1.3.2).
fn session_cookie(door: &Door) -> &'static str {
    if is_secure(door) { "__Host-dgspay" } else { "dgspay" }
}

fn is_secure(door: &Door) -> bool {
    door.app.settings.public_url.starts_with("https://")
}

/// Gives the browser a session's token; an empty one takes it away.
pub fn with_session(door: &Door, token: &str, mut response: Response) -> Response {
    let secure = if is_secure(door) { "; Secure" } else { "" };
    let end = if token.is_empty() { "; Max-Age=0" } else { "" };
    let name = session_cookie(door);
    set_cookie(
        &mut response,
        &format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{end}"),
    );
    response
}

/// Keeps the language of somebody who is not signed in, for a year.
pub fn with_language(door: &Door, language: Language, mut response: Response) -> Response {
    let secure = if is_secure(door) { "; Secure" } else { "" };
    let code = language.texts().code;
    set_cookie(
        &mut response,
        &format!(
            "{LANGUAGE_COOKIE}={code}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{secure}"
        ),
    );
    response
}

fn set_cookie(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Where to go on, if it is a page of the portal and nothing else.
pub fn safe_next(text: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%?=&+:".contains(&byte);
    let is_fit = text.starts_with(ROOT)
        && !text.contains("//")
        && !text.contains("..")
        && text.len() <= 1000
        && text.bytes().all(is_plain);
    is_fit.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_a_page_of_ours() {
        for text in [
            "/smart-merchant/",
            "/smart-merchant/test/transactions?status=failed&page=2",
            "/smart-merchant/live/transactions/ORD%2F1?from=2026-01-01",
        ] {
            assert_eq!(safe_next(text), Some(text));
        }
        for text in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/smart-merchant/",
            "/smart-merchant//evil.example",
            "/smart-merchant/../pay/x",
            "/smart-merchant/\\evil.example",
            "/smart-merchant/\r\nSet-Cookie: a=b",
            "/smart-merchant@evil.example/",
            "\t/smart-merchant/",
            "javascript:alert(1)",
            "/smart-merchant/<script>",
        ] {
            assert_eq!(safe_next(text), None, "{text}");
        }
    }
}
