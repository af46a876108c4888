//! Decisions on endpoints: who is told what, in which words, and what waits for whom.

use super::tests::{ACCOUNT, World, charge_of, declined};
use super::*;
use crate::delivery::{Attempt, DeliveryState, Reading};
use crate::endpoint::EndpointState;
use crate::id::{EndpointId, EventId};
use crate::provider_call::Verdict;
use std::time::Duration;

fn run_change(world: &mut World, change: EndpointChange) -> Result<Answer, Refusal> {
    let configure = ConfigureEndpoint { account: ACCOUNT, key_use: None, change };
    world.run(Command::ConfigureEndpoint(Box::new(configure)))
}

fn add(world: &mut World, dialect: DialectName, events: &[&str]) -> EndpointId {
    let before = world.book.endpoints_of(ACCOUNT).len();
    let new = NewEndpoint {
        url: "https://merchant.example/second".to_owned(),
        dialect,
        events: events.iter().map(|word| (*word).to_owned()).collect(),
        description: None,
        sealed_secret: vec![1],
    };
    run_change(world, EndpointChange::Create(new)).unwrap();
    let all = world.book.endpoints_of(ACCOUNT);
    assert_eq!(all.len(), before + 1);
    all[before].id
}

/// Event bodies as each endpoint gets them, in order of event and endpoint.
fn told_to(world: &World, endpoint: EndpointId) -> Vec<(String, DeliveryState)> {
    let mut found: Vec<&Delivery> =
        world.book.deliveries.rows().filter(|one| one.key.endpoint == endpoint).collect();
    found.sort_by_key(|one| one.key);
    let body = |one: &Delivery| {
        let of_event = world.book.events.iter().find(|event| event.id == one.key.event).unwrap();
        (one.body.clone().unwrap_or(of_event.body.clone()), one.state)
    };
    found.into_iter().map(body).collect()
}

#[test]
fn each_endpoint_is_told_in_its_own_dialect_and_processing_only_where_it_is_wanted() {
    let mut world = World::new();
    let dusupay = add(&mut world, DialectName::DusuPay, &[]);
    let only_ends = add(&mut world, DialectName::DusuPay, &["transaction.failed"]);
    world.create("one", None).unwrap();
    world.report("one", declined());
    let bodies = |endpoint| -> Vec<String> {
        told_to(&world, endpoint).into_iter().map(|(body, _)| body).collect()
    };
    assert_eq!(bodies(Endpoint::PRIMARY), ["payment.failed one"]);
    assert_eq!(bodies(dusupay), ["Processing one in dusupay", "PaymentFailed one in dusupay"]);
    assert_eq!(bodies(only_ends), ["PaymentFailed one in dusupay"]);
    assert_eq!(world.book.events.iter().filter(|event| event.kind.is_terminal()).count(), 1);
}

#[test]
fn without_anybody_who_wants_it_no_processing_is_recorded() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    assert!(world.book.events.is_empty());
    add(&mut world, DialectName::DusuPay, &[]);
    let mut own = charge_of(100, "own", None);
    own.callback_url = Some("https://other.example/".to_owned());
    world.run(Command::CreateCharge(Box::new(own))).unwrap();
    assert!(world.book.events.is_empty(), "its own address is told in the guide's words");
}

fn switch(world: &mut World, id: EndpointId, is_enabled: bool) {
    let alteration = Alteration { is_enabled: Some(is_enabled), ..Alteration::default() };
    run_change(world, EndpointChange::Alter(id, alteration)).unwrap();
}

fn replay(world: &mut World) -> String {
    let keys = world.book.deliveries.rows().map(|one| one.key).collect();
    let replay = ReplayDeliveries { account: ACCOUNT, key_use: None, keys, matched: 9 };
    let answer = world.run(Command::ReplayDeliveries(Box::new(replay))).unwrap();
    let Answer::Written { body, .. } = answer else { panic!("{answer:?}") };
    body
}

#[test]
fn a_disabled_endpoint_gets_parked_deliveries_and_a_replay_only_once_it_is_back() {
    let mut world = World::new();
    switch(&mut world, Endpoint::PRIMARY, false);
    world.create("one", None).unwrap();
    world.report("one", Verdict::Succeeded);
    let parked = vec![("payment.success one".to_owned(), DeliveryState::Parked)];
    assert_eq!(told_to(&world, Endpoint::PRIMARY), parked);
    assert_eq!(replay(&mut world), "0 of 9");
    switch(&mut world, Endpoint::PRIMARY, true);
    assert_eq!(replay(&mut world), "1 of 9");
    assert_eq!(told_to(&world, Endpoint::PRIMARY)[0].1, DeliveryState::Pending);
}

fn attempt(world: &mut World, reading: Reading) {
    let key = world.book.deliveries.rows().next().unwrap().key;
    let attempt = Attempt {
        key,
        number: 1,
        started_at: world.now,
        latency: Duration::ZERO,
        reading,
        status: None,
        fault: None,
        excerpt: String::new(),
    };
    world.run(Command::RecordAttempt { attempt, draw: 200 }).unwrap();
}

#[test]
fn parking_is_for_what_has_nowhere_to_go() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    world.report("one", Verdict::Succeeded);
    attempt(&mut world, Reading::Retry { after: None });
    let key = world.book.deliveries.rows().next().unwrap().key;
    let kept = world.run(Command::ParkDelivery(key)).unwrap();
    assert!(matches!(kept, Answer::Claimed(Some(_))));
    assert_eq!(world.book.deliveries.find(&key).unwrap().state, DeliveryState::Pending);
    run_change(&mut world, EndpointChange::Delete(Endpoint::PRIMARY)).unwrap();
    assert_eq!(
        run_change(&mut world, EndpointChange::Delete(Endpoint::PRIMARY)),
        Err(Refusal::EndpointUnknown)
    );
    world.run(Command::ParkDelivery(key)).unwrap();
    let parked = world.book.deliveries.find(&key).unwrap();
    assert_eq!((parked.state, parked.attempts_made), (DeliveryState::Parked, 1));
}

#[test]
fn gone_is_remembered_until_a_person_enables_it() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    world.report("one", Verdict::Succeeded);
    attempt(&mut world, Reading::Gone);
    let state = |world: &World| world.book.endpoints_of(ACCOUNT)[0].state;
    assert_eq!(state(&world), EndpointState::Gone);
    attempt(&mut world, Reading::Delivered);
    assert_eq!(state(&world), EndpointState::Gone);
    switch(&mut world, Endpoint::PRIMARY, true);
    assert_eq!(state(&world), EndpointState::Enabled);
}

#[test]
fn an_event_is_resent_to_those_who_want_it_and_to_whom_is_named() {
    let mut world = World::new();
    world.create("one", None).unwrap();
    world.report("one", Verdict::Succeeded);
    let event = world.book.events[0].clone();
    world.book.past_events.insert((ACCOUNT, event.id), event.clone());
    let late = add(&mut world, DialectName::DusuPay, &[]);
    let unwilling = add(&mut world, DialectName::Dgs, &["payment.failed"]);
    let resend = |world: &mut World, event: EventId, endpoint: Option<EndpointId>| {
        let resend = ResendEvent { account: ACCOUNT, event, key_use: None, endpoint };
        world.run(Command::ResendEvent(Box::new(resend)))
    };
    assert_eq!(resend(&mut world, EventId(77), None), Err(Refusal::EventUnknown));
    assert_eq!(resend(&mut world, event.id, Some(EndpointId(77))), Err(Refusal::NobodyToTell));
    resend(&mut world, event.id, None).unwrap();
    assert_eq!(told_to(&world, late)[0].0, "PaymentSuccess one in dusupay");
    assert!(told_to(&world, unwilling).is_empty());
    resend(&mut world, event.id, Some(unwilling)).unwrap();
    assert_eq!(told_to(&world, unwilling)[0].0, "payment.success one");
}

#[test]
fn a_rotation_keeps_the_old_secret_and_endpoint_1_rotates_the_accounts() {
    let mut world = World::new();
    let second = add(&mut world, DialectName::Dgs, &[]);
    for (id, old, expected_own) in
        [(second, vec![1], Some(vec![2])), (Endpoint::PRIMARY, vec![9], None)]
    {
        let secret = SealedSecret {
            account: ACCOUNT,
            kind: SecretKind::Webhook,
            sealed: vec![2],
            key_hash: None,
            created_at: world.now,
            old_ends_at: None,
        };
        let overlap = Duration::from_secs(3600);
        let rotation =
            Rotation { secret, secret_of_account: vec![9], overlap, old_signs_alone: false };
        run_change(&mut world, EndpointChange::RotateSecret(id, rotation)).unwrap();
        let endpoint = world.book.endpoints.find(&(ACCOUNT, id)).unwrap();
        let kept = endpoint.old_secret.as_ref().unwrap();
        assert_eq!((&kept.sealed, kept.ends_at), (&old, world.now.plus(overlap)));
        assert_eq!(endpoint.secret, expected_own);
    }
    assert_eq!(world.book.secrets.len(), 1);
}

#[test]
fn a_rotated_key_says_until_when_the_old_one_is_accepted() {
    let mut world = World::new();
    for (seconds, ends_at) in [(0, None), (7200, Some(world.now.plus(Duration::from_secs(7200))))] {
        let secret = SealedSecret {
            account: ACCOUNT,
            kind: SecretKind::Encryption,
            sealed: vec![7],
            key_hash: None,
            created_at: world.now,
            old_ends_at: None,
        };
        let overlap = Duration::from_secs(seconds);
        let rotate = RotateSecret { key_use: None, secret, overlap };
        world.run(Command::RotateSecret(Box::new(rotate))).unwrap();
        assert_eq!(world.book.secrets.last().map(|secret| secret.old_ends_at), Some(ends_at));
    }
}
