//! DusuPay's language: what is sent, what is read, and what nobody can make us believe.

use domain::charge::{Charge, Customer, MobileMoney};
use domain::disbursement::{Disbursement, Recipient};
use domain::payment::{Detail, NextAction, Payment, PaymentState};
use domain::phone::Phone;
use domain::provider_call::{CallState, ProviderCall};
use domain::scenario::Scenario;
use domain::{AccountId, Money, PaymentId, Timestamp};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;
use crate::provider::{About, Verb};

const REFERENCE: &str = "1700000000000000001";

pub(super) fn connector(settings: &[(&str, &str)]) -> Result<DusuPay, Fault> {
    let given = [("url", "https://sandboxapi.dusupay.com/")].iter().chain(settings);
    let given = given.map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
    DusuPay::of(&Values::of(SETTINGS, given)?)
}

fn keyed(more: &[(&str, &str)]) -> DusuPay {
    let keys = [("public_key", "PUBLIC"), ("secret_key", "SECRET")];
    connector(&[&keys, more].concat()).unwrap()
}

struct Case {
    payment: Payment,
    call: ProviderCall,
    detail: Detail,
}

impl Case {
    fn of(kind: PaymentKind, method: Method, detail: Detail) -> Case {
        let (account, id) = (AccountId(1), PaymentId(7));
        let created_at = Timestamp::from_micros(0);
        let payment = Payment {
            account,
            id,
            kind,
            method,
            state: PaymentState::Pending,
            version: 1,
            dgs_reference: "dgs_7".to_owned(),
            gross: Money::from_minor(5000, Currency::Rwf).unwrap(),
            fee_minor: 100,
            provider: Provider::DusuPay,
            provider_reference: None,
            next_action: None,
            reason: None,
            callback_url: None,
            link: None,
            refunded_minor: 0,
            created_at,
            finished_at: None,
            settled_at: None,
        };
        let call = ProviderCall {
            account,
            payment: id,
            provider: Provider::DusuPay,
            client_reference: REFERENCE.to_owned(),
            state: CallState::Open,
            is_sent: false,
            due_at: created_at,
            is_leased: false,
            polls_made: 0,
            note: None,
            created_at,
        };
        Case { payment, call, detail }
    }

    fn charge() -> Case {
        let phone = Phone::rwandan("789654321").unwrap();
        let customer = Customer {
            email: "jane@example.rw".to_owned(),
            first_name: "Jane".to_owned(),
            last_name: "Doe".to_owned(),
            phone: phone.clone(),
            address: None,
        };
        let detail = Detail::Charge(Charge {
            customer,
            redirect_url: None,
            narration: None,
            mobile_money: Some(MobileMoney { network: Network::Airtel, phone }),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        });
        Case::of(PaymentKind::Charge, Method::MobileMoney, detail)
    }

    fn disbursement(recipient: Recipient) -> Case {
        let method = recipient.method();
        let detail = Detail::Disbursement(Disbursement {
            recipient,
            narration: Some("Salary of November, with the bonus of the year".to_owned()),
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        });
        Case::of(PaymentKind::Disbursement, method, detail)
    }

    fn ask<'a>(&'a self, task: Task<'a>, seconds: i64) -> Ask<'a> {
        Ask {
            task,
            call: &self.call,
            payment: &self.payment,
            detail: &self.detail,
            charge: None,
            bank_code: Some("bk_rw"),
            callback_url: "https://pay.example.rw/providers/dusupay/webhook",
            return_url: "https://pay.example.rw/pay/status/x",
            chance: &[0; 64],
            now: Timestamp::from_micros(seconds * 1_000_000),
        }
    }
}

fn answered(status: u16, body: &Value) -> Reply {
    Reply::Answered { status, body: Zeroizing::new(body.to_string().into_bytes()) }
}

fn sent(next: Next) -> Request {
    match next {
        Next::Send(request) => request,
        Next::Done(word) => panic!("nothing sent: {word:?}"),
    }
}

fn done(next: Next) -> Word {
    match next {
        Next::Done(word) => word,
        Next::Send(request) => panic!("sends {request:?}"),
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.reveal())
}

fn accepted() -> Value {
    json!({ "code": 202, "status": "accepted", "message": "Request Accepted",
        "data": { "internal_reference": "DUSUPAY1", "merchant_reference": REFERENCE } })
}

fn transaction(kind: &str, status: &str) -> Value {
    json!({ "code": 200, "status": "success", "message": "ok", "data": {
        "id": 20760, "merchant_reference": REFERENCE, "internal_reference": "DUSUPAY1",
        "transaction_type": kind, "request_currency": "RWF", "request_amount": 5000,
        "transaction_currency": "RWF", "transaction_amount": 5000.0, "transaction_charge": 50,
        "transaction_status": status, "status_message": "A text" } })
}

#[test]
fn a_collection_is_asked_for_with_the_public_key_alone() {
    let (dusupay, case) = (keyed(&[]), Case::charge());
    let request = sent(dusupay.next(&case.ask(Task::Submit(None), 0), &[]));
    assert_eq!(request.verb, Verb::Post);
    assert_eq!(request.url, "https://sandboxapi.dusupay.com/collections/initialize");
    assert_eq!(header(&request, "public-key"), Some("PUBLIC"));
    assert_eq!(header(&request, "secret-key"), None);
    assert_eq!(header(&request, "x-api-version"), Some("1"));
    assert_eq!(
        body(&request),
        json!({ "merchant_reference": REFERENCE, "transaction_method": "MOBILE_MONEY",
            "currency": "RWF", "amount": 5000, "provider_code": "airtel_rw",
            "msisdn": "250789654321", "customer_name": "Jane Doe",
            "customer_email": "jane@example.rw", "description": "Payment 1700000000000000001",
            "charge_customer": false, "allow_final_status_change": false })
    );
    let word = done(dusupay.next(&case.ask(Task::Submit(None), 1), &[answered(202, &accepted())]));
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Redirect));
    assert_eq!(word.provider_reference.as_deref(), Some("DUSUPAY1"));
    assert_eq!(word.ask_again_after, Some(Duration::from_secs(124)), "not before it may be asked");
}

#[test]
fn the_payer_may_be_sent_to_dusupays_page() {
    let (dusupay, case) = (keyed(&[("hosted_page", "on")]), Case::charge());
    let ask = case.ask(Task::Submit(None), 0);
    let wants = body(&sent(dusupay.next(&ask, &[])));
    assert_eq!(wants["mobile_money_hpp"], true);
    assert_eq!(wants["redirect_url"], "https://pay.example.rw/pay/status/x");
    let mut answer = accepted();
    answer["data"]["payment_url"] = json!("https://pay.dusupay.com/x");
    let word = done(dusupay.next(&ask, &[answered(202, &answer)]));
    assert_eq!(word.page_url.as_deref(), Some("https://pay.dusupay.com/x"));
}

#[test]
fn a_payout_sends_the_net_with_the_secret_key_and_never_a_msisdn() {
    let dusupay = keyed(&[]);
    let phone = Phone::rwandan("789654321").unwrap();
    let case =
        Case::disbursement(Recipient::MobileMoney { network: Network::Mtn, phone, name: None });
    let request = sent(dusupay.next(&case.ask(Task::Submit(None), 0), &[]));
    assert_eq!(request.url, "https://sandboxapi.dusupay.com/payout/send-funds");
    assert_eq!(header(&request, "secret-key"), Some("SECRET"));
    assert_eq!(
        body(&request),
        json!({ "merchant_reference": REFERENCE, "transaction_method": "MOBILE_MONEY",
            "currency": "RWF", "amount": 4900, "provider_code": "mtn_rw",
            "account_number": "250789654321", "customer_name": "250789654321",
            "description": "Salary of November, with the b" })
    );
    let word = done(dusupay.next(&case.ask(Task::Submit(None), 0), &[answered(202, &accepted())]));
    assert_eq!(word.verdict, Verdict::Pending);
}

#[test]
fn a_bank_transfer_needs_dusupays_code_of_the_bank() {
    let dusupay = keyed(&[]);
    let case = Case::disbursement(Recipient::Bank {
        bank_key: "bk_rw".to_owned(),
        account_number: "0001234".to_owned(),
        name: Some("Jane Doe".to_owned()),
        branch: None,
    });
    let ask = case.ask(Task::Submit(None), 0);
    let wants = body(&sent(dusupay.next(&ask, &[])));
    assert_eq!(wants["transaction_method"], "BANK");
    assert_eq!(wants["provider_code"], "bank_rw");
    assert_eq!(wants["extra_params"], json!({ "bank_code": "bk_rw" }));
    let without = Ask { bank_code: None, ..ask };
    assert_eq!(done(dusupay.next(&without, &[])).verdict, Verdict::NotSent);
}

/// What a refusal is worth depends on what a status request then says.
#[test]
fn a_refused_submission_is_believed_only_when_dusupay_has_no_such_transaction() {
    let (dusupay, case) = (keyed(&[]), Case::charge());
    let ask = case.ask(Task::Submit(None), 1);
    let refusal = |status| answered(status, &json!({ "code": status, "message": "bad msisdn" }));
    let unheard = answered(404, &json!({ "code": 404, "message": "not found" }));
    let after = |first: Reply, second: &Reply| {
        let request = sent(dusupay.next(&ask, std::slice::from_ref(&first)));
        assert!(request.url.ends_with("/data/transaction/verify/1700000000000000001"));
        done(dusupay.next(&ask, &[first, second.clone()])).verdict
    };
    let Verdict::Declined(reason) = after(refusal(422), &unheard) else { panic!("not declined") };
    assert_eq!(reason.text, "bad msisdn");
    assert_eq!(after(refusal(401), &unheard), Verdict::NotSent);
    for second in [Reply::Lost, Reply::NotSent, refusal(400), answered(502, &json!({}))] {
        assert_eq!(after(refusal(409), &second), Verdict::Unknown, "{second:?}");
    }
    let executed = answered(200, &transaction("COLLECTION", "COMPLETED"));
    assert_eq!(after(refusal(422), &executed), Verdict::Succeeded);
}

#[test]
fn an_answer_that_does_not_come_is_never_a_failure() {
    let (dusupay, case) = (keyed(&[]), Case::charge());
    let html = Reply::Answered { status: 200, body: Zeroizing::new(b"<html>".to_vec()) };
    let lost_page = Reply::Answered { status: 404, body: Zeroizing::new(b"<html>".to_vec()) };
    let empty = Reply::Answered { status: 200, body: Zeroizing::default() };
    let busy = answered(429, &json!({}));
    for task in [Task::Submit(None), Task::Enquire] {
        let ask = case.ask(task, 400);
        let verdict = |reply: &Reply| match dusupay.next(&ask, std::slice::from_ref(reply)) {
            Next::Done(word) => word.verdict,
            Next::Send(_) => Verdict::Unknown,
        };
        for reply in [&html, &lost_page, &empty, &busy, &Reply::Lost] {
            assert_eq!(verdict(reply), Verdict::Unknown, "{task:?} {reply:?}");
        }
        for status in [500, 502, 503, 504, 301] {
            assert_eq!(verdict(&answered(status, &json!({}))), Verdict::Unknown, "{status}");
        }
    }
    let verdict = |task| done(dusupay.next(&case.ask(task, 1), &[Reply::NotSent])).verdict;
    assert_eq!(verdict(Task::Submit(None)), Verdict::NotSent);
    assert_eq!(verdict(Task::Enquire), Verdict::Unknown, "the submission may have been sent");
}

#[test]
fn a_status_request_reads_every_status() {
    let (dusupay, case) = (keyed(&[]), Case::charge());
    let word = |answer: &Value| {
        done(dusupay.next(&case.ask(Task::Enquire, 400), &[answered(200, answer)]))
    };
    let verdict = |status| word(&transaction("COLLECTION", status)).verdict;
    assert_eq!(verdict("COMPLETED"), Verdict::Succeeded);
    assert!(matches!(verdict("FAILED"), Verdict::Declined(_)));
    assert!(matches!(verdict("CANCELLED"), Verdict::Declined(_)));
    assert_eq!(verdict("PENDING"), Verdict::Pending);
    assert_eq!(verdict("PROCESSING"), Verdict::Pending);
    for unknown in ["", "completed", "REVERSED"] {
        assert_eq!(verdict(unknown), Verdict::Unknown, "{unknown}");
    }
    let completed = word(&transaction("COLLECTION", "COMPLETED"));
    assert_eq!(completed.stated, Money::from_minor(5000, Currency::Rwf).ok());
    let not_found = answered(404, &json!({ "code": 404, "status": "error" }));
    let word = done(dusupay.next(&case.ask(Task::Enquire, 400), &[not_found]));
    assert_eq!(word.verdict, Verdict::Unheard);
}

#[test]
fn another_payment_than_was_asked_for_is_put_before_a_person() {
    let (dusupay, case) = (keyed(&[]), Case::charge());
    for (name, value, expected) in [
        ("merchant_reference", json!("1700000000000000002"), "merchant_reference"),
        ("merchant_reference", json!(null), "merchant_reference"),
        ("transaction_type", json!("PAYOUT"), "transaction_type"),
        ("transaction_amount", json!(4000), "transaction_amount"),
        ("transaction_amount", json!("much"), "transaction_amount"),
        ("request_currency", json!("XXX"), "amount"),
    ] {
        let mut answer = transaction("COLLECTION", "COMPLETED");
        answer["data"][name] = value;
        if expected == "amount" {
            answer["data"]["transaction_currency"] = json!("XXX");
        }
        let word = done(dusupay.next(&case.ask(Task::Enquire, 400), &[answered(200, &answer)]));
        assert_eq!(word.verdict, Verdict::Contradicts(expected), "{name}");
    }
    // What was asked for counts, not what it was exchanged to.
    let mut answer = transaction("COLLECTION", "COMPLETED");
    answer["data"]["transaction_currency"] = json!("UGX");
    answer["data"]["transaction_amount"] = json!(14_000);
    let word = done(dusupay.next(&case.ask(Task::Enquire, 400), &[answered(200, &answer)]));
    assert_eq!(word.verdict, Verdict::Succeeded);
    assert_eq!(word.stated, Money::from_minor(5000, Currency::Rwf).ok());
}

#[test]
fn questions_come_as_rarely_as_dusupay_wants() {
    let (dusupay, mut case) = (keyed(&[]), Case::charge());
    let mut wish = |polls_made, seconds| {
        case.call.polls_made = polls_made;
        let reply = answered(200, &transaction("COLLECTION", "PENDING"));
        done(dusupay.next(&case.ask(Task::Enquire, seconds), &[reply])).ask_again_after
    };
    assert_eq!(wish(0, 5), Some(Duration::from_secs(120)));
    assert_eq!(wish(0, 130), Some(Duration::from_secs(300)));
    assert_eq!(wish(2, 800), Some(Duration::from_secs(300)));
    assert_eq!(wish(3, 1100), None, "our own schedule is as slow from here on");
}

#[test]
fn a_wrong_code_is_asked_for_again() {
    let (dusupay, case) = (keyed(&[]), Case::charge());
    let code = Secret::new("123456");
    let ask = case.ask(Task::Authorize(Shown::Otp(&code)), 30);
    let request = sent(dusupay.next(&ask, &[]));
    assert_eq!(request.url, "https://sandboxapi.dusupay.com/collections/authorize");
    assert_eq!(body(&request), json!({ "merchant_reference": REFERENCE, "otp": "123456" }));
    let verdict = |reply| done(dusupay.next(&ask, &[reply])).verdict;
    assert_eq!(verdict(answered(202, &accepted())), Verdict::Pending);
    assert_eq!(verdict(answered(422, &json!({}))), Verdict::NextAction(NextAction::Otp));
    assert_eq!(verdict(answered(404, &json!({}))), Verdict::Unknown);
    assert_eq!(verdict(Reply::Lost), Verdict::Unknown);
    let mut waiting = transaction("COLLECTION", "PROCESSING");
    waiting["data"]["authorization_mode"] = json!("OTP");
    let word = done(dusupay.next(&case.ask(Task::Enquire, 400), &[answered(200, &waiting)]));
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Otp));
    assert_eq!(word.instruction.as_deref(), Some("A text"));
}

#[test]
fn it_serves_rwandan_mobile_money_both_ways_and_payouts_to_banks() {
    let service = |kind, method, currency| Service { kind, method, network: None, currency };
    let (charge, payout) = (PaymentKind::Charge, PaymentKind::Disbursement);
    let dusupay = keyed(&[]);
    let serves = |kind, method| dusupay.serves(&service(kind, method, Currency::Rwf));
    assert!(serves(charge, Method::MobileMoney) && serves(payout, Method::MobileMoney));
    assert!(serves(payout, Method::Bank) && !serves(charge, Method::Bank));
    assert!(!serves(charge, Method::Card) && !serves(PaymentKind::Refund, Method::MobileMoney));
    assert!(!dusupay.serves(&service(charge, Method::MobileMoney, Currency::Usd)));
    let keyless = connector(&[("hmac_key", "K")]).unwrap();
    assert!(!keyless.serves(&service(charge, Method::MobileMoney, Currency::Rwf)));
    let case = Case::charge();
    assert_eq!(done(keyless.next(&case.ask(Task::Submit(None), 0), &[])).verdict, Verdict::NotSent);
    assert_eq!(done(keyless.next(&case.ask(Task::Enquire, 0), &[])).verdict, Verdict::Unknown);
}

#[test]
fn settings_that_do_not_fit_together_are_refused() {
    let refused = |settings: &[(&str, &str)]| connector(settings).map(drop).unwrap_err();
    assert_eq!(refused(&[]), Fault::Missing("public_key"));
    assert_eq!(refused(&[("public_key", "P")]), Fault::Missing("secret_key"));
    assert_eq!(refused(&[("secret_key", "S")]), Fault::Missing("public_key"));
    for (name, value) in [
        ("rsa_public_key", "no key"),
        ("rsa_digest", "md5"),
        ("callback_addresses", "161.35.164.139, everywhere"),
        ("hosted_page", "maybe"),
    ] {
        let pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        let base = [("hmac_key", "K"), ("rsa_public_key", pem)];
        let base: Vec<_> = base.into_iter().filter(|(other, _)| *other != name).collect();
        let fault = refused(&[base, vec![(name, value)]].concat());
        assert!(matches!(fault, Fault::Unfit { name: its, .. } if its == name), "{fault:?}");
    }
    let listed = keyed(&[("callback_addresses", "161.35.164.139, 165.227.128.244")]);
    assert_eq!(listed.callback_addresses(), ["161.35.164.139", "165.227.128.244"]);
    assert!(keyed(&[]).callback_addresses().is_empty());
    let seen = format!("{:?}", keyed(&[("hmac_key", "HIDDEN")]));
    assert!(!seen.contains("PUBLIC") && !seen.contains("SECRET") && !seen.contains("HIDDEN"));
}

#[test]
fn dusupay_may_ask_about_our_payouts() {
    let dusupay = keyed(&[]);
    let asked = |query| dusupay.payout_question(query);
    assert_eq!(asked("reference=1700000000000000001").as_deref(), Some(REFERENCE));
    assert_eq!(asked("a=b&reference=12").as_deref(), Some("12"));
    for query in ["", "reference=", "reference=1%32", "reference=1&reference=2", "ref=1"] {
        assert_eq!(asked(query), None, "{query}");
    }
}

#[test]
fn an_answer_to_a_callback_is_never_a_5xx() {
    let dusupay = keyed(&[]);
    let now = Timestamp::from_micros(0);
    let callback = Callback { headers: &[], path: "", body: b"", now };
    for (outcome, status) in [
        (Outcome::Taken, 200),
        (Outcome::Repeated, 200),
        (Outcome::Refused(CallbackFault::Forged), 401),
        (Outcome::Refused(CallbackFault::Unreadable), 400),
        (Outcome::NotStored, 429),
    ] {
        assert_eq!(dusupay.answer_callback(&callback, outcome).status, status, "{outcome:?}");
    }
}

/// The printed vector of CONTRACT §6, once with keys and once without.
#[test]
fn an_authentic_callback_is_believed_only_where_nobody_can_be_asked() {
    let body = super::forgeries::BODY;
    let headers = [("hmac-signature".to_owned(), super::forgeries::HEADER.as_bytes().to_vec())];
    let now = Timestamp::from_micros(0);
    let callback = Callback { headers: &headers, path: "", body: body.as_bytes(), now };
    let hmac = ("hmac_key", super::forgeries::KEY);
    let told = keyed(&[hmac]).read_callback(&callback).unwrap();
    assert_eq!(told.about, About::ClientReference("MCTREFT2WMNWZ23SBN6Y".to_owned()));
    assert_eq!(told.dedupe_key, "DUSUPAYRMGRXNNYBWATKJ:COMPLETED:transaction.completed");
    assert_eq!(told.word, None, "the amount is not signed: it is time to enquire");
    let word = connector(&[hmac]).unwrap().read_callback(&callback).unwrap().word.unwrap();
    assert_eq!(word.verdict, Verdict::Succeeded);
    assert_eq!(word.stated, Money::from_minor(5000, Currency::Rwf).ok());
    assert_eq!(word.provider_reference.as_deref(), Some("DUSUPAYRMGRXNNYBWATKJ"));
}
