//! A connector beside a server, and payments for them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dialects::provider::dusupay::{DusuPay, KIND};
use dialects::provider::setting::{Fault, Values};
use dialects::provider::{Ask, Callback, CallbackFault, Connector, Secret, Shown, Task, Told};
use domain::charge::{Charge, Customer, MobileMoney};
use domain::disbursement::{Disbursement, Recipient};
use domain::payment::{Detail, Method, Payment, PaymentKind, PaymentState};
use domain::phone::{Network, Phone};
use domain::provider_call::{CallState, Provider, ProviderCall, Word};
use domain::scenario::Scenario;
use domain::{AccountId, Currency, Money, PaymentId, Timestamp};
use testkit::providers::drive::drive;
use testkit::providers::world::Wishes;
use testkit::providers::{Callbacks, Server, dusupay};
use testkit::{Received, Receiver};

pub struct Bench {
    pub server: Server,
    pub receiver: Receiver,
    pub connector: DusuPay,
}

impl Bench {
    /// Callbacks are answered with the status that `path` begins with, `/ok` for 200; `/ok/x` says
    /// 200 to questions about payouts too.
    pub fn open(path: &str) -> Bench {
        Bench::with(path, Wishes::default())
    }

    pub fn with(path: &str, wishes: Wishes) -> Bench {
        let receiver = Receiver::start();
        let wishes = Wishes { callback_url: Some(receiver.url(path)), ..wishes };
        let server = Server::start(Box::<dusupay::DusuPay>::default(), wishes);
        let connector = connector(&server.url(), &[]).expect("settings");
        Bench { server, receiver, connector }
    }

    /// A server that refuses the first status requests as too early.
    pub fn hasty(refusals: u64) -> Bench {
        let protocol = dusupay::DusuPay::default();
        protocol.too_soon.store(refusals, Ordering::SeqCst);
        let wishes = Wishes { callbacks: Callbacks::None, ..Wishes::default() };
        let server = Server::start(Box::new(protocol), wishes);
        let connector = connector(&server.url(), &[]).expect("settings");
        Bench { server, receiver: Receiver::start(), connector }
    }

    pub fn submit(&self, case: &Case) -> Word {
        drive(&self.connector, &case.ask(Task::Submit(None), Duration::ZERO))
    }

    /// Long enough after the submission.
    pub fn enquire(&self, case: &Case) -> Word {
        drive(&self.connector, &case.ask(Task::Enquire, Duration::from_secs(600)))
    }

    pub fn authorize(&self, case: &Case, code: &str) -> Word {
        let code = Secret::new(code);
        let task = Task::Authorize(Shown::Otp(&code));
        drive(&self.connector, &case.ask(task, Duration::from_secs(30)))
    }

    /// The callbacks that came, without DusuPay's questions.
    pub fn callbacks(&self, count: usize) -> Vec<Received> {
        let is_post = |one: &&Received| one.method == "POST";
        self.receiver.wait_for("callbacks", |all| all.iter().filter(is_post).count() >= count);
        self.receiver.received().into_iter().filter(|one| one.method == "POST").collect()
    }
}

/// With keys and both ways to check callbacks, unless `more` says otherwise.
pub fn connector(url: &str, more: &[(&str, &str)]) -> Result<DusuPay, Fault> {
    let pem = dusupay::public_pem();
    let settings = [
        ("url", url),
        ("public_key", dusupay::PUBLIC_KEY),
        ("secret_key", dusupay::SECRET_KEY),
        ("hmac_key", dusupay::HMAC_KEY),
        ("rsa_public_key", &pem),
    ];
    let given = settings.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    let given = given.chain(more).map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
    DusuPay::of(&Values::of(KIND.settings, given)?)
}

pub fn read(connector: &DusuPay, came: &Received) -> Result<Told, CallbackFault> {
    let headers: Vec<(String, Vec<u8>)> = came
        .head
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_bytes().to_vec()))
        .collect();
    let now = Timestamp::from_micros(0);
    connector.read_callback(&Callback { headers: &headers, path: "", body: &came.body, now })
}

pub struct Case {
    payment: Payment,
    call: ProviderCall,
    detail: Detail,
}

impl Case {
    pub fn collect(phone: &str) -> Case {
        let phone = Phone::rwandan(phone).expect("a Rwandan number");
        let customer = Customer {
            email: "jane@example.rw".to_owned(),
            first_name: "Jane".to_owned(),
            last_name: "Doe".to_owned(),
            phone: phone.clone(),
            address: None,
        };
        let detail = Detail::Charge(Charge {
            customer,
            redirect_url: None,
            narration: None,
            mobile_money: Some(MobileMoney { network: Network::Mtn, phone }),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        });
        Case::of(PaymentKind::Charge, Method::MobileMoney, detail)
    }

    pub fn pay_phone(phone: &str) -> Case {
        let phone = Phone::rwandan(phone).expect("a Rwandan number");
        Case::pay(Recipient::MobileMoney { network: Network::Airtel, phone, name: None })
    }

    pub fn pay_bank() -> Case {
        Case::pay(Recipient::Bank {
            bank_key: "bk_rw".to_owned(),
            account_number: "000123456".to_owned(),
            name: Some("Jane Doe".to_owned()),
            branch: None,
        })
    }

    fn pay(recipient: Recipient) -> Case {
        let method = recipient.method();
        let detail = Detail::Disbursement(Disbursement {
            recipient,
            narration: None,
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        });
        Case::of(PaymentKind::Disbursement, method, detail)
    }

    fn of(kind: PaymentKind, method: Method, detail: Detail) -> Case {
        let (account, id, created_at) = (AccountId(1), PaymentId(7), Timestamp::from_micros(0));
        let payment = Payment {
            account,
            id,
            kind,
            method,
            state: PaymentState::Pending,
            version: 1,
            dgs_reference: "dgs_7".to_owned(),
            gross: Money::from_minor(5000, Currency::Rwf).expect("positive"),
            fee_minor: 100,
            provider: Provider::DusuPay,
            provider_reference: None,
            next_action: None,
            reason: None,
            callback_url: None,
            link: None,
            refunded_minor: 0,
            created_at,
            finished_at: None,
            settled_at: None,
        };
        let call = ProviderCall {
            account,
            payment: id,
            provider: Provider::DusuPay,
            client_reference: "1700000000000000001".to_owned(),
            state: CallState::Open,
            is_sent: false,
            due_at: created_at,
            is_leased: false,
            polls_made: 0,
            note: None,
            created_at,
        };
        Case { payment, call, detail }
    }

    pub fn reference(&self) -> &str {
        &self.call.client_reference
    }

    fn ask<'a>(&'a self, task: Task<'a>, after: Duration) -> Ask<'a> {
        Ask {
            task,
            call: &self.call,
            payment: &self.payment,
            detail: &self.detail,
            charge: None,
            bank_code: Some("bk_rw"),
            callback_url: "",
            return_url: "https://pay.example.rw/pay/status/x",
            chance: &[0; 64],
            now: self.call.created_at.plus(after),
        }
    }
}
