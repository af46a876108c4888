//! What waits for a person: payments whose provider contradicts itself, or is silent for a week.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use dialects::object::event_time;
use domain::Environment;
use serde::Serialize;
use store::query::provider_calls::{Review, list_for_review};

use crate::api::Problem;
use crate::operator::{Operator, answer};

/// One answer's worth; they are few, or something is very wrong.
const REVIEWS_MAX: i64 = 1_000;

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    data: Vec<ReviewObject>,
}

#[derive(Serialize)]
struct ReviewObject {
    environment: &'static str,
    account_number: String,
    dgs_reference: String,
    r#type: &'static str,
    /// `confirmed_late` where money lies in suspense.
    state: &'static str,
    amount: String,
    provider: &'static str,
    /// Our name for it at the provider.
    client_reference: String,
    why: String,
    created_at: String,
}

pub async fn list(State(operator): State<Arc<Operator>>) -> Result<Response, Problem> {
    let mut data = Vec::new();
    for app in &operator.apps {
        let found = app.store.read(|reader| list_for_review(reader, REVIEWS_MAX)).await?;
        let directory = app.directory();
        data.extend(found.into_iter().map(|review| {
            let entry = directory.find(review.payment.account);
            let number = entry.map(|entry| entry.account.number.clone()).unwrap_or_default();
            object(app.settings.environment, number, review)
        }));
    }
    answer(&Answer { status: "success", data })
}

fn object(environment: Environment, account_number: String, review: Review) -> ReviewObject {
    let Review { payment, call } = review;
    ReviewObject {
        environment: environment.word(),
        account_number,
        dgs_reference: payment.dgs_reference,
        r#type: payment.kind.word(),
        state: payment.state.word(),
        amount: payment.gross.to_string(),
        provider: call.provider.word(),
        client_reference: call.client_reference,
        why: call.note.unwrap_or_default(),
        created_at: event_time(payment.created_at),
    }
}
