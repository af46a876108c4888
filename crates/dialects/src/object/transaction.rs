//! The answers to `GET /transactions` and `GET /transactions/{id}`.

use domain::payment::{Detail, Payment, PaymentKind, PaymentState};
use domain::{LinkId, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::disbursement::RecipientObject;
use crate::object::rate::rate_number;
use crate::object::{amount, record_time, to_text};

#[derive(Serialize)]
struct ListAnswer {
    status: &'static str,
    data: Vec<Row>,
    pagination: Pagination,
}

#[derive(Serialize)]
pub(super) struct Pagination {
    page: u64,
    limit: u32,
    total: u64,
    pages: u64,
}

impl Pagination {
    pub(super) fn of(page: u64, limit: u32, total: u64) -> Pagination {
        Pagination { page, limit, total, pages: total.div_ceil(u64::from(limit.max(1))) }
    }
}

/// A row of the list: the guide's seven fields, and which kind of payment it is.
#[derive(Serialize)]
struct Row {
    id: String,
    dgs_reference: String,
    amount: Box<RawValue>,
    currency: &'static str,
    status: &'static str,
    payment_method_type: &'static str,
    created_at: String,
    r#type: &'static str,
}

#[derive(Serialize)]
struct SingleAnswer<'a> {
    status: &'static str,
    data: Single<'a>,
}

#[derive(Serialize)]
struct Single<'a> {
    #[serde(flatten)]
    row: Row,
    transaction_id: String,
    fee: Box<RawValue>,
    net_amount: Box<RawValue>,
    settlement_status: &'static str,
    payment_method: PaymentMethod<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Customer<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    conversion: Option<ConversionFields>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    refund: Option<RefundFields<'a>>,
    payment_link_id: Option<String>,
    flw_reference: Option<&'a str>,
    processor_response: Option<&'a str>,
    timeline: Vec<TimelineEntry>,
}

#[derive(Serialize)]
struct PaymentMethod<'a> {
    r#type: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    mobile_money: Option<MobileMoney<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    card: Option<CardFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<RecipientObject<'a>>,
}

/// All that is kept of a card.
#[derive(Serialize)]
struct CardFields<'a> {
    brand: &'static str,
    first_six: &'a str,
    last_four: &'a str,
    expiry: String,
}

#[derive(Serialize)]
struct ConversionFields {
    to_currency: &'static str,
    to_amount: Box<RawValue>,
    rate: Box<RawValue>,
    rate_quoted_at: String,
}

#[derive(Serialize)]
struct RefundFields<'a> {
    charge_reference: &'a str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct MobileMoney<'a> {
    network: &'static str,
    phone: &'a str,
    /// The number's prefix was first given out by another network; numbers can be ported.
    is_foreign_prefix: bool,
}

#[derive(Serialize)]
struct Customer<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

/// Something that happened to a payment.
#[derive(Clone, Debug)]
pub struct Moment {
    pub at: Timestamp,
    /// Plain words for people.
    pub text: String,
}

#[derive(Serialize)]
struct TimelineEntry {
    at: String,
    event: String,
}

/// `page` counts from 1; `total` is the number of payments on all pages.
pub fn transaction_list_answer(payments: &[Payment], page: u64, limit: u32, total: u64) -> String {
    to_text(&ListAnswer {
        status: "success",
        data: payments.iter().map(row).collect(),
        pagination: Pagination::of(page, limit, total),
    })
}

pub fn transaction_answer(payment: &Payment, detail: &Detail, timeline: &[Moment]) -> String {
    let currency = payment.gross.currency();
    let (fee_minor, net_minor) = match payment.state {
        PaymentState::Pending | PaymentState::Successful => {
            (payment.fee_minor, payment.net_minor())
        }
        PaymentState::Failed | PaymentState::ConfirmedLate => (0, 0),
    };
    let (conversion, refund) = match detail {
        Detail::Conversion(conversion) => (Some(conversion), None),
        Detail::Refund(refund) => (None, Some(refund)),
        Detail::Charge(_) | Detail::Disbursement(_) => (None, None),
    };
    to_text(&SingleAnswer {
        status: "success",
        data: Single {
            row: row(payment),
            transaction_id: payment.id.0.to_string(),
            fee: amount(fee_minor, currency),
            net_amount: amount(net_minor, currency),
            settlement_status: settlement_status(payment),
            payment_method: payment_method(payment, detail),
            customer: customer(detail),
            conversion: conversion.map(|conversion| ConversionFields {
                to_currency: conversion.target.currency().code(),
                to_amount: amount(conversion.target.minor(), conversion.target.currency()),
                rate: rate_number(conversion.rate),
                rate_quoted_at: record_time(conversion.quoted_at),
            }),
            refund: refund.map(|refund| RefundFields {
                charge_reference: &refund.charge_reference,
                reason: refund.reason.as_deref(),
            }),
            payment_link_id: payment.link.map(LinkId::text),
            flw_reference: payment.provider_reference.as_deref(),
            processor_response: payment.reason.as_ref().map(|reason| reason.text.as_str()),
            timeline: timeline
                .iter()
                .map(|moment| TimelineEntry {
                    at: record_time(moment.at),
                    event: moment.text.clone(),
                })
                .collect(),
        },
    })
}

/// Only what a charge brings has to be settled.
fn settlement_status(payment: &Payment) -> &'static str {
    let is_over = match payment.state {
        PaymentState::Pending | PaymentState::Successful => false,
        PaymentState::Failed | PaymentState::ConfirmedLate => true,
    };
    if payment.kind != PaymentKind::Charge || is_over {
        "not_applicable"
    } else if payment.settled_at.is_some() {
        "settled"
    } else {
        "unsettled"
    }
}

fn payment_method<'a>(payment: &Payment, detail: &'a Detail) -> PaymentMethod<'a> {
    let r#type = payment.method.word();
    let mut method = PaymentMethod { r#type, mobile_money: None, card: None, recipient: None };
    match detail {
        Detail::Charge(charge) => {
            method.mobile_money = charge.mobile_money.as_ref().map(|used| MobileMoney {
                network: used.network.name(),
                phone: used.phone.e164(),
                is_foreign_prefix: !used.network.owns_prefix_of(&used.phone),
            });
            method.card = charge.card.as_ref().map(|card| CardFields {
                brand: card.brand.name(),
                first_six: &card.first_six,
                last_four: &card.last_four,
                expiry: format!("{:02}/{}", card.expiry_month, card.expiry_year),
            });
        }
        Detail::Disbursement(disbursement) => {
            method.recipient = Some(RecipientObject::of(&disbursement.recipient));
        }
        Detail::Conversion(_) | Detail::Refund(_) => {}
    }
    method
}

fn customer(detail: &Detail) -> Option<Customer<'_>> {
    let Detail::Charge(charge) = detail else { return None };
    Some(Customer {
        email: &charge.customer.email,
        first_name: &charge.customer.first_name,
        last_name: &charge.customer.last_name,
        phone: charge.customer.phone.e164(),
        address: charge.customer.address.as_deref(),
    })
}

fn row(payment: &Payment) -> Row {
    Row {
        id: payment.id.record_id(),
        dgs_reference: payment.dgs_reference.clone(),
        amount: amount(payment.gross.minor(), payment.gross.currency()),
        currency: payment.gross.currency().code(),
        status: payment.state.record_word(),
        payment_method_type: payment.method.word(),
        created_at: record_time(payment.created_at),
        r#type: payment.kind.word(),
    }
}
