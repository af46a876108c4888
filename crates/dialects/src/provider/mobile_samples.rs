//! Payments for the tests of the mobile money connectors.

use std::sync::Arc;

use domain::charge::{Charge, Customer, MobileMoney};
use domain::disbursement::{Disbursement, Recipient};
use domain::payment::{Detail, Method, Payment, PaymentKind, PaymentState};
use domain::phone::{Network, Phone};
use domain::provider_call::{CallState, Provider, ProviderCall};
use domain::refund::Refund;
use domain::scenario::Scenario;
use domain::{AccountId, Currency, Money, PaymentId, Timestamp};
use zeroize::Zeroizing;

use super::setting::{Kind, Values};
use super::{Ask, Callback, Connector, Next, Reply, Request, Secret, Task};
use domain::provider_call::Word;

pub const REFERENCE: &str = "8820014217";
pub const CALLBACK_URL: &str = "https://pay.example.rw/providers/x/webhook";

pub fn connector(kind: Kind, given: &[(&str, &str)]) -> Arc<dyn Connector> {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
    (kind.build)(&Values::of(kind.settings, given).unwrap()).unwrap()
}

/// A payment, and the call that it is asked under.
#[derive(Clone)]
pub struct Sample {
    pub payment: Payment,
    pub detail: Detail,
    pub charge: Option<Payment>,
    pub call: ProviderCall,
    pub now: Timestamp,
}

impl Sample {
    pub fn charge(gross: Money, phone: &str) -> Sample {
        let phone = Phone::rwandan(phone).unwrap();
        let customer = Customer {
            email: "aline@example.rw".to_owned(),
            first_name: "Aline".to_owned(),
            last_name: "Uwase".to_owned(),
            phone: phone.clone(),
            address: None,
        };
        let detail = Detail::Charge(Charge {
            customer,
            redirect_url: None,
            narration: Some("Mama's invoice #5678".to_owned()),
            mobile_money: Some(MobileMoney { network: Network::Mtn, phone }),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        });
        Sample::of(payment(PaymentKind::Charge, gross), detail)
    }

    /// With a fee besides, that the recipient does not get.
    pub fn disbursement(asked: Money, phone: &str) -> Sample {
        let recipient = Recipient::MobileMoney {
            network: Network::Mtn,
            phone: Phone::rwandan(phone).unwrap(),
            name: Some("Jean Bosco".to_owned()),
        };
        let detail = Detail::Disbursement(Disbursement {
            recipient,
            narration: None,
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        });
        let gross = asked.plus(rwf(100)).unwrap();
        let payment = Payment { fee_minor: 100, ..payment(PaymentKind::Disbursement, gross) };
        Sample::of(payment, detail)
    }

    pub fn refund(gross: Money, charge: Payment) -> Sample {
        let detail = Detail::Refund(Refund {
            charge: charge.id,
            charge_reference: charge.dgs_reference.clone(),
            reason: None,
            scenario: Scenario::default(),
        });
        let charge = Some(charge);
        Sample { charge, ..Sample::of(payment(PaymentKind::Refund, gross), detail) }
    }

    fn of(payment: Payment, detail: Detail) -> Sample {
        let created_at = payment.created_at;
        let call = ProviderCall {
            account: payment.account,
            payment: payment.id,
            provider: Provider::MtnMomo,
            client_reference: REFERENCE.to_owned(),
            state: CallState::Open,
            is_sent: false,
            due_at: created_at,
            is_leased: false,
            polls_made: 0,
            note: None,
            created_at,
        };
        Sample { payment, detail, charge: None, call, now: created_at }
    }

    pub fn ask<'a>(&'a self, task: Task<'a>) -> Ask<'a> {
        Ask {
            task,
            call: &self.call,
            payment: &self.payment,
            detail: &self.detail,
            charge: self.charge.as_ref(),
            bank_code: None,
            callback_url: CALLBACK_URL,
            return_url: "https://pay.example.rw/return",
            chance: &[7; 64],
            now: self.now,
        }
    }

    /// What the connector wants sent after these replies.
    pub fn sends(&self, connector: &dyn Connector, task: Task<'_>, replies: &[Reply]) -> Request {
        match connector.next(&self.ask(task), replies) {
            Next::Send(request) => request,
            Next::Done(word) => panic!("done: {word:?}"),
        }
    }

    pub fn done(&self, connector: &dyn Connector, task: Task<'_>, replies: &[Reply]) -> Word {
        match connector.next(&self.ask(task), replies) {
            Next::Send(request) => panic!("sends {request:?}"),
            Next::Done(word) => word,
        }
    }
}

pub fn rwf(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Rwf).unwrap()
}

pub fn payment(kind: PaymentKind, gross: Money) -> Payment {
    Payment {
        account: AccountId(1),
        id: PaymentId(42),
        kind,
        method: Method::MobileMoney,
        state: PaymentState::Pending,
        version: 1,
        dgs_reference: "dgs_771".to_owned(),
        gross,
        fee_minor: 0,
        provider: Provider::MtnMomo,
        provider_reference: None,
        next_action: None,
        reason: None,
        callback_url: None,
        link: None,
        refunded_minor: 0,
        created_at: Timestamp::from_micros(1_800_000_000_000_000),
        finished_at: None,
        settled_at: None,
    }
}

pub fn answered(status: u16, body: &str) -> Reply {
    Reply::Answered { status, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

pub fn json(request: &Request) -> serde_json::Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.reveal())
}

pub fn callback<'a>(path: &'a str, body: &'a str) -> Callback<'a> {
    Callback { headers: &[], path, body: body.as_bytes(), now: Timestamp::from_micros(0) }
}
