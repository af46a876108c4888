//! Notices as they come: the bank's own example, copies of it, forgeries and nonsense.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use testkit::providers::providus;

use crate::desk::{Desk, code, example, printed_headers, text, try_tell, with};

/// From the contract's vectors.
const SIGNED: &str = "BE09BEE831CF262226B426E39BD1092AF84DC63076D4174FAC78A2261F9A3D6E59744983B8326B69CDF2963FE314DFC89635CFA37A40596508DD6EAAB09402C7";
/// As the bank's page prints it.
const MISPRINTED: &str = "BE09BEE831CF262226B426E39BD109f2AF84DC63076D4174FAC78A2261F9A3D6E59744983B8326B69CDF2963FE314DFC89635CFA37A40596508DD6EAAB09402C7";

const COPIES: usize = 500;

/// Notices that a kill comes among, and who sends them.
const KILLED: usize = 120;
const TELLERS: usize = 8;

#[test]
fn the_printed_notice_is_credited_once() {
    let desk = Desk::open();
    let number = desk.open_account();
    let body = example(&number).to_string();
    let refused = desk.tell_raw(&printed_headers(MISPRINTED), &body);
    assert_eq!(code(&refused), "02", "the misprint");
    assert!(desk.deposits().is_empty());

    let taken = desk.tell_raw(&printed_headers(SIGNED), &body);
    assert_eq!(code(&taken), "00");
    assert_eq!(taken.json()["sessionId"], "000004210301180534806663649508");
    let lower = SIGNED.to_lowercase();
    // The path that the bank prints.
    let again =
        desk.sandbox.api.bare_request("POST", "/v1/webhook", &printed_headers(&lower), &body);
    assert_eq!(code(&again), "01");

    let deposit = desk.wait_for("credited");
    let reference = text(&deposit["dgs_reference"]);
    let event: Value = serde_json::from_slice(&desk.receiver.wait_for_event(&reference).body)
        .expect("an event is JSON");
    assert_eq!(event["event"], "payment.success");
    assert_eq!(event["currency"], "NGN");
    assert_eq!((&event["amount"], &event["merchant_fee"]), (&json!(1), &json!(0.03)));
    assert_eq!(event["flw_charge_id"], "202210301006807600001432");
    let record = desk.get(&format!("/transactions/{reference}"))["data"].clone();
    assert_eq!(record["payment_method_type"], "bank_transfer");
    assert_eq!(record["status"], "success");
    assert_eq!(record["customer"]["first_name"], "CASAFINA");
    assert_eq!(record["customer"].get("email"), None);
    assert_eq!(
        desk.get("/transactions?payment_method_type=bank_transfer")["pagination"]["total"],
        1
    );
    assert_eq!(desk.naira(), 97);
    assert_eq!(desk.receiver.received().len(), 1);
    desk.assert_audit_is_clean();
}

#[test]
fn five_hundred_copies_at_once_are_one_credit() {
    let desk = Desk::open();
    let number = desk.open_account();
    let body = with(
        example(&number),
        &[("transactionAmount", json!(500)), ("settledAmount", json!("500.00"))],
    );
    let start = Barrier::new(COPIES);
    let codes: Vec<String> = thread::scope(|scope| {
        let copies: Vec<_> = (0..COPIES)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    desk.tell(&body)
                })
            })
            .collect();
        copies.into_iter().map(|copy| copy.join().expect("it is answered")).collect()
    });
    assert_eq!(codes.iter().filter(|code| *code == "00").count(), 1);
    assert_eq!(codes.iter().filter(|code| *code == "01").count(), COPIES - 1);
    assert_eq!(desk.deposits().len(), 1);
    assert_eq!(desk.naira(), 48_500);
    desk.assert_audit_is_clean();
}

#[test]
fn a_replay_does_nothing_later_or_after_a_restart_or_with_other_words() {
    let mut desk = Desk::open();
    let number = desk.open_account();
    let body = example(&number);
    assert_eq!(desk.tell(&body), "00");
    desk.sandbox.advance_clock(24 * 3600);
    assert_eq!(desk.tell(&body), "01");
    desk.sandbox.kill();
    desk.sandbox.restart();
    assert_eq!(desk.tell(&body), "01");
    let more = [("transactionAmount", json!("9000")), ("settledAmount", json!("9000"))];
    assert_eq!(desk.tell(&with(body, &more)), "01");
    assert_eq!((desk.deposits().len(), desk.naira()), (1, 97));
    desk.assert_audit_is_clean();
}

#[test]
fn what_is_no_notice_of_ours_is_rejected_and_leaves_nothing() {
    let desk = Desk::open();
    let number = desk.open_account();
    let good = example(&number);
    let rejected = |what: &str, headers: &[(&str, &str)], body: &[u8]| {
        let answer = desk.tell_raw(headers, body);
        assert_eq!(code(&answer), "02", "{what}");
        text(&answer.json()["sessionId"])
    };
    let session = "000004210301180534806663649508";
    for headers in [
        &[][..],
        &[("X-Auth-Signature", "0")],
        &[("X-Auth-Signature", SIGNED), ("Client-Id", "bm9ib2R5")],
        &[("Client-Id", providus::CLIENT_ID)],
    ] {
        let echoed = rejected("forged", headers, good.to_string().as_bytes());
        assert_eq!(echoed, session);
    }
    let signed = [("X-Auth-Signature", SIGNED)];
    for (name, value) in [
        ("settlementId", Value::Null),
        ("settlementId", json!("")),
        ("accountNumber", Value::Null),
        ("accountNumber", json!("9000000000")),
        ("currency", json!("USD")),
        ("currency", Value::Null),
        ("transactionAmount", json!("1,000")),
        ("settledAmount", json!("-1")),
        ("feeAmount", json!("0.001")),
        ("vatAmount", json!(true)),
    ] {
        let body = with(good.clone(), &[(name, value)]).to_string();
        assert_eq!(rejected(name, &signed, body.as_bytes()), session, "{name}");
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(9_000), "}".repeat(9_000));
    let huge = format!(r#"{{"sessionId":"{}"}}"#, "x".repeat(1 << 20));
    let twice = good.to_string().replace(r#""currency""#, r#""accountNumber":"1","currency""#);
    let nonsense: [&[u8]; 7] = [
        b"",
        b"[]",
        b"{\"sessionId\": \"\xff\"}",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
        huge.as_bytes(),
        twice.as_bytes(),
    ];
    for body in nonsense {
        assert_eq!(rejected("nonsense", &signed, body), "");
    }
    assert!(desk.deposits().is_empty());
    assert_eq!((desk.naira(), desk.receiver.received().len()), (0, 0));
    assert_eq!(desk.tell(&good), "00");
    desk.assert_audit_is_clean();
}

#[test]
fn amounts_and_dates_are_read_in_every_form() {
    let desk = Desk::open();
    let number = desk.open_account();
    let cases = [
        (json!("1000.50"), json!("2021-03-01 18:06:20"), json!("2021-03-01 17:06:20")),
        (json!(1000.5), json!("2021-03-01 18:06:20.337"), json!("2021-03-01 17:06:20")),
        (json!("1000.5"), json!("2/13/2021 4:11:09 PM"), json!("2021-02-13 15:11:09")),
        (json!("1000.500"), json!("some day"), Value::Null),
    ];
    for (place, (amount, date, paid_at)) in cases.into_iter().enumerate() {
        let changes = [
            ("settlementId", json!(format!("s-{place}"))),
            ("transactionAmount", amount.clone()),
            ("settledAmount", json!("990")),
            ("feeAmount", json!("9.77")),
            ("vatAmount", json!(0.73)),
            ("tranDateTime", date),
        ];
        assert_eq!(desk.tell(&with(example(&number), &changes)), "00", "{amount}");
        let deposit = desk.wait_for("credited");
        assert_eq!(deposit["paid_at"], paid_at, "{deposit}");
        assert_eq!((&deposit["amount"], &deposit["settled_amount"]), (&json!(1000.5), &json!(990)));
    }
    // Each credited with what the bank settled, less the merchant's fee of 3 %.
    assert_eq!(desk.naira(), 4 * (99_000 - 2_970));
    desk.assert_audit_is_clean();
}

#[test]
fn wrong_sums_are_held_for_a_person() {
    let desk = Desk::open();
    let number = desk.open_account();
    for (place, (name, value)) in
        [("settledAmount", "2"), ("feeAmount", "0.01"), ("transactionAmount", "3")]
            .iter()
            .enumerate()
    {
        let changes = [("settlementId", json!(format!("s-{place}"))), (*name, json!(value))];
        let body = with(example(&number), &changes);
        assert_eq!((desk.tell(&body), desk.tell(&body)), ("00".to_owned(), "01".to_owned()));
        let deposit = desk.wait_for("needs_review");
        assert_eq!(deposit["review_reason"], "sums_differ", "{deposit}");
        assert_eq!(deposit["dgs_reference"], Value::Null);
    }
    assert_eq!((desk.naira(), desk.receiver.received().len()), (0, 0));
    assert_eq!(desk.get("/deposits?state=needs_review")["pagination"]["total"], 3);
    desk.assert_audit_is_clean();
}

#[test]
fn an_operator_may_want_to_look_at_every_unverified_notice() {
    let options = testkit::Options::default().variable("DGSPAY_PROVIDUS_UNVERIFIED", "review");
    let desk = Desk::open_with(options);
    let number = desk.open_account();
    assert_eq!(desk.tell(&example(&number)), "00");
    assert_eq!(desk.wait_for("needs_review")["review_reason"], "not_verified");
    assert_eq!(desk.naira(), 0);
    desk.assert_audit_is_clean();
}

#[test]
fn what_was_answered_with_success_outlives_a_kill() {
    let mut desk = Desk::open();
    let number = desk.open_account();
    let notices: Vec<Value> = (0..KILLED)
        .map(|place| with(example(&number), &[("settlementId", json!(format!("s-{place}")))]))
        .collect();
    let answered = AtomicUsize::new(0);
    let api = desk.sandbox.api.clone();
    let codes: Vec<Option<String>> = thread::scope(|scope| {
        let (api, answered) = (&api, &answered);
        let tellers: Vec<_> = notices
            .chunks(KILLED / TELLERS)
            .map(|share| {
                let tell = move |notice: &Value| {
                    let told = try_tell(api, notice);
                    answered.fetch_add(1, Ordering::SeqCst);
                    told
                };
                scope.spawn(move || share.iter().map(tell).collect::<Vec<_>>())
            })
            .collect();
        while answered.load(Ordering::SeqCst) < KILLED / 3 {
            thread::yield_now();
        }
        desk.sandbox.kill();
        tellers.into_iter().flat_map(|teller| teller.join().expect("it ends")).collect()
    });
    desk.sandbox.restart();
    let taken = codes.iter().flatten().filter(|code| *code == "00").count();
    assert!((KILLED / 3 - TELLERS..KILLED).contains(&taken), "{taken} before the kill");
    for (notice, before) in notices.iter().zip(&codes) {
        let now = desk.tell(notice);
        assert!(now == "01" || before.is_none(), "{now} after {before:?}");
    }
    assert_eq!(desk.get("/deposits?state=credited")["pagination"]["total"], KILLED);
    assert_eq!(desk.naira(), i64::try_from(KILLED).expect("few") * 97);
    desk.assert_audit_is_clean();
}
