//! Decisions on cards: a nonce serves once, an authorization fits or is refused, wrong codes are
//! counted.

use std::time::Duration;

use super::tests::{ACCOUNT, World, charge_of, declined, key_use};
use super::*;
use crate::charge::{Card, CardBrand, CardNonce};
use crate::limits;
use crate::payment::{Method, NextAction, PaymentState};
use crate::provider_call::{Verdict, Word};

fn says(verdict: Verdict) -> Word {
    Word::of(verdict)
}

fn nonce(name: &str) -> Option<CardNonce> {
    Some(CardNonce { name: name.to_owned(), sealed_at: None })
}

fn card_charge(reference: &str, name: &str, verdict: Verdict) -> CreateCharge {
    let mut create = charge_of(5000, reference, None);
    create.method = Method::Card;
    create.charge.mobile_money = None;
    create.charge.card = Some(Card {
        brand: CardBrand::Visa,
        first_six: "453212".to_owned(),
        last_four: "9010".to_owned(),
        expiry_month: 12,
        expiry_year: 2028,
        wrong_otp_count: 0,
    });
    create.card_nonce = nonce(name);
    create.first_word = Some(says(verdict));
    create
}

impl World {
    fn charge_card(&mut self, name: &str, verdict: Verdict) -> Result<Answer, Refusal> {
        self.run(Command::CreateCharge(Box::new(card_charge(name, name, verdict))))
    }

    fn authorize(&mut self, reference: &str, authorization: Authorization) -> Result<(), Refusal> {
        let submit = SubmitAuthorization {
            account: ACCOUNT,
            payment: self.payment(reference).id,
            key_use: None,
            authorization,
            nonce: None,
            word: Some(says(Verdict::Succeeded)),
        };
        self.run(Command::SubmitAuthorization(Box::new(submit))).map(drop)
    }
}

#[test]
fn a_nonce_serves_once_within_its_window() {
    let mut world = World::new();
    let charge = |world: &mut World, reference: &str| {
        let create = card_charge(reference, "n", Verdict::Succeeded);
        world.run(Command::CreateCharge(Box::new(create))).map(drop)
    };
    assert_eq!(charge(&mut world, "one"), Ok(()));
    assert_eq!(charge(&mut world, "two"), Err(Refusal::NonceUsed));
    world.now = world.now.plus(limits::CARD_NONCE_WINDOW);
    assert_eq!(charge(&mut world, "three"), Ok(()));
    assert_eq!(charge(&mut world, "four"), Err(Refusal::NonceUsed));
}

#[test]
fn a_repeated_key_comes_before_the_nonce_and_a_refusal_uses_none() {
    let mut world = World::new();
    let create = |fingerprint| {
        let mut create = card_charge("one", "n", Verdict::Succeeded);
        create.key_use = Some(key_use("k", fingerprint));
        Command::CreateCharge(Box::new(create))
    };
    let first = world.run(create(1)).unwrap();
    let Answer::Written { body, .. } = first else { panic!("{first:?}") };
    assert_eq!(world.run(create(1)), Ok(Answer::Written { body, is_replay: true }));
    assert_eq!(world.run(create(2)), Err(Refusal::KeyReused));
    let taken = card_charge("one", "other", Verdict::Succeeded);
    let refused = world.run(Command::CreateCharge(Box::new(taken)));
    assert_eq!(refused, Err(Refusal::ReferenceTaken));
    assert!(world.charge_card("other", Verdict::Succeeded).is_ok());
}

#[test]
fn a_sealed_card_has_its_time() {
    let world = World::new();
    let at = |at| CardNonce { name: "n".to_owned(), sealed_at: Some(at) }.is_out_of_time(world.now);
    let second = Duration::from_secs(1);
    assert!(!at(world.now));
    assert!(!at(world.now.minus(limits::SEALED_CARD_AGE_MAX)));
    assert!(at(world.now.minus(limits::SEALED_CARD_AGE_MAX + second)));
    assert!(!at(world.now.plus(limits::SEALED_CARD_AHEAD_MAX)));
    assert!(at(world.now.plus(limits::SEALED_CARD_AHEAD_MAX + second)));
}

/// Every action meets every authorization.
#[test]
fn what_answers_what() {
    let authorizations = [
        Authorization::Pin,
        Authorization::Otp { is_right: true },
        Authorization::Address,
        Authorization::BankPage,
    ];
    let mut table = String::new();
    for action in NextAction::ALL {
        table += &format!("{action:?}:");
        for authorization in authorizations {
            let mut world = World::new();
            world.charge_card("one", Verdict::NextAction(action)).unwrap();
            match world.authorize("one", authorization) {
                Ok(()) => table += " yes",
                Err(Refusal::AuthorizationUnfit { .. }) => table += " no",
                Err(other) => panic!("{other}"),
            }
        }
        table += "\n";
    }
    assert_eq!(
        table,
        "\
Redirect: no yes no yes
Pin: yes no no no
Otp: no yes no no
Address: no no yes no
"
    );
}

#[test]
fn the_first_that_fits_ends_the_charge_and_the_others_find_it_ended() {
    for (verdict, told) in
        [(Verdict::Succeeded, "payment.success one"), (declined(), "payment.failed one")]
    {
        let mut world = World::new();
        world.charge_card("one", Verdict::NextAction(NextAction::Address)).unwrap();
        let submit = |world: &mut World| {
            let submit = SubmitAuthorization {
                account: ACCOUNT,
                payment: world.payment("one").id,
                key_use: None,
                authorization: Authorization::Address,
                nonce: None,
                word: Some(says(verdict.clone())),
            };
            world.run(Command::SubmitAuthorization(Box::new(submit))).map(drop)
        };
        assert_eq!(submit(&mut world), Ok(()));
        for _ in 0..3 {
            assert_eq!(submit(&mut world), Err(Refusal::PaymentFinished));
        }
        assert_eq!(world.told(), [told]);
    }
}

#[test]
fn the_fourth_wrong_code_fails_the_charge() {
    let mut world = World::new();
    world.charge_card("one", Verdict::NextAction(NextAction::Otp)).unwrap();
    let wrong = Authorization::Otp { is_right: false };
    for _ in 0..limits::WRONG_OTPS_MAX {
        world.authorize("one", wrong).unwrap();
        assert_eq!(world.payment("one").next_action, Some(NextAction::Otp));
    }
    world.authorize("one", wrong).unwrap();
    assert_eq!(world.payment("one").state, PaymentState::Failed);
    assert_eq!(world.told(), ["payment.failed one"]);
}
