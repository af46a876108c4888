//! Turning a visitor away: to another page, or with one that says why.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::people::Refusal;
use store::people::PeopleError;
use store::{StoreError, SubmitError};

use crate::opening::OpenFault;
use crate::pages::see_other;
use crate::portal::ROOT;
use crate::portal::layout::{Shell, show};
use crate::portal::passwords::HashFault;
use crate::portal::people::PeopleFault;
use crate::portal::visit::Visit;
use crate::secrets::SecretFault;

/// The answer of a request that was not done.
#[derive(Debug)]
pub struct Turned(Box<Response>);

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        *self.0
    }
}

#[derive(Template)]
#[template(path = "portal/message.html")]
struct Message<'a> {
    shell: &'a Shell,
    title: &'a str,
    text: &'a str,
}

impl Turned {
    pub fn to(path: &str) -> Turned {
        Turned(Box::new(see_other(path)))
    }

    /// A page of a title and a text.
    pub fn page(status: StatusCode, visit: &Visit, title: &str, text: &str) -> Turned {
        let shell = Shell::outside(visit);
        Turned(Box::new(show(status, &Message { shell: &shell, title, text })))
    }

    /// The same within the frame of somebody signed in.
    pub fn page_in(status: StatusCode, shell: &Shell, title: &str, text: &str) -> Turned {
        Turned(Box::new(show(status, &Message { shell, title, text })))
    }

    pub fn not_found(visit: &Visit) -> Turned {
        let words = visit.words();
        Turned::page(StatusCode::NOT_FOUND, visit, words.not_found_title, words.not_found_text)
    }

    pub fn cross_site(visit: &Visit) -> Turned {
        let words = visit.words();
        Turned::page(StatusCode::FORBIDDEN, visit, words.form_stale_title, words.form_stale_text)
    }

    pub fn too_soon(visit: &Visit) -> Turned {
        let words = visit.words();
        let (title, text) = (words.too_many_title, words.too_many_text);
        Turned::page(StatusCode::TOO_MANY_REQUESTS, visit, title, text)
    }

    /// Where somebody signs in, and what follows.
    pub fn sign_in(next: &str) -> Turned {
        Turned::to(&format!("{ROOT}sign-in?next={}", encoded(next)))
    }

    fn bug(error: &dyn std::fmt::Display) -> Turned {
        tracing::error!(%error, "a page of the portal failed");
        let mut response =
            Response::new("Something went wrong on our side. Go back and try again.".into());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Turned(Box::new(response))
    }
}

/// A text as part of a query.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub async fn unknown_page(visit: Visit) -> Turned {
    Turned::not_found(&visit)
}

impl From<StoreError> for Turned {
    fn from(error: StoreError) -> Turned {
        Turned::bug(&error)
    }
}

impl From<SubmitError> for Turned {
    fn from(error: SubmitError) -> Turned {
        Turned::bug(&error)
    }
}

impl From<OpenFault> for Turned {
    fn from(fault: OpenFault) -> Turned {
        Turned::bug(&fault)
    }
}

impl From<SecretFault> for Turned {
    fn from(error: SecretFault) -> Turned {
        Turned::bug(&error)
    }
}

impl From<HashFault> for Turned {
    fn from(error: HashFault) -> Turned {
        Turned::bug(&error)
    }
}

impl From<PeopleError> for Turned {
    fn from(error: PeopleError) -> Turned {
        match error {
            PeopleError::Refused(Refusal::SessionEnded) => Turned::to(&format!("{ROOT}sign-in")),
            PeopleError::Refused(Refusal::NotConfirmed) => Turned::to(&format!("{ROOT}confirm")),
            // Pages that may meet one of these answer it themselves, in the visitor's language.
            PeopleError::Refused(
                Refusal::TooSoon { .. } | Refusal::EmailTaken | Refusal::Unknown,
            )
            | PeopleError::Store(_) => Turned::bug(&error),
        }
    }
}

impl From<PeopleFault> for Turned {
    fn from(fault: PeopleFault) -> Turned {
        match fault {
            PeopleFault::People(error) => error.into(),
            PeopleFault::Hash(error) => error.into(),
            PeopleFault::Secret(error) => error.into(),
        }
    }
}
