//! Payments whose provider is asked over the network: nothing is guessed, nothing is done twice.

use std::time::Duration;

use super::tests::{ACCOUNT, World, charge_of, declined, key_use};
use super::*;
use crate::limits;
use crate::money::Currency;
use crate::money::Money;
use crate::payment::{PaymentState, Reason};
use crate::provider_call::{CallState, CallbackKey, Provider, ProviderCall, Verdict, Word};

const UNSENT: Word = Word::of(Verdict::NotSent);

fn waiting(world: &mut World, reference: &str, key: &str) -> Result<Answer, Refusal> {
    let create = CreateCharge {
        provider: Provider::MtnMomo,
        waits: true,
        ..charge_of(5000, reference, Some(key_use(key, 1)))
    };
    world.run(Command::CreateCharge(Box::new(create)))
}

fn call<'a>(world: &'a World, reference: &str) -> &'a ProviderCall {
    world.book.calls.find(&(ACCOUNT, world.payment(reference).id)).unwrap()
}

fn say(world: &mut World, reference: &str, word: Word, reported: Reported) {
    let payment = world.payment(reference).id;
    let due_at = Some(call(world, reference).due_at);
    let report = Report { account: ACCOUNT, payment, word, reported, due_at };
    world.run(Command::ReportProvider(report)).unwrap();
}

fn callback(world: &mut World, reference: &str, name: &str, word: Option<Word>) -> Answer {
    let key = CallbackKey { provider: Provider::MtnMomo, name: name.to_owned() };
    let about = Some((ACCOUNT, world.payment(reference).id));
    let body = "{}".to_owned();
    world.run(Command::TakeCallback(Box::new(TakeCallback { key, about, word, body }))).unwrap()
}

fn answer_of(world: &mut World, reference: &str, key: &str) -> Answer {
    let payment = world.payment(reference).id;
    let scope = Some(key_use(key, 1).scope);
    world.run(Command::AnswerRequest { account: ACCOUNT, payment, scope }).unwrap()
}

#[test]
fn a_request_that_waits_is_answered_once_and_repetitions_hear_the_same() {
    let mut world = World::new();
    let opened = waiting(&mut world, "one", "k").unwrap();
    assert_eq!(opened, Answer::Opened(world.payment("one").id));
    assert_eq!(waiting(&mut world, "one", "k"), Err(Refusal::StillRunning));
    let leased = call(&world, "one");
    assert!(leased.is_sent && leased.due_at == world.now.plus(limits::CALL_LEASE));

    let Answer::Written { body: first, .. } = answer_of(&mut world, "one", "k") else { panic!() };
    world.report("one", Verdict::Succeeded);
    let late = answer_of(&mut world, "one", "k");
    assert_eq!(late, Answer::Written { body: first.clone(), is_replay: false });
    let again = waiting(&mut world, "one", "k").unwrap();
    assert_eq!(again, Answer::Written { body: first, is_replay: true });
}

#[test]
fn what_was_never_sent_goes_to_the_next_provider_and_at_the_end_of_the_route_fails() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    let otherwise = Some(Provider::Flutterwave);
    say(&mut world, "one", UNSENT, Reported::BySubmission { otherwise });
    assert_eq!(world.payment("one").provider, Provider::Flutterwave);
    assert_eq!(call(&world, "one").provider, Provider::Flutterwave);
    assert!(call(&world, "one").is_sent && world.told().is_empty());

    say(&mut world, "one", UNSENT, Reported::FIRST);
    assert_eq!(world.payment("one").state, PaymentState::Failed);
    let reason = world.payment("one").reason.as_ref().map(|Reason { code, .. }| code.as_str());
    assert_eq!((reason, world.told().len()), (Some("91"), 1));
}

#[test]
fn a_question_that_could_not_be_sent_says_nothing_of_the_payment() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    for verdict in [Verdict::NotSent, Verdict::Unknown, Verdict::Unheard, Verdict::Pending] {
        say(&mut world, "one", Word::of(verdict), Reported::ByPoll);
        assert_eq!(world.payment("one").state, PaymentState::Pending);
        assert!(call(&world, "one").is_sent);
    }
    assert_eq!(call(&world, "one").polls_made, 4);
}

#[test]
fn another_amount_than_asked_for_is_shown_to_a_person_and_moves_nothing() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    let other = Money::from_minor(4999, Currency::Rwf).ok();
    let word = Word { stated: other, ..Word::of(Verdict::Succeeded) };
    say(&mut world, "one", word, Reported::ByPoll);
    assert_eq!(world.payment("one").state, PaymentState::Pending);
    let shown = call(&world, "one");
    assert_eq!(shown.state, CallState::NeedsReview);
    assert!(shown.note.as_deref().is_some_and(|note| note.contains("amount")));
    assert!(world.book.journals.is_empty() && world.told().is_empty());

    // A callback brings the question up again; the right answer ends it.
    callback(&mut world, "one", "m1", None);
    assert_eq!(call(&world, "one").state, CallState::Open);
    let right = Money::from_minor(5000, Currency::Rwf).ok();
    let word = Word { stated: right, ..Word::of(Verdict::Succeeded) };
    say(&mut world, "one", word, Reported::ByPoll);
    assert_eq!(world.payment("one").state, PaymentState::Successful);
}

#[test]
fn a_callback_counts_once_and_brings_the_question_forward() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    world.now = world.now.plus(Duration::from_secs(3));
    let first = callback(&mut world, "one", "m1", None);
    assert_eq!(first, Answer::CallbackTaken { is_repetition: false });
    assert_eq!(call(&world, "one").due_at, world.now);
    let copy = callback(&mut world, "one", "m1", Some(Word::of(Verdict::Succeeded)));
    assert_eq!(copy, Answer::CallbackTaken { is_repetition: true });
    assert_eq!(world.payment("one").state, PaymentState::Pending);

    callback(&mut world, "one", "m2", Some(Word::of(Verdict::Succeeded)));
    assert_eq!(world.payment("one").state, PaymentState::Successful);
    assert_eq!(world.told().len(), 1);
}

#[test]
fn a_callback_after_the_end_is_looked_into_once_more() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    world.report("one", declined());
    callback(&mut world, "one", "m1", None);
    assert_eq!(call(&world, "one").state, CallState::Recheck);
    world.report("one", declined());
    assert_eq!(call(&world, "one").state, CallState::Answered, "it says the same");

    callback(&mut world, "one", "m2", None);
    world.report("one", Verdict::Succeeded);
    assert_eq!(world.payment("one").state, PaymentState::ConfirmedLate);
    assert_eq!(call(&world, "one").state, CallState::NeedsReview);
    assert_eq!(world.told().len(), 1, "the merchant heard of the failure alone");
}

#[test]
fn a_due_call_is_claimed_by_one() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    let due_at = call(&world, "one").due_at;
    let claim = ClaimCall { account: ACCOUNT, payment: world.payment("one").id, due_at };
    let lease = world.now.plus(limits::CALL_LEASE);
    assert_eq!(world.run(Command::ClaimCall(claim)), Ok(Answer::CallClaimed(Some(lease))));
    assert!(call(&world, "one").is_sent && call(&world, "one").due_at == lease);
    assert_eq!(world.run(Command::ClaimCall(claim)), Ok(Answer::CallClaimed(None)));
}

/// The callback was stored while the provider's answer was on its way: the question that it calls
/// for is asked now, not when the answer would have it.
#[test]
fn an_answer_that_a_callback_overtook_does_not_put_off_the_question() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    let payment = world.payment("one").id;
    let due_at = Some(call(&world, "one").due_at);
    callback(&mut world, "one", "m1", None);
    let wish = Some(Duration::from_secs(180));
    let word = Word { ask_again_after: wish, ..Word::of(Verdict::Pending) };
    let late = Report { account: ACCOUNT, payment, word, reported: Reported::FIRST, due_at };
    world.run(Command::ReportProvider(late)).unwrap();
    assert_eq!(call(&world, "one").due_at, world.now);
}

/// Whoever lost the lease does not know what its next holder has sent meanwhile.
#[test]
fn what_was_not_sent_by_one_who_lost_the_lease_moves_nothing_on() {
    let mut world = World::new();
    waiting(&mut world, "one", "k").unwrap();
    let payment = world.payment("one").id;
    let lease = call(&world, "one").due_at;
    world.now = lease;
    world.run(Command::ClaimCall(ClaimCall { account: ACCOUNT, payment, due_at: lease })).unwrap();
    for otherwise in [None, Some(Provider::Flutterwave)] {
        let reported = Reported::BySubmission { otherwise };
        let late =
            Report { account: ACCOUNT, payment, word: UNSENT, reported, due_at: Some(lease) };
        world.run(Command::ReportProvider(late)).unwrap();
        assert_eq!(world.payment("one").state, PaymentState::Pending);
        let now = call(&world, "one");
        assert!(now.is_sent && now.provider == Provider::MtnMomo);
        assert_eq!(now.due_at, world.now.plus(limits::CALL_LEASE));
    }
}
