//! Signing up: a new merchant with a test account at once, and its owner. Live is opened by the
//! operator.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::people::{self, AddPerson, Command, Gate, Role};
use domain::{Environment, limits};

use crate::pages::see_other;
use crate::portal::fields::OpenForm;
use crate::portal::layout::{self, Shell};
use crate::portal::passwords::is_fit;
use crate::portal::people::fresh_token;
use crate::portal::turned::Turned;
use crate::portal::visit::{Visit, with_session};
use crate::portal::{Door, ROOT};

#[derive(Template)]
#[template(path = "portal/sign_up.html")]
struct SignUp<'a> {
    shell: &'a Shell,
    merchant: &'a str,
    email: &'a str,
    fault: Option<&'static str>,
}

pub async fn show(visit: Visit) -> Result<Response, Turned> {
    if visit.door.portal.sign_up.is_none() {
        return Err(Turned::not_found(&visit));
    }
    Ok(sign_up_page(&visit, ("", ""), StatusCode::OK, None))
}

pub async fn submit(State(door): State<Arc<Door>>, form: OpenForm) -> Result<Response, Turned> {
    let OpenForm { visit, fields } = form;
    let Some(operator) = &door.portal.sign_up else { return Err(Turned::not_found(&visit)) };
    let people = &door.portal.people;
    let words = visit.words();
    let (merchant, typed) = (fields.text("merchant").trim(), fields.text("email"));
    let wrong = |status, fault| Ok(sign_up_page(&visit, (merchant, typed), status, Some(fault)));
    let is_name = !merchant.is_empty()
        && merchant.chars().count() <= limits::NAME_CHARS_MAX
        && !merchant.chars().any(char::is_control);
    if !is_name {
        return wrong(StatusCode::BAD_REQUEST, words.merchant_name_fault);
    }
    let Some(email) = people::email(typed) else {
        return wrong(StatusCode::BAD_REQUEST, words.email_fault);
    };
    let password = fields.secret("password");
    if !is_fit(&password, &email) {
        return wrong(StatusCode::BAD_REQUEST, words.password_fault);
    }
    let hash = people.passwords.hash(password).await?;
    // One after the other: an address that is taken, or too many of them, opens no account.
    let _turn = door.portal.sign_up_turn.lock().await;
    if people.find(email.clone()).await?.is_some() {
        return wrong(StatusCode::CONFLICT, words.email_taken);
    }
    if people.opens_at(Gate::SignUp(visit.address.clone())).await?.is_some() {
        return wrong(StatusCode::TOO_MANY_REQUESTS, words.too_many_text);
    }
    let (token, token_hash) = fresh_token()?;
    let merchant_id = crate::secrets::new_merchant_id()?;
    // The account before its owner: an account that nobody owns harms nobody.
    let opened = operator.open_for(merchant_id.clone(), merchant.to_owned(), Environment::Test);
    opened.await?;
    let add = AddPerson {
        email,
        password: hash,
        merchant_id,
        role: Role::Owner,
        address: visit.address.clone(),
        token: Some(token_hash),
    };
    people.submit(Command::AddPerson(Box::new(add))).await?;
    Ok(with_session(&door, &token, see_other(ROOT)))
}

fn sign_up_page(
    visit: &Visit,
    (merchant, email): (&str, &str),
    status: StatusCode,
    fault: Option<&'static str>,
) -> Response {
    let shell = Shell::outside(visit);
    layout::show(status, &SignUp { shell: &shell, merchant, email, fault })
}
