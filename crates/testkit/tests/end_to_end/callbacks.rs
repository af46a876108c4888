//! What providers tell us by themselves: in whatever order, however often, and whoever says it.

use std::sync::Barrier;
use std::thread;

use rusqlite::Connection;
use testkit::Options;
use testkit::providers::{Callbacks, Decision, Entry, Kind, Notice, Pace, Seal, State, find};

use crate::scene::{FENCE, OPENING, PROVIDERS, Scene};

const PHONE: &str = "781000011";
const AIRTEL_PHONE: &str = "731000011";
const AMOUNT: i64 = 5000;
const NET: i64 = 4850;
const FENCE_NET: i64 = FENCE - 3;

/// A charge that waits for its payer, of whom nobody tells anything by itself.
fn waiting(provider: &'static str) -> (Scene, String, Entry) {
    let scene = Scene::open(&[provider]);
    scene.world().wish(|wishes| {
        wishes.pace = Pace::ByHand;
        wishes.callbacks = Callbacks::None;
    });
    let phone = if provider == "airtel_money" { AIRTEL_PHONE } else { PHONE };
    let reference = scene.charge(phone, AMOUNT);
    let entry = scene.entry(phone);
    (scene, reference, entry)
}

fn notice(entry: &Entry, seal: Seal) -> Notice {
    let dusupay = find("dusupay").expect("a provider of the kit");
    dusupay.notice(entry, seal).expect("it calls back")
}

#[test]
fn an_end_told_before_the_answer_is_the_end() {
    for provider in PROVIDERS {
        let scene = Scene::open(&[provider]);
        scene.world().wish(|wishes| wishes.callbacks = Callbacks::Early);
        let phone = if provider == "airtel_money" { AIRTEL_PHONE } else { PHONE };
        let reference = scene.charge(phone, AMOUNT);
        scene.shop.wait_for_event(&reference);
        assert_eq!(scene.events(&reference, "early"), ["payment.success"], "{provider}");
        assert_eq!(scene.status(&reference), "success", "{provider}");
        assert_eq!(scene.world().told()[0].1, 200, "{provider}");
        scene.assert_audit_is_clean();
    }
}

#[test]
fn what_was_found_out_by_asking_is_not_news_when_it_is_told() {
    for provider in PROVIDERS {
        let (scene, reference, entry) = waiting(provider);
        scene.world().decide(&entry.reference, Decision::Approve);
        scene.gateway.advance_clock(400);
        scene.shop.wait_for_event(&reference);
        assert_eq!(scene.tell(&scene.world().find_reference(&entry.reference).expect("it")), 200);
        assert_eq!(scene.events(&reference, "late"), ["payment.success"], "{provider}");
        assert_eq!(scene.francs().1, OPENING + NET + FENCE_NET, "{provider}");
        scene.assert_audit_is_clean();
    }
}

#[test]
fn a_hundred_copies_at_once_are_one_posting_and_one_event() {
    for provider in PROVIDERS {
        let (scene, reference, entry) = waiting(provider);
        scene.world().decide(&entry.reference, Decision::Approve);
        let entry = scene.world().find_reference(&entry.reference).expect("it is there");
        let barrier = Barrier::new(100);
        thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    barrier.wait();
                    assert_eq!(scene.tell(&entry), 200, "{provider}");
                });
            }
        });
        scene.shop.wait_for_event(&reference);
        assert_eq!(scene.events(&reference, "copies"), ["payment.success"], "{provider}");
        assert_eq!(scene.francs().1, OPENING + NET + FENCE_NET, "{provider}");
        scene.assert_audit_is_clean();
    }
}

#[test]
fn older_news_after_the_end_change_nothing() {
    let (scene, reference, entry) = waiting("dusupay");
    scene.world().decide(&entry.reference, Decision::Approve);
    let done = scene.world().find_reference(&entry.reference).expect("it is there");
    assert_eq!(scene.tell(&done), 200);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.tell(&entry), 200, "transaction.processing");
    assert_eq!(scene.events(&reference, "older"), ["payment.success"]);
    assert_eq!(scene.status(&reference), "success");
    scene.assert_audit_is_clean();
}

/// The merchant was told that it failed, and is not told otherwise: the money waits for a person.
#[test]
fn a_success_after_a_failure_goes_to_suspense() {
    let refusals =
        ["APPROVAL_REJECTED", "DP00800001007", "Insufficient funds", "insufficient_funds"];
    for (provider, refusal) in PROVIDERS.into_iter().zip(refusals) {
        let (scene, reference, entry) = waiting(provider);
        scene.world().decide(&entry.reference, Decision::Decline(refusal.to_owned()));
        scene.gateway.advance_clock(400);
        scene.shop.wait_for_event(&reference);
        let turn = |entry: &mut Entry| {
            entry.state = State::Executed;
            entry.executions = 1;
        };
        let entry = scene.world().change(&entry.reference, turn).expect("it is there");
        assert_eq!(scene.tell(&entry), 200);
        assert_eq!(scene.events(&reference, "turned"), ["payment.failed"], "{provider}");
        assert_eq!(scene.status(&reference), "failed", "{provider}");
        let state = format!("select state from payment where dgs_reference = '{reference}'");
        assert_eq!(scene.kept(&state), "confirmed_late", "{provider}");
        assert_eq!(scene.francs().1, OPENING + FENCE_NET, "{provider}");
        scene.assert_audit_is_clean();
    }
}

/// Nothing is taken back by itself: a person decides.
#[test]
fn a_failure_after_a_success_is_shown_to_a_person() {
    let (scene, reference, entry) = waiting("dusupay");
    scene.world().decide(&entry.reference, Decision::Approve);
    scene.tell(&scene.world().find_reference(&entry.reference).expect("it is there"));
    scene.shop.wait_for_event(&reference);
    let turn = |entry: &mut Entry| entry.state = State::Declined("Reversed".to_owned());
    let entry = scene.world().change(&entry.reference, turn).expect("it is there");
    assert_eq!(scene.tell(&entry), 200);
    assert_eq!(scene.events(&reference, "reversed"), ["payment.success"]);
    let state = "select state from provider_call where note is not null";
    assert_eq!(scene.kept(state), "needs_review");
    assert_eq!(scene.status(&reference), "success");
    assert_eq!(scene.francs().1, OPENING + NET + FENCE_NET);
    scene.assert_audit_is_clean();
}

/// Its money stays set aside, and it is never sent again under another name.
#[test]
fn a_payout_that_nobody_decides_is_asked_about_for_a_week_and_then_shown_to_a_person() {
    for provider in PROVIDERS {
        let scene = Scene::open(&[provider]);
        // One that the server does not decide by itself, if it is asked.
        let phone = if provider == "airtel_money" { "730000201" } else { PHONE };
        scene.world().wish(|wishes| {
            wishes.pace = Pace::ByHand;
            wishes.callbacks = Callbacks::None;
        });
        let reference = scene.pay_out(phone, AMOUNT);
        scene.fence("sent");
        for half_day in 0..16 {
            scene.gateway.advance_clock(12 * 3600);
            scene.fence(&half_day.to_string());
        }
        let state = "select state from provider_call where note is not null";
        assert_eq!(scene.kept(state), "needs_review", "{provider}");
        assert_eq!(scene.status(&reference), "pending", "{provider}");
        let entry = scene.entry(phone);
        assert_eq!((entry.executions, entry.submissions), (0, 1), "{provider}");
        assert_eq!(scene.francs().1, OPENING - AMOUNT + 17 * FENCE_NET, "{provider}");

        scene.world().decide(&entry.reference, Decision::Approve);
        // What Airtel says of payouts, it says when it is asked.
        if provider != "airtel_money" {
            let entry = scene.world().find_reference(&entry.reference).expect("it is there");
            assert_eq!(scene.tell(&entry), 200, "{provider}");
            scene.shop.wait_for_event(&reference);
            assert_eq!(scene.status(&reference), "success", "{provider}");
        }
        scene.assert_audit_is_clean();
    }
}

#[test]
fn either_signature_of_dusupay_is_taken() {
    for header in ["hmac-signature", "rsa-signature"] {
        let (scene, reference, entry) = waiting("dusupay");
        scene.world().decide(&entry.reference, Decision::Approve);
        let done = scene.world().find_reference(&entry.reference).expect("it is there");
        let mut told = notice(&done, Seal::Right);
        told.headers.retain(|(name, _)| *name == header || *name == "Content-Type");
        assert_eq!(scene.post(&told), 200, "{header}");
        scene.shop.wait_for_event(&reference);
        assert_eq!(scene.status(&reference), "success", "{header}");
    }
}

#[test]
fn a_forgery_is_refused_and_leaves_nothing() {
    let (scene, reference, entry) = waiting("dusupay");
    let paid = Entry { state: State::Executed, executions: 1, ..entry.clone() };
    let other = Entry { reference: "1234567890".to_owned(), ..paid.clone() };
    let right = notice(&paid, Seal::Right);
    let signed = |headers: Vec<(&'static str, String)>, of: &Notice| Notice {
        headers: headers
            .into_iter()
            .chain([("Content-Type", "application/json".to_owned())])
            .collect(),
        ..of.clone()
    };
    let header = |of: &Notice, name: &'static str| {
        let found = of.headers.iter().find(|(other, _)| *other == name);
        found.expect("it is signed").clone()
    };
    let (hmac, rsa) = (header(&right, "hmac-signature"), header(&right, "rsa-signature"));
    let elsewhere = notice(&other, Seal::Right);
    let cut = |(name, value): &(&'static str, String)| (*name, value[..value.len() - 2].to_owned());
    let (prefix, digits) = hmac.1.split_once("s=").expect("a signature");
    let corpus = [
        ("both are forged", notice(&paid, Seal::Forged)),
        ("none is there", signed(vec![], &right)),
        ("of another payment", signed(vec![header(&elsewhere, "hmac-signature")], &right)),
        ("of another payment", signed(vec![header(&elsewhere, "rsa-signature")], &right)),
        ("cut short", signed(vec![cut(&hmac)], &right)),
        ("cut short", signed(vec![cut(&rsa)], &right)),
        ("in upper case", {
            let upper = format!("{prefix}s={}", digits.to_uppercase());
            signed(vec![("hmac-signature", upper)], &right)
        }),
        ("empty", signed(vec![("hmac-signature", String::new())], &right)),
        ("twice", signed(vec![hmac.clone(), hmac.clone()], &right)),
        ("one is wrong", signed(vec![hmac.clone(), cut(&rsa)], &right)),
        ("one is wrong", signed(vec![cut(&hmac), rsa.clone()], &right)),
    ];
    for (what, forgery) in corpus {
        assert_eq!(scene.post(&forgery), 401, "{what}");
    }
    assert_eq!(scene.kept("select cast(count(*) as text) from inbound_callback"), "0");
    assert!(scene.events(&reference, "forged").is_empty());
    assert_eq!(scene.status(&reference), "pending");
    assert_eq!(scene.francs().1, OPENING + FENCE_NET);
}

/// MTN signs nothing, and Airtel's failures and successes may come too soon: they are asked.
#[test]
fn an_invented_word_moves_nothing() {
    for provider in ["mtn_momo", "airtel_money"] {
        let (scene, reference, entry) = waiting(provider);
        let asked = scene.world().requests("enquiry");
        let paid = Entry { state: State::Executed, executions: 1, ..entry };
        assert_eq!(scene.tell(&paid), 200, "{provider}");
        assert!(scene.events(&reference, "invented").is_empty(), "{provider}");
        // Besides the fence's own.
        assert_eq!(scene.world().requests("enquiry"), asked + 2, "{provider}");
        assert_eq!(scene.status(&reference), "pending", "{provider}");
        let airtel = find("airtel_money").expect("a provider of the kit");
        let forged = airtel.notice(&paid, Seal::Forged).expect("it calls back");
        assert!(provider == "mtn_momo" || scene.post(&forged) == 401);
    }
}

/// The signatures do not cover the amount, so DusuPay is asked, and what it says there counts.
#[test]
fn a_misstated_amount_is_not_credited() {
    let (scene, reference, entry) = waiting("dusupay");
    scene.world().decide(&entry.reference, Decision::Approve);
    let done = scene.world().find_reference(&entry.reference).expect("it is there");
    assert_eq!(scene.tell(&Entry { amount: format!("1{}", done.amount), ..done }), 200);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.events(&reference, "misstated"), ["payment.success"]);
    assert_eq!(scene.francs().1, OPENING + NET + FENCE_NET, "what was asked for");

    for provider in ["dusupay", "mtn_momo"] {
        let (scene, reference, entry) = waiting(provider);
        scene.world().change(&entry.reference, |entry| entry.amount = "4999".to_owned());
        scene.world().decide(&entry.reference, Decision::Approve);
        assert_eq!(scene.tell(&scene.world().find_reference(&entry.reference).expect("it")), 200);
        assert!(scene.events(&reference, "less").is_empty(), "{provider}");
        let state = "select state from provider_call where note is not null";
        assert_eq!(scene.kept(state), "needs_review", "{provider}");
        assert_eq!(scene.status(&reference), "pending", "{provider}");
        assert_eq!(scene.francs().1, OPENING + FENCE_NET, "{provider}");
        scene.assert_audit_is_clean();
    }
}

#[test]
fn what_is_about_nothing_of_ours_is_kept_and_taken() {
    for provider in PROVIDERS {
        let scene = Scene::open(&[provider]);
        let stranger = Entry {
            amount: "5000".to_owned(),
            currency: "RWF".to_owned(),
            state: State::Executed,
            detail: serde_json::json!({ "externalId": "1234567890123" }),
            ..Entry::new(Kind::Charge, "1234567890123", "77")
        };
        assert_eq!(scene.tell(&stranger), 200, "{provider}");
        let kept = "select body from inbound_callback where payment_id is null";
        assert!(scene.kept(kept).contains("1234567890123"), "{provider}");
        assert_eq!(scene.francs().1, OPENING, "{provider}");
        scene.assert_audit_is_clean();
    }
}

/// A 5xx would lose DusuPay's event for good.
#[test]
fn what_cannot_be_stored_is_asked_for_again() {
    let (scene, reference, entry) = waiting("dusupay");
    scene.world().decide(&entry.reference, Decision::Approve);
    let done = scene.world().find_reference(&entry.reference).expect("it is there");
    let holder = Connection::open(scene.gateway.data().join("dgspay.db")).expect("it opens");
    holder.execute_batch("begin; delete from card_nonce where false;").expect("it is locked");
    assert_eq!(scene.tell(&done), 429);
    holder.execute_batch("rollback").expect("it is free");
    assert_eq!(scene.tell(&done), 200);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.events(&reference, "again"), ["payment.success"]);
    scene.assert_audit_is_clean();
}

/// Where MTN and Airtel are told a secret address, nobody else's word is as much as looked at.
#[test]
fn callbacks_come_to_the_address_that_was_given_out() {
    let secret = Options::default().variable("DGSPAY_MTN_MOMO_CALLBACK_TOKEN", "sesame-9");
    let scene = Scene::with(&["mtn_momo"], secret);
    let reference = scene.charge(PHONE, AMOUNT);
    scene.shop.wait_for_event(&reference);
    assert_eq!(scene.world().told().iter().map(|(_, status)| *status).collect::<Vec<_>>(), [200]);
    assert_eq!(scene.tell(&scene.entry(PHONE)), 401, "without the secret");
}
