//! Callbacks that DusuPay never sent, and what it signs of those that it did.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;

use super::tests::connector;
use super::*;
use crate::signing::{RsaKey, RsaSigner, SigningKey};
use crate::webhook::dusupay::signed_text;

/// The printed vector (CONTRACT §6), in a body.
pub(super) const KEY: &str = "SGNKYUEMYFDEHRWGPEUG";
pub(super) const MAC: &str = "d7e5264c92bd58279541309cad80a19889a5e9a10a944f418e52383c6ea5fcfe";
pub(super) const HEADER: &str =
    "t=1700000000,s=d7e5264c92bd58279541309cad80a19889a5e9a10a944f418e52383c6ea5fcfe";
pub(super) const BODY: &str = r#"{"event":"transaction.completed","payload":{"id":226,"merchant_reference":"MCTREFT2WMNWZ23SBN6Y","internal_reference":"DUSUPAYRMGRXNNYBWATKJ","transaction_type":"COLLECTION","request_currency":"RWF","transaction_amount":5000,"transaction_currency":"RWF","transaction_charge":150,"transaction_account":"250789654321","charge_customer":false,"total_credit":4850,"provider_code":"mtn_rw","request_amount":5000,"customer_name":"Jane Doe","transaction_status":"COMPLETED","status_message":"ok"}}"#;

type Headers = Vec<(String, Vec<u8>)>;

fn read(dusupay: &DusuPay, headers: &Headers, body: &[u8]) -> Result<Told, CallbackFault> {
    let now = Timestamp::from_micros(0);
    dusupay.read_callback(&Callback { headers, path: "", body, now })
}

fn one(name: &str, value: impl AsRef<[u8]>) -> Headers {
    vec![(name.to_owned(), value.as_ref().to_vec())]
}

fn by_hmac() -> DusuPay {
    connector(&[("hmac_key", KEY)]).unwrap()
}

fn signer() -> RsaSigner {
    RsaKey::generate_small().signer().unwrap()
}

fn by_rsa(signer: &RsaSigner, digest: &'static str) -> DusuPay {
    connector(&[("rsa_public_key", &signer.public_pem()), ("rsa_digest", digest)]).unwrap()
}

fn rsa_header(signer: &RsaSigner, digest: RsaDigest, body: &str) -> String {
    let signed = signed_text(body.as_bytes()).unwrap();
    STANDARD.encode(signer.sign(digest, signed.as_bytes()).unwrap())
}

fn mac(key: &str, text: &str) -> String {
    hex::encode(SigningKey::new(key.as_bytes()).sign(&[text.as_bytes()]))
}

#[test]
fn either_signature_of_the_printed_body_is_taken() {
    read(&by_hmac(), &one("hmac-signature", HEADER), BODY.as_bytes()).unwrap();
    let signer = signer();
    for (name, digest) in [("sha512", RsaDigest::Sha512), ("sha256", RsaDigest::Sha256)] {
        let header = one("rsa-signature", rsa_header(&signer, digest, BODY));
        read(&by_rsa(&signer, name), &header, BODY.as_bytes()).unwrap();
    }
    let pem = signer.public_pem();
    let both = connector(&[("hmac_key", KEY), ("rsa_public_key", &pem)]).unwrap();
    let good_rsa = rsa_header(&signer, RsaDigest::Sha512, BODY);
    let (hmac, rsa) = (one("hmac-signature", HEADER), one("rsa-signature", &good_rsa));
    for headers in [hmac.clone(), rsa.clone(), [hmac.clone(), rsa.clone()].concat()] {
        read(&both, &headers, BODY.as_bytes()).unwrap();
    }
    // What is there and can be checked must be right.
    let bad_hmac = one("hmac-signature", HEADER.replace("d7", "d8"));
    let bad_rsa = one("rsa-signature", good_rsa.replace(['A', 'B'], "C"));
    for headers in [[bad_hmac, rsa].concat(), [hmac, bad_rsa].concat()] {
        assert_eq!(read(&both, &headers, BODY.as_bytes()), Err(CallbackFault::Forged));
    }
}

/// Everything but the five fields may change on the way, which is why nothing else is believed.
#[test]
fn five_fields_are_covered_and_no_other() {
    let (hmac, signer) = (by_hmac(), signer());
    let rsa = by_rsa(&signer, "sha512");
    let rsa_header = one("rsa-signature", rsa_header(&signer, RsaDigest::Sha512, BODY));
    let is_taken = |body: &str| {
        let by_hmac = read(&hmac, &one("hmac-signature", HEADER), body.as_bytes());
        let by_rsa = read(&rsa, &rsa_header, body.as_bytes());
        assert_eq!(by_hmac.is_ok(), by_rsa.is_ok(), "{body}");
        by_hmac.is_ok()
    };
    for (from, to) in [
        ("transaction.completed", "transaction.failed"),
        ("MCTREFT2WMNWZ23SBN6Y", "MCTREFT2WMNWZ23SBN6Z"),
        ("DUSUPAYRMGRXNNYBWATKJ", "dusupayrmgrxnnybwatkj"),
        ("\"COLLECTION\"", "\"PAYOUT\""),
        ("\"COMPLETED\"", "\"FAILED\""),
    ] {
        assert!(!is_taken(&BODY.replace(from, to)), "{to}");
    }
    for (from, to) in [
        ("226", "227"),
        ("\"request_currency\":\"RWF\"", "\"request_currency\":\"USD\""),
        ("\"transaction_amount\":5000", "\"transaction_amount\":9000"),
        ("\"transaction_currency\":\"RWF\"", "\"transaction_currency\":\"USD\""),
        ("150", "1"),
        ("250789654321", "250789654322"),
        ("false", "true"),
        ("4850", "0"),
        ("mtn_rw", "airtel_rw"),
        ("\"request_amount\":5000", "\"request_amount\":1"),
        ("Jane Doe", "Zoë"),
        ("\"ok\"", "null"),
        (",\"status_message\":\"ok\"", ""),
    ] {
        assert!(is_taken(&BODY.replace(from, to)), "{to}");
    }
}

/// The values are signed, not their writing.
#[test]
fn the_same_values_written_otherwise_are_the_same_callback() {
    let value: serde_json::Value = serde_json::from_str(BODY).unwrap();
    let bodies = [
        value.to_string(),
        serde_json::to_string_pretty(&value).unwrap(),
        BODY.replace("COMPLETED", "\\u0043OMPLETED"),
        BODY.replace("transaction.", "transaction\\u002e"),
    ];
    let expected = read(&by_hmac(), &one("hmac-signature", HEADER), BODY.as_bytes()).unwrap();
    for body in bodies {
        let told = read(&by_hmac(), &one("hmac-signature", HEADER), body.as_bytes());
        assert_eq!(told.as_ref(), Ok(&expected), "{body}");
    }
    // Its time is outside of the signature: a copy with another time is the same callback.
    let later = one("hmac-signature", HEADER.replace("1700000000", "1900000000"));
    assert_eq!(read(&by_hmac(), &later, BODY.as_bytes()), Ok(expected));
}

fn forged_hmac_headers() -> Vec<String> {
    let text = signed_text(BODY.as_bytes()).unwrap();
    let upper = MAC.to_uppercase();
    let mut headers: Vec<String> =
        ["", " ", "t=1700000000", "s=", "t=,s=", "t=1,s=zz", MAC].map(str::to_owned).to_vec();
    // Every length but the right one, in some places.
    headers.extend([1, 2, 8, 16, 31, 32, 33, 62, 63].map(|n| format!("t=1,s={}", &MAC[..n])));
    headers.extend([
        format!("t=1,s={MAC}00"),
        format!("t=1,s={MAC}{MAC}"),
        format!("t=1,s={upper}"),
        format!("t=1,s={}", MAC.replacen('d', "D", 1)),
        format!("t=1,S={MAC}"),
        format!("t=1;s={MAC}"),
        format!("t=1,s: {MAC}"),
        format!("t=1,s= {MAC}"),
        format!("t=1,s=0x{MAC}"),
        format!("t=1,s=\"{MAC}\""),
        format!("t=1,v1={MAC}"),
        format!("t=1,ss={MAC}"),
        format!("sha256={MAC}"),
        format!("t=1,s={MAC},s={MAC}"),
        format!("t=1,s={MAC},s={}", "0".repeat(64)),
        format!("t=1,s={},s={MAC}", "0".repeat(64)),
        format!("t=1,s={}", "0".repeat(64)),
        format!("t=1,s={}", "f".repeat(64)),
        format!("t=1,s={}", MAC.chars().rev().collect::<String>()),
        format!("t=1,s={}", STANDARD.encode(hex::decode(MAC).unwrap())),
        format!("t=1,s={}é", &MAC[..62]),
        format!("t=1,s=\u{200b}{MAC}"),
        format!("t=1,s={}", MAC.replace('0', "٠")),
    ]);
    // Keys that are not the key, and texts that are not the text.
    for key in ["", "SGNKYUEMYFDEHRWGPEUg", "SGNKYUEMYFDEHRWGPEU", "SGNKYUEMYFDEHRWGPEUG\n"] {
        headers.push(format!("t=1,s={}", mac(key, &text)));
    }
    let texts = [
        String::new(),
        BODY.to_owned(),
        format!("1.{text}"),
        format!("{text}:"),
        format!(":{text}"),
        format!("{text}\n"),
        text.to_lowercase(),
        text.replace(':', ""),
        text.replace(':', "|"),
        text.replace("completed", "failed"),
        text.replace(":COLLECTION", ""),
        format!("{text}:5000"),
    ];
    headers.extend(texts.map(|other| format!("t=1,s={}", mac(KEY, &other))));
    headers
}

#[test]
fn no_forged_header_is_taken() {
    let headers = forged_hmac_headers();
    assert!(headers.len() >= 50, "{}", headers.len());
    let dusupay = by_hmac();
    let refused = |headers: &Headers| {
        assert_eq!(read(&dusupay, headers, BODY.as_bytes()), Err(CallbackFault::Forged));
    };
    for header in headers {
        refused(&one("hmac-signature", header));
    }
    for headers in [
        Vec::new(),
        one("x-hmac-signature", HEADER),
        one("hmac_signature", HEADER),
        one("rsa-signature", HEADER),
        one("hmac-signature", b"\xff\xfe"),
        one("hmac-signature", [HEADER.as_bytes(), b"\xff"].concat()),
        [one("hmac-signature", HEADER), one("hmac-signature", HEADER)].concat(),
        [one("hmac-signature", HEADER), one("hmac-signature", "t=1,s=00")].concat(),
        [one("hmac-signature", ""), one("hmac-signature", HEADER)].concat(),
    ] {
        refused(&headers);
    }
    // With neither key nor PEM there is nothing to believe.
    let keys = [("public_key", "P"), ("secret_key", "S")];
    let deaf = connector(&keys).unwrap();
    let told = read(&deaf, &one("hmac-signature", HEADER), BODY.as_bytes());
    assert_eq!(told, Err(CallbackFault::Forged));
}

#[test]
fn no_forged_rsa_signature_is_taken() {
    let (own, other) = (signer(), signer());
    let good = rsa_header(&own, RsaDigest::Sha512, BODY);
    let bytes = STANDARD.decode(&good).unwrap();
    let mut flipped = bytes.clone();
    flipped[100] ^= 1;
    let forged = [
        String::new(),
        "=".to_owned(),
        good[..good.len() - 4].to_owned(),
        format!("{good}AAAA"),
        format!("{good},{good}"),
        good.to_lowercase(),
        good.trim_end_matches('=').replace(['A', 'a'], "B"),
        hex::encode(&bytes),
        format!("t=1,s={good}"),
        STANDARD.encode(&flipped),
        STANDARD.encode(&bytes[1..]),
        STANDARD.encode(vec![0; bytes.len()]),
        STANDARD.encode(vec![255; bytes.len()]),
        rsa_header(&other, RsaDigest::Sha512, BODY),
        rsa_header(&own, RsaDigest::Sha256, BODY),
        rsa_header(&own, RsaDigest::Sha512, &BODY.replace("COLLECTION", "PAYOUT")),
    ];
    let dusupay = by_rsa(&own, "sha512");
    for header in forged {
        let told = read(&dusupay, &one("rsa-signature", &header), BODY.as_bytes());
        assert_eq!(told, Err(CallbackFault::Forged), "{header}");
    }
    let twice = [one("rsa-signature", &good), one("rsa-signature", &good)].concat();
    assert_eq!(read(&dusupay, &twice, BODY.as_bytes()), Err(CallbackFault::Forged));
}

#[test]
fn a_body_that_cannot_be_read_is_said_to_be_so() {
    let with = |from: &str, to: &str| BODY.replace(from, to).into_bytes();
    let bodies = [
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        BODY.as_bytes()[..BODY.len() - 1].to_vec(),
        format!("{BODY}{BODY}").into_bytes(),
        format!("\u{feff}{BODY}").into_bytes(),
        [BODY.as_bytes(), b"\xff"].concat(),
        with("\"merchant_reference\"", "\"merchantReference\""),
        with("\"MCTREFT2WMNWZ23SBN6Y\"", "12"),
        with("\"COMPLETED\"", "true"),
        with("\"COMPLETED\"", "null"),
        with("\"payload\":{", "\"payload\":[{"),
        // Two values of one name: the one that was signed, and the one that would be believed.
        with("\"payload\":", "\"payload\":{},\"payload\":"),
        with("\"id\":226", "\"transaction_status\":\"FAILED\""),
        with("\"event\":", "\"event\":\"transaction.failed\",\"event\":"),
        // One signed text for two readings.
        with(
            "\"MCTREFT2WMNWZ23SBN6Y\",\"internal_reference\":\"DUSUPAYRMGRXNNYBWATKJ\"",
            "\"MCTREFT2WMNWZ23SBN6Y:DUSUPAYRMGRXNNYBWATKJ\",\"internal_reference\":\"\"",
        ),
        with("\"transaction.completed\"", "\"transaction.completed:x\""),
    ];
    for body in bodies {
        let told = read(&by_hmac(), &one("hmac-signature", HEADER), &body);
        let shown = String::from_utf8_lossy(&body);
        assert_eq!(told, Err(CallbackFault::Unreadable), "{shown}");
    }
}

#[test]
fn an_event_and_a_status_that_do_not_fit_are_asked_about() {
    let word = |event: &str, status: &str| {
        let body = BODY.replace("transaction.completed", event).replace("COMPLETED", status);
        let signed = signed_text(body.as_bytes()).unwrap();
        let header = format!("t=1,s={}", mac(KEY, &signed));
        read(&by_hmac(), &one("hmac-signature", header), body.as_bytes()).unwrap().word
    };
    let verdict = |event, status| word(event, status).map(|word| word.verdict);
    assert_eq!(verdict("transaction.processing", "PROCESSING"), Some(Verdict::Pending));
    let again = word("transaction.processing", "PENDING").and_then(|word| word.ask_again_after);
    assert_eq!(again, Some(Duration::from_secs(125)));
    assert!(matches!(verdict("transaction.failed", "FAILED"), Some(Verdict::Declined(_))));
    assert!(matches!(verdict("request.failed", "CANCELLED"), Some(Verdict::Declined(_))));
    for (event, status) in [
        ("transaction.completed", "FAILED"),
        ("transaction.failed", "COMPLETED"),
        ("transaction.processing", "COMPLETED"),
        ("transaction.charges", "PENDING"),
        ("transaction.completed", "REVERSED"),
    ] {
        assert_eq!(verdict(event, status), None, "{event} {status}");
    }
}

/// The signature that OpenSSL makes is taken, with a key that OpenSSL made.
#[test]
fn openssl_signs_what_we_verify() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let has_openssl = openssl(&["genrsa", "-out", "key.pem", "2048"]);
    if has_openssl {
        assert!(openssl(&["rsa", "-in", "key.pem", "-pubout", "-out", "public.pem"]));
        fs::write(folder.join("text"), signed_text(BODY.as_bytes()).unwrap()).unwrap();
        let pem = fs::read_to_string(folder.join("public.pem")).unwrap();
        for digest in ["sha512", "sha256"] {
            let flag = format!("-{digest}");
            assert!(openssl(&["dgst", &flag, "-sign", "key.pem", "-out", "signature", "text"]));
            let signature = STANDARD.encode(fs::read(folder.join("signature")).unwrap());
            let dusupay = connector(&[("rsa_public_key", &pem), ("rsa_digest", digest)]).unwrap();
            let header = one("rsa-signature", signature);
            read(&dusupay, &header, BODY.as_bytes()).unwrap();
            let other = BODY.replace("COMPLETED", "FAILED");
            let told = read(&dusupay, &header, other.as_bytes());
            assert_eq!(told, Err(CallbackFault::Forged));
        }
    }
}
