//! A small store in which everything has happened that can: the audit must find rows for every
//! invariant in it, and nothing wrong.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::account::Account;
use domain::charge::{Charge, Customer, MobileMoney};
use domain::decide::{
    Answer, ApiKey, BulkTold, Command, ConfigureEndpoint, CreateCharge, EndpointChange,
    NewEndpoint, OpenAccount, Report, Reported, SealedSecret, SecretKind, Told, Wording,
};
use domain::delivery::{Attempt, Delivery, DeliveryKey, Reading};
use domain::endpoint::{DialectName, Endpoint};
use domain::event::{Event, EventKind};
use domain::expected_deposit::ExpectedDeposit;
use domain::fee::FeeRule;
use domain::idempotency::{Fingerprint, KeyScope, KeyUse};
use domain::link::Link;
use domain::money::amount_text;
use domain::payment::{Detail, Method, NextAction, Payment, Reason};
use domain::phone::{Network, Phone};
use domain::provider_call::{Provider, Verdict, Word};
use domain::scenario::Scenario;
use domain::settlement::SettlementRule;
use domain::virtual_account::VirtualAccount;
use domain::{AccountId, Currency, Environment, Money, PaymentId, Timestamp};
use store::query::payments::{Name, find_payment};
use store::{LaneSettings, Reader, Store, open_to_read};

use crate::outgoing::{amounts_text, answer_text};

pub const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
pub const ONE: AccountId = AccountId(1);
const TWO: AccountId = AccountId(2);

/// Only the fields that the audit reads.
struct Terse;

impl Wording for Terse {
    fn answer(&self, payment: &Payment, detail: &Detail) -> String {
        answer_text(payment, detail)
    }

    fn link(&self, link: &Link, _: Timestamp) -> String {
        format!(r#"{{"status":"success","data":{{"id":"{}"}}}}"#, link.id.0)
    }

    fn bulk_answer(&self, told: &BulkTold<'_>) -> String {
        let (_, first) = told.accepted[0];
        let (bulk, name) = (told.bulk.text(), &first.dgs_reference);
        format!(r#"{{"bulk_id":"{bulk}","lines":[{{"dgs_reference":"{name}"}}]}}"#)
    }

    fn event(&self, _: &Account, kind: EventKind, told: Told<'_>) -> String {
        let (word, name) = (kind.word(), &told.payment.dgs_reference);
        let amounts = amounts_text(kind, told);
        format!(r#"{{"event":"{word}","dgs_reference":"{name}",{amounts}}}"#)
    }

    fn event_in(
        &self,
        dialect: DialectName,
        _: &Account,
        kind: EventKind,
        told: Told<'_>,
    ) -> Option<String> {
        let payment = told.payment;
        let body = format!(
            r#"{{"event":"{}","merchant_reference":"{}","internal_reference":"{}","transaction_amount":{}}}"#,
            dialect.event_word(kind)?,
            payment.dgs_reference,
            payment.id.0,
            amount_text(payment.gross.minor(), payment.gross.currency()),
        );
        (dialect == DialectName::DusuPay).then_some(body)
    }

    fn secret(&self, secret: &SealedSecret) -> String {
        secret.kind.word().to_owned()
    }

    fn virtual_account(&self, account: &VirtualAccount) -> String {
        account.number.clone()
    }

    fn expected_deposit(&self, account: &VirtualAccount, _: &ExpectedDeposit) -> String {
        format!(r#"{{"account_number":"{}"}}"#, account.number)
    }

    fn endpoint(&self, endpoint: &Endpoint, _: Option<&[u8]>) -> String {
        endpoint.id.text()
    }

    fn resent(&self, event: &Event, _: &[DeliveryKey]) -> String {
        event.id.text()
    }

    fn replayed(&self, _: u64, replayed: u64) -> String {
        replayed.to_string()
    }
}

/// A delivery and the body it carries.
type Born = (Delivery, Arc<str>);

pub struct World<'a> {
    pub folder: &'a Path,
    clock: Arc<AtomicI64>,
    store: Store,
    runtime: tokio::runtime::Runtime,
    born: Arc<Mutex<Vec<Born>>>,
}

/// Makes the store in `folder` and hands it over while it is still open.
pub fn with_store(folder: &Path, while_open: impl FnOnce()) {
    let born = Arc::new(Mutex::new(Vec::new()));
    let news = Arc::clone(&born);
    let clock = Arc::new(AtomicI64::new(NOW.as_micros()));
    let hands = Arc::clone(&clock);
    let settings = LaneSettings {
        group_commands_max: 64,
        clock: Box::new(move || Timestamp::from_micros(hands.load(Ordering::Relaxed))),
        wording: Arc::new(Terse),
        on_commit: Box::new(move |fresh| news.lock().unwrap().extend(fresh.deliveries)),
    };
    let store = Store::open(folder, settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = World { folder, clock, store, runtime, born };
    world.open_accounts();
    world.charge();
    world.deliver();
    world.pay_out();
    world.convert();
    world.give_back();
    world.settle("ok-3");
    world.sell();
    world.bank();
    world.reconcile();
    world.transfers();
    while_open();
    world.store.close();
}

impl World<'_> {
    pub fn reader(&self) -> Reader {
        open_to_read(self.folder).unwrap()
    }

    pub fn submit(&self, command: Command) -> Answer {
        self.runtime.block_on(self.store.lane().submit(command)).unwrap()
    }

    fn open_accounts(&self) {
        for (id, number, minor) in [(ONE, "ACC-0000001", 1_000_000), (TWO, "ACC-0000002", 50_000)] {
            let key = SealedSecret {
                account: id,
                kind: SecretKind::ApiKey,
                sealed: vec![1],
                key_hash: Some(ApiKey([u8::try_from(id.0).unwrap(); 32])),
                created_at: NOW,
                old_ends_at: None,
            };
            let account = Account {
                id,
                merchant_id: format!("m{}", id.0),
                merchant_name: "Merchant".to_owned(),
                environment: Environment::Test,
                number: number.to_owned(),
                requires_number: true,
                allowed_networks: Vec::new(),
                charge_fee: FeeRule::CHARGE_DEFAULT,
                disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
                settlement: SettlementRule::SANDBOX_DEFAULT,
                card_currencies: vec![Currency::Rwf],
            };
            let gift = |currency| Money::from_minor(minor, currency).unwrap();
            self.submit(Command::OpenAccount(Box::new(OpenAccount {
                account,
                webhook_url: Some("https://merchant.example/hook".to_owned()),
                secrets: vec![key],
                opening_funds: vec![gift(Currency::Rwf), gift(Currency::Usd)],
            })));
        }
        let dusupay = NewEndpoint {
            url: "https://merchant.example/dusupay".to_owned(),
            dialect: DialectName::DusuPay,
            events: vec!["transaction.completed".to_owned()],
            description: None,
            sealed_secret: vec![2],
        };
        self.submit(Command::ConfigureEndpoint(Box::new(ConfigureEndpoint {
            account: ONE,
            key_use: None,
            change: EndpointChange::Create(dusupay),
        })));
    }

    fn charge(&self) {
        for (account, reference, minor) in [
            (ONE, "ok-1", 5000),
            (ONE, "ok-2", 1),
            (ONE, "late-1", 700),
            (ONE, "no-1", 900),
            (ONE, "wait-1", 300),
            (TWO, "ok-1", 8000),
        ] {
            let mut create = charge_of(account, reference, minor);
            if reference == "ok-2" {
                create.callback_url = Some("https://merchant.example/back".to_owned());
            }
            self.submit(Command::CreateCharge(Box::new(create)));
        }
        let mut instant = charge_of(ONE, "ok-3", 2000);
        instant.first_word = Some(word(Verdict::Succeeded));
        self.submit(Command::CreateCharge(Box::new(instant)));
        self.report(ONE, "ok-1", Verdict::NextAction(NextAction::Redirect));
        for (account, reference) in [(ONE, "ok-1"), (ONE, "ok-2"), (TWO, "ok-1")] {
            self.report(account, reference, Verdict::Succeeded);
        }
        self.report(ONE, "late-1", declined());
        self.report(ONE, "no-1", declined());
        self.report(ONE, "late-1", Verdict::Succeeded);
        self.report(ONE, "wait-1", Verdict::Unknown);
        // A provider that contradicts itself: a person must look, nothing moves.
        self.report(ONE, "ok-3", declined());
    }

    pub fn find(&self, account: AccountId, reference: &str) -> PaymentId {
        let reader = open_to_read(self.folder).unwrap();
        let name = Name::Reference(reference.to_owned());
        find_payment(&reader, account, &name).unwrap().unwrap().id
    }

    /// Once it is due.
    fn settle(&self, reference: &str) {
        let payment = self.find(ONE, reference);
        self.clock.fetch_add(5_000_000, Ordering::Relaxed);
        self.submit(Command::SettleCharge { account: ONE, payment });
    }

    pub fn report(&self, account: AccountId, reference: &str, verdict: Verdict) {
        let payment = self.find(account, reference);
        let word = word(verdict);
        let report = Report { account, payment, word, reported: Reported::ByPoll, due_at: None };
        self.submit(Command::ReportProvider(report));
    }

    /// Of account one: ok-1 is delivered at the second attempt, ok-2 is refused for good, no-1 waits.
    fn deliver(&self) {
        self.attempt("ok-1", 1, Reading::Retry { after: None }, Some(500));
        self.attempt("ok-1", 2, Reading::Delivered, Some(200));
        self.attempt("ok-2", 1, Reading::Gone, Some(410));
        self.attempt("no-1", 1, Reading::Retry { after: None }, None);
    }

    fn attempt(&self, reference: &str, number: u32, reading: Reading, status: Option<u16>) {
        let named = format!(r#""dgs_reference":"{reference}""#);
        let key = {
            let born = self.born.lock().unwrap();
            let of =
                |(delivery, body): &&Born| delivery.key.account == ONE && body.contains(&named);
            born.iter().find(of).unwrap().0.key
        };
        assert_eq!(key.endpoint == Endpoint::OF_PAYMENT, reference == "ok-2");
        let attempt = Attempt {
            key,
            number,
            started_at: NOW,
            latency: Duration::from_millis(20),
            reading,
            status,
            fault: status.is_none().then_some("timeout"),
            excerpt: String::new(),
        };
        self.submit(Command::RecordAttempt { attempt, draw: 200 });
    }
}

fn word(verdict: Verdict) -> Word {
    let provider_reference = Some("sim_1".to_owned());
    Word { provider_reference, ..Word::of(verdict) }
}

pub fn declined() -> Verdict {
    Verdict::Declined(Reason {
        kind: "declined".to_owned(),
        code: "05".to_owned(),
        text: "Do not honor".to_owned(),
    })
}

pub fn key_use(account: AccountId, operation: &'static str, name: &str) -> KeyUse {
    let scope = KeyScope { account, operation, key: format!("key-{name}") };
    KeyUse { scope, fingerprint: Fingerprint([7; 32]) }
}

pub fn charge_of(account: AccountId, reference: &str, minor: i64) -> CreateCharge {
    let phone = Phone::rwandan("789654321").unwrap();
    CreateCharge {
        account,
        key_use: Some(key_use(account, "POST /charges", reference)),
        dgs_reference: Some(reference.to_owned()),
        method: Method::MobileMoney,
        gross: Money::from_minor(minor, Currency::Rwf).unwrap(),
        charge: Charge {
            customer: Customer {
                email: "jane@example.com".to_owned(),
                first_name: "Jane".to_owned(),
                last_name: "Doe".to_owned(),
                phone: phone.clone(),
                address: None,
            },
            redirect_url: None,
            narration: None,
            mobile_money: Some(MobileMoney { network: Network::Mtn, phone }),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        },
        card_nonce: None,
        link: None,
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
        waits: false,
    }
}
