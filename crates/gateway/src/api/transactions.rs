//! `GET /transactions` and `GET /transactions/{name}`

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use dialects::object::{Moment, transaction_answer, transaction_list_answer};
use domain::charge::Charge;
use domain::id::parse_digits;
use domain::payment::{Detail, Method, Payment, PaymentKind, PaymentState};
use domain::{AccountId, Currency, LinkId, PaymentId, Timestamp};
use store::query::deliveries::list_attempts;
use store::query::payments::{self, Filter, Name, Page};
use store::{Reader, StoreError};

use crate::api::caller::Caller;
use crate::api::paging::Paging;
use crate::api::problem::FieldFault;
use crate::api::{Problem, json_answer};
use crate::app::App;

pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let question = Question::read(&query.unwrap_or_default())?;
    let account = caller.0.account.id;
    let body = app
        .store
        .read(move |reader| {
            reader.snapshot(|reader| {
                let Question { filter, paging, starting_after } = question;
                let part = Page { limit: paging.limit, skip: paging.skip(), starting_after };
                let listing = payments::list_payments(reader, account, &filter, part)?;
                let Paging { page, limit } = paging;
                Ok(transaction_list_answer(&listing.payments, page, limit, listing.total))
            })
        })
        .await?;
    Ok(json_answer(StatusCode::OK, body))
}

pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let body = app
        .store
        .read(move |reader| reader.snapshot(|reader| single(reader, account, &name)))
        .await?
        .ok_or(Problem::NotFound)?;
    Ok(json_answer(StatusCode::OK, body))
}

fn single(reader: &Reader, account: AccountId, text: &str) -> Result<Option<String>, StoreError> {
    let mut found = payments::find_payment(reader, account, &Name::Reference(text.to_owned()))?;
    if found.is_none()
        && let Some(id) = named_id(text)
    {
        found = payments::find_payment(reader, account, &Name::Id(id))?;
    }
    let Some(payment) = found else { return Ok(None) };
    let Some(detail) = payments::find_detail(reader, &payment)? else { return Ok(None) };
    let timeline = timeline(reader, &payment, &detail)?;
    Ok(Some(transaction_answer(&payment, &detail, &timeline)))
}

/// The id that a record's UUID or a `transaction_id` stands for.
pub(crate) fn named_id(text: &str) -> Option<PaymentId> {
    PaymentId::from_record_id(text).or_else(|| parse_digits(text).map(PaymentId))
}

pub(crate) fn timeline(
    reader: &Reader,
    payment: &Payment,
    detail: &Detail,
) -> Result<Vec<Moment>, StoreError> {
    let asked = match detail {
        Detail::Charge(Charge { mobile_money: Some(method), .. }) => {
            format!("created; {} was asked to approve", method.phone.e164())
        }
        Detail::Charge(_) | Detail::Disbursement(_) | Detail::Conversion(_) | Detail::Refund(_) => {
            "created".to_owned()
        }
    };
    let mut timeline = vec![Moment { at: payment.created_at, text: asked }];
    if let Some(at) = payment.finished_at {
        let text = match (payment.state, &payment.reason) {
            (PaymentState::Successful, _) => "confirmed by the provider".to_owned(),
            (_, Some(reason)) => format!("declined: {}", reason.text),
            (_, None) => "declined".to_owned(),
        };
        timeline.push(Moment { at, text });
    }
    if let Some(at) = payment.settled_at {
        timeline.push(Moment { at, text: "settled: the net is available".to_owned() });
    }
    for attempt in list_attempts(reader, payment.account, payment.id)? {
        let outcome = match (attempt.status, attempt.fault) {
            (Some(status), _) => format!("HTTP {status}"),
            (None, fault) => fault.unwrap_or_else(|| "no answer".to_owned()),
        };
        let text = format!("{} webhook, attempt {}: {outcome}", attempt.event_kind, attempt.number);
        timeline.push(Moment { at: attempt.started_at, text });
    }
    Ok(timeline)
}

/// What a list request asks for.
struct Question {
    paging: Paging,
    starting_after: Option<PaymentId>,
    filter: Filter,
}

impl Question {
    fn read(query: &str) -> Result<Question, Problem> {
        let mut question =
            Question { paging: Paging::FIRST, starting_after: None, filter: Filter::default() };
        let mut faults = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Err(fault) = question.take(&name, &value) {
                faults.push(fault);
            }
        }
        if faults.is_empty() { Ok(question) } else { Err(Problem::Fields(faults)) }
    }

    /// Takes one parameter. Those we do not know are ignored, as unknown body fields are.
    fn take(&mut self, name: &str, value: &str) -> Result<(), FieldFault> {
        let fault = |field, message: &str| FieldFault { field, message: message.to_owned() };
        match name {
            "status" => {
                let message = "must be pending, success or failed";
                self.filter.status = Some(status(value).ok_or(fault("status", message))?);
            }
            "payment_method_type" => {
                let message = "must be mobile_money, card, bank, bank_transfer or wallet";
                let method = Method::parse(value).ok_or(fault("payment_method_type", message))?;
                self.filter.method = Some(method);
            }
            "currency" => {
                let currency = Currency::parse(value)
                    .ok_or(fault("currency", "must be a currency code such as RWF"))?;
                self.filter.currency = Some(currency);
            }
            "type" => {
                let message = "must be charge, disbursement, conversion or refund";
                let kind = PaymentKind::parse(value).ok_or(fault("type", message))?;
                self.filter.kind = Some(kind);
            }
            "from" => {
                self.filter.from = Some(time(value, false).ok_or(fault("from", TIME_MESSAGE))?);
            }
            "to" => self.filter.to = Some(time(value, true).ok_or(fault("to", TIME_MESSAGE))?),
            "starting_after" => {
                let message = "must be the id of a transaction";
                let id = named_id(value).ok_or(fault("starting_after", message))?;
                self.starting_after = Some(id);
            }
            "payment_link_id" => {
                // No payment came through a link that is not one of ours.
                self.filter.link = Some(LinkId::parse(value).unwrap_or(LinkId(-1)));
            }
            "dgs_reference" => self.filter.dgs_reference = Some(value.to_owned()),
            "flw_reference" => self.filter.provider_reference = Some(value.to_owned()),
            _ => self.paging.take(name, value)?,
        }
        Ok(())
    }
}

pub(super) const TIME_MESSAGE: &str =
    "must be a time such as 2026-04-03 11:00:00 or a day such as 2026-04-03";

pub(crate) fn status(word: &str) -> Option<&'static str> {
    match word {
        "pending" => Some("pending"),
        "success" | "successful" => Some("success"),
        "failed" => Some("failed"),
        _ => None,
    }
}

/// A time in UTC. A day alone is its first moment, or its last where it ends a span.
pub(crate) fn time(text: &str, ends_span: bool) -> Option<Timestamp> {
    let zoned = |at: jiff::civil::DateTime| at.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = if let Ok(at) = text.parse::<jiff::Timestamp>() {
        at
    } else if let Ok(date) = jiff::civil::Date::strptime("%Y-%m-%d", text) {
        let clock = if ends_span {
            jiff::civil::time(23, 59, 59, 999_999_000)
        } else {
            jiff::civil::Time::midnight()
        };
        zoned(date.to_datetime(clock))?.timestamp()
    } else {
        let at = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
        zoned(at)?.timestamp()
    };
    // A second named as the end of a span counts to its end.
    let whole_second = ends_span && at.subsec_nanosecond() == 0;
    let us = at.as_microsecond().saturating_add(if whole_second { 999_999 } else { 0 });
    Some(Timestamp::from_micros(us))
}
