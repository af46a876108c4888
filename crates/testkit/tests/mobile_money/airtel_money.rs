//! Airtel Money: every flow, every test number, every padding, and what happens when answers are
//! lost.

use dialects::provider::About;
use dialects::provider::CallbackFault;
use dialects::provider::airtel_money::KIND;
use domain::provider_call::Verdict;
use testkit::Receiver;
use testkit::providers::airtel_money::sealed::{PUBLIC_KEY, Padding};
use testkit::providers::airtel_money::{AirtelMoney, Hashed, SETTINGS, Signing};
use testkit::providers::drive::Driver;
use testkit::providers::{Callbacks, Decision, Fault, Pace, Plan, Server};

use crate::sample::{Sample, connector, outcome, read, wishes};

/// After this, Airtel's word of a failure counts.
const FIRST_MINUTES_S: u64 = 180;

fn server(plan: Plan) -> Server {
    Server::start(Box::new(AirtelMoney::default()), wishes(plan))
}

fn settings<'a>(given: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    [&SETTINGS[..], given].concat()
}

#[test]
fn money_is_collected_paid_out_and_given_back() {
    let server = server(Plan::Flawless);
    let airtel = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*airtel, None);
    let charge = Sample::charge("1001", 2000, "730000111");
    let pushed = charge.submit(&driver);
    assert_eq!(pushed.verdict, Verdict::Pending);
    assert_eq!(pushed.ask_again_after.map(|wait| wait.as_secs()), Some(FIRST_MINUTES_S));
    let paid = charge.enquire(&driver);
    assert_eq!(paid.verdict, Verdict::Succeeded);

    for (version, reference) in [("v1", "1002"), ("v2", "1003"), ("v3", "1004")] {
        let given = settings(&[("disbursement_version", version)]);
        let airtel = connector(KIND, &server.url(), &given);
        let driver = Driver::new(&*airtel, None);
        let payout = Sample::disbursement(reference, 4900, "730000111");
        assert_eq!(payout.submit(&driver).verdict, Verdict::Succeeded, "{version}");
        assert_eq!(payout.enquire(&driver).verdict, Verdict::Succeeded, "{version}");
    }

    let part = Sample::refund("1005", 500, &charge, &paid);
    assert_eq!(outcome(&part.submit(&driver)), "96");
    let refund = Sample::refund("1006", 2000, &charge, &paid);
    assert_eq!(refund.submit(&driver).verdict, Verdict::Succeeded);
    assert!(server.world.entries().iter().all(|entry| entry.executions == 1));
}

#[test]
fn test_numbers() {
    let server = server(Plan::Flawless);
    let airtel = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*airtel, None);
    for (phone, first, last) in [
        ("730000001", "13", ""),
        ("730000002", "Unknown", "Unheard"),
        ("730000003", "Unknown", "Unheard"),
        ("730000101", "Pending", "51"),
        ("730000102", "Pending", "55"),
        ("730000103", "Pending", "05"),
        ("730000104", "Pending", "57"),
        ("730000201", "Pending", "Pending"),
        ("720000111", "Pending", "Succeeded"),
    ] {
        let charge = Sample::charge(phone, 2000, phone).later(FIRST_MINUTES_S);
        assert_eq!(outcome(&charge.submit(&driver)), first, "{phone}");
        if !last.is_empty() {
            assert_eq!(outcome(&charge.enquire(&driver)), last, "{phone}");
        }
    }
    for (phone, first, last) in [
        ("730000101", "51", "51"),
        ("730000104", "57", "57"),
        ("730000201", "Pending", "Pending"),
        // Ambiguous, then done.
        ("730000202", "Unknown", "Succeeded"),
    ] {
        let payout = Sample::disbursement(&format!("9{phone}"), 2000, phone);
        assert_eq!(outcome(&payout.submit(&driver)), first, "{phone}");
        assert_eq!(outcome(&payout.enquire(&driver)), last, "{phone}");
    }
}

#[test]
fn a_lost_answer_never_moves_the_money_twice() {
    for fault in [
        Fault::LostAfterExecute,
        Fault::ErrorAfterExecute,
        Fault::Html,
        Fault::EmptyOk,
        Fault::Truncated,
    ] {
        for operation in ["collection", "disbursement"] {
            let server = server(Plan::Script(vec![(operation, 0, fault)]));
            let airtel = connector(KIND, &server.url(), &SETTINGS);
            let driver = Driver::new(&*airtel, None);
            let sample = match operation {
                "collection" => Sample::charge("1001", 4900, "730000111"),
                _ => Sample::disbursement("1001", 4900, "730000111"),
            };
            assert_eq!(sample.submit(&driver).verdict, Verdict::Unknown, "{fault:?}");
            assert_eq!(sample.submit(&driver).verdict, Verdict::Succeeded, "{fault:?}");
            let entries = server.world.entries();
            let counts: Vec<_> = entries.iter().map(|e| (e.submissions, e.executions)).collect();
            assert_eq!(counts, [(2, 1)], "{fault:?} of {operation}");
        }
    }
}

#[test]
fn a_lost_refund_is_left_to_a_person() {
    let server = server(Plan::Script(vec![("refund", 0, Fault::LostAfterExecute)]));
    let airtel = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*airtel, None);
    let charge = Sample::charge("1001", 2000, "730000111");
    charge.submit(&driver);
    let refund = Sample::refund("1002", 2000, &charge, &charge.enquire(&driver));
    assert_eq!(refund.submit(&driver).verdict, Verdict::Unknown);
    assert_eq!(refund.enquire(&driver).verdict, Verdict::Unknown);
    assert_eq!(server.world.requests("refund"), 1);
}

#[test]
fn an_expired_token_is_replaced() {
    let server = server(Plan::Flawless);
    let airtel = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*airtel, None);
    let charge = Sample::charge("1001", 2000, "730000111");
    charge.submit(&driver);
    server.world.expire_tokens();
    assert_eq!(charge.enquire(&driver).verdict, Verdict::Succeeded);
    assert_eq!(server.world.requests("token"), 2);
}

#[test]
fn a_pin_opens_with_its_own_padding_alone() {
    const PADDINGS: [(&str, Padding); 4] = [
        ("pkcs1", Padding::Pkcs1),
        ("oaep_sha1", Padding::OaepSha1),
        ("oaep_sha256_mgf1_sha1", Padding::OaepSha256Mgf1Sha1),
        ("oaep_sha256", Padding::OaepSha256),
    ];
    for (_, padding) in PADDINGS {
        let protocol = AirtelMoney { padding, ..AirtelMoney::default() };
        let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
        for (place, (word, other)) in PADDINGS.into_iter().enumerate() {
            let given = settings(&[("pin_padding", word)]);
            let airtel = connector(KIND, &server.url(), &given);
            let payout = Sample::disbursement(&format!("100{place}"), 100, "730000111");
            let said = outcome(&payout.submit(&Driver::new(&*airtel, None)));
            let expected = if padding == other { "Succeeded" } else { "96" };
            assert_eq!(said, expected, "{word} for {padding:?}");
        }
        assert_eq!(server.world.entries().len(), 1);
    }
}

#[test]
fn a_wrong_pin_ends_the_disbursement() {
    let server = server(Plan::Flawless);
    let airtel = connector(KIND, &server.url(), &settings(&[("pin", "1111")]));
    let payout = Sample::disbursement("1001", 100, "730000111");
    assert_eq!(outcome(&payout.submit(&Driver::new(&*airtel, None))), "96");
    assert!(server.world.entries().is_empty());
}

#[test]
fn both_sides_sign_or_neither_does() {
    for (switch, signing, expected) in [
        ("on", Signing::On, "Pending"),
        ("on", Signing::Off, "96"),
        ("off", Signing::On, "96"),
        ("off", Signing::Off, "Pending"),
    ] {
        let protocol = AirtelMoney { signing, ..AirtelMoney::default() };
        let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
        let given = settings(&[("signing", switch), ("signing_public_key", PUBLIC_KEY)]);
        let airtel = connector(KIND, &server.url(), &given);
        let charge = Sample::charge("1001", 2000, "730000111");
        let said = outcome(&charge.submit(&Driver::new(&*airtel, None)));
        assert_eq!(said, expected, "{switch} {signing:?}");
    }
}

#[test]
fn an_empty_wallet_pays_nobody() {
    let protocol = AirtelMoney { float: 5000, ..AirtelMoney::default() };
    let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
    let airtel = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*airtel, None);
    for (reference, expected) in [("1001", "Succeeded"), ("1002", "51")] {
        let payout = Sample::disbursement(reference, 4000, "730000111");
        assert_eq!(outcome(&payout.submit(&driver)), expected);
    }
}

/// First a callback of failure while the payer still thinks, then one of success.
#[test]
fn callbacks_are_checked_and_never_believed() {
    for hashed in [Hashed::Body, Hashed::Transaction] {
        let receiver = Receiver::start();
        let protocol = AirtelMoney { hashed, ..AirtelMoney::default() };
        let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
        server.world.wish(|wishes| {
            wishes.callbacks = Callbacks::Once;
            wishes.callback_url = Some(receiver.url("/airtel"));
            wishes.pace = Pace::ByHand;
        });
        let airtel = connector(KIND, &server.url(), &SETTINGS);
        let driver = Driver::new(&*airtel, None);
        let charge = Sample::charge("1001", 2000, "730000111");
        charge.submit(&driver);
        server.world.repeat("1001");
        assert_eq!(charge.enquire(&driver).verdict, Verdict::Pending);
        server.world.decide("1001", Decision::Approve);
        assert_eq!(charge.enquire(&driver).verdict, Verdict::Succeeded);
        server.world.wish(|wishes| wishes.callbacks = Callbacks::Forged);
        server.world.repeat("1001");

        let received = receiver.received_at("/airtel");
        let told: Vec<_> = received.iter().map(|one| read(&*airtel, one)).collect();
        let [Ok(early), Ok(last), Err(forged)] = told.as_slice() else { panic!("{told:?}") };
        for one in [early, last] {
            assert_eq!(one.about, About::ClientReference("1001".to_owned()));
            assert_eq!(one.word, None);
        }
        assert_ne!(early.dedupe_key, last.dedupe_key);
        assert_eq!(*forged, CallbackFault::Forged);
    }
}
