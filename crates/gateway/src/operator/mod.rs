//! What only the operator may do, on a listener of its own: opening accounts and changing their
//! terms. JSON for the commands of `dgspay`; whoever calls shows the token of the data folder.

mod accounts;
mod deposits;
mod look_ups;
mod merchants;
mod people;
mod providers;
mod reconciliations;
mod reviews;
mod statement_file;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, patch, post};
use dialects::json::{Object, Tolerance};
use domain::Environment;
use domain::settlement::SettlementRule;
use serde::Serialize;

use crate::api::{Problem, frame, json_answer, json_body};
use crate::app::App;
use crate::portal::People;

pub use token::OperatorToken;

/// The environments that run, and what guards them.
#[derive(Debug)]
pub struct Operator {
    apps: Vec<Arc<App>>,
    token: OperatorToken,
    /// What new accounts in live begin with.
    settlement: SettlementRule,
    people: Arc<People>,
    /// One change at a time: what is free is looked up before it is taken.
    turn: tokio::sync::Mutex<()>,
}

impl Operator {
    pub fn new(
        apps: Vec<Arc<App>>,
        token: OperatorToken,
        settlement: SettlementRule,
        people: Arc<People>,
    ) -> Operator {
        Operator { apps, token, settlement, people, turn: tokio::sync::Mutex::default() }
    }

    fn find(&self, environment: Environment) -> Option<&Arc<App>> {
        self.apps.iter().find(|app| app.settings.environment == environment)
    }
}

pub fn router(operator: &Arc<Operator>) -> Router {
    Router::new()
        .route("/operator/merchants", get(merchants::list).post(merchants::create))
        .route("/operator/people", post(people::add))
        .route("/operator/people/new-password", post(people::replace_password))
        .route("/operator/accounts/{number}", patch(accounts::change))
        .route("/operator/providers", get(providers::list))
        .route("/operator/providers/{provider}/{environment}/{look_up}", get(look_ups::look_up))
        .route("/operator/reconciliations", post(reconciliations::import))
        .route("/operator/differences", get(reconciliations::list))
        .route("/operator/differences/{id}/resolve", post(reconciliations::resolve))
        .route("/operator/deposits", get(deposits::list))
        .route("/operator/deposits/{settlement_id}", post(deposits::decide))
        .route("/operator/reviews", get(reviews::list))
        .fallback(frame::unknown_path)
        .method_not_allowed_fallback(frame::wrong_method)
        // Before anything is said of paths and methods.
        .layer(from_fn_with_state(Arc::clone(operator), let_in))
        .layer(from_fn(frame::frame))
        .with_state(Arc::clone(operator))
}

async fn let_in(
    State(operator): State<Arc<Operator>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if operator.token.is_shown(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(Problem::OperatorUnknown)
    }
}

/// A JSON body, read as strictly as in live.
#[derive(Debug)]
struct StrictBody(Object);

impl FromRequest<Arc<Operator>> for StrictBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Operator>) -> Result<StrictBody, Problem> {
        json_body::read(request, Tolerance::Strict).await.map(StrictBody)
    }
}

fn answer(body: &impl Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_string(body).map_err(|_| Problem::Bug)?;
    Ok(answer_text(text))
}

/// Answers may hold credentials: nobody between us and the operator keeps them.
fn answer_text(text: String) -> Response {
    let mut response = json_answer(StatusCode::OK, text);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
