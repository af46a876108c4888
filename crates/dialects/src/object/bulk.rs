//! The answers to `POST /disburse/bulk` and `GET /disburse/bulk/{id}`, and a line at fault.

use domain::decide::{BulkTold, RefusedLine};
use domain::disbursement::BulkPlace;
use domain::payment::{Detail, Payment, PaymentState};
use domain::{BulkId, Currency};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{amount, record_time, to_text};

#[derive(Serialize)]
struct BulkAnswer {
    status: &'static str,
    message: &'static str,
    bulk_id: String,
    mode: &'static str,
    accepted: usize,
    refused: usize,
    amount: Box<RawValue>,
    currency: &'static str,
    lines: Vec<LineObject>,
}

/// One line of a bulk: what became of it, or what is wrong with it.
#[derive(Debug, Serialize)]
pub struct LineObject {
    line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<LineFault>,
}

#[derive(Debug, Serialize)]
struct Made {
    dgs_reference: String,
    status: &'static str,
    amount: Box<RawValue>,
    fee: Box<RawValue>,
    recipient_gets: Box<RawValue>,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_reason: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct LineFault {
    field: &'static str,
    message: String,
}

impl LineObject {
    fn made(place: &BulkPlace, payment: &Payment) -> LineObject {
        let currency = payment.gross.currency();
        let made = Made {
            dgs_reference: payment.dgs_reference.clone(),
            status: payment.state.record_word(),
            amount: amount(payment.gross.minor(), currency),
            fee: amount(payment.fee_minor, currency),
            recipient_gets: amount(payment.net_minor(), currency),
            currency: currency.code(),
            fail_reason: payment.reason.as_ref().map(|reason| reason.text.clone()),
        };
        LineObject {
            line: place.line,
            reference: place.reference.clone(),
            made: Some(made),
            errors: Vec::new(),
        }
    }

    pub fn refused(refused: &RefusedLine) -> LineObject {
        let faults = refused.faults.iter();
        LineObject {
            line: refused.line,
            reference: refused.reference.clone(),
            made: None,
            errors: faults
                .map(|(field, message)| LineFault { field, message: message.clone() })
                .collect(),
        }
    }
}

pub fn bulk_answer(told: &BulkTold<'_>) -> String {
    let made = told.accepted.iter().map(|(place, payment)| LineObject::made(place, payment));
    let mut lines: Vec<LineObject> =
        made.chain(told.refused.iter().map(LineObject::refused)).collect();
    lines.sort_by_key(|line| line.line);
    let payments = told.accepted.iter().map(|(_, payment)| *payment);
    let (sum, currency) = sum(payments);
    to_text(&BulkAnswer {
        status: "success",
        message: "Disbursements queued for processing",
        bulk_id: told.bulk.text(),
        mode: told.mode.word(),
        accepted: told.accepted.len(),
        refused: told.refused.len(),
        amount: amount(sum, currency),
        currency: currency.code(),
        lines,
    })
}

#[derive(Serialize)]
struct ProgressAnswer {
    status: &'static str,
    data: Progress,
}

#[derive(Serialize)]
struct Progress {
    bulk_id: String,
    created_at: String,
    total: usize,
    pending: usize,
    success: usize,
    failed: usize,
    amount: Box<RawValue>,
    currency: &'static str,
    lines: Vec<LineObject>,
}

/// `None` when the bulk has no disbursement.
pub fn bulk_progress_answer(bulk: BulkId, made: &[(Payment, Detail)]) -> Option<String> {
    let created_at = made.first()?.0.created_at;
    let count = |word| made.iter().filter(|(one, _)| one.state.record_word() == word).count();
    let lines = made.iter().filter_map(|(payment, detail)| match detail {
        Detail::Disbursement(one) => Some(LineObject::made(one.bulk.as_ref()?, payment)),
        Detail::Charge(_) | Detail::Conversion(_) | Detail::Refund(_) => None,
    });
    let (sum, currency) = sum(made.iter().map(|(payment, _)| payment));
    Some(to_text(&ProgressAnswer {
        status: "success",
        data: Progress {
            bulk_id: bulk.text(),
            created_at: record_time(created_at),
            total: made.len(),
            pending: count(PaymentState::Pending.record_word()),
            success: count(PaymentState::Successful.record_word()),
            failed: count(PaymentState::Failed.record_word()),
            amount: amount(sum, currency),
            currency: currency.code(),
            lines: lines.collect(),
        },
    }))
}

/// Disbursements are in one currency.
fn sum<'a>(payments: impl Iterator<Item = &'a Payment>) -> (i64, Currency) {
    payments.fold((0, Currency::Rwf), |(sum, _), payment| {
        (sum.saturating_add(payment.gross.minor()), payment.gross.currency())
    })
}
