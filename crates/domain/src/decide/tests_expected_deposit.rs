//! Payment links paid by bank transfer: the money counts for the link if it is what was asked for,
//! in time, once and while the link takes it; else a person decides.

use super::tests::{ACCOUNT, World};
use super::tests_deposit::notice;
use super::tests_link::{archive, counters, make, offer};
use super::*;
use crate::charge::Customer;
use crate::deposit::{DepositState, Judgement, ReviewReason, Trust};
use crate::id::LinkId;
use crate::limits::EXPECTED_DEPOSIT_LIFE;
use crate::link::{Offer, Terms};
use crate::money::Money;
use crate::payment::Method;
use crate::phone::Phone;
use crate::provider_call::Provider;
use crate::virtual_account::VirtualAccountKind;
use std::time::Duration;

/// What [`notice`] tells of.
const MINOR: i64 = 10_000;
const NUMBER: &str = "9977581536";

fn naira(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Ngn).unwrap()
}

fn asking(uses_max: Option<i64>) -> Offer {
    Offer {
        terms: Terms::Fixed(naira(MINOR)),
        currency: Currency::Ngn,
        methods: vec![Method::BankTransfer],
        redirect_url: Some("https://shop.example/paid".to_owned()),
        ..offer("one", uses_max)
    }
}

fn open(world: &mut World, link: LinkId, number: &str, minor: i64) -> Result<Answer, Refusal> {
    let customer = Customer {
        email: "ada@example.com".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Obi".to_owned(),
        phone: Phone::from_stored(String::new()),
        address: None,
    };
    world.run(Command::OpenVirtualAccount(Box::new(OpenVirtualAccount {
        account: ACCOUNT,
        key_use: None,
        provider: Provider::Providus,
        kind: VirtualAccountKind::Dynamic,
        number: number.to_owned(),
        name: "Demo".to_owned(),
        bank_name: "Bank".to_owned(),
        expects: Some(Expects { link, amount: naira(minor), customer }),
    })))
}

fn asked(uses_max: Option<i64>) -> (World, LinkId) {
    let mut world = World::new();
    let link = make(&mut world, asking(uses_max));
    open(&mut world, link, NUMBER, MINOR).unwrap();
    (world, link)
}

impl World {
    fn pay_into(&mut self, number: &str, settlement_id: &str, minor: i64, trust: Trust) {
        let mut told = notice(settlement_id);
        told.account_number = number.to_owned();
        told.sums.transaction_minor = minor;
        told.sums.settled_minor = minor - 200;
        let take = TakeDeposit { notice: told, trust };
        self.run(Command::TakeDeposit(Box::new(take))).unwrap();
    }

    fn review_of(&self, settlement_id: &str) -> Option<ReviewReason> {
        let key = (Provider::Providus, settlement_id.to_owned());
        self.book.deposits.find(&key).unwrap().review
    }
}

#[test]
fn what_was_asked_for_is_a_payment_of_the_link_by_the_customer_of_the_form() {
    let (mut world, link) = asked(Some(1));
    assert_eq!(counters(&world, link), (0, 0, 0, 0), "nothing is on its way");
    world.pay_into(NUMBER, "one", MINOR, Trust::Credit);
    assert_eq!(world.deposit().state, DepositState::Credited);
    assert_eq!(counters(&world, link), (1, 0, 0, MINOR - 200));
    let id = world.deposit().payment.unwrap();
    let payment = world.book.payments.find(&(ACCOUNT, id)).unwrap();
    assert_eq!((payment.link, payment.gross), (Some(link), naira(MINOR - 200)));
    let Some(Detail::Charge(charge)) = world.book.details.find(&(ACCOUNT, id)) else { panic!() };
    assert_eq!(charge.customer.email, "ada@example.com");
    assert_eq!(charge.redirect_url.as_deref(), Some("https://shop.example/paid"));
    let expected = world.book.expected_deposits.rows().next().unwrap();
    assert_eq!(expected.payment, Some(id));
}

#[test]
fn anything_else_is_held() {
    let (mut world, link) = asked(None);
    world.pay_into(NUMBER, "under", MINOR - 1, Trust::Credit);
    world.pay_into(NUMBER, "over", MINOR + 1, Trust::Credit);
    world.pay_into(NUMBER, "right", MINOR, Trust::Credit);
    world.pay_into(NUMBER, "again", MINOR, Trust::Credit);
    for (settlement_id, reason) in [
        ("under", Some(ReviewReason::Underpaid)),
        ("over", Some(ReviewReason::Overpaid)),
        ("right", None),
        ("again", Some(ReviewReason::PaidAgain)),
    ] {
        assert_eq!(world.review_of(settlement_id), reason);
    }
    assert_eq!(counters(&world, link).0, 1);
    assert_eq!(world.book.journals.len(), 1);

    let (mut world, link) = asked(None);
    world.now = world.now.plus(EXPECTED_DEPOSIT_LIFE);
    world.pay_into(NUMBER, "one", MINOR, Trust::Credit);
    assert_eq!(world.deposit().review, Some(ReviewReason::PaidLate));
    assert_eq!(counters(&world, link).0, 0);

    let (mut world, link) = asked(None);
    archive(&mut world, link).unwrap();
    world.pay_into(NUMBER, "one", MINOR, Trust::Credit);
    assert_eq!(world.deposit().review, Some(ReviewReason::LinkArchived));
}

#[test]
fn what_was_paid_in_time_and_believed_later_counts() {
    let (mut world, link) = asked(None);
    world.pay_into(NUMBER, "one", MINOR, Trust::Verify);
    world.now = world.now.plus(EXPECTED_DEPOSIT_LIFE);
    world.judge(Judgement::Credit);
    assert_eq!((world.deposit().review, counters(&world, link).0), (None, 1));
}

#[test]
fn the_last_use_of_a_link_is_of_whoever_pays_first() {
    let (mut world, link) = asked(Some(1));
    open(&mut world, link, "2", MINOR).unwrap();
    world.pay_into("2", "first", MINOR, Trust::Credit);
    world.pay_into(NUMBER, "one", MINOR, Trust::Credit);
    assert_eq!(world.deposit().review, Some(ReviewReason::LinkExhausted));
    assert_eq!(counters(&world, link).0, 1);
    assert_eq!(open(&mut world, link, "3", MINOR), Err(LinkRefusal::Exhausted.into()));
}

/// The operator is told the very reason before the merchant is credited in spite of it, and the
/// link counts nothing that it did not ask for.
#[test]
fn a_person_lets_a_deposit_pass_only_knowing_why_it_was_held() {
    let (mut world, link) = asked(Some(1));
    world.pay_into(NUMBER, "one", MINOR - 1, Trust::Review);
    assert_eq!(world.deposit().review, Some(ReviewReason::NotVerified));
    world.judge(Judgement::Credit);
    assert_eq!(world.deposit().review, Some(ReviewReason::Underpaid));
    assert!(world.book.journals.is_empty());
    world.judge(Judgement::Credit);
    assert_eq!(world.deposit().state, DepositState::Credited);
    let payment = world.deposit().payment.unwrap();
    assert_eq!(world.book.payments.find(&(ACCOUNT, payment)).unwrap().link, None);
    assert_eq!(counters(&world, link), (0, 0, 0, 0));
    assert_eq!(world.book.expected_deposits.rows().next().unwrap().payment, Some(payment));
    world.pay_into(NUMBER, "two", MINOR, Trust::Credit);
    assert_eq!(world.review_of("two"), Some(ReviewReason::PaidAgain));
}

#[test]
fn an_account_is_opened_for_what_the_link_asks_and_no_longer_than_it_lasts() {
    let mut world = World::new();
    let ends_at = world.now.plus(Duration::from_secs(60));
    let ending = Offer { expires_at: Some(ends_at), ..asking(None) };
    let link = make(&mut world, ending);
    let wrong = open(&mut world, link, NUMBER, MINOR + 1);
    assert_eq!(wrong, Err(LinkRefusal::AmountDiffers.into()));
    assert!(world.book.virtual_accounts.rows().next().is_none());
    open(&mut world, link, NUMBER, MINOR).unwrap();
    assert_eq!(world.book.expected_deposits.rows().next().unwrap().expires_at, ends_at);
}
