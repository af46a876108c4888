//! The list of transactions: searched, narrowed, paged, and renewed while one looks at it.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use domain::money::amount_text;
use domain::payment::{Method, Payment, PaymentKind, PaymentState};
use domain::people::Permission;
use domain::{AccountId, Currency, EventId};
use store::query::events::find_newest;
use store::query::payments::{self, Filter, Listing, Name, Page};
use store::{Reader, StoreError};
use tokio::time::timeout;

use crate::api::transactions::{named_id, status, time};
use crate::portal::home::grouped;
use crate::portal::layout::{self, Shell, time_text};
use crate::portal::scope::Scope;
use crate::portal::turned::{Turned, encoded};
use crate::portal::visit::Member;
use crate::workers::stopped;

const ROWS: u32 = 25;

/// Shorter than proxies wait.
const NEWS_WAIT: Duration = Duration::from_secs(25);

#[derive(Template)]
#[template(path = "portal/transactions.html")]
struct Transactions<'a> {
    shell: &'a Shell,
    wanted: &'a Wanted,
    fields: Vec<Select>,
    rows: Vec<Row>,
    total: u64,
    /// Which of them this page shows: `26–50`.
    span: String,
    newer: Option<String>,
    older: Option<String>,
    reload: &'a str,
    news: String,
    newest: i64,
    export: Option<String>,
}

/// A list to choose from.
struct Select {
    name: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
}

struct Choice {
    value: &'static str,
    text: &'static str,
    is_chosen: bool,
}

struct Row {
    path: String,
    reference: String,
    at: String,
    kind: &'static str,
    method: &'static str,
    amount: String,
    state: &'static str,
    state_class: &'static str,
}

/// What the address asks for. What makes no sense is not applied, and shown as it was typed.
#[derive(Debug, Default)]
pub struct Wanted {
    pub search: String,
    pub from: String,
    pub to: String,
    pub filter: Filter,
    page: u64,
    /// Without the page, for links.
    query: String,
}

impl Wanted {
    pub fn read(query: &str) -> Wanted {
        let mut wanted = Wanted { page: 1, ..Wanted::default() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match &*name {
                "search" => wanted.search = value.to_owned(),
                "status" => wanted.filter.status = status(value),
                "type" => wanted.filter.kind = PaymentKind::parse(value),
                "method" => wanted.filter.method = Method::parse(value),
                "currency" => wanted.filter.currency = Currency::parse(value),
                "from" => {
                    wanted.filter.from = time(value, false);
                    wanted.from = value.to_owned();
                }
                "to" => {
                    wanted.filter.to = time(value, true);
                    wanted.to = value.to_owned();
                }
                "page" => {
                    wanted.page = value.parse().ok().filter(|page| *page > 0).unwrap_or(1);
                    continue;
                }
                _ => continue,
            }
            wanted.query += &format!("&{name}={}", encoded(value));
        }
        wanted
    }

    /// A page of what is wanted. A search is for our reference, else the provider's, else an id.
    pub fn list(
        &self,
        reader: &Reader,
        account: AccountId,
        page: Page,
    ) -> Result<Listing, StoreError> {
        let list = |filter: &Filter| payments::list_payments(reader, account, filter, page);
        if self.search.is_empty() {
            return list(&self.filter);
        }
        let text = Some(self.search.clone());
        let ours = list(&Filter { dgs_reference: text.clone(), ..self.filter.clone() })?;
        if ours.total > 0 {
            return Ok(ours);
        }
        let theirs = list(&Filter { provider_reference: text, ..self.filter.clone() })?;
        if theirs.total > 0 {
            return Ok(theirs);
        }
        let found = match named_id(&self.search) {
            Some(id) => payments::find_payment(reader, account, &Name::Id(id))?,
            None => None,
        };
        // Once, on the first page.
        let is_first = page.skip == 0 && page.starting_after.is_none();
        let payments: Vec<Payment> = found.into_iter().filter(|_| is_first).collect();
        Ok(Listing { total: u64::try_from(payments.len()).unwrap_or(0), payments })
    }
}

pub async fn show(
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
    member: Member,
) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::SeePayments)?;
    let wanted = Arc::new(Wanted::read(&query.unwrap_or_default()));
    let account = scope.account();
    let skip = (wanted.page - 1).saturating_mul(u64::from(ROWS));
    let (listing, newest) = {
        let wanted = Arc::clone(&wanted);
        let page = Page { limit: ROWS, skip, starting_after: None };
        let read = move |reader: &Reader| {
            reader.snapshot(|reader| {
                Ok((wanted.list(reader, account, page)?, find_newest(reader, account)?))
            })
        };
        scope.app.store.read(read).await?
    };
    let shell = scope.shell();
    let to_page = |page: u64| {
        let query = &wanted.query;
        scope.path(&format!("/transactions?page={page}{query}"))
    };
    let rows = listing.payments.iter().map(|payment| row(payment, &scope, &shell));
    let export = scope.may(Permission::ExportPayments).then(|| {
        scope.path(&format!("/transactions.csv?{}", wanted.query.trim_start_matches('&')))
    });
    let page = Transactions {
        rows: rows.collect(),
        fields: fields(&wanted.filter, &shell),
        total: listing.total,
        span: format!("{}–{}", skip + 1, skip + u64::try_from(listing.payments.len()).unwrap_or(0)),
        newer: (wanted.page > 1).then(|| to_page(wanted.page - 1)),
        older: (skip + u64::from(ROWS) < listing.total).then(|| to_page(wanted.page + 1)),
        reload: &shell.here,
        news: scope.path("/transactions/news"),
        newest: newest.map_or(0, |id| id.0),
        export,
        wanted: &wanted,
        shell: &shell,
    };
    Ok(layout::show(StatusCode::OK, &page))
}

fn row(payment: &Payment, scope: &Scope, shell: &Shell) -> Row {
    let words = shell.words;
    let currency = payment.gross.currency();
    Row {
        path: scope.path(&format!("/transactions/{}", payment.id.record_id())),
        reference: payment.dgs_reference.clone(),
        at: time_text(payment.created_at),
        kind: (words.kind)(payment.kind),
        method: (words.method)(payment.method),
        amount: format!("{} {currency}", grouped(&amount_text(payment.gross.minor(), currency))),
        state: (words.state)(payment.state),
        state_class: payment.state.record_word(),
    }
}

fn fields(filter: &Filter, shell: &Shell) -> Vec<Select> {
    let words = shell.words;
    let select = |name, label, choices: Vec<(&'static str, &'static str)>, chosen: Option<&str>| {
        let choices = choices.into_iter().map(|(value, text)| Choice {
            value,
            text,
            is_chosen: chosen == Some(value),
        });
        Select { name, label, choices: choices.collect() }
    };
    let states = [PaymentState::Pending, PaymentState::Successful, PaymentState::Failed];
    vec![
        select(
            "status",
            words.status,
            states.map(|state| (state.record_word(), (words.state)(state))).to_vec(),
            filter.status,
        ),
        select(
            "type",
            words.type_,
            PaymentKind::ALL.map(|kind| (kind.word(), (words.kind)(kind))).to_vec(),
            filter.kind.map(PaymentKind::word),
        ),
        select(
            "method",
            words.method_label,
            Method::ALL.map(|method| (method.word(), (words.method)(method))).to_vec(),
            filter.method.map(Method::word),
        ),
        select(
            "currency",
            words.currency,
            [Currency::Rwf, Currency::Usd, Currency::Eur]
                .map(|one| (one.code(), one.code()))
                .to_vec(),
            filter.currency.map(Currency::code),
        ),
    ]
}

/// Answers as soon as the account has an event that the page did not know of; 204 when none came.
pub async fn news(
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
    member: Member,
) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::SeePayments)?;
    let query = query.unwrap_or_default();
    let after = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "after")
        .and_then(|(_, text)| text.parse().ok());
    let known = EventId(after.unwrap_or(0));
    let account = scope.account();
    // The bell is there before the first look, so nothing that is committed in between is missed.
    let Some(mut bell) = scope.app.alarms.events.listen(account) else {
        // As many wait as may: the page stays as it is until somebody reloads it.
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return Ok(response);
    };
    let newest = || scope.app.store.read(move |reader| find_newest(reader, account));
    let mut found = newest().await?;
    if found.is_none_or(|id| id <= known) {
        let rung = async {
            tokio::select! {
                rung = bell.changed() => rung.is_ok(),
                () = stopped(&scope.app) => false,
            }
        };
        if timeout(NEWS_WAIT, rung).await.unwrap_or(false) {
            found = newest().await?;
        }
    }
    let is_news = found.is_some_and(|id| id > known);
    let text = found.filter(|_| is_news).map_or(String::new(), |id| id.0.to_string());
    let mut response = Response::new(text.into());
    if !is_news {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    Ok(response)
}
