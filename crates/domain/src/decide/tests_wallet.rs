//! Decisions on conversions, settlements and refunds: exact, once, and given back whole.

use super::tests::{ACCOUNT, World, declined, key_use};
use super::*;
use crate::conversion::Rate;
use crate::ledger::{Fact, Wallet};
use crate::money::Money;
use crate::payment::PaymentState;
use crate::provider_call::{Provider, Verdict};
use crate::scenario::Scenario;

fn money(minor: i64, currency: Currency) -> Money {
    Money::from_minor(minor, currency).unwrap()
}

fn conversion_of(minor: i64, micros: i64) -> CreateConversion {
    let quote = Quote {
        source: Currency::Usd,
        target: Currency::Eur,
        rate: Rate { micros },
        origin: "test".to_owned(),
        quoted_at: Timestamp::from_micros(7),
    };
    CreateConversion {
        account: ACCOUNT,
        key_use: None,
        source: money(minor, Currency::Usd),
        quote: Some(quote),
        scenario: Scenario::default(),
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
    }
}

impl World {
    fn with_usd(available_minor: i64) -> World {
        let mut world = World::new();
        let wallet = Wallet { available_minor, ..Wallet::default() };
        world.book.wallets.load((ACCOUNT, Currency::Usd), wallet);
        world
    }

    /// A successful charge of 5000 RWF, its net of 4850 settled, and what else is needed.
    fn with_settled_charge() -> World {
        let mut world = World::new();
        let wallet = Wallet { available_minor: 1000, ..Wallet::default() };
        world.book.wallets.load((ACCOUNT, Currency::Rwf), wallet);
        world.create("one", None).unwrap();
        world.report("one", Verdict::Succeeded);
        world.now = world.now.plus(std::time::Duration::from_secs(5));
        world.settle("one");
        world
    }

    fn settle(&mut self, reference: &str) {
        let payment = self.payment(reference).id;
        self.run(Command::SettleCharge { account: ACCOUNT, payment }).unwrap();
    }

    fn convert(&mut self, create: CreateConversion) -> Result<String, Refusal> {
        self.reference_of(Command::CreateConversion(Box::new(create)))
    }

    fn refund(&mut self, minor: Option<i64>) -> Result<String, Refusal> {
        let create = CreateRefund {
            account: ACCOUNT,
            key_use: None,
            charge: self.payment("one").id,
            amount: minor.map(|minor| money(minor, Currency::Rwf)),
            reason: None,
            scenario: Scenario::default(),
            callback_url: None,
            first_word: None,
        };
        self.reference_of(Command::CreateRefund(Box::new(create)))
    }

    fn reference_of(&mut self, command: Command) -> Result<String, Refusal> {
        let Answer::Written { body, .. } = self.run(command)? else { panic!("no answer") };
        Ok(body.split(' ').next().unwrap().to_owned())
    }

    /// pending, available, held
    fn wallet(&self, currency: Currency) -> (i64, i64, i64) {
        let wallet = self.book.wallets.find(&(ACCOUNT, currency)).copied().unwrap_or_default();
        (wallet.pending_minor, wallet.available_minor, wallet.held_minor)
    }

    fn facts(&self) -> Vec<Fact> {
        self.book.journals.iter().map(|journal| journal.fact).collect()
    }
}

#[test]
fn a_conversion_debits_at_once_and_credits_when_confirmed() {
    let mut world = World::with_usd(10_000);
    let reference = world.convert(conversion_of(10_000, 945_000)).unwrap();
    assert_eq!(world.wallet(Currency::Usd), (0, 0, 0));
    assert_eq!(world.wallet(Currency::Eur), (0, 0, 0));
    world.report(&reference, Verdict::Pending);
    world.report(&reference, Verdict::Succeeded);
    world.report(&reference, Verdict::Succeeded);
    assert_eq!(world.wallet(Currency::Eur), (0, 9450, 0));
    assert_eq!(world.facts(), [Fact::ConversionAccepted, Fact::ConversionSucceeded]);
    assert_eq!(world.told(), [format!("conversion.success {reference}")]);
}

#[test]
fn a_failed_conversion_gives_back_exactly_what_it_took_once() {
    let mut world = World::with_usd(12_345);
    let reference = world.convert(conversion_of(12_344, 333_333)).unwrap();
    for _ in 0..3 {
        world.report(&reference, declined());
    }
    assert_eq!(world.wallet(Currency::Usd), (0, 12_345, 0));
    assert_eq!(world.wallet(Currency::Eur), (0, 0, 0));
    assert_eq!(world.told(), [format!("conversion.failed {reference}")]);
    // A success after that goes to suspense: the merchant has its money back.
    world.report(&reference, Verdict::Succeeded);
    assert_eq!(world.payment(&reference).state, PaymentState::ConfirmedLate);
    assert_eq!((world.wallet(Currency::Usd), world.wallet(Currency::Eur)).1, (0, 0, 0));
    assert_eq!(world.told().len(), 1);
}

#[test]
fn a_conversion_beyond_the_wallet_says_what_is_there_and_changes_nothing() {
    let mut world = World::with_usd(5000);
    let mut create = conversion_of(10_000, 945_000);
    create.key_use = Some(key_use("k", 1));
    let short = Refusal::ShortWallet(ShortWallet {
        available_minor: 5000,
        required_minor: 10_000,
        currency: Currency::Usd,
    });
    assert_eq!(short.to_string(), "Insufficient USD balance");
    assert_eq!(world.convert(create), Err(short));
    assert_eq!(world.wallet(Currency::Usd), (0, 5000, 0));
    assert_eq!(world.book.payments.new_rows().count(), 0);
    assert_eq!(world.book.calls.new_rows().count(), 0);
    assert!(world.facts().is_empty());
    // The refusal burned no key.
    let mut create = conversion_of(5000, 945_000);
    create.key_use = Some(key_use("k", 2));
    assert!(world.convert(create).is_ok());
}

#[test]
fn a_repeated_conversion_is_answered_even_where_the_rate_is_gone() {
    let mut world = World::with_usd(10_000);
    let keyed = |mut create: CreateConversion| {
        create.key_use = Some(key_use("k", 1));
        create
    };
    let reference = world.convert(keyed(conversion_of(6000, 945_000))).unwrap();
    let mut again = keyed(conversion_of(6000, 945_000));
    again.quote = None;
    assert_eq!(world.convert(again), Ok(reference));
    let mut other = conversion_of(1, 945_000);
    other.quote = None;
    assert_eq!(world.convert(other), Err(Refusal::RateUnknown));
    // Too little to make a cent.
    let nothing = Refusal::Money(MoneyError::AmountMustBePositive);
    assert_eq!(world.convert(conversion_of(1, 400_000)), Err(nothing));
    assert_eq!(world.wallet(Currency::Usd), (0, 4000, 0));
}

#[test]
fn a_charge_settles_when_it_is_due_and_once() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    world.report("one", Verdict::Succeeded);
    world.settle("one");
    assert_eq!(world.wallet(Currency::Rwf), (4850, 0, 0), "not due yet");
    world.now = world.now.plus(std::time::Duration::from_secs(5));
    for _ in 0..3 {
        world.settle("one");
    }
    assert_eq!(world.wallet(Currency::Rwf), (0, 4850, 0));
    assert_eq!(world.facts(), [Fact::ChargeSucceeded, Fact::ChargeSettled]);
    let charge = world.payment("one");
    assert_eq!((charge.settled_at, charge.version), (Some(world.now), 3));
    assert!(world.book.settlements.new_rows().all(|(_, row)| row.is_done));
}

#[test]
fn only_a_successful_charge_is_settled() {
    for verdict in [Verdict::Pending, declined()] {
        let mut world = World::new();
        world.create("one", None).unwrap();
        world.report("one", verdict);
        world.now = world.now.plus(std::time::Duration::from_secs(3600));
        world.settle("one");
        assert_eq!(world.facts(), []);
    }
}

#[test]
fn refunds_never_exceed_the_charge() {
    let mut world = World::with_settled_charge();
    let first = world.refund(Some(3000)).unwrap();
    assert!(first.starts_with("DGSREF"), "{first}");
    assert_eq!(world.wallet(Currency::Rwf), (0, 2850, 3000));
    assert_eq!(world.refund(Some(2001)), Err(Refusal::RefundExceedsCharge));
    world.refund(None).unwrap();
    assert_eq!(world.payment("one").refunded_minor, 5000);
    for wanted in [None, Some(1)] {
        assert_eq!(world.refund(wanted), Err(Refusal::ChargeRefunded));
    }
    world.report(&first, Verdict::Succeeded);
    assert_eq!(world.wallet(Currency::Rwf), (0, 850, 2000));
    assert_eq!(world.told()[1..], [format!("payment.refunded {first}")]);
}

#[test]
fn a_failed_refund_gives_back_to_wallet_and_charge() {
    let mut world = World::with_settled_charge();
    let reference = world.refund(Some(3000)).unwrap();
    for _ in 0..3 {
        world.report(&reference, declined());
    }
    assert_eq!(world.wallet(Currency::Rwf), (0, 5850, 0));
    assert_eq!(world.payment("one").refunded_minor, 0);
    assert_eq!(world.told()[1..], [format!("refund.failed {reference}")]);
    world.refund(None).unwrap();
}

#[test]
fn a_refund_needs_a_successful_charge_and_the_money() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    assert_eq!(world.refund(None), Err(Refusal::ChargeNotSuccessful));
    world.report("one", Verdict::Succeeded);
    // All of the net is pending still.
    let short = Refusal::ShortWallet(ShortWallet {
        available_minor: 0,
        required_minor: 5000,
        currency: Currency::Rwf,
    });
    assert_eq!(world.refund(None), Err(short));
    assert_eq!(world.payment("one").refunded_minor, 0);
}

#[test]
fn a_refund_is_not_refunded() {
    let mut world = World::with_settled_charge();
    let reference = world.refund(Some(100)).unwrap();
    world.report(&reference, Verdict::Succeeded);
    let create = CreateRefund {
        account: ACCOUNT,
        key_use: None,
        charge: world.payment(&reference).id,
        amount: None,
        reason: None,
        scenario: Scenario::default(),
        callback_url: None,
        first_word: None,
    };
    let refused = world.run(Command::CreateRefund(Box::new(create)));
    assert_eq!(refused, Err(Refusal::PaymentUnknown));
}
