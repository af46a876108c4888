//! The password again, before what is secret is shown or changed.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::people::{Answer, Command, Gate, Refusal};
use store::people::PeopleError;

use crate::pages::see_other;
use crate::portal::fields::MemberForm;
use crate::portal::layout::{self, Shell};
use crate::portal::people::fresh_token;
use crate::portal::sign_in::next_of;
use crate::portal::turned::Turned;
use crate::portal::visit::{Member, safe_next, with_session};
use crate::portal::{Door, ROOT};

#[derive(Template)]
#[template(path = "portal/confirm.html")]
struct Confirm<'a> {
    shell: &'a Shell,
    next: &'a str,
    fault: Option<&'static str>,
}

pub async fn show(member: Member, uri: Uri) -> Response {
    confirm_page(&member, &next_of(&uri), StatusCode::OK, None)
}

pub async fn submit(State(door): State<Arc<Door>>, form: MemberForm) -> Result<Response, Turned> {
    let MemberForm { member, fields } = form;
    let people = &door.portal.people;
    let words = member.visit.words();
    let next = safe_next(fields.text("next")).unwrap_or(ROOT);
    let wait = || {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Ok(confirm_page(&member, next, status, Some(words.too_many_text)))
    };
    if people.opens_at(Gate::Confirm(member.session.user)).await?.is_some() {
        return wait();
    }
    let of = Some(member.person.user.password.clone());
    let is_right = people.passwords.is_right(fields.secret("password"), of).await?;
    let (token, hash) = fresh_token()?;
    let command = Command::Confirm { who: member.who(), is_right, token: hash };
    match people.submit(command).await {
        Ok(Answer::Session(_)) => Ok(with_session(&door, &token, see_other(next))),
        Ok(Answer::Wrong | Answer::Done) => {
            let status = StatusCode::UNAUTHORIZED;
            Ok(confirm_page(&member, next, status, Some(words.password_refused)))
        }
        Err(PeopleError::Refused(Refusal::TooSoon { .. })) => wait(),
        Err(error) => Err(error.into()),
    }
}

fn confirm_page(
    member: &Member,
    next: &str,
    status: StatusCode,
    fault: Option<&'static str>,
) -> Response {
    let shell = Shell::of(member, None);
    layout::show(status, &Confirm { shell: &shell, next, fault })
}
