//! The answers to `GET /transactions` and `GET /transactions/{id}`.

use domain::Timestamp;
use domain::charge::Charge;
use domain::payment::{Payment, PaymentState};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{amount, record_time, to_text};

#[derive(Serialize)]
struct ListAnswer {
    status: &'static str,
    data: Vec<Row>,
    pagination: Pagination,
}

#[derive(Serialize)]
struct Pagination {
    page: u64,
    limit: u32,
    total: u64,
    pages: u64,
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
    customer: Customer<'a>,
    payment_link_id: Option<&'a str>,
    flw_reference: Option<&'a str>,
    processor_response: Option<&'a str>,
    timeline: Vec<TimelineEntry>,
}

#[derive(Serialize)]
struct PaymentMethod<'a> {
    r#type: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    mobile_money: Option<MobileMoney<'a>>,
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
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    phone: &'a str,
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
        pagination: Pagination {
            page,
            limit,
            total,
            pages: total.div_ceil(u64::from(limit.max(1))),
        },
    })
}

pub fn transaction_answer(payment: &Payment, charge: &Charge, timeline: &[Moment]) -> String {
    let currency = payment.gross.currency();
    let (fee_minor, net_minor, settlement_status) = match payment.state {
        PaymentState::Pending | PaymentState::Successful => {
            (payment.fee_minor, payment.net_minor(), "unsettled")
        }
        PaymentState::Failed | PaymentState::ConfirmedLate => (0, 0, "not_applicable"),
    };
    let mobile_money = charge.mobile_money.as_ref().map(|method| MobileMoney {
        network: method.network.name(),
        phone: method.phone.e164(),
        is_foreign_prefix: !method.network.owns_prefix_of(&method.phone),
    });
    let customer = Customer {
        email: &charge.customer.email,
        first_name: &charge.customer.first_name,
        last_name: &charge.customer.last_name,
        phone: charge.customer.phone.e164(),
    };
    to_text(&SingleAnswer {
        status: "success",
        data: Single {
            row: row(payment),
            transaction_id: payment.id.0.to_string(),
            fee: amount(fee_minor, currency),
            net_amount: amount(net_minor, currency),
            settlement_status,
            payment_method: PaymentMethod { r#type: payment.method.word(), mobile_money },
            customer,
            payment_link_id: None,
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
