//! Every flow and every row of the tables.

use domain::payment::{Payment, Reason};
use domain::{Currency, Money};
use proptest::prelude::*;
use serde_json::json as value;

use super::codes::REASONS;
use super::*;
use crate::provider::mobile_samples::{
    CALLBACK_URL, REFERENCE, Sample, answered, callback, connector, header, json, payment, rwf,
};

const ENQUIRY: Task<'_> = Task::Enquire;
const SUBMIT: Task<'_> = Task::Submit(None);
const UUID: &str = "dad32679-52a2-410c-8089-4eeae1fd0d04";

const GIVEN: &[(&str, &str)] = &[
    ("url", "https://mtn.example/"),
    ("collection_subscription_key", "col-key"),
    ("collection_api_user", "col-user"),
    ("collection_api_key", "col-secret"),
    ("disbursement_subscription_key", "dis-key"),
    ("disbursement_api_user", "dis-user"),
    ("disbursement_api_key", "dis-secret"),
];

fn momo() -> Arc<dyn Connector> {
    connector(KIND, GIVEN)
}

fn charge() -> Sample {
    Sample::charge(rwf(2000), "0788000111")
}

fn refunded() -> Payment {
    let provider_reference = Some("aaaa-bbbb".to_owned());
    Payment { provider_reference, ..payment(PaymentKind::Charge, rwf(2000)) }
}

fn declined_code(word: &Word) -> Option<&str> {
    match &word.verdict {
        Verdict::Declined(Reason { code, .. }) => Some(code),
        Verdict::Succeeded
        | Verdict::NextAction(_)
        | Verdict::Pending
        | Verdict::Unknown
        | Verdict::Unheard
        | Verdict::NotSent
        | Verdict::Contradicts(_) => None,
    }
}

#[test]
fn a_charge_is_a_request_to_pay() {
    let request = charge().sends(&*momo(), SUBMIT, &[]);
    assert_eq!(request.url, "https://mtn.example/collection/v1_0/requesttopay");
    assert_eq!((request.verb, request.token), (Verb::Post, Some("collection")));
    assert_eq!(
        json(&request),
        value!({
            "amount": "2000", "currency": "RWF", "externalId": REFERENCE,
            "payer": { "partyIdType": "MSISDN", "partyId": "250788000111" },
            "payerMessage": "Mama s invoice 5678", "payeeNote": "dgs 771",
        })
    );
    assert_eq!(header(&request, "x-reference-id"), Some(UUID));
    assert_eq!(header(&request, "x-target-environment"), Some("mtnrwanda"));
    assert_eq!(header(&request, "ocp-apim-subscription-key"), Some("col-key"));
    // An empty one is an error at MTN.
    assert_eq!(header(&request, "x-callback-url"), None);
}

#[test]
fn a_disbursement_is_a_transfer_and_a_refund_names_its_charge() {
    let request = Sample::disbursement(rwf(4900), "0788000111").sends(&*momo(), SUBMIT, &[]);
    assert_eq!(request.url, "https://mtn.example/disbursement/v1_0/transfer");
    assert_eq!(request.token, Some("disbursement"));
    assert_eq!(header(&request, "ocp-apim-subscription-key"), Some("dis-key"));
    assert_eq!(json(&request)["payee"]["partyId"], "250788000111");

    let refund = Sample::refund(rwf(500), refunded());
    let request = refund.sends(&*momo(), SUBMIT, &[]);
    assert_eq!(request.url, "https://mtn.example/disbursement/v1_0/refund");
    assert_eq!(json(&request)["referenceIdToRefund"], "aaaa-bbbb");
    assert_eq!(json(&request)["amount"], "500");
    assert!(json(&request).get("payer").is_none() && json(&request).get("payee").is_none());

    let nameless = Sample::refund(rwf(500), payment(PaymentKind::Charge, rwf(2000)));
    assert_eq!(declined_code(&nameless.done(&*momo(), SUBMIT, &[])), Some("96"));
}

#[test]
fn an_accepted_payment_is_pending_under_a_name_that_a_refund_can_use() {
    let word = charge().done(&*momo(), SUBMIT, &[answered(202, "")]);
    assert_eq!(word.verdict, Verdict::Pending);
    assert_eq!(word.provider_reference.as_deref(), Some(UUID));
}

#[test]
fn a_duplicate_is_asked_about() {
    let exists = answered(409, r#"{"code":"RESOURCE_ALREADY_EXIST","message":"Duplicated"}"#);
    let request = charge().sends(&*momo(), SUBMIT, std::slice::from_ref(&exists));
    assert_eq!(request.verb, Verb::Get);
    assert_eq!(request.url, format!("https://mtn.example/collection/v1_0/requesttopay/{UUID}"));
    for (reply, verdict) in [
        (paid("2000"), Verdict::Succeeded),
        (answered(404, r#"{"code":"RESOURCE_NOT_FOUND"}"#), Verdict::Unknown),
        (Reply::NotSent, Verdict::Unknown),
        (Reply::Lost, Verdict::Unknown),
    ] {
        let word = charge().done(&*momo(), SUBMIT, &[exists.clone(), reply]);
        assert_eq!(word.verdict, verdict);
    }
}

/// What an answer to a new payment means, by status and body.
#[test]
fn answers_to_a_new_payment() {
    let decide = |reply| charge().done(&*momo(), SUBMIT, &[reply]);
    for (reply, verdict) in [
        (Reply::Lost, Verdict::Unknown),
        (Reply::NotSent, Verdict::NotSent),
        (answered(200, "<html>Request Rejected, support ID 1</html>"), Verdict::Unknown),
        (answered(403, "<html>Request Rejected, support ID 1</html>"), Verdict::Unknown),
        (answered(200, ""), Verdict::Unknown),
        (answered(400, "<html>"), Verdict::Unknown),
        (answered(401, r#"{"statusCode":401,"message":"Access denied"}"#), Verdict::NotSent),
        (answered(403, r#"{"code":"FORBIDDEN_IP"}"#), Verdict::NotSent),
        (answered(404, r#"{"statusCode":404,"message":"Resource not found"}"#), Verdict::Unknown),
        (answered(429, r#"{"statusCode":429,"message":"Rate limit"}"#), Verdict::NotSent),
        (answered(500, r#"{"code":"INTERNAL_PROCESSING_ERROR"}"#), Verdict::Unknown),
        (answered(500, r#"{"code":"SOMETHING_NEW"}"#), Verdict::Unknown),
        (answered(500, ""), Verdict::Unknown),
        (answered(502, "<html>"), Verdict::Unknown),
        (answered(503, r#"{"code":"SERVICE_UNAVAILABLE"}"#), Verdict::Unknown),
    ] {
        let told = format!("{reply:?}");
        assert_eq!(decide(reply).verdict, verdict, "{told}");
    }
    for body in ["", r#"{"message":"bad"}"#] {
        assert_eq!(declined_code(&decide(answered(400, body))), Some("96"));
    }
    for code in REFUSALS_ROWS {
        let body = format!(r#"{{"code":"{}","message":"no"}}"#, code.0);
        assert_eq!(declined_code(&decide(answered(500, &body))), Some(code.1), "{}", code.0);
    }
    assert_eq!(REFUSALS_ROWS.map(|row| row.0).as_slice(), super::codes::REFUSALS);
}

const REFUSALS_ROWS: [(&str, &str); 9] = [
    ("NOT_ALLOWED", "57"),
    ("NOT_ALLOWED_TARGET_ENVIRONMENT", "96"),
    ("INVALID_CALLBACK_URL_HOST", "96"),
    ("INVALID_CURRENCY", "96"),
    ("PAYER_NOT_FOUND", "14"),
    ("PAYEE_NOT_FOUND", "14"),
    ("PAYEE_NOT_ALLOWED_TO_RECEIVE", "57"),
    ("NOT_ENOUGH_FUNDS", "51"),
    ("PAYER_LIMIT_REACHED", "61"),
];

fn paid(amount: &str) -> Reply {
    let body = value!({
        "financialTransactionId": "991", "externalId": REFERENCE, "amount": amount,
        "currency": "RWF", "status": "SUCCESSFUL",
    });
    answered(200, &body.to_string())
}

fn failed(reason: serde_json::Value) -> Reply {
    let body = value!({
        "externalId": REFERENCE, "amount": "2000", "currency": "RWF", "status": "FAILED",
        "reason": reason,
    });
    answered(200, &body.to_string())
}

#[test]
fn a_successful_payment_states_what_it_moved() {
    let word = charge().done(&*momo(), ENQUIRY, &[paid("2000")]);
    assert_eq!((word.verdict, word.stated), (Verdict::Succeeded, Some(rwf(2000))));
    assert_eq!(word.proof.as_deref(), Some("991"));
    // The gateway compares; what cannot be compared is no success.
    assert_eq!(charge().done(&*momo(), ENQUIRY, &[paid("12000")]).stated, Some(rwf(12_000)));
    let word = charge().done(&*momo(), ENQUIRY, &[paid("1999.5")]);
    assert_eq!(word.verdict, Verdict::Contradicts("amount"));
}

#[test]
fn every_reason_has_one_meaning_in_both_its_forms() {
    let mut names: Vec<&str> = REASONS.iter().map(|(name, _)| *name).collect();
    for (name, meaning) in REASONS {
        for reason in [value!(name), value!({ "code": name, "message": "m" })] {
            let word = charge().done(&*momo(), ENQUIRY, &[failed(reason)]);
            match meaning {
                codes::Meaning::Declined(code, _) => assert_eq!(declined_code(&word), Some(*code)),
                codes::Meaning::Open => assert_eq!(word.verdict, Verdict::Pending, "{name}"),
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), REASONS.len(), "a name stands twice");
    // FAILED is MTN's own word, whatever its reason.
    for reason in [value!("NEVER_SEEN"), value!(null), value!(7)] {
        let word = charge().done(&*momo(), ENQUIRY, &[failed(reason)]);
        assert_eq!(declined_code(&word), Some("05"));
    }
}

#[test]
fn answers_to_an_enquiry() {
    let decide = |reply| charge().done(&*momo(), ENQUIRY, &[reply]).verdict;
    for (reply, verdict) in [
        (Reply::Lost, Verdict::Unknown),
        // Nothing was asked, but the payment itself may have been sent long ago.
        (Reply::NotSent, Verdict::Unknown),
        (answered(200, r#"{"status":"PENDING"}"#), Verdict::Pending),
        (answered(200, r#"{"status":"CREATED"}"#), Verdict::Pending),
        (answered(200, r#"{"status":"SOMETHING_NEW"}"#), Verdict::Pending),
        (answered(200, "{}"), Verdict::Unknown),
        (answered(200, "<html>"), Verdict::Unknown),
        (answered(401, "{}"), Verdict::Unknown),
        (answered(404, r#"{"code":"RESOURCE_NOT_FOUND"}"#), Verdict::Unheard),
        (answered(404, ""), Verdict::Unheard),
        (answered(404, "<html>"), Verdict::Unknown),
        (answered(404, r#"{"statusCode":404,"message":"Resource not found"}"#), Verdict::Unknown),
        (answered(500, r#"{"code":"NOT_ENOUGH_FUNDS"}"#), Verdict::Unknown),
        (
            answered(200, r#"{"status":"SUCCESSFUL","externalId":"other"}"#),
            Verdict::Contradicts("externalId"),
        ),
    ] {
        let told = format!("{reply:?}");
        assert_eq!(decide(reply), verdict, "{told}");
    }
}

#[test]
fn each_product_has_a_token_of_its_own() {
    let momo = momo();
    let request = momo.token_request("disbursement").unwrap();
    assert_eq!(request.url, "https://mtn.example/disbursement/token/");
    assert_eq!(
        header(&request, "authorization"),
        Some(format!("Basic {}", STANDARD.encode("dis-user:dis-secret")).as_str())
    );
    assert_eq!(header(&request, "ocp-apim-subscription-key"), Some("dis-key"));
    // MTN answers 400 to a token request with a body.
    assert!(request.body.is_empty() && request.token.is_none());
    assert!(momo.token_request("remittance").is_none());

    let only_collection = connector(KIND, &GIVEN[..4]);
    assert!(only_collection.token_request("disbursement").is_none());
    let word = Sample::disbursement(rwf(1), "0788000111").done(&*only_collection, SUBMIT, &[]);
    assert_eq!(word.verdict, Verdict::NotSent);
}

#[test]
fn it_serves_its_network_in_its_one_currency() {
    let service = |kind, currency| Service {
        kind,
        method: Method::MobileMoney,
        network: Some(Network::Mtn),
        currency,
    };
    let serves = |given: &[(&str, &str)], kind, currency| {
        connector(KIND, given).serves(&service(kind, currency))
    };
    let sandbox = [GIVEN, &[("target_environment", "sandbox")]].concat();
    let told = [&sandbox[..], &[("currency", "RWF")]].concat();
    for (given, currency, expected) in [
        (GIVEN, Currency::Rwf, true),
        (GIVEN, Currency::Eur, false),
        (&sandbox, Currency::Rwf, false),
        (&sandbox, Currency::Eur, true),
        (&told, Currency::Rwf, true),
    ] {
        assert_eq!(serves(given, PaymentKind::Charge, currency), expected, "{currency}");
    }
    assert!(serves(GIVEN, PaymentKind::Refund, Currency::Rwf));
    assert!(!serves(GIVEN, PaymentKind::Conversion, Currency::Rwf));
    assert!(!serves(&GIVEN[..4], PaymentKind::Refund, Currency::Rwf));
    let other = Some(Network::Airtel);
    let foreign = Service { network: other, ..service(PaymentKind::Charge, Currency::Rwf) };
    assert!(!momo().serves(&foreign));
}

#[test]
fn settings_that_are_half_there_are_refused() {
    let build = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
        Values::of(KIND.settings, given).and_then(|values| (KIND.build)(&values)).err()
    };
    assert_eq!(build(&GIVEN[..1]), Some(Fault::Missing("collection_subscription_key")));
    assert_eq!(build(&GIVEN[..3]), Some(Fault::Missing("collection_api_key")));
    assert_eq!(build(&GIVEN[1..]), Some(Fault::Missing("url")));
    assert!(build(GIVEN).is_none());
}

#[test]
fn a_callback_only_says_that_it_is_time_to_ask() {
    let body = r#"{"externalId":"8820014217","status":"SUCCESSFUL","amount":"9000"}"#;
    let told = momo().read_callback(&callback("", body)).unwrap();
    assert_eq!(told.about, About::ClientReference(REFERENCE.to_owned()));
    assert_eq!(told.word, None);
    // A copy is the same in whatever order its members come; other news is not.
    let copy = r#"{ "amount":"9000", "status":"SUCCESSFUL", "externalId":"8820014217" }"#;
    let key = |body| momo().read_callback(&callback("", body)).unwrap().dedupe_key;
    assert_eq!(key(copy), told.dedupe_key);
    assert_ne!(key(r#"{"externalId":"8820014217","status":"FAILED"}"#), told.dedupe_key);

    let about = |body| momo().read_callback(&callback("", body)).unwrap().about;
    assert_eq!(about("{}"), About::Nothing);
    let refused = momo().read_callback(&callback("", "<html>")).err();
    assert_eq!(refused, Some(CallbackFault::Unreadable));
    let answer = |outcome| momo().answer_callback(&callback("", body), outcome).status;
    assert_eq!(answer(Outcome::Taken), 200);
    assert_eq!(answer(Outcome::Repeated), 200);
    assert_eq!(answer(Outcome::NotStored), 503);
}

#[test]
fn callbacks_come_to_an_address_that_only_mtn_knows() {
    let momo = connector(KIND, &[GIVEN, &[("callbacks", "on"), ("callback_token", "s3")]].concat());
    let request = charge().sends(&*momo, SUBMIT, &[]);
    let expected = format!("{CALLBACK_URL}/s3");
    assert_eq!(header(&request, "x-callback-url"), Some(expected.as_str()));
    assert!(momo.read_callback(&callback("/s3", "{}")).is_ok());
    for path in ["", "/", "/s4", "/s3/x"] {
        let refused = momo.read_callback(&callback(path, "{}")).err();
        assert_eq!(refused, Some(CallbackFault::Forged), "{path}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?} {:?}", momo(), charge().sends(&*momo(), SUBMIT, &[]));
    for secret in ["col-key", "col-user", "col-secret", &STANDARD.encode("col-user:col-secret")] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

proptest! {
    #[test]
    fn amounts_and_numbers_have_one_form(minor in 1i64..=Money::MINOR_MAX, digits in "7[2389][0-9]{7}") {
        let request = Sample::charge(rwf(minor), &digits).sends(&*momo(), SUBMIT, &[]);
        prop_assert_eq!(&json(&request)["amount"], &value!(minor.to_string()));
        prop_assert_eq!(&json(&request)["payer"]["partyId"], &value!(format!("250{digits}")));
    }

    #[test]
    fn references_are_random_looking_uuids_that_follow_from_the_name(name in "[0-9]{1,20}") {
        let id = reference_id(&name);
        prop_assert_eq!(&id, &reference_id(&name));
        let parsed = uuid::Uuid::parse_str(&id).unwrap();
        prop_assert_eq!(parsed.get_version_num(), 4);
        prop_assert_eq!(parsed.get_variant(), uuid::Variant::RFC4122);
    }
}
