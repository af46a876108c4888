//! People who use the portal: added to a merchant, or given a new password, by the operator. There
//! is no mail to send either with: the operator hands it over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::limits;
use domain::people::{AddPerson, Command, PasswordHash, Refusal, Role, email};
use serde::Serialize;
use store::people::PeopleError;

use crate::api::Problem;
use crate::api::form::Form;
use crate::operator::{Operator, StrictBody, answer};
use crate::secrets::{self, SecretText};

#[derive(Serialize)]
struct PersonAnswer<'a> {
    status: &'static str,
    email: &'a str,
    /// Shown once; to be changed in the profile.
    password: &'a str,
}

pub async fn add(
    State(operator): State<Arc<Operator>>,
    StrictBody(body): StrictBody,
) -> Result<Response, Problem> {
    let mut form = Form::of(&body);
    let address = address(&mut form);
    let merchant_id = form.required_text("merchant_id", limits::NAME_CHARS_MAX).unwrap_or_default();
    let role = form.required_text("role", limits::NAME_CHARS_MAX).and_then(|word| {
        let role = Role::parse(word);
        if role.is_none() {
            form.fault("role", "must be owner, developer, finance or viewer");
        }
        role
    });
    form.finish()?;
    let (Some(email), Some(role)) = (address, role) else { return Err(Problem::Bug) };
    let is_known = operator
        .apps
        .iter()
        .any(|app| app.directory().entries().any(|entry| entry.account.merchant_id == merchant_id));
    if !is_known {
        return Err(Problem::NotFound);
    }
    let (text, password) = new_password(&operator).await?;
    let add = AddPerson {
        email: email.clone(),
        password,
        merchant_id: merchant_id.to_owned(),
        role,
        // Nobody signs up from here, and nobody is counted.
        address: String::new(),
        token: None,
    };
    operator.people.submit(Command::AddPerson(Box::new(add))).await.map_err(problem)?;
    answer(&PersonAnswer { status: "success", email: &email, password: &text })
}

/// For who lost theirs. Ends their sessions; a second factor stays in use.
pub async fn replace_password(
    State(operator): State<Arc<Operator>>,
    StrictBody(body): StrictBody,
) -> Result<Response, Problem> {
    let mut form = Form::of(&body);
    let address = address(&mut form);
    form.finish()?;
    let email = address.ok_or(Problem::Bug)?;
    let (text, password) = new_password(&operator).await?;
    let command = Command::ReplacePassword { email: email.clone(), password };
    operator.people.submit(command).await.map_err(problem)?;
    answer(&PersonAnswer { status: "success", email: &email, password: &text })
}

fn address(form: &mut Form<'_>) -> Option<String> {
    let found = form.required_text("email", limits::EMAIL_CHARS_MAX)?;
    let address = email(found);
    if address.is_none() {
        form.fault("email", "must be an e-mail address");
    }
    address
}

async fn new_password(operator: &Operator) -> Result<(SecretText, PasswordHash), Problem> {
    let text = secrets::new_password().map_err(|_| Problem::NotStored)?;
    let hashed = operator.people.passwords.hash(text.clone()).await;
    Ok((text, hashed.map_err(|_| Problem::NotStored)?))
}

fn problem(error: PeopleError) -> Problem {
    match error {
        PeopleError::Refused(Refusal::EmailTaken) => {
            Problem::Conflict("somebody has this address already".to_owned())
        }
        PeopleError::Refused(Refusal::Unknown) => Problem::NotFound,
        PeopleError::Refused(
            Refusal::TooSoon { .. } | Refusal::SessionEnded | Refusal::NotConfirmed,
        ) => Problem::Bug,
        PeopleError::Store(error) => {
            tracing::error!(%error, "somebody could not be stored");
            Problem::NotStored
        }
    }
}
