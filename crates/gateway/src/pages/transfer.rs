//! `/pay/transfer/{token}`: which account a payer of a link is to pay into, and whether the money
//! has come; in the sandbox, a tester pays here.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::object::record_time;
use dialects::page_token;
use domain::expected_deposit::ExpectedDeposit;
use domain::link::Link;
use domain::virtual_account::VirtualAccount;
use domain::{AccountId, Timestamp, VirtualAccountId};
use store::query::deposits::{find_expected_deposit, has_undecided_deposit};
use store::query::links::find_link;
use store::{Reader, StoreError};

use super::link::closing_words;
use super::status::NotFound;
use crate::api::Problem;
use crate::app::App;
use crate::pages::{Language, Texts, page, see_other};
use crate::virtual_accounts::Bank;
use crate::virtual_accounts::sandbox_bank::{Payment, pay};

/// Seconds until the page is loaded again. Long enough to mark and copy a number.
const REFRESH_S: u32 = 10;
/// The same where a transfer can only be one that was made before.
const CLOSED_REFRESH_S: u32 = 60;

#[derive(Template)]
#[template(path = "transfer.html")]
struct Transfer<'a> {
    texts: &'static Texts,
    merchant: &'a str,
    link_title: &'a str,
    amount: String,
    refresh_s: u32,
    title: &'static str,
    text: &'static str,
    /// `waiting` or `failed`, for the page's style.
    state: &'static str,
    /// While it may be paid.
    account: Option<&'a VirtualAccount>,
    minutes_left: u64,
    expires_at: String,
    is_closed: bool,
    is_simulated: bool,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let texts = Language::wanted_by(&headers).texts();
    let Some(found) = find(&app, &token).await? else {
        return Ok(page(StatusCode::NOT_FOUND, &NotFound { texts }));
    };
    let expected = &found.expected;
    if let Some(payment) = expected.payment {
        let receipt = page_token::write(&app.wording.page_key, expected.account, payment);
        return Ok(see_other(&format!("/pay/status/{receipt}")));
    }
    let now = app.clock.now();
    let (state, title, text) = found.standing(texts, now);
    let is_payable = found.is_payable(now);
    let directory = app.directory();
    let merchant =
        directory.find(expected.account).map(|entry| entry.account.merchant_name.as_str());
    let shown = Transfer {
        texts,
        merchant: merchant.unwrap_or_default(),
        link_title: &found.link.offer.title,
        amount: expected.amount.to_string(),
        refresh_s: if is_payable || found.is_undecided { REFRESH_S } else { CLOSED_REFRESH_S },
        title,
        text,
        state,
        account: is_payable.then_some(&found.account),
        minutes_left: expected.expires_at.since(now).as_secs().div_ceil(60),
        expires_at: record_time(expected.expires_at),
        is_closed: !is_payable && !found.is_undecided,
        is_simulated: is_payable && app.settings.bank.as_ref().is_some_and(Bank::is_simulated),
    };
    Ok(page(StatusCode::OK, &shown))
}

/// The payer's transfer at the simulated bank. In live there is none.
pub async fn answer(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&app, &token).await?.ok_or(Problem::NotFound)?;
    let bank =
        app.settings.bank.as_ref().filter(|bank| bank.is_simulated()).ok_or(Problem::NotFound)?;
    if found.is_payable(app.clock.now()) {
        let customer = &found.expected.customer;
        let payment = Payment {
            account_number: found.account.number.clone(),
            amount: found.expected.amount,
            sender_name: format!("{} {}", customer.first_name, customer.last_name),
            remarks: None,
            // However often the button is pressed.
            settlement_id: Some(found.account.id.text()),
        };
        pay(&app, bank, payment).await;
    }
    Ok(see_other(&format!("/pay/transfer/{token}")))
}

struct Found {
    expected: ExpectedDeposit,
    account: VirtualAccount,
    link: Link,
    /// Whether money came that nobody has decided about.
    is_undecided: bool,
}

impl Found {
    fn is_payable(&self, now: Timestamp) -> bool {
        let is_open = self.expected.payment.is_none() && !self.is_undecided;
        is_open && self.expected.expires_at > now && self.link.admit_anybody(now).is_ok()
    }

    fn standing(
        &self,
        texts: &'static Texts,
        now: Timestamp,
    ) -> (&'static str, &'static str, &'static str) {
        let words = &texts.transfer;
        if self.is_undecided {
            return ("waiting", words.held_title, words.held_text);
        }
        match self.link.admit_anybody(now) {
            Err(refusal) => {
                let (title, text) = closing_words(refusal, &texts.link);
                ("failed", title, text)
            }
            Ok(()) if self.expected.expires_at <= now => {
                ("failed", words.expired_title, words.expired_text)
            }
            Ok(()) => ("waiting", words.waiting_title, words.waiting_text),
        }
    }
}

async fn find(app: &App, token: &str) -> Result<Option<Found>, Problem> {
    let Some((account, id)) = page_token::read_transfer(&app.wording.page_key, token) else {
        return Ok(None);
    };
    let found =
        app.store.read(move |reader| reader.snapshot(|reader| find_all(reader, account, id)));
    Ok(found.await?)
}

fn find_all(
    reader: &Reader,
    account: AccountId,
    id: VirtualAccountId,
) -> Result<Option<Found>, StoreError> {
    let Some((expected, into)) = find_expected_deposit(reader, account, id)? else {
        return Ok(None);
    };
    let Some(link) = find_link(reader, account, expected.link)? else { return Ok(None) };
    let is_undecided = has_undecided_deposit(reader, account, id)?;
    Ok(Some(Found { expected, account: into, link, is_undecided }))
}
