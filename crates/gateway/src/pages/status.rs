//! `/pay/status/{token}`: a payer follows a payment; in the sandbox, a tester answers for them.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::page_token;
use domain::charge::Charge;
use domain::decide::{Command, Report, Reported};
use domain::payment::{Detail, Method, Payment, PaymentState};
use domain::provider_call::Provider;
use domain::{AccountId, PaymentId};
use store::query::payments::{self, Name};

use crate::api::Problem;
use crate::app::App;
use crate::pages::{Language, Texts, page, see_other};

#[derive(Template)]
#[template(path = "status.html")]
struct Status<'a> {
    texts: &'static Texts,
    merchant: &'a str,
    amount: String,
    reference: &'a str,
    title: &'static str,
    text: &'static str,
    /// `waiting`, `successful` or `failed`, for the page's style.
    state: &'static str,
    reason: Option<&'a str>,
    is_pending: bool,
    is_simulated: bool,
    return_url: Option<String>,
}

#[derive(Template)]
#[template(path = "not_found.html")]
pub(super) struct NotFound {
    pub(super) texts: &'static Texts,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let texts = Language::wanted_by(&headers).texts();
    let Some((payment, charge)) = find(&app, &token).await? else {
        return Ok(page(StatusCode::NOT_FOUND, &NotFound { texts }));
    };
    let directory = app.directory();
    let merchant =
        directory.find(payment.account).map(|entry| entry.account.merchant_name.as_str());
    let is_pending = payment.state == PaymentState::Pending;
    let is_card = payment.method == Method::Card;
    let (state, title, text) = match payment.state {
        PaymentState::Pending if is_card => {
            ("waiting", texts.waiting_title, texts.card_waiting_text)
        }
        PaymentState::Pending => ("waiting", texts.waiting_title, texts.waiting_text),
        PaymentState::Successful => ("successful", texts.successful_title, texts.successful_text),
        PaymentState::Failed | PaymentState::ConfirmedLate => {
            ("failed", texts.failed_title, texts.failed_text)
        }
    };
    let status = Status {
        texts,
        merchant: merchant.unwrap_or_default(),
        amount: payment.gross.to_string(),
        reference: &payment.dgs_reference,
        title,
        text,
        state,
        reason: payment.reason.as_ref().map(|reason| reason.text.as_str()),
        is_pending,
        is_simulated: is_pending && !is_card && payment.provider == Provider::Simulator,
        return_url: return_url(&payment, &charge),
    };
    Ok(page(StatusCode::OK, &status))
}

/// The simulated phone's answer: `answer=approve` or `answer=refuse`. In live there is none.
pub async fn answer(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (payment, charge) = find(&app, &token).await?.ok_or(Problem::NotFound)?;
    if payment.method == Method::Card || payment.provider != Provider::Simulator {
        return Err(Problem::NotFound);
    }
    let mut fields = form_urlencoded::parse(&body);
    let given = fields.find(|(name, _)| name == "answer").map(|(_, value)| value);
    let approves = match given.as_deref() {
        Some("approve") => true,
        Some("refuse") => false,
        Some(_) | None => return Err(Problem::BodyBroken),
    };
    let report = Report {
        account: payment.account,
        payment: payment.id,
        word: app.simulator.answered(&payment, charge.scenario, approves),
        reported: Reported::ByPayer,
        due_at: None,
    };
    if payment.state == PaymentState::Pending {
        app.store.lane().submit(Command::ReportProvider(report)).await?;
    }
    Ok(see_other(&format!("/pay/status/{token}")))
}

pub(super) async fn find(app: &App, token: &str) -> Result<Option<(Payment, Charge)>, Problem> {
    let Some((account, id)) = page_token::read(&app.wording.page_key, token) else {
        return Ok(None);
    };
    Ok(app.store.read(move |reader| find_both(reader, account, id)).await?)
}

fn find_both(
    reader: &store::Reader,
    account: AccountId,
    id: PaymentId,
) -> Result<Option<(Payment, Charge)>, store::StoreError> {
    let payment = payments::find_payment(reader, account, &Name::Id(id))?;
    let Some(payment) = payment else { return Ok(None) };
    match payments::find_detail(reader, &payment)? {
        Some(Detail::Charge(charge)) => Ok(Some((payment, charge))),
        Some(Detail::Disbursement(_) | Detail::Conversion(_) | Detail::Refund(_)) | None => {
            Ok(None)
        }
    }
}

/// Where the merchant wants the payer back, told which payment it was about.
pub(super) fn return_url(payment: &Payment, charge: &Charge) -> Option<String> {
    let url = charge.redirect_url.as_deref()?;
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, rest)| (url, Some(rest)));
    let joint = if url.contains('?') { '&' } else { '?' };
    let pair: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("dgs_reference", &payment.dgs_reference)
        .finish();
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{url}{joint}{pair}{fragment}"))
}
