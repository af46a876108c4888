//! MTN MoMo: every flow, every test number, and what happens when answers are lost.

use dialects::provider::mtn_momo::KIND;
use dialects::provider::{About, Connector};
use domain::provider_call::Verdict;
use testkit::Receiver;
use testkit::providers::drive::Driver;
use testkit::providers::mtn_momo::{MtnMomo, ReasonForm, SETTINGS};
use testkit::providers::wire::{self, Sent};
use testkit::providers::{Callbacks, Decision, Fault, Pace, Plan, Server};

use crate::sample::{Sample, connector, outcome, read, rwf, wishes};

fn server(plan: Plan) -> Server {
    Server::start(Box::new(MtnMomo::default()), wishes(plan))
}

#[test]
fn money_is_collected_paid_out_and_given_back() {
    let server = server(Plan::Flawless);
    let momo = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*momo, None);
    let charge = Sample::charge("1001", 2000, "788000111");
    assert_eq!(charge.submit(&driver).verdict, Verdict::Pending);
    let paid = charge.enquire(&driver);
    assert_eq!((&paid.verdict, paid.stated), (&Verdict::Succeeded, Some(rwf(2000))));

    let payout = Sample::disbursement("1002", 4900, "788000111");
    assert_eq!(payout.submit(&driver).verdict, Verdict::Pending);
    let done = payout.enquire(&driver);
    assert_eq!((&done.verdict, done.stated), (&Verdict::Succeeded, Some(rwf(4900))));
    assert!(done.proof.is_some());

    let refund = Sample::refund("1003", 500, &charge, &paid);
    assert_eq!(refund.submit(&driver).verdict, Verdict::Pending);
    assert_eq!(refund.enquire(&driver).verdict, Verdict::Succeeded);

    // A token for each product, and each used again.
    assert_eq!(server.world.requests("token"), 2);
    assert!(server.world.entries().iter().all(|entry| entry.executions == 1));
}

/// The last two digits from 50, and what becomes of the charge and of the transfer.
#[test]
fn test_numbers() {
    const ROWS: [(&str, &str); 15] = [
        ("05", "05"),
        ("05", "05"),
        ("05", "05"),
        ("Pending", "Pending"),
        ("Succeeded", "Succeeded"),
        ("14", "51"),
        ("57", "61"),
        ("57", "14"),
        ("96", "57"),
        ("96", "96"),
        ("96", "96"),
        ("05", "96"),
        ("Unheard", "05"),
        ("05", "Unheard"),
        ("96", "96"),
    ];
    let server = server(Plan::Flawless);
    let momo = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*momo, None);
    for (place, (charged, paid_out)) in ROWS.into_iter().enumerate() {
        let phone = format!("7880001{}", 50 + place);
        let end = |sample: Sample| {
            let first = sample.submit(&driver);
            let is_open = matches!(first.verdict, Verdict::Pending | Verdict::Unknown);
            if is_open { outcome(&sample.enquire(&driver)) } else { outcome(&first) }
        };
        let charge = Sample::charge(&format!("1{place:03}"), 2000, &phone);
        assert_eq!(end(charge), charged, "charge of {phone}");
        let payout = Sample::disbursement(&format!("2{place:03}"), 2000, &phone);
        assert_eq!(end(payout), paid_out, "transfer to {phone}");
    }
}

#[test]
fn a_lost_answer_never_moves_the_money_twice() {
    for fault in [Fault::LostAfterExecute, Fault::ErrorAfterExecute, Fault::Html, Fault::EmptyOk] {
        let server = server(Plan::Script(vec![("transfer", 0, fault)]));
        let momo = connector(KIND, &server.url(), &SETTINGS);
        let driver = Driver::new(&*momo, None);
        let payout = Sample::disbursement("1001", 4900, "788000111");
        assert_eq!(payout.submit(&driver).verdict, Verdict::Unknown, "{fault:?}");
        // The same again: MTN has it, so that it is asked about.
        assert_eq!(payout.submit(&driver).verdict, Verdict::Succeeded, "{fault:?}");
        let entries = server.world.entries();
        let counts: Vec<_> = entries.iter().map(|one| (one.submissions, one.executions)).collect();
        assert_eq!(counts, [(2, 1)], "{fault:?}");
    }
}

#[test]
fn what_never_arrived_is_unheard_of_and_may_be_sent_again() {
    let server = server(Plan::Script(vec![("requesttopay", 0, Fault::ErrorBefore)]));
    let momo = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*momo, None);
    let charge = Sample::charge("1001", 2000, "788000111");
    assert_eq!(charge.submit(&driver).verdict, Verdict::Unknown);
    assert_eq!(charge.enquire(&driver).verdict, Verdict::Unheard);
    assert_eq!(charge.submit(&driver).verdict, Verdict::Pending);
    assert_eq!(charge.enquire(&driver).verdict, Verdict::Succeeded);
}

#[test]
fn an_unreadable_answer_to_a_question_is_no_failure() {
    for fault in [Fault::LostAfterExecute, Fault::ErrorAfterExecute, Fault::Html, Fault::Truncated]
    {
        let server = server(Plan::Script(vec![("enquiry", 0, fault)]));
        let momo = connector(KIND, &server.url(), &SETTINGS);
        let driver = Driver::new(&*momo, None);
        let charge = Sample::charge("1001", 2000, "788000150");
        charge.submit(&driver);
        assert_eq!(charge.enquire(&driver).verdict, Verdict::Unknown, "{fault:?}");
        assert_eq!(outcome(&charge.enquire(&driver)), "05", "{fault:?}");
    }
}

#[test]
fn an_expired_token_is_replaced() {
    let server = server(Plan::Flawless);
    let momo = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*momo, None);
    let charge = Sample::charge("1001", 2000, "788000111");
    charge.submit(&driver);
    server.world.expire_tokens();
    assert_eq!(charge.enquire(&driver).verdict, Verdict::Succeeded);
    assert_eq!(server.world.requests("token"), 2);
}

#[test]
fn wrong_credentials_send_nothing() {
    let server = server(Plan::Flawless);
    let mut settings = SETTINGS;
    settings[2].1 = "wrong";
    let momo = connector(KIND, &server.url(), &settings);
    let charge = Sample::charge("1001", 2000, "788000111");
    assert_eq!(charge.submit(&Driver::new(&*momo, None)).verdict, Verdict::NotSent);
    assert!(server.world.entries().is_empty());
}

#[test]
fn an_empty_wallet_pays_nobody() {
    let protocol = MtnMomo { float: 5000, reason_form: ReasonForm::Object, ..MtnMomo::default() };
    let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
    let momo = connector(KIND, &server.url(), &SETTINGS);
    let driver = Driver::new(&*momo, None);
    for (reference, expected) in [("1001", "Succeeded"), ("1002", "51")] {
        let payout = Sample::disbursement(reference, 4000, "788000111");
        payout.submit(&driver);
        assert_eq!(outcome(&payout.enquire(&driver)), expected);
    }
}

#[test]
fn the_environment_and_its_currency_must_fit() {
    let server = server(Plan::Flawless);
    let charge = Sample::charge("1001", 2000, "788000111");
    let given = [&SETTINGS[..], &[("target_environment", "sandbox"), ("currency", "RWF")]].concat();
    let momo = connector(KIND, &server.url(), &given);
    assert_eq!(outcome(&charge.submit(&Driver::new(&*momo, None))), "96");

    let protocol = MtnMomo { target_environment: "sandbox", ..MtnMomo::default() };
    let sandbox = Server::start(Box::new(protocol), wishes(Plan::Flawless));
    let momo = connector(KIND, &sandbox.url(), &given);
    assert_eq!(outcome(&charge.submit(&Driver::new(&*momo, None))), "96");
    assert!(sandbox.world.entries().is_empty());
}

#[test]
fn a_callback_of_either_method_leads_to_a_question() {
    for (method, callbacks) in
        [("PUT", Callbacks::Duplicate), ("POST", Callbacks::Misstated), ("PUT", Callbacks::Forged)]
    {
        let receiver = Receiver::start();
        let protocol = MtnMomo {
            callback_method: method,
            callback_host: Some("127.0.0.1".to_owned()),
            ..MtnMomo::default()
        };
        let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
        server.world.wish(|wishes| {
            wishes.callbacks = callbacks;
            wishes.pace = Pace::ByHand;
        });
        let given = [&SETTINGS[..], &[("callbacks", "on")]].concat();
        let momo = connector(KIND, &server.url(), &given);
        let driver = Driver::new(&*momo, None);
        let callback_url = receiver.url("/mtn");
        let charge = Sample { callback_url, ..Sample::charge("1001", 2000, "788000111") };
        assert_eq!(charge.submit(&driver).verdict, Verdict::Pending);
        let reference = server.world.entries()[0].reference.clone();
        server.world.decide(&reference, Decision::Approve);

        let told = receiver.received_at("/mtn");
        assert_eq!(told.len(), if callbacks == Callbacks::Duplicate { 2 } else { 1 });
        assert!(told.iter().all(|one| one.method == method));
        let keys: Vec<String> = told.iter().map(|one| checked(&*momo, one)).collect();
        assert!(keys.windows(2).all(|two| two[0] == two[1]));
        // Whatever it said: the truth is asked for.
        let word = charge.enquire(&driver);
        assert_eq!((word.verdict, word.stated), (Verdict::Succeeded, Some(rwf(2000))));
    }
}

/// Its key; it must be about the charge, and say nothing by itself.
fn checked(momo: &dyn Connector, received: &testkit::Received) -> String {
    let told = read(momo, received).expect("an authentic callback");
    assert_eq!(told.about, About::ClientReference("1001".to_owned()));
    assert_eq!(told.word, None);
    told.dedupe_key
}

#[test]
fn a_callback_host_that_is_not_registered_is_refused() {
    let protocol =
        MtnMomo { callback_host: Some("hooks.example.rw".to_owned()), ..MtnMomo::default() };
    let server = Server::start(Box::new(protocol), wishes(Plan::Flawless));
    let given = [&SETTINGS[..], &[("callbacks", "on")]].concat();
    let momo = connector(KIND, &server.url(), &given);
    let charge = Sample::charge("1001", 2000, "788000111");
    assert_eq!(outcome(&charge.submit(&Driver::new(&*momo, None))), "96");
}

/// As a developer does it once, in the sandbox.
#[test]
fn an_api_user_can_be_provisioned() {
    let server = server(Plan::Flawless);
    let user = "3f0c1d52-7b1e-4a34-9d0b-5a1f6f0f2b11";
    let send = |method, path: String, headers: &[(&'static str, &str)], body: &str| {
        let url = format!("{}{path}", server.url());
        let headers = headers.to_vec();
        wire::send(&Sent { method, url: &url, headers, body: body.as_bytes() }, None).unwrap()
    };
    let create = || {
        let body = r#"{"providerCallbackHost":"hooks.example.rw"}"#;
        send("POST", "/v1_0/apiuser".to_owned(), &[("x-reference-id", user)], body).status
    };
    assert_eq!((create(), create()), (201, 409));
    let shown = send("GET", format!("/v1_0/apiuser/{user}"), &[], "");
    assert_eq!(shown.json()["providerCallbackHost"], "hooks.example.rw");
    let made = send("POST", format!("/v1_0/apiuser/{user}/apikey"), &[], "");
    let key = made.json()["apiKey"].as_str().unwrap().to_owned();

    let mut settings = SETTINGS;
    settings[1].1 = user;
    settings[2].1 = &key;
    let momo = connector(KIND, &server.url(), &settings);
    let charge = Sample::charge("1001", 2000, "788000111");
    assert_eq!(charge.submit(&Driver::new(&*momo, None)).verdict, Verdict::Pending);
}
