//! Decisions on payment links: who may pay, how the counters move, what may change.

use super::tests::{ACCOUNT, World, charge_of, declined, key_use};
use super::*;
use crate::id::LinkId;
use crate::link::{Offer, Terms};
use crate::money::{Currency, Money};
use crate::payment::Method;
use crate::provider_call::{Verdict, Word};

fn rwf(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Rwf).unwrap()
}

pub(super) fn offer(slug: &str, uses_max: Option<i64>) -> Offer {
    Offer {
        slug: slug.to_owned(),
        title: "Concert".to_owned(),
        description: None,
        terms: Terms::Fixed(rwf(5000)),
        currency: Currency::Rwf,
        methods: vec![Method::MobileMoney],
        redirect_url: None,
        callback_url: None,
        logo_url: None,
        uses_max,
        expires_at: None,
        collects_phone: true,
        collects_name: true,
        collects_address: false,
    }
}

pub(super) fn make(world: &mut World, offer: Offer) -> LinkId {
    let create = CreateLink { account: ACCOUNT, key_use: None, offer };
    world.run(Command::CreateLink(Box::new(create))).unwrap();
    world.book.links.new_rows().last().unwrap().0.1
}

fn pay(world: &mut World, link: LinkId, minor: i64, reference: &str) -> Result<Answer, Refusal> {
    let create = CreateCharge { link: Some(link), ..charge_of(minor, reference, None) };
    world.run(Command::CreateCharge(Box::new(create)))
}

fn change(world: &mut World, link: LinkId, after: Offer) -> Result<Answer, Refusal> {
    let before = world.book.links.find(&(ACCOUNT, link)).unwrap().offer.clone();
    let change = ChangeLink { account: ACCOUNT, link, key_use: None, before, after };
    world.run(Command::ChangeLink(Box::new(change)))
}

pub(super) fn archive(world: &mut World, link: LinkId) -> Result<Answer, Refusal> {
    world.run(Command::ArchiveLink(ArchiveLink { account: ACCOUNT, link, key_use: None }))
}

/// uses, pending, failed, collected.
pub(super) fn counters(world: &World, link: LinkId) -> (i64, i64, i64, i64) {
    let link = world.book.links.find(&(ACCOUNT, link)).unwrap();
    (link.uses, link.pending, link.failed, link.collected_minor)
}

#[test]
fn a_pending_payment_keeps_a_place_and_gives_it_back_when_it_fails() {
    let mut world = World::new();
    let link = make(&mut world, offer("one", Some(1)));
    pay(&mut world, link, 5000, "a").unwrap();
    assert_eq!(counters(&world, link), (0, 1, 0, 0));
    assert_eq!(pay(&mut world, link, 5000, "b"), Err(LinkRefusal::Taken.into()));
    world.report("a", declined());
    assert_eq!(counters(&world, link), (0, 0, 1, 0));
    pay(&mut world, link, 5000, "c").unwrap();
    world.report("c", Verdict::Succeeded);
    world.report("c", Verdict::Succeeded);
    assert_eq!(counters(&world, link), (1, 0, 1, 5000));
    assert_eq!(pay(&mut world, link, 5000, "d"), Err(LinkRefusal::Exhausted.into()));
    assert_eq!(world.book.payments.new_rows().count(), 2);
}

#[test]
fn a_first_word_that_ends_the_payment_moves_the_counters_at_once() {
    for (verdict, expected) in [(Verdict::Succeeded, (1, 0, 0, 5000)), (declined(), (0, 0, 1, 0))] {
        let mut world = World::new();
        let link = make(&mut world, offer("one", Some(1)));
        let word = Word::of(verdict);
        let create =
            CreateCharge { link: Some(link), first_word: Some(word), ..charge_of(5000, "a", None) };
        world.run(Command::CreateCharge(Box::new(create))).unwrap();
        assert_eq!(counters(&world, link), expected);
    }
}

/// A merchant may change the terms while a payer looks at the old ones.
#[test]
fn only_what_the_link_asks_for_is_taken() {
    let mut world = World::new();
    let link = make(&mut world, offer("one", None));
    let differs = Err(Refusal::Link(LinkRefusal::AmountDiffers));
    for (minor, expected) in [(4999, false), (5000, true), (5001, false)] {
        let paid = pay(&mut world, link, minor, &format!("fixed{minor}"));
        assert!(if expected { paid.is_ok() } else { paid == differs }, "{minor}");
    }
    let terms = Terms::Flexible { min: Some(rwf(10)), max: Some(rwf(20)) };
    change(&mut world, link, Offer { terms, ..offer("one", None) }).unwrap();
    for (minor, expected) in [(9, false), (10, true), (20, true), (21, false)] {
        let paid = pay(&mut world, link, minor, &format!("flexible{minor}"));
        assert!(if expected { paid.is_ok() } else { paid == differs }, "{minor}");
    }
    change(&mut world, link, Offer { methods: vec![Method::Card], ..offer("one", None) }).unwrap();
    assert_eq!(pay(&mut world, link, 5000, "m"), Err(LinkRefusal::MethodNotOffered.into()));
    let stranger = LinkId(7);
    assert_eq!(pay(&mut world, stranger, 5000, "s"), Err(Refusal::LinkUnknown));
}

#[test]
fn an_expired_link_lives_again_when_it_is_given_time() {
    let mut world = World::new();
    let day = std::time::Duration::from_secs(24 * 3600);
    let until = |at| Offer { expires_at: Some(at), ..offer("one", None) };
    let expires_at = world.now.plus(day);
    let link = make(&mut world, until(expires_at));
    world.now = expires_at;
    assert_eq!(pay(&mut world, link, 5000, "a"), Err(LinkRefusal::Expired.into()));
    let later = world.now.plus(day);
    change(&mut world, link, until(later)).unwrap();
    pay(&mut world, link, 5000, "b").unwrap();
}

#[test]
fn archived_is_for_good_and_a_payment_on_its_way_still_counts() {
    let mut world = World::new();
    let link = make(&mut world, offer("one", None));
    pay(&mut world, link, 5000, "a").unwrap();
    let first = archive(&mut world, link);
    world.now = world.now.plus(std::time::Duration::from_secs(60));
    assert_eq!(archive(&mut world, link), first);
    assert_eq!(pay(&mut world, link, 5000, "b"), Err(LinkRefusal::Archived.into()));
    assert_eq!(
        change(&mut world, link, offer("one", Some(9))),
        Err(Refusal::Link(LinkRefusal::Archived))
    );
    world.report("a", Verdict::Succeeded);
    assert_eq!(counters(&world, link), (1, 0, 0, 5000));
}

#[test]
fn a_slug_is_taken_once() {
    let mut world = World::new();
    let one = make(&mut world, offer("one", None));
    let again = CreateLink { account: ACCOUNT, key_use: None, offer: offer("one", None) };
    assert_eq!(world.run(Command::CreateLink(Box::new(again))), Err(Refusal::SlugTaken));
    make(&mut world, offer("two", None));
    assert_eq!(change(&mut world, one, offer("two", None)), Err(Refusal::SlugTaken));
    change(&mut world, one, offer("one", Some(3))).unwrap();
    change(&mut world, one, offer("three", None)).unwrap();
}

#[test]
fn a_change_of_something_out_of_date_is_refused() {
    let mut world = World::new();
    let link = make(&mut world, offer("one", None));
    let stale = offer("one", Some(5));
    let change = ChangeLink {
        account: ACCOUNT,
        link,
        key_use: None,
        before: stale,
        after: offer("one", Some(6)),
    };
    assert_eq!(world.run(Command::ChangeLink(Box::new(change))), Err(Refusal::LinkChanged));
}

#[test]
fn the_currency_stays_once_somebody_began_to_pay() {
    let mut world = World::new();
    let link = make(&mut world, offer("one", None));
    let euros = Offer {
        currency: Currency::Eur,
        terms: Terms::Fixed(Money::from_minor(900, Currency::Eur).unwrap()),
        methods: vec![Method::Card],
        ..offer("one", None)
    };
    change(&mut world, link, euros.clone()).unwrap();
    change(&mut world, link, offer("one", None)).unwrap();
    pay(&mut world, link, 5000, "a").unwrap();
    assert_eq!(change(&mut world, link, euros), Err(Refusal::LinkCurrencyFixed));
}

#[test]
fn the_cap_stays_above_what_was_paid_and_is_on_its_way() {
    let mut world = World::new();
    let link = make(&mut world, offer("one", Some(9)));
    pay(&mut world, link, 5000, "a").unwrap();
    pay(&mut world, link, 5000, "b").unwrap();
    world.report("a", Verdict::Succeeded);
    assert_eq!(change(&mut world, link, offer("one", Some(1))), Err(Refusal::LinkCapTooLow));
    world.report("b", declined());
    change(&mut world, link, offer("one", Some(1))).unwrap();
    change(&mut world, link, offer("one", None)).unwrap();
}

#[test]
fn a_repeated_key_makes_one_link() {
    let mut world = World::new();
    let create = |fingerprint| {
        let key_use = Some(key_use("k", fingerprint));
        Command::CreateLink(Box::new(CreateLink {
            account: ACCOUNT,
            key_use,
            offer: offer("one", None),
        }))
    };
    let Ok(Answer::Written { body, is_replay: false }) = world.run(create(1)) else { panic!() };
    assert_eq!(world.run(create(1)), Ok(Answer::Written { body, is_replay: true }));
    assert_eq!(world.run(create(2)), Err(Refusal::KeyReused));
    assert_eq!(world.book.links.new_rows().count(), 1);
}
