//! A store full of random payments, made through the lane like all others.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::account::Account;
use domain::charge::{Charge, Customer, MobileMoney};
use domain::conversion::{Quote, Rate};
use domain::decide::{
    Answer, BulkTold, Command, CreateCharge, CreateConversion, CreateDisbursement, CreateLink,
    CreateRefund, OpenAccount, Order, Report, Reported, SealedSecret, Told, Wording,
};
use domain::delivery::DeliveryKey;
use domain::disbursement::{Disbursement, Recipient};
use domain::endpoint::{DialectName, Endpoint};
use domain::event::{Event, EventKind};
use domain::expected_deposit::ExpectedDeposit;
use domain::fee::FeeRule;
use domain::link::{Link, Offer, Terms};
use domain::payment::{Detail, Method, Payment, PaymentKind, PaymentState, Reason};
use domain::phone::{Network, Phone};
use domain::provider_call::{Provider, Verdict, Word};
use domain::scenario::Scenario;
use domain::settlement::SettlementRule;
use domain::virtual_account::VirtualAccount;
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
    links: Vec<(AccountId, Currency, LinkId)>,
    /// The last charge of each account that may be given back.
    refundable: Vec<(AccountId, PaymentId)>,
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
        let mut world = World {
            store,
            runtime,
            clock,
            chance,
            folder,
            made: 0,
            links: Vec::new(),
            refundable: Vec::new(),
        };
        world.open_accounts();
        world.make_links();
        world.make_payments(count);
        world
    }

    pub fn close(self) {
        self.store.close();
    }

    fn submit(&self, command: Command) -> Answer {
        self.runtime.block_on(self.store.lane().submit(command)).unwrap()
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
                opening_funds: [Currency::Rwf, Currency::Usd]
                    .map(|currency| Money::from_minor(9_000_000, currency).unwrap())
                    .into(),
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
            self.made += 1;
            let account = if self.chance.one_in(10) { TWO } else { ONE };
            let reference = self.make_payment(account);
            self.end_payment(account, &reference);
        }
    }

    /// Returns its reference.
    fn make_payment(&mut self, account: AccountId) -> String {
        let refundable = self.refundable.iter().find(|(owner, _)| *owner == account).copied();
        let command = match (self.chance.below(8), refundable) {
            (0, _) => disbursement_of(account, &mut self.chance),
            (1, _) => conversion_of(account),
            (2, Some((_, charge))) => refund_of(account, charge),
            _ => {
                let reference = format!("ref-{}", self.made);
                let create = charge_of(account, &reference, &self.links, &mut self.chance);
                Command::CreateCharge(Box::new(create))
            }
        };
        self.write(command)
    }

    /// Returns the answer.
    fn write(&self, command: Command) -> String {
        let Answer::Written { body, .. } = self.submit(command) else {
            panic!("nothing was written")
        };
        body
    }

    fn make_links(&mut self) {
        for account in [ONE, TWO] {
            for currency in [Currency::Rwf, Currency::Usd, Currency::Rwf] {
                let offer = offer_of(&format!("link-{}", self.links.len()), currency);
                let create = CreateLink { account, key_use: None, offer };
                let id = self.write(Command::CreateLink(Box::new(create)));
                self.links.push((account, currency, LinkId(id.parse().unwrap())));
            }
        }
    }

    fn end_payment(&mut self, account: AccountId, reference: &str) {
        // An end, an end that is taken back, or none.
        let verdicts = match self.chance.below(8) {
            0 | 1 => vec![],
            2 => vec![declined()],
            3 => vec![declined(), Verdict::Succeeded],
            _ => vec![Verdict::Succeeded],
        };
        for verdict in verdicts {
            self.report(account, reference, verdict);
        }
        let reader = open_to_read(&self.folder).unwrap();
        let name = Name::Reference(reference.to_owned());
        let payment = find_payment(&reader, account, &name).unwrap().unwrap();
        let is_fit = payment.kind == PaymentKind::Charge
            && payment.state == PaymentState::Successful
            && payment.gross.currency() == Currency::Rwf;
        if is_fit && self.chance.one_in(4) {
            self.refundable.retain(|(owner, _)| *owner != account);
            self.refundable.push((account, payment.id));
        }
    }

    fn report(&mut self, account: AccountId, reference: &str, verdict: Verdict) {
        // Some providers give several payments one reference.
        let provider_reference = Some(format!("sim-{}", self.made / 2));
        let word = Word { provider_reference, ..Word::of(verdict) };
        let payment = self.find(account, reference);
        let report = Report { account, payment, word, reported: Reported::ByPoll, due_at: None };
        self.submit(Command::ReportProvider(report));
    }

    fn find(&self, account: AccountId, reference: &str) -> PaymentId {
        let reader = open_to_read(&self.folder).unwrap();
        let name = Name::Reference(reference.to_owned());
        find_payment(&reader, account, &name).unwrap().unwrap().id
    }
}

/// Lists read no words; the one who makes a payment wants its reference.
struct Mute;

impl Wording for Mute {
    fn link(&self, link: &Link, _: Timestamp) -> String {
        link.id.0.to_string()
    }

    fn answer(&self, payment: &Payment, _: &Detail) -> String {
        payment.dgs_reference.clone()
    }

    fn bulk_answer(&self, _: &BulkTold<'_>) -> String {
        String::new()
    }

    fn event(&self, _: &Account, _: EventKind, _: Told<'_>) -> String {
        String::new()
    }

    fn event_in(&self, _: DialectName, _: &Account, _: EventKind, _: Told<'_>) -> Option<String> {
        None
    }

    fn secret(&self, _: &SealedSecret) -> String {
        String::new()
    }

    fn virtual_account(&self, _: &VirtualAccount) -> String {
        String::new()
    }

    fn expected_deposit(&self, account: &VirtualAccount, _: &ExpectedDeposit) -> String {
        account.number.clone()
    }

    fn endpoint(&self, _: &Endpoint, _: Option<&[u8]>) -> String {
        String::new()
    }

    fn resent(&self, _: &Event, _: &[DeliveryKey]) -> String {
        String::new()
    }

    fn replayed(&self, _: u64, _: u64) -> String {
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

fn disbursement_of(account: AccountId, chance: &mut Chance) -> Command {
    let phone = Phone::rwandan("789654321").unwrap();
    let recipient = chance.one_of(&[
        Recipient::MobileMoney { network: Network::Mtn, phone, name: None },
        Recipient::Bank {
            bank_key: "bk_rw".to_owned(),
            account_number: "0001".to_owned(),
            name: None,
            branch: None,
        },
    ]);
    Command::CreateDisbursement(Box::new(CreateDisbursement {
        account,
        key_use: None,
        order: Order {
            gross: Money::from_minor(2000, Currency::Rwf).unwrap(),
            disbursement: Disbursement {
                recipient,
                narration: None,
                scenario: Scenario::default(),
                bulk: None,
                proof: None,
            },
            callback_url: None,
            provider: Provider::Simulator,
            first_word: None,
        },
    }))
}

fn conversion_of(account: AccountId) -> Command {
    Command::CreateConversion(Box::new(CreateConversion {
        account,
        key_use: None,
        source: Money::from_minor(1000, Currency::Usd).unwrap(),
        quote: Some(Quote {
            source: Currency::Usd,
            target: Currency::Rwf,
            rate: Rate { micros: 1_450_000_000 },
            origin: "table".to_owned(),
            quoted_at: Timestamp::default(),
        }),
        scenario: Scenario::default(),
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
    }))
}

fn refund_of(account: AccountId, charge: PaymentId) -> Command {
    Command::CreateRefund(Box::new(CreateRefund {
        account,
        key_use: None,
        charge,
        amount: Some(Money::from_minor(1, Currency::Rwf).unwrap()),
        reason: None,
        scenario: Scenario::default(),
        callback_url: None,
        first_word: None,
    }))
}

fn offer_of(slug: &str, currency: Currency) -> Offer {
    Offer {
        slug: slug.to_owned(),
        title: "Link".to_owned(),
        description: None,
        terms: Terms::Flexible { min: None, max: None },
        currency,
        methods: vec![Method::MobileMoney, Method::Card],
        redirect_url: None,
        callback_url: None,
        logo_url: None,
        uses_max: None,
        expires_at: None,
        collects_phone: true,
        collects_name: true,
        collects_address: false,
    }
}

/// Half of them through a link of their account and currency.
fn charge_of(
    account: AccountId,
    reference: &str,
    links: &[(AccountId, Currency, LinkId)],
    chance: &mut Chance,
) -> CreateCharge {
    let phone = Phone::rwandan("789654321").unwrap();
    let currency = chance.one_of(&[Currency::Rwf, Currency::Rwf, Currency::Usd]);
    let is_fit = |link: &&(AccountId, Currency, LinkId)| (link.0, link.1) == (account, currency);
    let fit: Vec<Option<LinkId>> = links.iter().filter(is_fit).map(|link| Some(link.2)).collect();
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
        link: chance.one_of(&fit).filter(|_| chance.one_in(2)),
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
        waits: false,
    }
}
