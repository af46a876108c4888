//! Deposits that wait for a person: listed, and credited or rejected.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use dialects::json::Object;
use dialects::object::{held_deposits_answer, judged_deposit_answer};
use domain::Environment;
use domain::decide::{Command, JudgeDeposit};
use domain::deposit::{DepositState, Judgement};
use domain::limits;
use domain::provider_call::Provider;
use store::query::deposits::{find_deposit, list_held};

use crate::api::Problem;
use crate::api::form::Form;
use crate::operator::{Operator, StrictBody, answer_text};

/// Shown at once, the oldest first: what is decided makes room.
const HELD_MAX: u32 = 100;

pub async fn list(State(operator): State<Arc<Operator>>) -> Result<Response, Problem> {
    let mut held = Vec::new();
    for app in &operator.apps {
        let rows = app.store.read(|reader| list_held(reader, HELD_MAX)).await?;
        let word = app.settings.environment.word();
        held.extend(rows.into_iter().map(|deposit| (word, deposit)));
    }
    Ok(answer_text(held_deposits_answer(&held)))
}

pub async fn decide(
    State(operator): State<Arc<Operator>>,
    Path(settlement_id): Path<String>,
    StrictBody(body): StrictBody,
) -> Result<Response, Problem> {
    let (environment, judgement) = read(&body)?;
    let app = operator.find(environment).ok_or(Problem::NotFound)?;
    let key = (Provider::Providus, settlement_id);
    let named = key.clone();
    let find = move || {
        let (provider, id) = named.clone();
        app.store.read(move |reader| find_deposit(reader, provider, &id))
    };
    let before = find().await?.ok_or(Problem::NotFound)?;
    if before.state != DepositState::NeedsReview {
        let told = format!("the deposit is {}: nobody has to decide it", before.state.word());
        return Err(Problem::Conflict(told));
    }
    let judge = JudgeDeposit { account: before.account, deposit: key, judgement };
    app.store.lane().submit(Command::JudgeDeposit(Box::new(judge))).await?;
    let after = find().await?.ok_or(Problem::Bug)?;
    Ok(answer_text(judged_deposit_answer(environment.word(), &after)))
}

fn read(body: &Object) -> Result<(Environment, Judgement), Problem> {
    let mut form = Form::of(body);
    let environment = form.required_text("environment", limits::NAME_CHARS_MAX).and_then(|word| {
        let environment = Environment::parse(word);
        if environment.is_none() {
            form.fault("environment", "must be test or live");
        }
        environment
    });
    let judgement = match form.required_text("decision", limits::NAME_CHARS_MAX) {
        Some("credit") => Some(Judgement::Credit),
        Some("reject") => Some(Judgement::Reject),
        Some(_) => {
            form.fault("decision", "must be credit or reject");
            None
        }
        None => None,
    };
    form.finish()?;
    environment.zip(judgement).ok_or(Problem::Bug)
}
