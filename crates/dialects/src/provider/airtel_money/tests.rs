//! Every flow and every row of the table.

use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Money;
use domain::payment::{Payment, Reason};
use proptest::prelude::*;
use serde_json::json as value;

use super::codes::{CODES, Meaning};
use super::*;
use crate::provider::mobile_samples::{
    REFERENCE, Sample, answered, callback, connector, header, json, payment, rwf,
};
use crate::provider::setting::{Fault, Values};

const SUBMIT: Task<'_> = Task::Submit(None);
const ENQUIRY: Task<'_> = Task::Enquire;
const KEY: &str = include_str!("../../rsa_encryption/rsa_1024_public.pem");
const GIVEN: &[(&str, &str)] = &[
    ("url", "https://airtel.example"),
    ("client_id", "the-id"),
    ("client_secret", "the-secret"),
    ("pin", "4321"),
    ("pin_public_key", KEY),
];

fn airtel() -> Arc<dyn Connector> {
    connector(KIND, GIVEN)
}

fn airtel_with(given: &[(&str, &str)]) -> Arc<dyn Connector> {
    connector(KIND, &[GIVEN, given].concat())
}

fn charge() -> Sample {
    Sample::charge(rwf(2000), "0730000111")
}

/// The same when its first minutes are over.
fn old_charge() -> Sample {
    let young = charge();
    Sample { now: young.now.plus(FIRST_ENQUIRY_AFTER), ..young }
}

fn disbursement() -> Sample {
    Sample::disbursement(rwf(4900), "0730000111")
}

fn refund() -> Sample {
    let provider_reference = Some("150000000011".to_owned());
    let charge = Payment { provider_reference, ..payment(PaymentKind::Charge, rwf(2000)) };
    Sample::refund(rwf(2000), charge)
}

fn said(response_code: &str, status: &str) -> Reply {
    let body = value!({
        "data": { "transaction": { "id": REFERENCE, "status": status } },
        "status": { "response_code": response_code, "code": "200", "success": true,
                    "result_code": "ESB000010", "message": "m" },
    });
    answered(200, &body.to_string())
}

/// As the older answers are: without a `response_code`.
fn older(result_code: &str, transaction: serde_json::Value) -> Reply {
    let body = value!({
        "data": { "transaction": transaction },
        "status": { "code": "200", "success": true, "result_code": result_code },
    });
    answered(200, &body.to_string())
}

fn code(verdict: &Verdict) -> Option<&str> {
    match verdict {
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
fn a_charge_is_a_push() {
    let request = charge().sends(&*airtel(), SUBMIT, &[]);
    assert_eq!(request.url, "https://airtel.example/merchant/v1/payments/");
    assert_eq!(
        json(&request),
        value!({
            "reference": "Mama s invoice 5678",
            "subscriber": { "country": "RW", "currency": "RWF", "msisdn": "730000111" },
            "transaction": { "amount": 2000, "country": "RW", "currency": "RWF", "id": REFERENCE },
        })
    );
    assert_eq!(
        (header(&request, "x-country"), header(&request, "x-currency")),
        (Some("RW"), Some("RWF"))
    );
    assert_eq!(header(&request, "x-signature"), None);
    let request = charge().sends(&*airtel_with(&[("collection_version", "v2")]), SUBMIT, &[]);
    assert_eq!(request.url, "https://airtel.example/merchant/v2/payments/");
}

#[test]
fn a_push_that_went_out_is_first_asked_about_after_three_minutes() {
    for reply in [
        said("DP00800001006", "Success."),
        // No more than that the push went out.
        said("DP00800001001", "TS"),
        older("ESB000010", value!({ "id": REFERENCE, "status": "SUCCESS" })),
    ] {
        let word = charge().done(&*airtel(), SUBMIT, &[reply]);
        assert_eq!(word.verdict, Verdict::Pending);
        assert_eq!(word.ask_again_after, Some(Duration::from_secs(180)));
    }
    let request = charge().sends(&*airtel(), ENQUIRY, &[]);
    assert_eq!(request.url, format!("https://airtel.example/standard/v1/payments/{REFERENCE}"));
    assert_eq!(request.verb, Verb::Get);
}

#[test]
fn disbursements_have_three_versions() {
    for (version, path, payee, kind) in [
        ("v1", "v1/disbursements/", value!({ "msisdn": "730000111" }), None),
        (
            "v2",
            "v2/disbursements/",
            value!({ "msisdn": "730000111", "country": "RW", "currency": "RWF", "name": "Jean Bosco" }),
            Some("B2C"),
        ),
        (
            "v3",
            "v3/disbursements",
            value!({ "msisdn": "730000111", "wallet_type": "NORMAL" }),
            Some("B2C"),
        ),
    ] {
        let airtel = airtel_with(&[("disbursement_version", version)]);
        let request = disbursement().sends(&*airtel, SUBMIT, &[]);
        assert_eq!(request.url, format!("https://airtel.example/standard/{path}"));
        let body = json(&request);
        assert_eq!(body["payee"], payee);
        assert_eq!(body["transaction"]["type"].as_str(), kind);
        assert_eq!(body["transaction"]["amount"], 4900);
        // The PIN, encrypted for a key of 1024 bits.
        assert_eq!(STANDARD.decode(body["pin"].as_str().unwrap()).unwrap().len(), 128);
        let enquiry = disbursement().sends(&*airtel, ENQUIRY, &[]);
        assert_eq!(
            enquiry.url,
            format!("https://airtel.example/standard/{version}/disbursements/{REFERENCE}")
        );
    }
}

#[test]
fn a_disbursement_is_answered_at_once() {
    let transaction = value!({
        "id": REFERENCE, "status": "TS", "reference_id": "150000000022",
        "airtel_money_id": "disburs-1",
    });
    let word = disbursement().done(&*airtel(), SUBMIT, &[older("ESB000010", transaction)]);
    assert_eq!(word.verdict, Verdict::Succeeded);
    assert_eq!(word.provider_reference.as_deref(), Some("disburs-1"));
    assert_eq!(word.proof.as_deref(), Some("150000000022"));
    for (response_code, status, expected) in [
        ("DP00900001006", "TIP", Verdict::Pending),
        ("DP00900001000", "TA", Verdict::Unknown),
        ("DP00900001001", "TA", Verdict::Pending),
        ("DP00900001001", "TF", Verdict::Unknown),
        ("DP00900001007", "TS", Verdict::Unknown),
        ("DP00900001999", "TS", Verdict::Unknown),
    ] {
        let word = disbursement().done(&*airtel(), SUBMIT, &[said(response_code, status)]);
        assert_eq!(word.verdict, expected, "{response_code} {status}");
    }
}

#[test]
fn a_refund_is_of_the_whole_charge_by_airtels_own_name() {
    let request = refund().sends(&*airtel(), SUBMIT, &[]);
    assert_eq!(request.url, "https://airtel.example/standard/v1/payments/refund");
    assert_eq!(json(&request), value!({ "transaction": { "airtel_money_id": "150000000011" } }));
    let transaction = value!({ "airtel_money_id": "150000000077", "status": "SUCCESS" });
    let word = refund().done(&*airtel(), SUBMIT, &[older("ESB000010", transaction)]);
    assert_eq!(word.verdict, Verdict::Succeeded);

    // There is no way to ask for one: it is left to a person, never sent again.
    let lost = refund().done(&*airtel(), SUBMIT, &[Reply::Lost]);
    assert_eq!((lost.verdict, lost.ask_again_after), (Verdict::Unknown, Some(REFUND_LOOK_AFTER)));
    assert_eq!(refund().done(&*airtel(), ENQUIRY, &[]).verdict, Verdict::Unknown);

    let part = Sample::refund(rwf(500), refund().charge.unwrap());
    let nameless = Sample::refund(rwf(2000), payment(PaymentKind::Charge, rwf(2000)));
    for impossible in [part, nameless] {
        let word = impossible.done(&*airtel(), SUBMIT, &[]);
        assert_eq!(code(&word.verdict), Some("96"));
    }
}

/// The verdict on a new push, on an old push that is asked about, on a new disbursement and on one
/// that is asked about, where the transaction's own status does not speak against it.
#[test]
fn every_code_has_one_verdict() {
    let mut names: Vec<&str> = CODES.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CODES.len(), "a code stands twice");
    for (name, meaning) in CODES {
        let status = match meaning {
            Meaning::Succeeded | Meaning::Taken => "TS",
            Meaning::Declined(..) => "TF",
            Meaning::Pending
            | Meaning::Refused(..)
            | Meaning::Exists
            | Meaning::Unheard
            | Meaning::Ambiguous => "",
        };
        let asked = old_charge().done(&*airtel(), ENQUIRY, &[said(name, status)]).verdict;
        let asked_out = disbursement().done(&*airtel(), ENQUIRY, &[said(name, status)]).verdict;
        assert_eq!(asked, asked_out, "{name}");
        let pushed = airtel_next(&charge(), name, status);
        let paid_out = airtel_next(&disbursement(), name, status);
        match meaning {
            Meaning::Succeeded | Meaning::Taken => {
                assert_eq!(asked, Verdict::Succeeded, "{name}");
                assert_eq!(pushed, Some(Verdict::Pending), "{name}");
                assert_eq!(paid_out, Some(Verdict::Succeeded), "{name}");
            }
            Meaning::Declined(expected, _) => {
                for verdict in [Some(asked), pushed, paid_out] {
                    assert_eq!(verdict.as_ref().and_then(code), Some(*expected), "{name}");
                }
            }
            // About the request, not about the payment.
            Meaning::Refused(expected, _) => {
                assert_eq!(asked, Verdict::Unknown, "{name}");
                for verdict in [pushed, paid_out] {
                    assert_eq!(verdict.as_ref().and_then(code), Some(*expected), "{name}");
                }
            }
            Meaning::Exists => {
                assert_eq!((asked, pushed, paid_out), (Verdict::Unknown, None, None))
            }
            Meaning::Unheard => {
                assert_eq!(asked, Verdict::Unheard, "{name}");
                assert_eq!((pushed, paid_out), (Some(Verdict::Unknown), Some(Verdict::Unknown)));
            }
            Meaning::Pending => {
                for verdict in [Some(asked), pushed, paid_out] {
                    assert_eq!(verdict, Some(Verdict::Pending), "{name}");
                }
            }
            Meaning::Ambiguous => {
                for verdict in [Some(asked), pushed, paid_out] {
                    assert_eq!(verdict, Some(Verdict::Unknown), "{name}");
                }
            }
        }
    }
}

/// `None` when it goes on to ask.
fn airtel_next(sample: &Sample, name: &str, status: &str) -> Option<Verdict> {
    match airtel().next(&sample.ask(SUBMIT), &[said(name, status)]) {
        Next::Done(word) => Some(word.verdict),
        Next::Send(request) => {
            assert_eq!(request.verb, Verb::Get, "{name}");
            None
        }
    }
}

#[test]
fn answers_that_tell_nothing() {
    let body = r#"{"status":{"response_code":"DP00800001007"}}"#;
    for (reply, on_submit) in [
        (Reply::Lost, Verdict::Unknown),
        (Reply::NotSent, Verdict::NotSent),
        (answered(401, "{}"), Verdict::NotSent),
        (answered(429, ""), Verdict::NotSent),
        (answered(200, ""), Verdict::Unknown),
        (answered(200, "<html>"), Verdict::Unknown),
        (answered(200, "{}"), Verdict::Unknown),
        (answered(400, "{}"), Verdict::Unknown),
        (answered(404, ""), Verdict::Unknown),
        // Whatever they carry.
        (answered(408, body), Verdict::Unknown),
        (answered(500, body), Verdict::Unknown),
        (answered(504, body), Verdict::Unknown),
        (said("DP00800001777", "TF"), Verdict::Unknown),
    ] {
        let told = format!("{reply:?}");
        let asked = old_charge().done(&*airtel(), ENQUIRY, std::slice::from_ref(&reply)).verdict;
        assert_eq!(asked, Verdict::Unknown, "{told}");
        assert_eq!(charge().done(&*airtel(), SUBMIT, &[reply]).verdict, on_submit, "{told}");
    }
}

#[test]
fn failures_of_a_push_count_when_its_first_minutes_are_over() {
    let failed = || older("ESB000010", value!({ "id": REFERENCE, "status": "TF" }));
    let early = charge().done(&*airtel(), ENQUIRY, &[failed()]);
    assert_eq!(
        (early.verdict, early.ask_again_after),
        (Verdict::Pending, Some(FIRST_ENQUIRY_AFTER))
    );
    let late = old_charge().done(&*airtel(), ENQUIRY, &[failed()]);
    assert_eq!(code(&late.verdict), Some("05"));
    let paid = value!({ "id": REFERENCE, "status": "TS", "airtel_money_id": "150000000011" });
    let word = charge().done(&*airtel(), ENQUIRY, &[older("ESB000010", paid)]);
    assert_eq!(word.verdict, Verdict::Succeeded);
    assert_eq!(word.provider_reference.as_deref(), Some("150000000011"));
    let other = older("ESB000010", value!({ "id": "other", "status": "TS" }));
    let word = charge().done(&*airtel(), ENQUIRY, &[other]);
    assert_eq!(word.verdict, Verdict::Contradicts("transaction.id"));
}

#[test]
fn a_duplicate_is_asked_about() {
    let exists = answered(400, r#"{"status":{"result_code":"ESB000041","success":false}}"#);
    let request = charge().sends(&*airtel(), SUBMIT, std::slice::from_ref(&exists));
    assert_eq!(request.verb, Verb::Get);
    let unheard = answered(200, r#"{"status":{"response_code":"DP00800001025"}}"#);
    for (reply, verdict) in [
        (said("DP00800001001", "TS"), Verdict::Succeeded),
        (unheard, Verdict::Unknown),
        (Reply::NotSent, Verdict::Unknown),
    ] {
        let word = charge().done(&*airtel(), SUBMIT, &[exists.clone(), reply]);
        assert_eq!(word.verdict, verdict);
    }
}

/// Airtel's side of the signature, with another implementation of RSA.
#[test]
fn a_signature_is_the_body_under_a_key_that_only_airtel_opens() {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let der: PublicKeyX509Der<'_> = private.public_key().as_der().unwrap();
    let public = STANDARD.encode(der.as_ref());
    let airtel = airtel_with(&[("signing", "on"), ("signing_public_key", &public)]);
    let request = charge().sends(&*airtel, SUBMIT, &[]);

    let sealed = STANDARD.decode(header(&request, "x-key").unwrap()).unwrap();
    let mut room = [0; 256];
    let opener = Pkcs1PrivateDecryptingKey::new(private).unwrap();
    let words =
        std::str::from_utf8(opener.decrypt(&sealed, &mut room).unwrap()).unwrap().to_owned();
    assert_eq!(words.len(), 69);
    let (key, iv) = words.split_once(':').unwrap();
    let key = UnboundCipherKey::new(&AES_256, &STANDARD.decode(key).unwrap()).unwrap();
    let iv: [u8; 16] = STANDARD.decode(iv).unwrap().try_into().unwrap();
    let mut signature = STANDARD.decode(header(&request, "x-signature").unwrap()).unwrap();
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(key).unwrap();
    assert_eq!(cipher.decrypt(&mut signature, context).unwrap(), &**request.body);

    // Refunds too, disbursements from version 2 on, questions never.
    let is_signed = |request: &Request| header(request, "x-signature").is_some();
    assert!(is_signed(&refund().sends(&*airtel, SUBMIT, &[])));
    assert!(!is_signed(&disbursement().sends(&*airtel, SUBMIT, &[])));
    assert!(!is_signed(&charge().sends(&*airtel, ENQUIRY, &[])));
    let given =
        [("signing", "on"), ("signing_public_key", &public), ("disbursement_version", "v2")];
    assert!(is_signed(&disbursement().sends(&*airtel_with(&given), SUBMIT, &[])));
}

#[test]
fn a_callback_only_says_that_it_is_time_to_ask() {
    let key = SigningKey::new(b"private key");
    let transaction =
        r#"{ "id": "8820014217", "message": "Paid \"RWF\" 2 000", "status_code": "TF" }"#;
    let compact = r#"{"id":"8820014217","message":"Paid \"RWF\" 2 000","status_code":"TF"}"#;
    let around = format!(r#"{{"transaction":{compact}}}"#);
    let airtel = airtel_with(&[("callback_key", "private key")]);
    for hashed in [transaction, compact, &around] {
        let hash = STANDARD.encode(key.sign(&[hashed.as_bytes()]));
        let body = format!(r#"{{ "transaction": {transaction}, "hash": "{hash}" }}"#);
        let told = airtel.read_callback(&callback("", &body)).unwrap();
        assert_eq!(told.about, About::ClientReference(REFERENCE.to_owned()));
        assert_eq!(told.word, None);
        let forged = body.replace("TF", "TS");
        assert_eq!(airtel.read_callback(&callback("", &forged)).err(), Some(CallbackFault::Forged));
    }
    let bare = format!(r#"{{"transaction":{compact}}}"#);
    assert_eq!(airtel.read_callback(&callback("", &bare)).err(), Some(CallbackFault::Forged));
    // Without the portal's switch there is no hash to check.
    let open = self::airtel().read_callback(&callback("", &bare)).unwrap();
    assert_eq!(open.about, About::ClientReference(REFERENCE.to_owned()));
    assert_eq!(self::airtel().read_callback(&callback("", "{}")).unwrap().about, About::Nothing);
    let hidden = airtel_with(&[("callback_token", "s3")]);
    assert!(hidden.read_callback(&callback("/s3", &bare)).is_ok());
    assert_eq!(hidden.read_callback(&callback("", &bare)).err(), Some(CallbackFault::Forged));
}

#[test]
fn tokens_are_asked_for_in_json() {
    let request = airtel().token_request(TOKEN).unwrap();
    assert_eq!(request.url, "https://airtel.example/auth/oauth2/token");
    assert_eq!(
        json(&request),
        value!({ "client_id": "the-id", "client_secret": "the-secret", "grant_type": "client_credentials" })
    );
}

#[test]
fn it_serves_its_network_and_pays_out_where_it_has_a_pin() {
    let service = |kind, network| Service {
        kind,
        method: Method::MobileMoney,
        network: Some(network),
        currency: Currency::Rwf,
    };
    assert!(airtel().serves(&service(PaymentKind::Disbursement, Network::Airtel)));
    assert!(!airtel().serves(&service(PaymentKind::Charge, Network::Mtn)));
    let without_pin = connector(KIND, &GIVEN[..3]);
    assert!(!without_pin.serves(&service(PaymentKind::Disbursement, Network::Airtel)));
    assert!(without_pin.serves(&service(PaymentKind::Charge, Network::Airtel)));
    let word = disbursement().done(&*without_pin, SUBMIT, &[]);
    assert_eq!(word.verdict, Verdict::NotSent);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let build = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
        Values::of(KIND.settings, given).and_then(|values| (KIND.build)(&values)).err()
    };
    let name = |fault: Option<Fault>| match fault {
        Some(Fault::Missing(name) | Fault::Unfit { name, .. }) => Some(name),
        Some(Fault::Unknown(_)) | None => None,
    };
    for (given, expected) in [
        (vec![], None),
        (vec![("pin_padding", "none")], Some("pin_padding")),
        (vec![("pin_public_key", "x")], Some("pin_public_key")),
        (vec![("signing", "on")], Some("signing_public_key")),
        (vec![("collection_version", "v3")], Some("collection_version")),
        (vec![("currency", "XXX")], Some("currency")),
    ] {
        assert_eq!(name(build(&[GIVEN, &given].concat())), expected);
    }
    assert_eq!(name(build(&GIVEN[..4])), Some("pin_public_key"));
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?} {:?}", airtel(), disbursement().sends(&*airtel(), SUBMIT, &[]));
    for secret in ["the-id", "the-secret", "4321"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

proptest! {
    #[test]
    fn amounts_and_numbers_have_one_form(minor in 1i64..=Money::MINOR_MAX, digits in "7[2389][0-9]{7}") {
        let spelled = format!("+250{digits}");
        let request = Sample::charge(rwf(minor), &spelled).sends(&*airtel(), SUBMIT, &[]);
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        let amount = format!("\"amount\":{},", minor);
        let msisdn = format!("\"msisdn\":\"{}\"", digits);
        prop_assert!(body.contains(&amount), "{}", body);
        prop_assert!(body.contains(&msisdn), "{}", body);
    }

    #[test]
    fn no_answer_makes_a_success_or_failure_of_nonsense(status in 0u16..600, body in ".{0,80}") {
        let word = old_charge().done(&*airtel(), ENQUIRY, &[answered(status, &body)]);
        prop_assert_eq!(word.verdict, Verdict::Unknown);
    }
}
