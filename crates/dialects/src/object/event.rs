//! The bodies of events, exactly as the guide prints them.

use domain::account::Account;
use domain::event::EventKind;
use domain::payment::Payment;
use domain::{Currency, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{amount, event_time, to_text};

#[derive(Serialize)]
struct PaymentEvent<'a> {
    event: &'static str,
    dgs_reference: &'a str,
    flw_charge_id: &'a str,
    amount: Box<RawValue>,
    currency: &'static str,
    merchant_fee: Box<RawValue>,
    net_amount: Box<RawValue>,
    status: &'static str,
    timestamp: String,
    environment: &'static str,
}

/// `payment.success` and `payment.failed`. A payment that failed has no fee and no net.
pub fn payment_event(
    account: &Account,
    kind: EventKind,
    payment: &Payment,
    at: Timestamp,
) -> String {
    let currency: Currency = payment.gross.currency();
    let (fee_minor, net_minor, status) = if kind == EventKind::PaymentSuccess {
        (payment.fee_minor, payment.net_minor(), "success")
    } else {
        (0, 0, "failed")
    };
    to_text(&PaymentEvent {
        event: kind.word(),
        dgs_reference: &payment.dgs_reference,
        flw_charge_id: payment.provider_reference.as_deref().unwrap_or_default(),
        amount: amount(payment.gross.minor(), currency),
        currency: currency.code(),
        merchant_fee: amount(fee_minor, currency),
        net_amount: amount(net_minor, currency),
        status,
        timestamp: event_time(at),
        environment: account.environment.event_word(),
    })
}
