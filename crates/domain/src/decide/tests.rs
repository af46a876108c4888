//! Decisions on whole stories: what is told once, posted once, and kept together.

use super::*;
use crate::account::Environment;
use crate::charge::{Charge, Customer, MobileMoney};
use crate::fee::FeeRule;
use crate::idempotency::KeyScope;
use crate::idempotency::{Fingerprint, KeyUse};
use crate::ledger::Fact;
use crate::money::{Currency, Money};
use crate::payment::{Method, PaymentState, Reason};
use crate::phone::{Network, Phone};
use crate::provider_call::Provider;
use crate::provider_call::{CallState, Verdict, Word};
use crate::scenario::Scenario;
use crate::settlement::SettlementRule;

pub(super) const ACCOUNT: AccountId = AccountId(1);

struct Plain;

impl Wording for Plain {
    fn answer(&self, payment: &Payment, _: &Detail) -> String {
        format!("{} {:?}", payment.dgs_reference, payment.state)
    }

    fn link(&self, link: &Link, now: Timestamp) -> String {
        format!("{} {}", link.offer.title, link.state(now).word())
    }

    fn bulk_answer(&self, told: &BulkTold<'_>) -> String {
        let refused: Vec<i64> = told.refused.iter().map(|line| line.line).collect();
        let accepted: Vec<i64> = told.accepted.iter().map(|(place, _)| place.line).collect();
        format!("{accepted:?} not {refused:?}")
    }

    fn event(&self, _: &Account, kind: EventKind, told: Told<'_>) -> String {
        format!("{} {}", kind.word(), told.payment.dgs_reference)
    }

    fn event_in(
        &self,
        dialect: DialectName,
        _: &Account,
        kind: EventKind,
        told: Told<'_>,
    ) -> Option<String> {
        let reference = &told.payment.dgs_reference;
        (dialect == DialectName::DusuPay).then(|| format!("{kind:?} {reference} in dusupay"))
    }

    fn secret(&self, secret: &SealedSecret) -> String {
        format!("{} {:?} {:?}", secret.kind.word(), secret.sealed, secret.old_ends_at)
    }

    fn virtual_account(&self, account: &VirtualAccount) -> String {
        account.number.clone()
    }

    fn expected_deposit(&self, account: &VirtualAccount, expected: &ExpectedDeposit) -> String {
        format!("{} to {}", expected.amount, account.number)
    }

    fn endpoint(&self, endpoint: &Endpoint, sealed_secret: Option<&[u8]>) -> String {
        format!("{} {sealed_secret:?}", endpoint.id.text())
    }

    fn resent(&self, event: &Event, deliveries: &[DeliveryKey]) -> String {
        format!("{} {}", event.id.0, deliveries.len())
    }

    fn replayed(&self, matched: u64, replayed: u64) -> String {
        format!("{replayed} of {matched}")
    }
}

/// A book with one account, its endpoint, and a clock that stands still.
pub(super) struct World {
    pub(super) book: Book,
    ids: IdSource,
    pub(super) now: Timestamp,
}

impl World {
    pub(super) fn new() -> World {
        let mut book = Book::default();
        let account = Account {
            id: ACCOUNT,
            merchant_id: "m".to_owned(),
            merchant_name: "M".to_owned(),
            environment: Environment::Test,
            number: "ACC-0000001".to_owned(),
            requires_number: true,
            allowed_networks: Vec::new(),
            charge_fee: FeeRule::CHARGE_DEFAULT,
            disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
            settlement: SettlementRule::SANDBOX_DEFAULT,
            card_currencies: vec![Currency::Rwf, Currency::Usd],
        };
        book.accounts.load(ACCOUNT, account);
        let url = "https://merchant.example/hook".to_owned();
        let endpoint = Endpoint::new(ACCOUNT, Endpoint::PRIMARY, url, Timestamp::default());
        book.endpoints.load((ACCOUNT, endpoint.id), endpoint);
        World {
            book,
            ids: IdSource::after(0, 0),
            now: Timestamp::from_micros(1_795_000_000_000_000),
        }
    }

    pub(super) fn run(&mut self, command: Command) -> Result<Answer, Refusal> {
        let mut moment = Moment { now: self.now, ids: &mut self.ids, wording: &Plain };
        decide(command, &mut self.book, &mut moment)
    }

    pub(super) fn create(
        &mut self,
        reference: &str,
        key_use: Option<KeyUse>,
    ) -> Result<Answer, Refusal> {
        self.run(Command::CreateCharge(Box::new(charge_of(5000, reference, key_use))))
    }

    pub(super) fn payment(&self, reference: &str) -> &Payment {
        let found = self.book.payments.new_rows().find(|(_, row)| row.dgs_reference == reference);
        found.unwrap().1
    }

    pub(super) fn report(&mut self, reference: &str, verdict: Verdict) {
        let payment = self.payment(reference).id;
        let word = Word::of(verdict);
        let report =
            Report { account: ACCOUNT, payment, word, reported: Reported::ByPoll, due_at: None };
        self.run(Command::ReportProvider(report)).unwrap();
    }

    pub(super) fn told(&self) -> Vec<&str> {
        self.book.events.iter().map(|event| event.body.as_str()).collect()
    }
}

pub(super) fn charge_of(minor: i64, reference: &str, key_use: Option<KeyUse>) -> CreateCharge {
    let phone = Phone::rwandan("789654321").unwrap();
    CreateCharge {
        account: ACCOUNT,
        key_use,
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

pub(super) fn key_use(key: &str, fingerprint: u8) -> KeyUse {
    KeyUse {
        scope: KeyScope { account: ACCOUNT, operation: "POST /charges", key: key.to_owned() },
        fingerprint: Fingerprint([fingerprint; 32]),
    }
}

pub(super) fn declined() -> Verdict {
    Verdict::Declined(Reason {
        kind: "declined".to_owned(),
        code: "05".to_owned(),
        text: "Insufficient funds".to_owned(),
    })
}

#[test]
fn no_payment_of_a_live_account_is_simulated() {
    let mut world = World::new();
    world.book.accounts.change(&ACCOUNT).unwrap().environment = Environment::Live;
    assert_eq!(world.create("a", None).unwrap_err(), Refusal::SimulatedInLive);
    let create = CreateCharge { provider: Provider::MtnMomo, ..charge_of(5000, "a", None) };
    assert!(world.run(Command::CreateCharge(Box::new(create))).is_ok());
}

#[test]
fn a_confirmed_charge_is_posted_told_and_owed_together() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    assert_eq!(world.payment("one").state, PaymentState::Pending);
    assert!(world.book.events.is_empty() && world.book.journals.is_empty());

    world.report("one", Verdict::Succeeded);
    let wallet = world.book.wallets.find(&(ACCOUNT, Currency::Rwf)).unwrap();
    assert_eq!((wallet.pending_minor, wallet.available_minor), (4850, 0));
    assert_eq!(world.told(), ["payment.success one"]);
    assert_eq!(world.book.deliveries.new_rows().count(), 1);
    assert_eq!(world.book.journals.len(), 1);
    let payment = world.payment("one");
    assert_eq!((payment.state, payment.version), (PaymentState::Successful, 2));
    assert_eq!(payment.next_action, None);
    let call = world.book.calls.find(&(ACCOUNT, payment.id)).unwrap();
    assert_eq!(call.state, CallState::Answered);
}

#[test]
fn news_told_twice_changes_nothing_more() {
    for verdict in [Verdict::Succeeded, declined()] {
        let mut world = World::new();
        world.create("one", None).unwrap();
        world.report("one", verdict.clone());
        let (events, journals) = (world.book.events.len(), world.book.journals.len());
        for _ in 0..3 {
            world.report("one", verdict.clone());
        }
        assert_eq!((world.book.events.len(), world.book.journals.len()), (events, journals));
    }
}

#[test]
fn a_timeout_never_becomes_a_failure() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    let id = world.payment("one").id;
    for _ in 0..40 {
        let call = world.book.calls.find(&(ACCOUNT, id)).unwrap();
        world.now = world.now.max(call.due_at);
        world.report("one", Verdict::Unknown);
    }
    assert_eq!(world.payment("one").state, PaymentState::Pending);
    assert_eq!(world.book.calls.find(&(ACCOUNT, id)).unwrap().state, CallState::NeedsReview);
    assert!(world.told().is_empty());
    // However late, the provider's own word still counts.
    world.report("one", Verdict::Succeeded);
    assert_eq!(world.told(), ["payment.success one"]);
}

#[test]
fn money_after_a_failure_goes_to_suspense_and_the_merchant_is_told_once() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    world.report("one", declined());
    world.report("one", Verdict::Succeeded);
    world.report("one", Verdict::Succeeded);
    assert_eq!(world.told(), ["payment.failed one"]);
    let facts: Vec<Fact> = world.book.journals.iter().map(|journal| journal.fact).collect();
    assert_eq!(facts, [Fact::ChargeConfirmedLate]);
    assert_eq!(world.payment("one").state, PaymentState::ConfirmedLate);
}

#[test]
fn one_key_one_effect() {
    let mut world = World::new();
    let first = world.create("one", Some(key_use("k", 1))).unwrap();
    let Answer::Written { body, is_replay: false } = first else { panic!("{first:?}") };
    world.report("one", Verdict::Succeeded);
    // The same bytes, although the charge has moved on meanwhile.
    let again = world.create("one", Some(key_use("k", 1))).unwrap();
    assert_eq!(again, Answer::Written { body, is_replay: true });
    assert_eq!(world.create("two", Some(key_use("k", 2))), Err(Refusal::KeyReused));
    assert_eq!(world.book.payments.new_rows().count(), 1);
}

#[test]
fn a_merchants_reference_is_taken_once_and_a_refusal_burns_no_key() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    assert_eq!(world.create("one", Some(key_use("k", 1))), Err(Refusal::ReferenceTaken));
    assert!(world.create("two", Some(key_use("k", 1))).is_ok());
}

#[test]
fn a_reference_that_we_may_yet_make_is_reserved() {
    use super::create_charge::is_reserved;
    assert!(is_reserved("dgs_500", 500) && is_reserved("dgs_9000", 500));
    assert!(is_reserved("DGS500", 500) && !is_reserved("DGS499", 500));
    assert!(!is_reserved("dgs_499", 500) && !is_reserved("dgs_0500", 500));
    assert!(!is_reserved("INV-9000", 500) && !is_reserved("dgs_x", 500));
    assert!(is_reserved("DGSCONV1A2B3C4D", 500) && is_reserved("DGSREF12", 500));
    assert!(!is_reserved("DGSCONV1", 500) && !is_reserved("DGSREF", 500));
}

#[test]
fn the_payments_own_callback_url_replaces_the_endpoints() {
    let mut world = World::new();
    let mut create = charge_of(100, "one", None);
    create.callback_url = Some("https://other.example/hook".to_owned());
    world.run(Command::CreateCharge(Box::new(create))).unwrap();
    world.report("one", Verdict::Succeeded);
    let (key, delivery) = world.book.deliveries.new_rows().next().unwrap();
    assert_eq!(key.endpoint, Endpoint::OF_PAYMENT);
    assert_eq!(delivery.url.as_deref(), Some("https://other.example/hook"));
}

#[test]
fn needs_name_every_row_that_a_decision_reads() {
    let mut needs = Needs::default();
    let command = Command::CreateCharge(Box::new(charge_of(100, "one", Some(key_use("k", 1)))));
    needs.add(&command);
    assert!(needs.accounts.contains(&ACCOUNT) && needs.first_uses.len() == 1);
    assert!(needs.references.contains(&(ACCOUNT, "one".to_owned())));
}
