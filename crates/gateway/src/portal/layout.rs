//! What surrounds every page: who is here, which environment is shown, where one can go.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::people::Permission;
use domain::{Environment, Timestamp};

use crate::pages::{PortalTexts, page};
use crate::portal::visit::{Member, Visit};

/// Our own styles, our own script, our own forms.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the frame of a page is made of.
#[derive(Debug)]
pub struct Shell {
    pub words: &'static PortalTexts,
    pub language: &'static str,
    /// `light`, `dark`, or empty for what the system says.
    pub theme: String,
    /// Where a switch of language leads back to.
    pub here: String,
    /// For every form.
    pub token: String,
    /// `None` for who is not signed in.
    pub member: Option<MemberShell>,
}

#[derive(Debug)]
pub struct MemberShell {
    pub merchant: String,
    pub email: String,
    pub tabs: Vec<Place>,
    pub places: Vec<Place>,
}

/// Somewhere to go.
#[derive(Debug)]
pub struct Place {
    pub name: &'static str,
    pub path: String,
    pub is_here: bool,
}

impl Shell {
    pub fn outside(visit: &Visit) -> Shell {
        Shell {
            words: visit.words(),
            language: visit.language.texts().code,
            theme: visit.known.as_ref().map_or(String::new(), |(_, one)| one.user.theme.clone()),
            here: visit.here.clone(),
            token: visit
                .known
                .as_ref()
                .map_or(String::new(), |(session, _)| visit.door.portal.people.form_token(session)),
            member: None,
        }
    }

    /// `environment` is `None` on pages that are of both.
    pub fn of(member: &Member, environment: Option<Environment>) -> Shell {
        let visit = &member.visit;
        let words = visit.words();
        let path = visit.here.split('?').next().unwrap_or_default();
        let shown = environment.unwrap_or(Environment::Test);
        let role = member.person.membership.role;
        let place = |name, page: &str| {
            let target = format!("/smart-merchant/{}{page}", shown.word());
            let is_here = environment.is_some()
                && if page.is_empty() { path == target } else { path.starts_with(&target) };
            Place { name, path: target, is_here }
        };
        let mut places = vec![place(words.home, ""), place(words.transactions, "/transactions")];
        if role.may(Permission::ConfigureAccount) {
            places.push(place(words.api_settings, "/api-settings"));
        }
        if role.may(Permission::SeeAudit) {
            places.push(place(words.audit_log, "/audit-log"));
        }
        let tab = |one: Environment, name| Place {
            name,
            path: format!("/smart-merchant/{}", one.word()),
            is_here: environment == Some(one),
        };
        let merchant = Shell::merchant(member);
        Shell {
            member: Some(MemberShell {
                merchant,
                email: member.person.user.email.clone(),
                tabs: vec![tab(Environment::Test, words.test), tab(Environment::Live, words.live)],
                places,
            }),
            ..Shell::outside(visit)
        }
    }

    fn merchant(member: &Member) -> String {
        let merchant_id = &member.person.membership.merchant_id;
        let apps = &member.visit.door.portal.apps;
        let name = apps.iter().find_map(|app| {
            let directory = app.directory();
            let mut entries = directory.entries();
            let entry = entries.find(|entry| entry.account.merchant_id == *merchant_id)?;
            Some(entry.account.merchant_name.clone())
        });
        name.unwrap_or_default()
    }
}

/// A page of the portal.
pub fn show(status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(status, template);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // Without a referrer policy that tells ourselves, browsers send forms of an unknown origin.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    response
}

/// `2026-04-03 11:00:00`, UTC.
pub fn time_text(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
