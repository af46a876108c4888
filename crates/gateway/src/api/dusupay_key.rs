//! `GET /dusupay/public-key.pem`: what receivers of the `dusupay` dialect check `rsa-signature`
//! with. Public, so it needs no credentials.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::api::Problem;
use crate::app::App;

pub async fn show(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let key = app.dusupay_key().await.map_err(|error| {
        tracing::error!(%error, "there is no key for the dusupay dialect");
        Problem::NotStored
    })?;
    let mut response = key.public_pem().into_response();
    let kind = HeaderValue::from_static("application/x-pem-file");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
