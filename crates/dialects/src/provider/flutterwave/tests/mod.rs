//! Every flow against answers in the provider's shape, made for these tests.

mod payouts;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::charge::{Charge, Customer, MobileMoney};
use domain::disbursement::{Disbursement, Recipient};
use domain::payment::{Detail, NextAction, Payment, PaymentState};
use domain::phone::Phone;
use domain::provider_call::{CallState, ProviderCall};
use domain::refund::Refund;
use domain::scenario::Scenario;
use domain::{AccountId, Money, PaymentId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::provider::{About, CardData, Shown, Task};

const REFERENCE: &str = "712345678901234567";
const WEBHOOK_SECRET: &str = "sim-flw-webhook-secret-0000000000000001";

fn connector() -> Flutterwave {
    let given = [
        ("url", "https://flw.test/"),
        ("token_url", "https://idp.test/token"),
        ("client_id", "sim client"),
        ("client_secret", "s&cret"),
        ("encryption_key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("webhook_secret", WEBHOOK_SECRET),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), Secret::new(value)));
    Flutterwave::new(&Values::of(SETTINGS, given).unwrap()).unwrap()
}

/// One payment, and what is asked about it.
struct Case {
    call: ProviderCall,
    payment: Payment,
    detail: Detail,
    charge: Option<Payment>,
    bank_code: Option<&'static str>,
}

impl Case {
    fn of(kind: PaymentKind, method: Method, detail: Detail) -> Case {
        let account = AccountId(7);
        let id = PaymentId(REFERENCE.parse().unwrap());
        let at = Timestamp::from_micros(1_795_165_200_000_000);
        let call = ProviderCall {
            account,
            payment: id,
            provider: Provider::Flutterwave,
            client_reference: REFERENCE.to_owned(),
            state: CallState::Open,
            is_sent: false,
            due_at: at,
            is_leased: false,
            polls_made: 0,
            note: None,
            created_at: at,
        };
        let payment = Payment {
            account,
            id,
            kind,
            method,
            state: PaymentState::Pending,
            version: 1,
            dgs_reference: "DGS_1".to_owned(),
            gross: Money::from_minor(5000, Currency::Rwf).unwrap(),
            fee_minor: 100,
            provider: Provider::Flutterwave,
            provider_reference: None,
            next_action: None,
            reason: None,
            callback_url: None,
            link: None,
            refunded_minor: 0,
            created_at: at,
            finished_at: None,
            settled_at: None,
        };
        Case { call, payment, detail, charge: None, bank_code: Some("11290001") }
    }

    fn charge(method: Method) -> Case {
        let phone = Phone::rwandan("788000111").unwrap();
        let mobile_money = MobileMoney { network: Network::Mtn, phone: phone.clone() };
        let charge = Charge {
            customer: Customer {
                email: "aline.u@example.rw".to_owned(),
                first_name: "Aliné".to_owned(),
                last_name: "Uwase".to_owned(),
                phone,
                address: None,
            },
            redirect_url: None,
            narration: None,
            mobile_money: (method == Method::MobileMoney).then_some(mobile_money),
            card: None,
            page_url: None,
            instruction: None,
            scenario: Scenario::default(),
        };
        Case::of(PaymentKind::Charge, method, Detail::Charge(charge))
    }

    fn transfer(recipient: Recipient) -> Case {
        let method = recipient.method();
        let disbursement = Disbursement {
            recipient,
            narration: Some("Vendor payment".to_owned()),
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        };
        Case::of(PaymentKind::Disbursement, method, Detail::Disbursement(disbursement))
    }

    fn to_phone() -> Case {
        Case::transfer(Recipient::MobileMoney {
            network: Network::Airtel,
            phone: Phone::rwandan("738000111").unwrap(),
            name: None,
        })
    }

    fn to_bank(branch: Option<&str>) -> Case {
        Case::transfer(Recipient::Bank {
            bank_key: "bk_rw".to_owned(),
            account_number: "000400012345678".to_owned(),
            name: Some("Eric Habimana".to_owned()),
            branch: branch.map(str::to_owned),
        })
    }

    fn refund() -> Case {
        let refund = Refund {
            charge: PaymentId(1),
            charge_reference: "DGS_1".to_owned(),
            reason: None,
            scenario: Scenario::default(),
        };
        let mut case = Case::of(PaymentKind::Refund, Method::Card, Detail::Refund(refund));
        let charge =
            Payment { provider_reference: Some("chg_SIM1".to_owned()), ..case.payment.clone() };
        case.charge = Some(charge);
        case
    }

    fn known(mut self, id: &str) -> Case {
        self.payment.provider_reference = Some(id.to_owned());
        self
    }

    fn ask(&self, task: Task<'_>, replies: &[Reply]) -> Next {
        let ask = Ask {
            task,
            call: &self.call,
            payment: &self.payment,
            detail: &self.detail,
            charge: self.charge.as_ref(),
            bank_code: self.bank_code,
            callback_url: "https://pay.test/providers/flutterwave/webhook",
            return_url: "https://pay.test/r/1",
            chance: &[9; 64],
            now: self.call.created_at,
        };
        connector().next(&ask, replies)
    }

    fn request(&self, task: Task<'_>, replies: &[Reply]) -> (String, Value) {
        match self.ask(task, replies) {
            Next::Send(request) => {
                let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
                (format!("{request:?}").replace("https://flw.test", ""), body)
            }
            Next::Done(word) => panic!("nothing to send: {word:?}"),
        }
    }

    fn word(&self, task: Task<'_>, replies: &[Reply]) -> Word {
        match self.ask(task, replies) {
            Next::Done(word) => word,
            Next::Send(request) => panic!("no end: {request:?}"),
        }
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply::Answered { status, body: body.to_string().into_bytes().into() }
}

fn data(data: &Value) -> Reply {
    reply(200, &json!({"status": "success", "message": "", "data": data}))
}

fn error(status: u16, code: &str) -> Reply {
    let error = json!({"type": "SOME_ERROR", "code": code, "message": "So it is"});
    reply(status, &json!({"status": "failed", "error": error}))
}

fn charge(more: &Value) -> Value {
    let mut charge = json!({"id": "chg_SIM1", "amount": 5000, "currency": "RWF",
        "reference": REFERENCE, "status": "pending"});
    for (name, value) in more.as_object().unwrap() {
        charge[name] = value.clone();
    }
    charge
}

fn transfer(status: &str) -> Value {
    json!({"id": "trf_SIM1", "reference": REFERENCE, "status": status,
        "destination_currency": "RWF", "amount": {"value": 4900, "applies_to": "destination_currency"}})
}

fn card() -> CardData {
    CardData {
        number: Secret::new("5531886652142950"),
        expiry_month: 9,
        expiry_year: 2032,
        cvv: Secret::new("564"),
    }
}

fn rwf(minor: i64) -> Option<Money> {
    Money::from_minor(minor, Currency::Rwf).ok()
}

#[test]
fn a_mobile_money_charge_is_one_request() {
    let case = Case::charge(Method::MobileMoney);
    let (target, body) = case.request(Task::Submit(None), &[]);
    assert_eq!(target, "Post /orchestration/direct-charges");
    assert_eq!(
        body,
        json!({"amount": 5000, "currency": "RWF", "reference": REFERENCE,
            "customer": {"email": "aline.u@example.rw",
                "name": {"first": "Aline", "last": "Uwase"},
                "phone": {"country_code": "250", "number": "788000111"}},
            "payment_method": {"type": "mobile_money", "mobile_money":
                {"network": "MTN", "country_code": "250", "phone_number": "788000111"}},
            "redirect_url": "https://pay.test/r/1"})
    );
    let next = json!({"type": "payment_instruction", "payment_instruction": {"note": "Look"}});
    let word = case.word(Task::Submit(None), &[data(&charge(&json!({"next_action": next})))]);
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Redirect));
    assert_eq!(word.instruction.as_deref(), Some("Look"));
    assert_eq!(word.provider_reference.as_deref(), Some("chg_SIM1"));
    assert_eq!((word.stated, word.page_url), (rwf(5000), None));
}

#[test]
fn the_same_request_again_has_the_same_names() {
    let send = |case: &Case| match case.ask(Task::Submit(None), &[]) {
        Next::Send(request) => {
            let headers = request.headers.iter();
            headers.map(|(name, value)| (*name, value.reveal().to_owned())).collect()
        }
        Next::Done(word) => panic!("{word:?}"),
    };
    let first: BTreeMap<_, _> = send(&Case::charge(Method::MobileMoney));
    assert_eq!(first, send(&Case::charge(Method::MobileMoney)));
    assert_ne!(first["x-trace-id"], first["x-idempotency-key"]);
    let mut other = Case::charge(Method::MobileMoney);
    other.call.client_reference = "712345678901234568".to_owned();
    assert_ne!(first["x-idempotency-key"], send(&other)["x-idempotency-key"]);
}

#[test]
fn a_card_goes_encrypted_and_its_steps_come_back() {
    let case = Case::charge(Method::Card);
    let (card, pin) = (card(), Secret::new("12345"));
    let (_, body) = case.request(Task::Submit(Some(&card)), &[]);
    let sent = &body["payment_method"]["card"];
    assert_eq!(sent["nonce"].as_str().unwrap().len(), 12);
    let text = body.to_string();
    assert!(!text.contains("5531886652142950") && !text.contains("564\""), "{text}");
    for (step, action) in [
        ("requires_pin", NextAction::Pin),
        ("requires_otp", NextAction::Otp),
        ("requires_additional_fields", NextAction::Address),
    ] {
        let next = json!({"next_action": {"type": step, step: {}}});
        let word = case.word(Task::Submit(Some(&card)), &[data(&charge(&next))]);
        assert_eq!(word.verdict, Verdict::NextAction(action));
    }
    let next =
        json!({"next_action": {"type": "redirect_url", "redirect_url": {"url": "https://b"}}});
    let word = case.word(Task::Submit(Some(&card)), &[data(&charge(&next))]);
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Redirect));
    assert_eq!(word.page_url.as_deref(), Some("https://b"));

    // The data of a card that was sent once is gone: what became of it is asked.
    assert_eq!(
        case.request(Task::Submit(None), &[]).0,
        format!("Get /charges?reference={REFERENCE}")
    );
    let case = case.known("chg_SIM1");
    let (target, body) = case.request(Task::Authorize(Shown::Pin(&pin)), &[]);
    assert_eq!(target, "Put /charges/chg_SIM1");
    assert_eq!(body["authorization"]["type"], "pin");
    assert!(body["authorization"]["pin"]["encrypted_pin"].is_string());
}

#[test]
fn a_refused_code_leaves_the_charge_where_it_says_it_is() {
    let case = Case::charge(Method::Card).known("chg_SIM1");
    let otp = Secret::new("000000");
    let task = Task::Authorize(Shown::Otp(&otp));
    let refused = error(400, "1121400");
    let (target, _) = case.request(task, std::slice::from_ref(&refused));
    assert_eq!(target, format!("Get /charges?reference={REFERENCE}"));
    let next = charge(&json!({"next_action": {"type": "requires_otp", "requires_otp": {}}}));
    let word = case.word(task, &[refused.clone(), data(&json!([next]))]);
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Otp));
    assert_eq!(case.word(task, &[refused, Reply::NotSent]).verdict, Verdict::Unknown);
    assert_eq!(case.word(task, &[Reply::NotSent]).verdict, Verdict::Unknown);
}

#[test]
fn only_explicit_refusals_refuse() {
    let case = Case::charge(Method::MobileMoney);
    let verdict = |reply: Reply| case.word(Task::Submit(None), &[reply]).verdict;
    assert!(matches!(verdict(error(400, "1127400")), Verdict::Declined(_)));
    let html = Reply::Answered { status: 200, body: b"<html>".to_vec().into() };
    for reply in [
        error(500, "1127400"),
        error(401, "10401"),
        error(403, "10403"),
        error(429, "10429"),
        error(400, "1999400"),
        error(404, "10404"),
        reply(400, &json!({"message": "no"})),
        reply(200, &json!({})),
        html,
        Reply::Lost,
    ] {
        assert_eq!(verdict(reply.clone()), Verdict::Unknown, "{reply:?}");
    }
    assert_eq!(verdict(Reply::NotSent), Verdict::NotSent);
    let exists = error(409, "1100409");
    let there = data(&json!([charge(&json!({"status": "succeeded"}))]));
    let word = case.word(Task::Submit(None), &[exists, there]);
    assert_eq!((word.verdict, word.stated), (Verdict::Succeeded, rwf(5000)));
}

#[test]
fn an_enquiry_tells_what_the_charge_says_of_itself() {
    let case = Case::charge(Method::MobileMoney);
    let word = |charge: &Value| case.word(Task::Enquire, &[data(&json!([charge]))]);
    assert_eq!(word(&charge(&json!({"status": "succeeded"}))).verdict, Verdict::Succeeded);
    let response = json!({"type": "insufficient_funds", "code": "51"});
    let failed = charge(&json!({"status": "failed", "processor_response": response}));
    let Verdict::Declined(reason) = word(&failed).verdict else { panic!("declined") };
    assert_eq!((reason.code.as_str(), reason.text.as_str()), ("51", "Insufficient funds"));
    assert_eq!(word(&charge(&json!({"status": "odd"}))).verdict, Verdict::Unknown);
    let other = word(&charge(&json!({"status": "succeeded", "amount": 50})));
    assert_eq!((other.verdict, other.stated), (Verdict::Succeeded, rwf(50)));
    let fraction = charge(&json!({"status": "succeeded", "amount": 50.5}));
    assert_eq!(word(&fraction).verdict, Verdict::Contradicts("amount or currency"));
    let none = case.word(Task::Enquire, &[data(&json!([]))]);
    assert_eq!(none.verdict, Verdict::Unheard);
    assert_eq!(case.word(Task::Enquire, &[Reply::NotSent]).verdict, Verdict::Unknown);
}

#[test]
fn tokens_are_asked_for_by_form() {
    let request = connector().token_request(TOKEN).unwrap();
    let form = String::from_utf8(request.body.to_vec()).unwrap();
    assert_eq!(form, "client_id=sim+client&client_secret=s%26cret&grant_type=client_credentials");
    assert_eq!((request.token, request.url.as_str()), (None, "https://idp.test/token"));
    let body = br#"{"access_token":"eyJ","expires_in":600}"#;
    let token = connector().read_token(200, body).unwrap();
    assert_eq!((token.text.reveal(), token.serves.as_secs()), ("eyJ", 600));
    assert!(connector().read_token(401, body).is_none());
    assert!(!format!("{:?}", connector()).contains("s&cret"));
}

#[test]
fn a_callback_is_believed_to_have_come_and_no_more() {
    let body = concat!(
        r#"{"webhook_id":"wbk_SIM000000001","timestamp":1767225600000,"type":"charge.completed","#,
        r#""data":{"id":"chg_SIM0000001","amount":2000,"currency":"RWF","#,
        r#""reference":"0b8f4a52-5b0b-4a55-9d0e-0c1f7b2a9e11","status":"succeeded"}}"#
    );
    let told = read(body, "wVVcUHrluX+CWGDA6Sc4vQj2zGxfgWP71DgN8mLo5E4=").unwrap();
    let reference = "0b8f4a52-5b0b-4a55-9d0e-0c1f7b2a9e11".to_owned();
    assert_eq!((told.about, told.word), (About::ClientReference(reference), None));
    let spoilt = body.replace("2000", "2001");
    let forged = read(&spoilt, "wVVcUHrluX+CWGDA6Sc4vQj2zGxfgWP71DgN8mLo5E4=");
    assert_eq!(forged, Err(CallbackFault::Forged));
    assert_eq!(read(body, WEBHOOK_SECRET), Err(CallbackFault::Forged));

    let body = r#"{"id":"e1","webhook_id":"w1","type":"refund.completed","data":{"id":"ref_1"}}"#;
    let told = read(body, &signature(body)).unwrap();
    assert_eq!(told.about, About::Nothing);
    let body = r#"{"type":"order.authorization","data":{"id":"ord_1"}}"#;
    assert_eq!(read(body, &signature(body)).unwrap().about, About::Nothing);
    assert_eq!(read("{}", &signature("{}")), Err(CallbackFault::Unreadable));
}

fn signature(body: &str) -> String {
    STANDARD.encode(SigningKey::new(WEBHOOK_SECRET.as_bytes()).sign(&[body.as_bytes()]))
}

fn read(body: &str, signature: &str) -> Result<Told, CallbackFault> {
    let headers = [("flutterwave-signature".to_owned(), signature.as_bytes().to_vec())];
    let now = Timestamp::from_micros(0);
    let callback = Callback { headers: &headers, path: "", body: body.as_bytes(), now };
    connector().read_callback(&callback)
}

proptest! {
    /// The rule the money rests on: what is no answer is no refusal, whatever it looks like.
    #[test]
    fn no_noise_ends_a_payment(status in 100_u16..600, body in any::<Vec<u8>>()) {
        let replies = [Reply::Answered { status, body: body.into() }];
        for case in [Case::charge(Method::MobileMoney), Case::to_phone(), Case::refund()] {
            for task in [Task::Submit(None), Task::Enquire] {
                if let Next::Done(word) = case.ask(task, &replies) {
                    prop_assert_eq!(word.verdict, Verdict::Unknown);
                }
            }
        }
    }
}
