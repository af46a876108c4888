//! Signing in and out. Every refusal reads and takes the same, whether somebody has the address
//! or nobody.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::people::{self, Answer, Command, Gate, PASSWORD_CHARS_MAX, Proof, Refusal, Stage};
use store::people::{PeopleError, Person};

use crate::pages::see_other;
use crate::portal::fields::{FORM_TOKEN, MemberForm, OpenForm};
use crate::portal::layout::{self, Shell};
use crate::portal::people::{fresh_token, hash_token};
use crate::portal::turned::{Turned, encoded};
use crate::portal::visit::{Visit, safe_next, with_session};
use crate::portal::{Door, ROOT, totp};

#[derive(Template)]
#[template(path = "portal/sign_in.html")]
struct SignIn<'a> {
    shell: &'a Shell,
    email: &'a str,
    next: &'a str,
    fault: Option<&'static str>,
    may_sign_up: bool,
}

#[derive(Template)]
#[template(path = "portal/code.html")]
struct Code<'a> {
    shell: &'a Shell,
    next: &'a str,
    fault: Option<&'static str>,
}

pub async fn show(visit: Visit, uri: Uri) -> Response {
    if visit.known.as_ref().is_some_and(|(session, _)| session.stage == Stage::SignedIn) {
        return see_other(ROOT);
    }
    let next = next_of(&uri);
    sign_in_page(&visit, ("", &next), StatusCode::OK, None)
}

pub async fn submit(State(door): State<Arc<Door>>, form: OpenForm) -> Result<Response, Turned> {
    let OpenForm { visit, fields } = form;
    let people = &door.portal.people;
    let typed = fields.text("email");
    let next = safe_next(fields.text("next")).unwrap_or(ROOT);
    let words = visit.words();
    let wrong = |status, fault| Ok(sign_in_page(&visit, (typed, next), status, Some(fault)));
    let password = fields.secret("password");
    let Some(email) = people::email(typed).filter(|_| password.len() <= 4 * PASSWORD_CHARS_MAX)
    else {
        return wrong(StatusCode::UNAUTHORIZED, words.sign_in_refused);
    };
    // Looked at before the password is: waiting costs us no hashing.
    for gate in [Gate::Address(visit.address.clone()), Gate::Account(email.clone())] {
        if people.opens_at(gate).await?.is_some() {
            return wrong(StatusCode::TOO_MANY_REQUESTS, words.too_many_text);
        }
    }
    let person = people.find(email.clone()).await?;
    let of = person.map(|person| person.user.password);
    let is_right = people.passwords.is_right(password, of).await?;
    let (token, hash) = fresh_token()?;
    let address = visit.address.clone();
    let answer = people.submit(Command::SignIn { email, is_right, token: hash, address }).await;
    match answer {
        Ok(Answer::Session(session)) => {
            let target = match session.stage {
                Stage::SignedIn => next.to_owned(),
                Stage::AwaitsCode => format!("{ROOT}sign-in/code?next={}", encoded(next)),
            };
            Ok(with_session(&door, &token, see_other(&target)))
        }
        Ok(Answer::Wrong | Answer::Done) => wrong(StatusCode::UNAUTHORIZED, words.sign_in_refused),
        Err(PeopleError::Refused(Refusal::TooSoon { .. })) => {
            wrong(StatusCode::TOO_MANY_REQUESTS, words.too_many_text)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn show_code(visit: Visit, uri: Uri) -> Result<Response, Turned> {
    half_signed_in(&visit)?;
    let next = next_of(&uri);
    Ok(code_page(&visit, &next, StatusCode::OK, None))
}

pub async fn submit_code(
    State(door): State<Arc<Door>>,
    form: OpenForm,
) -> Result<Response, Turned> {
    let OpenForm { visit, fields } = form;
    let (who, person) = half_signed_in(&visit)?;
    let people = &door.portal.people;
    if fields.text(FORM_TOKEN) != Shell::outside(&visit).token {
        return Err(Turned::cross_site(&visit));
    }
    let words = visit.words();
    let next = safe_next(fields.text("next")).unwrap_or(ROOT);
    let secret = people.open_totp(&person.user)?;
    let typed: String = fields.text("code").chars().filter(|one| !one.is_whitespace()).collect();
    let proof = match totp::step_of(&secret, &typed, people.now()) {
        Some(step) => Proof::Code(step),
        None if typed.contains('-') => Proof::Recovery(hash_token(&typed.to_lowercase())),
        None => Proof::Wrong,
    };
    let (token, hash) = fresh_token()?;
    match people.submit(Command::SubmitCode { who, proof, token: hash }).await {
        Ok(Answer::Session(_)) => Ok(with_session(&door, &token, see_other(next))),
        Ok(Answer::Wrong | Answer::Done) => {
            Ok(code_page(&visit, next, StatusCode::UNAUTHORIZED, Some(words.code_refused)))
        }
        Err(PeopleError::Refused(Refusal::TooSoon { .. })) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Ok(code_page(&visit, next, status, Some(words.too_many_text)))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn sign_out(State(door): State<Arc<Door>>, form: MemberForm) -> Result<Response, Turned> {
    door.portal.people.submit(Command::SignOut(form.member.who())).await?;
    Ok(with_session(&door, "", see_other(&format!("{ROOT}sign-in"))))
}

/// Who typed the right password and owes the code.
fn half_signed_in(visit: &Visit) -> Result<(people::Who, Person), Turned> {
    match &visit.known {
        Some((session, person)) if session.stage == Stage::AwaitsCode => {
            let (user, address) = (session.user, visit.address.clone());
            Ok((people::Who { user, session: session.token, address }, person.clone()))
        }
        Some(_) => Err(Turned::to(ROOT)),
        None => Err(Turned::sign_in(ROOT)),
    }
}

/// Where to go on, out of the query.
pub fn next_of(uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default().as_bytes();
    let found = form_urlencoded::parse(query).find(|(name, _)| name == "next");
    found.and_then(|(_, text)| safe_next(&text).map(str::to_owned)).unwrap_or(ROOT.to_owned())
}

fn sign_in_page(
    visit: &Visit,
    (email, next): (&str, &str),
    status: StatusCode,
    fault: Option<&'static str>,
) -> Response {
    let shell = Shell::outside(visit);
    let may_sign_up = visit.door.portal.sign_up.is_some();
    layout::show(status, &SignIn { shell: &shell, email, next, fault, may_sign_up })
}

fn code_page(
    visit: &Visit,
    next: &str,
    status: StatusCode,
    fault: Option<&'static str>,
) -> Response {
    let shell = Shell::outside(visit);
    layout::show(status, &Code { shell: &shell, next, fault })
}
