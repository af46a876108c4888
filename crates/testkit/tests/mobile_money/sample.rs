//! Payments as the gateway would ask a provider about them.

use std::sync::Arc;
use std::time::Duration;

use dialects::provider::setting::{Kind, Values};
use dialects::provider::{Ask, Callback, CallbackFault, Connector, Secret, Task, Told};
use domain::charge::{Charge, Customer, MobileMoney};
use domain::disbursement::{Disbursement, Recipient};
use domain::payment::{Detail, Method, Payment, PaymentKind, PaymentState};
use domain::phone::{Network, Phone};
use domain::provider_call::{CallState, Provider, ProviderCall, Verdict, Word};
use domain::refund::Refund;
use domain::scenario::Scenario;
use domain::{AccountId, Currency, Money, PaymentId, Timestamp};
use testkit::Received;
use testkit::providers::drive::Driver;
use testkit::providers::{Callbacks, Pace, Plan};

pub fn connector(kind: Kind, url: &str, given: &[(&str, &str)]) -> Arc<dyn Connector> {
    let given = [&[("url", url)], given].concat();
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
    let values = Values::of(kind.settings, given).expect("known settings");
    (kind.build)(&values).expect("settings that fit")
}

/// A world that moves when it is asked.
pub fn wishes(plan: Plan) -> testkit::providers::world::Wishes {
    testkit::providers::world::Wishes {
        plan,
        pace: Pace::OnEnquiry,
        callbacks: Callbacks::None,
        callback_url: None,
    }
}

pub struct Sample {
    pub payment: Payment,
    pub detail: Detail,
    pub charge: Option<Payment>,
    pub call: ProviderCall,
    pub now: Timestamp,
    pub callback_url: String,
}

impl Sample {
    pub fn charge(reference: &str, amount: i64, phone: &str) -> Sample {
        let phone = Phone::rwandan(phone).expect("a Rwandan number");
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
            narration: Some("Mama's invoice #17".to_owned()),
            mobile_money: Some(MobileMoney { network: Network::Mtn, phone }),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        });
        Sample::of(reference, payment(PaymentKind::Charge, amount), detail)
    }

    pub fn disbursement(reference: &str, amount: i64, phone: &str) -> Sample {
        let phone = Phone::rwandan(phone).expect("a Rwandan number");
        let recipient =
            Recipient::MobileMoney { network: Network::Mtn, phone, name: Some("Jean".to_owned()) };
        let detail = Detail::Disbursement(Disbursement {
            recipient,
            narration: None,
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        });
        Sample::of(reference, payment(PaymentKind::Disbursement, amount), detail)
    }

    /// Of a charge that succeeded with this word.
    pub fn refund(reference: &str, amount: i64, charge: &Sample, word: &Word) -> Sample {
        let provider_reference = word.provider_reference.clone();
        let charge = Payment { provider_reference, ..charge.payment.clone() };
        let detail = Detail::Refund(Refund {
            charge: charge.id,
            charge_reference: charge.dgs_reference.clone(),
            reason: None,
            scenario: Scenario::default(),
        });
        let refund = Sample::of(reference, payment(PaymentKind::Refund, amount), detail);
        Sample { charge: Some(charge), ..refund }
    }

    fn of(reference: &str, payment: Payment, detail: Detail) -> Sample {
        let now = payment.created_at;
        let call = ProviderCall {
            account: payment.account,
            payment: payment.id,
            provider: Provider::MtnMomo,
            client_reference: reference.to_owned(),
            state: CallState::Open,
            is_sent: false,
            due_at: now,
            is_leased: false,
            polls_made: 0,
            note: None,
            created_at: now,
        };
        let callback_url = "http://127.0.0.1:1/callbacks".to_owned();
        Sample { payment, detail, charge: None, call, now, callback_url }
    }

    pub fn later(self, seconds: u64) -> Sample {
        Sample { now: self.now.plus(Duration::from_secs(seconds)), ..self }
    }

    pub fn submit(&self, driver: &Driver<'_>) -> Word {
        driver.ask(&self.ask(Task::Submit(None)))
    }

    pub fn enquire(&self, driver: &Driver<'_>) -> Word {
        driver.ask(&self.ask(Task::Enquire))
    }

    fn ask<'a>(&'a self, task: Task<'a>) -> Ask<'a> {
        Ask {
            task,
            call: &self.call,
            payment: &self.payment,
            detail: &self.detail,
            charge: self.charge.as_ref(),
            bank_code: None,
            callback_url: &self.callback_url,
            return_url: "https://pay.example.rw/return",
            chance: &[9; 64],
            now: self.now,
        }
    }
}

fn payment(kind: PaymentKind, amount: i64) -> Payment {
    Payment {
        account: AccountId(1),
        id: PaymentId(42),
        kind,
        method: Method::MobileMoney,
        state: PaymentState::Pending,
        version: 1,
        dgs_reference: "dgs_771".to_owned(),
        gross: rwf(amount),
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

pub fn rwf(amount: i64) -> Money {
    Money::from_minor(amount, Currency::Rwf).expect("a positive amount")
}

/// The code of a refusal, or the verdict in one word.
pub fn outcome(word: &Word) -> String {
    match &word.verdict {
        Verdict::Declined(reason) => reason.code.clone(),
        Verdict::Succeeded
        | Verdict::NextAction(_)
        | Verdict::Pending
        | Verdict::Unknown
        | Verdict::Unheard
        | Verdict::NotSent
        | Verdict::Contradicts(_) => format!("{:?}", word.verdict),
    }
}

pub fn read(connector: &dyn Connector, received: &Received) -> Result<Told, CallbackFault> {
    let headers = &[];
    let now = Timestamp::from_micros(0);
    connector.read_callback(&Callback { headers, path: "", body: &received.body, now })
}
