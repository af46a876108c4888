//! `/pay/bank/{token}`: the sandbox's bank, where a cardholder approves or refuses a payment.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::Environment;
use domain::decide::{Authorization, Command, Refusal, SubmitAuthorization};
use domain::payment::NextAction;
use domain::provider_call::Provider;
use store::SubmitError;

use crate::api::Problem;
use crate::app::App;
use crate::pages::status::{NotFound, find, return_url};
use crate::pages::{Language, Texts, page, see_other};

/// Browsers hold the redirects that follow a form to `form-action`, and this form's answer leads
/// to the merchant's site, and from there wherever the merchant sends people.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self' https: http:; \
                      base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "bank.html")]
struct Bank<'a> {
    texts: &'static Texts,
    merchant: &'a str,
    amount: String,
    reference: &'a str,
    card: String,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let texts = Language::wanted_by(&headers).texts();
    let found = match app.settings.environment {
        Environment::Test => find(&app, &token).await?,
        Environment::Live => None,
    };
    let Some((payment, charge)) = found else {
        return Ok(page(StatusCode::NOT_FOUND, &NotFound { texts }));
    };
    let waits_here = payment.next_action == Some(NextAction::Redirect)
        && payment.provider == Provider::Simulator;
    let Some(card) = charge.card.filter(|_| waits_here) else {
        return Ok(see_other(&format!("/pay/status/{token}")));
    };
    let directory = app.directory();
    let merchant =
        directory.find(payment.account).map(|entry| entry.account.merchant_name.as_str());
    let bank = Bank {
        texts,
        merchant: merchant.unwrap_or_default(),
        amount: payment.gross.to_string(),
        reference: &payment.dgs_reference,
        card: format!("{} {} {}", card.brand.name(), texts.card_ending_in, card.last_four),
    };
    let mut response = page(StatusCode::OK, &bank);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// `answer=approve` or `answer=refuse`; then back to the merchant.
pub async fn answer(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    if app.settings.environment == Environment::Live {
        return Err(Problem::NotFound);
    }
    let (payment, charge) = find(&app, &token).await?.ok_or(Problem::NotFound)?;
    if charge.card.is_none() || payment.provider != Provider::Simulator {
        return Err(Problem::NotFound);
    }
    let mut fields = form_urlencoded::parse(&body);
    let given = fields.find(|(name, _)| name == "answer").map(|(_, value)| value);
    let authorization = Authorization::BankPage;
    let word = match given.as_deref() {
        Some("approve") => app.simulator.authorized(charge.scenario, authorization),
        Some("refuse") => app.simulator.refused_at_bank(),
        Some(_) | None => return Err(Problem::BodyBroken),
    };
    let command = SubmitAuthorization {
        account: payment.account,
        payment: payment.id,
        key_use: None,
        authorization,
        nonce: None,
        word: Some(word),
    };
    match app.store.lane().submit(Command::SubmitAuthorization(Box::new(command))).await {
        // A form that is sent again leads where the first one led.
        Ok(_) | Err(SubmitError::Refused(Refusal::PaymentFinished)) => {}
        Err(error) => return Err(error.into()),
    }
    let url = return_url(&payment, &charge);
    Ok(see_other(&url.unwrap_or_else(|| format!("/pay/status/{token}"))))
}
