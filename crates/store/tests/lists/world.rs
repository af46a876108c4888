//! A store full of random payments, made through the lane like all others.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::account::Account;
use domain::charge::{Charge, Customer, MobileMoney};
use domain::decide::{BulkTold, Command, CreateCharge, OpenAccount, Report, Told, Wording};
use domain::event::EventKind;
use domain::fee::FeeRule;
use domain::payment::{Detail, Method, Payment, Reason};
use domain::phone::{Network, Phone};
use domain::provider_call::{Provider, Verdict, Word};
use domain::scenario::Scenario;
use domain::settlement::SettlementRule;
use domain::{AccountId, Currency, Environment, LinkId, Money, PaymentId, Timestamp};
use store::query::payments::{Name, find_payment};
use store::{LaneSettings, Store, open_to_read};

use crate::chance::Chance;

pub const ONE: AccountId = AccountId(1);
/// Its payments must never be in the lists of the first.
const TWO: AccountId = AccountId(2);

/// Shortly before midnight, 2026-11-18.
const START_US: i64 = 1_795_046_000_000_000;
const HOUR_US: usize = 3_600_000_000;

pub struct World {
    store: Store,
    runtime: tokio::runtime::Runtime,
    clock: Arc<AtomicI64>,
    chance: Chance,
    folder: std::path::PathBuf,
    made: usize,
}

impl World {
    pub fn with_payments(folder: &Path, count: usize) -> World {
        let clock = Arc::new(AtomicI64::new(START_US));
        let hands = Arc::clone(&clock);
        let settings = LaneSettings {
            group_commands_max: 64,
            clock: Box::new(move || Timestamp::from_micros(hands.load(Ordering::Relaxed))),
            wording: Arc::new(Mute),
            on_commit: Box::new(|_| {}),
        };
        let store = Store::open(folder, settings).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (chance, folder) = (Chance::from_seed(1), folder.to_owned());
        let mut world = World { store, runtime, clock, chance, folder, made: 0 };
        world.open_accounts();
        world.make_payments(count);
        world
    }

    pub fn close(self) {
        self.store.close();
    }

    fn submit(&self, command: Command) {
        self.runtime.block_on(self.store.lane().submit(command)).unwrap();
    }

    fn open_accounts(&self) {
        for account in [ONE, TWO] {
            self.submit(Command::OpenAccount(Box::new(OpenAccount {
                account: Account {
                    id: account,
                    merchant_id: format!("m{}", account.0),
                    merchant_name: "Merchant".to_owned(),
                    environment: Environment::Test,
                    number: format!("ACC-000000{}", account.0),
                    requires_number: true,
                    allowed_networks: Vec::new(),
                    charge_fee: FeeRule::CHARGE_DEFAULT,
                    disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
                    settlement: SettlementRule::SANDBOX_DEFAULT,
                    card_currencies: vec![Currency::Rwf, Currency::Usd, Currency::Eur],
                },
                webhook_url: None,
                secrets: Vec::new(),
                opening_funds: Vec::new(),
            })));
        }
    }

    /// Several in one millisecond, none for days, and everything between.
    pub fn make_payments(&mut self, count: usize) {
        for _ in 0..count {
            let passed_us = match self.chance.below(10) {
                0 | 1 => 0,
                2 | 3 => self.chance.below(1000),
                4 => 30 * self.chance.below(HOUR_US),
                _ => self.chance.below(HOUR_US),
            };
            self.clock.fetch_add(i64::try_from(passed_us).unwrap(), Ordering::Relaxed);
            self.make_charge();
        }
    }

    fn make_charge(&mut self) {
        self.made += 1;
        let account = if self.chance.one_in(10) { TWO } else { ONE };
        let reference = format!("ref-{}", self.made);
        let create = charge_of(account, &reference, &mut self.chance);
        self.submit(Command::CreateCharge(Box::new(create)));
        // An end, an end that is taken back, or none.
        let verdicts = match self.chance.below(8) {
            0 | 1 => vec![],
            2 => vec![declined()],
            3 => vec![declined(), Verdict::Succeeded],
            _ => vec![Verdict::Succeeded],
        };
        for verdict in verdicts {
            self.report(account, &reference, verdict);
        }
    }

    fn report(&mut self, account: AccountId, reference: &str, verdict: Verdict) {
        // Some providers give several payments one reference.
        let provider_reference = Some(format!("sim-{}", self.made / 2));
        let word = Word { verdict, provider_reference, ask_again_after: None, proof: None };
        let payment = self.find(account, reference);
        let report = Report { account, payment, word, is_answer_to_poll: true };
        self.submit(Command::ReportProvider(report));
    }

    fn find(&self, account: AccountId, reference: &str) -> PaymentId {
        let reader = open_to_read(&self.folder).unwrap();
        let name = Name::Reference(reference.to_owned());
        find_payment(&reader, account, &name).unwrap().unwrap().id
    }
}

/// Lists read no words.
struct Mute;

impl Wording for Mute {
    fn answer(&self, _: &Payment, _: &Detail) -> String {
        String::new()
    }

    fn bulk_answer(&self, _: &BulkTold<'_>) -> String {
        String::new()
    }

    fn event(&self, _: &Account, _: EventKind, _: Told<'_>) -> String {
        String::new()
    }
}

fn declined() -> Verdict {
    Verdict::Declined(Reason {
        kind: "declined".to_owned(),
        code: "05".to_owned(),
        text: "Do not honor".to_owned(),
    })
}

fn charge_of(account: AccountId, reference: &str, chance: &mut Chance) -> CreateCharge {
    let phone = Phone::rwandan("789654321").unwrap();
    let currency = chance.one_of(&[Currency::Rwf, Currency::Rwf, Currency::Usd]);
    CreateCharge {
        account,
        key_use: None,
        dgs_reference: Some(reference.to_owned()),
        method: chance.one_of(&[Method::MobileMoney, Method::Card]),
        gross: Money::from_minor(5000, currency).unwrap(),
        charge: Charge {
            customer: Customer {
                email: "jane@example.com".to_owned(),
                first_name: "Jane".to_owned(),
                last_name: "Doe".to_owned(),
                phone: phone.clone(),
            },
            redirect_url: None,
            narration: None,
            mobile_money: Some(MobileMoney { network: Network::Mtn, phone }),
            card: None,
            scenario: Scenario::default(),
        },
        link: chance.one_of(&[None, None, Some(LinkId(5)), Some(LinkId(6))]),
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
    }
}
