//! `GET /balance`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::query::wallets::list_wallets;

use crate::api::caller::Caller;
use crate::api::{Problem, json_answer};
use crate::app::App;

pub async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    let account = &caller.0.account;
    let id = account.id;
    let wallets = app.store.read(move |reader| list_wallets(reader, id)).await?;
    let body = dialects::object::balance_answer(&account.merchant_id, &wallets);
    Ok(json_answer(StatusCode::OK, body))
}
