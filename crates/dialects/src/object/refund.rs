//! The answer to `POST /refunds`, and the events of a refund's end.

use domain::account::Account;
use domain::decide::Told;
use domain::event::EventKind;
use domain::payment::Payment;
use domain::refund::Refund;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{amount, event_time, to_text};

#[derive(Serialize)]
struct RefundAnswer<'a> {
    status: &'static str,
    message: &'static str,
    refund_reference: &'a str,
    dgs_reference: &'a str,
    transaction_status: &'static str,
    amount: Box<RawValue>,
    currency: &'static str,
}

pub fn refund_answer(payment: &Payment, refund: &Refund) -> String {
    to_text(&RefundAnswer {
        status: "success",
        message: "Refund initiated",
        refund_reference: &payment.dgs_reference,
        dgs_reference: &refund.charge_reference,
        transaction_status: payment.state.transaction_word(),
        amount: amount(payment.gross.minor(), payment.gross.currency()),
        currency: payment.gross.currency().code(),
    })
}

#[derive(Serialize)]
struct RefundEvent<'a> {
    event: &'static str,
    /// The refund's own name: the charge's would be taken for a repetition of its success.
    dgs_reference: &'a str,
    charge_reference: &'a str,
    amount: Box<RawValue>,
    currency: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_reason: Option<&'a str>,
    timestamp: String,
    environment: &'static str,
}

/// `payment.refunded` and `refund.failed`.
pub fn refund_event(account: &Account, kind: EventKind, told: Told<'_>, refund: &Refund) -> String {
    let payment = told.payment;
    to_text(&RefundEvent {
        event: kind.word(),
        dgs_reference: &payment.dgs_reference,
        charge_reference: &refund.charge_reference,
        amount: amount(payment.gross.minor(), payment.gross.currency()),
        currency: payment.gross.currency().code(),
        status: payment.state.record_word(),
        fail_reason: payment.reason.as_ref().map(|reason| reason.text.as_str()),
        timestamp: event_time(told.at),
        environment: account.environment.event_word(),
    })
}
