//! Flutterwave: the connector against the server.

use std::path::Path;

use dialects::provider::flutterwave::Flutterwave as Client;
use dialects::provider::setting::Values;
use dialects::provider::{
    About, Address, Callback, CallbackFault, CardData, Connector, Next, Reply, Request, Secret,
    Shown, Task, Verb,
};
use domain::Timestamp;
use domain::disbursement::Recipient;
use domain::payment::NextAction;
use domain::provider_call::{Provider, Verdict, Word};
use serde_json::Value;
use testkit::Receiver;
use testkit::providers::drive::{Driver, drive};
use testkit::providers::faults::CONNECT;
use testkit::providers::flutterwave::{self as flw, Flutterwave};
use testkit::providers::world::Wishes;
use testkit::providers::{Callbacks, Fault, Kind, Pace, Plan, Server, State};

use crate::cases::Case;
use crate::schema;

const OURS: Provider = Provider::Flutterwave;

fn start(wishes: Wishes) -> (Server, Client) {
    start_with(Flutterwave::default(), wishes)
}

fn start_with(protocol: Flutterwave, wishes: Wishes) -> (Server, Client) {
    let server = Server::start(Box::new(protocol), wishes);
    let client = client(&server);
    (server, client)
}

fn client(server: &Server) -> Client {
    let given = [
        ("url", server.url()),
        ("token_url", server.url() + flw::TOKEN_PATH),
        ("client_id", flw::CLIENT_ID.to_owned()),
        ("client_secret", flw::CLIENT_SECRET.to_owned()),
        ("encryption_key", flw::ENCRYPTION_KEY.to_owned()),
        ("webhook_secret", flw::WEBHOOK_SECRET.to_owned()),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), Secret::new(value)));
    let settings = dialects::provider::flutterwave::KIND.settings;
    let values = Values::of(settings, given).expect("every setting");
    Client::new(&values).expect("good settings")
}

fn card() -> CardData {
    CardData {
        number: Secret::new("5531886652142950"),
        expiry_month: 9,
        expiry_year: 2032,
        cvv: Secret::new("564"),
    }
}

fn address() -> Address {
    Address {
        line1: "KN 5 Rd".to_owned(),
        line2: None,
        city: None,
        state: None,
        country: "RW".to_owned(),
        postal_code: None,
    }
}

fn to_bank(number: i64) -> Case {
    let recipient = Recipient::Bank {
        bank_key: "bk_rw".to_owned(),
        account_number: "000400012345678".to_owned(),
        name: Some("Éric Habimana".to_owned()),
        branch: None,
    };
    Case::transfer(OURS, number, recipient)
}

/// Submits, and asks how it stands.
fn run(client: &Client, case: &mut Case) -> (Word, Word) {
    let first = drive(client, &case.ask(Task::Submit(None)));
    let first = case.hear(first);
    let last = drive(client, &case.ask(Task::Enquire));
    (first, case.hear(last))
}

#[test]
fn mobile_money_is_approved_declined_or_never_answered() {
    let (_server, client) = start(Wishes::default());
    let mut approved = Case::charge(OURS, 1, Some("788000111"), "");
    let (first, last) = run(&client, &mut approved);
    assert_eq!(first.verdict, Verdict::NextAction(NextAction::Redirect));
    assert!(first.instruction.unwrap().contains("250788000111"));
    assert_eq!((last.verdict, last.stated), (Verdict::Succeeded, Some(approved.payment.gross)));
    let (_, last) = run(&client, &mut Case::charge(OURS, 2, Some("788000001"), ""));
    let Verdict::Declined(reason) = last.verdict else { panic!("{last:?}") };
    assert_eq!((reason.kind.as_str(), reason.code.as_str()), ("insufficient_funds", "51"));
    let (_, last) = run(&client, &mut Case::charge(OURS, 3, Some("788000003"), ""));
    assert_eq!(last.verdict, Verdict::NextAction(NextAction::Redirect));
    let (first, _) = run(&client, &mut Case::charge(OURS, 4, Some("788000004"), ""));
    assert!(first.page_url.unwrap().contains("/redirects?token=chg_SIM"));
}

#[test]
fn cards_go_through_their_steps() {
    let (server, client) = start(Wishes::default());
    let (card, address) = (card(), address());
    let (pin, otp) = (Secret::new("12345"), Secret::new("123456"));
    let (wrong_pin, wrong_otp) = (Secret::new("00000"), Secret::new("000000"));
    let waits = Verdict::NextAction;
    let pin_and_otp = [
        (Shown::Pin(&wrong_pin), waits(NextAction::Pin)),
        (Shown::Pin(&pin), waits(NextAction::Otp)),
        (Shown::Otp(&wrong_otp), waits(NextAction::Otp)),
        (Shown::Otp(&otp), Verdict::Succeeded),
        (Shown::Otp(&otp), Verdict::Succeeded),
    ];
    let flows = [
        ("", Verdict::Succeeded, vec![]),
        ("scenario:auth_pin", waits(NextAction::Pin), pin_and_otp.to_vec()),
        (
            "scenario:auth_pin_3ds",
            waits(NextAction::Pin),
            vec![(Shown::Pin(&pin), waits(NextAction::Redirect))],
        ),
        ("scenario:auth_3ds", waits(NextAction::Redirect), vec![]),
        (
            "scenario:auth_avs",
            waits(NextAction::Address),
            vec![(Shown::Address(&address), Verdict::Succeeded)],
        ),
    ];
    for (number, (scenario, first, steps)) in (1..).zip(flows) {
        let mut case = Case::charge(OURS, number, None, scenario);
        let word = drive(&client, &case.ask(Task::Submit(Some(&card))));
        assert_eq!(case.hear(word).verdict, first, "{scenario}");
        for (shown, verdict) in steps {
            let word = drive(&client, &case.ask(Task::Authorize(shown)));
            assert_eq!(case.hear(word).verdict, verdict, "{scenario} {shown:?}");
        }
        let word = drive(&client, &case.ask(Task::Enquire));
        if let Some(page) = word.page_url {
            post(&(page + "&answer=approve"));
        }
        assert_eq!(drive(&client, &case.ask(Task::Enquire)).verdict, Verdict::Succeeded);
    }
    let declined = Case::charge(OURS, 9, None, "issuer:incorrect_pin");
    let word = drive(&client, &declined.ask(Task::Submit(Some(&card))));
    let Verdict::Declined(reason) = word.verdict else { panic!("{word:?}") };
    assert_eq!((reason.code.as_str(), reason.text.as_str()), ("55", "Incorrect pin"));
    let executed = server.world.entries().iter().filter(|one| one.executions == 1).count();
    assert_eq!(executed, 5);
}

fn post(url: &str) {
    let (method, headers) = ("POST", Vec::new());
    let sent = testkit::providers::wire::Sent { method, url, headers, body: b"" };
    assert_eq!(testkit::providers::wire::send(&sent, None).expect("it answers").status, 302);
}

#[test]
fn transfers_pay_what_is_left_after_the_fee() {
    let (server, client) = start(Wishes::default());
    let (first, last) = run(&client, &mut Case::to_phone(OURS, 1, "738000111"));
    assert_eq!(first.verdict, Verdict::Pending);
    assert_eq!(last.verdict, Verdict::Succeeded);
    assert_eq!(last.stated.map(|money| money.minor()), Some(4900));
    assert_eq!(last.proof.map(|proof| proof.len()), Some(30));
    let (_, last) = run(&client, &mut Case::to_phone(OURS, 2, "738000001"));
    let Verdict::Declined(reason) = last.verdict else { panic!("{last:?}") };
    assert_eq!((reason.kind.as_str(), reason.code.as_str()), ("insufficient_balance", "0307"));
    let mut case = to_bank(3);
    let (_, last) = run(&client, &mut case);
    assert_eq!(last.verdict, Verdict::Succeeded);
    flw::transfers::reverse(&server.world, &case.call.client_reference);
    let word = drive(&client, &case.ask(Task::Enquire));
    assert!(matches!(word.verdict, Verdict::Declined(_)), "{word:?}");
}

#[test]
fn a_refund_gives_a_charge_back() {
    let (server, client) = start(Wishes::default());
    let mut charge = Case::charge(OURS, 1, Some("788000111"), "");
    run(&client, &mut charge);
    let mut refund = Case::refund(2, &charge);
    let (first, last) = run(&client, &mut refund);
    assert_eq!((first.verdict, last.verdict), (Verdict::Pending, Verdict::Succeeded));
    // An answer lost on the way: it is found by what its meta says.
    refund.payment.provider_reference = None;
    assert_eq!(drive(&client, &refund.ask(Task::Enquire)).verdict, Verdict::Succeeded);
    let unmade = Case::refund(3, &charge);
    assert_eq!(drive(&client, &unmade.ask(Task::Enquire)).verdict, Verdict::Unheard);
    let refunds = server.world.entries().iter().filter(|one| one.kind == Kind::Refund).count();
    assert_eq!(refunds, 1);
}

#[test]
fn whatever_happens_to_an_answer_the_money_moves_once_and_is_heard_of() {
    for fault in Fault::ALL {
        let operation = if fault == Fault::Refused { CONNECT } else { "charge" };
        // The first connection brings the token, the second one the request.
        let at = u64::from(fault == Fault::Refused);
        let lost = |operation, at| Wishes {
            plan: Plan::Script(vec![(operation, at, fault)]),
            ..Wishes::default()
        };
        let (server, client) = start(lost(operation, at));
        let (first, last) = run(&client, &mut Case::charge(OURS, 1, Some("788000111"), ""));
        let never_came = matches!(fault, Fault::ErrorBefore | Fault::Refused);
        let expected = if never_came { Verdict::Unheard } else { Verdict::Succeeded };
        assert_eq!(last.verdict, expected, "charge, {fault:?}");
        if fault != Fault::TokensExpired {
            assert_eq!(first.verdict, Verdict::Unknown, "charge, {fault:?}");
        }
        assert_eq!(executions(&server), u32::from(!never_came), "charge, {fault:?}");

        let operation = if fault == Fault::Refused { CONNECT } else { "transfer" };
        let (server, client) = start(lost(operation, at));
        let mut case = Case::to_phone(OURS, 2, "738000111");
        run(&client, &mut case);
        let last = drive(&client, &case.ask(Task::Enquire));
        assert_eq!(last.verdict, Verdict::Succeeded, "transfer, {fault:?}");
        assert_eq!(executions(&server), 1, "transfer, {fault:?}");
    }
}

fn executions(server: &Server) -> u32 {
    server.world.entries().iter().map(|entry| entry.executions).sum()
}

#[test]
fn a_transfer_is_found_when_its_key_is_forgotten() {
    let protocol = Flutterwave::default();
    let plan = Plan::Script(vec![("transfer", 11, Fault::LostAfterExecute)]);
    let (server, client) = start_with(protocol.clone(), Wishes { plan, ..Wishes::default() });
    let driver = Driver::new(&client, None);
    for number in 1..=12 {
        driver.ask(&Case::to_phone(OURS, number, "738000111").ask(Task::Submit(None)));
    }
    protocol.forget_keys();
    let lost = Case::to_phone(OURS, 12, "738000111");
    assert_eq!(driver.ask(&lost.ask(Task::Enquire)).verdict, Verdict::Succeeded);
    assert_eq!(executions(&server), 12);
    assert_eq!(server.world.requests("token"), 1);
}

#[test]
fn callbacks_are_signed_and_forgeries_are_known() {
    let receiver = Receiver::start();
    for (callbacks, came) in
        [(Callbacks::Once, 1), (Callbacks::Duplicate, 2), (Callbacks::Forged, 1)]
    {
        let path = format!("/ok/{callbacks:?}");
        let callback_url = Some(receiver.url(&path));
        let (server, client) =
            start(Wishes { callbacks, callback_url, pace: Pace::ByHand, ..Wishes::default() });
        let case = Case::charge(OURS, 1, Some("788000111"), "");
        drive(&client, &case.ask(Task::Submit(None)));
        let reference = &case.call.client_reference;
        server.world.decide(reference, testkit::providers::Decision::Approve);
        assert_eq!(server.world.entries()[0].state, State::Executed);
        let received = receiver.wait_at(&path, came);
        let told: Vec<_> = received.iter().map(|one| read(&client, one)).collect();
        if callbacks == Callbacks::Forged {
            assert_eq!(told, [Err(CallbackFault::Forged)]);
            continue;
        }
        assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
        let about = told[0].as_ref().map(|one| one.about.clone());
        assert_eq!(about, Ok(About::ClientReference(reference.clone())));
    }
}

fn read(
    client: &Client,
    one: &testkit::Received,
) -> Result<dialects::provider::Told, CallbackFault> {
    let headers: Vec<(String, Vec<u8>)> = one
        .head
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone().into_bytes()))
        .collect();
    let now = Timestamp::from_micros(0);
    client.read_callback(&Callback { headers: &headers, path: "", body: &one.body, now })
}

/// All that is said in one conversation.
fn converse(client: &Client, case: &mut Case, task: Task<'_>) -> Vec<(Request, Reply)> {
    let driver = Driver::new(client, None);
    let (mut said, mut replies) = (Vec::new(), Vec::new());
    loop {
        match client.next(&case.ask(task), &replies) {
            Next::Done(word) => {
                case.hear(word);
                return said;
            }
            Next::Send(request) => {
                let reply = driver.send(&request);
                replies.push(reply.clone());
                said.push((request, reply));
            }
        }
    }
}

#[test]
fn all_that_is_said_fits_the_providers_description() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference/flutterwave-v4-schemas.json");
    let Ok(text) = std::fs::read(&file) else {
        println!("not checked: there is no {}", file.display());
        return;
    };
    let schemas: Value = serde_json::from_slice(&text).unwrap();
    let (_server, client) = start(Wishes::default());
    let (card, address) = (card(), address());
    let (pin, otp) = (Secret::new("12345"), Secret::new("000000"));
    let mut said = Vec::new();
    let mut charge = Case::charge(OURS, 1, Some("788000111"), "");
    let mut refused = Case::charge(OURS, 2, Some("788000111"), "");
    refused.detail = charge.detail.clone();
    if let domain::payment::Detail::Charge(detail) = &mut refused.detail {
        detail.customer.email = "no address".to_owned();
    }
    let mut by_pin = Case::charge(OURS, 3, None, "scenario:auth_pin");
    let mut by_address = Case::charge(OURS, 4, None, "scenario:auth_avs");
    let mut redirected = Case::charge(OURS, 5, None, "scenario:auth_3ds");
    let mut failed = Case::to_phone(OURS, 6, "738000001");
    let (mut to_phone, mut to_bank) = (Case::to_phone(OURS, 7, "738000111"), to_bank(8));
    for case in [&mut charge, &mut refused, &mut failed, &mut to_phone, &mut to_bank] {
        said.extend(converse(&client, case, Task::Submit(None)));
        said.extend(converse(&client, case, Task::Enquire));
    }
    for case in [&mut by_pin, &mut by_address, &mut redirected] {
        said.extend(converse(&client, case, Task::Submit(Some(&card))));
    }
    said.extend(converse(&client, &mut by_pin, Task::Authorize(Shown::Pin(&pin))));
    said.extend(converse(&client, &mut by_pin, Task::Authorize(Shown::Otp(&otp))));
    said.extend(converse(&client, &mut by_address, Task::Authorize(Shown::Address(&address))));
    let mut refund = Case::refund(9, &charge);
    said.extend(converse(&client, &mut refund, Task::Submit(None)));
    said.extend(converse(&client, &mut refund, Task::Enquire));
    refund.payment.provider_reference = None;
    said.extend(converse(&client, &mut refund, Task::Enquire));

    let mut checked = 0;
    for (request, reply) in &said {
        let schema = &schemas[schema_of(request)];
        assert!(schema.is_object(), "{request:?}");
        let Reply::Answered { status, body } = reply else { panic!("{request:?}: {reply:?}") };
        // One request is wrong on purpose.
        if !request.body.is_empty() && *status != 400 {
            let body = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(schema::faults(&schema["body"], &body), [""; 0], "{request:?}");
        }
        let body = serde_json::from_slice(body).unwrap();
        let described = &schema["response"][status.to_string()];
        let mut faults = schema::faults(described, &body);
        // What a pending charge was seen to say is missing from the description.
        faults.retain(|fault| !fault.ends_with(r#"enum: {"code":"02","type":"pending"}"#));
        assert_eq!(faults, [""; 0], "{request:?} {status}");
        checked += usize::from(described.is_object());
    }
    assert_eq!(checked, said.len());
    assert!(checked > 20, "{checked}");
}

/// The description's own name for the operation.
fn schema_of(request: &Request) -> &'static str {
    let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    match (request.verb, path.split('/').collect::<Vec<_>>().as_slice()) {
        (Verb::Post, ["orchestration", _]) => "OrchestrationDirectChargePost",
        (Verb::Get, ["charges"]) => "ChargesList",
        (Verb::Put, ["charges", _]) => "ChargesPut",
        (Verb::Post, ["direct-transfers"]) => "DirectTransfersPost",
        (Verb::Get, ["transfers", _]) => "TransferGet",
        (Verb::Post, ["refunds"]) => "RefundsPost",
        (Verb::Get, ["refunds"]) => "RefundsList",
        (Verb::Get, ["refunds", _]) => "RefundsGet",
        (Verb::Get, ["banks"]) => "BanksGet",
        (Verb::Get, ["banks", _, "branches"]) => "BankBranchesGet",
        (verb, path) => panic!("{verb:?} {path:?} has no description"),
    }
}
