//! The `dusupay` dialect against the vector that DusuPay prints, and against changed bodies.

use super::*;
use crate::signing::RsaKey;

const BODY: &str = r#"{"event":"transaction.completed","payload":{"id":226,"merchant_reference":"MCTREFT2WMNWZ23SBN6Y","internal_reference":"DUSUPAYRMGRXNNYBWATKJ","transaction_type":"COLLECTION","request_currency":"RWF","transaction_amount":5000,"transaction_charge":150,"total_credit":4850,"customer_name":"Jane Doe","transaction_status":"COMPLETED","status_message":"ok"}}"#;

/// CONTRACT §6.
#[test]
fn the_printed_vector() {
    let secret = WebhookSecret::new("SGNKYUEMYFDEHRWGPEUG");
    let message = Message { event_id: "evt_1", unix_seconds: 1_700_000_000, body: BODY.as_bytes() };
    let headers = DusuPay::default().sign(&Secrets { lead: &secret, other: None }, &message);
    assert_eq!(
        headers,
        [(
            "hmac-signature",
            "t=1700000000,s=d7e5264c92bd58279541309cad80a19889a5e9a10a944f418e52383c6ea5fcfe"
                .to_owned()
        )]
    );
}

#[test]
fn five_fields_are_covered_and_no_other() {
    let rsa = Arc::new(RsaKey::generate_small().signer().unwrap());
    let secret = WebhookSecret::new("SGNKYUEMYFDEHRWGPEUG");
    let message = Message { event_id: "evt_1", unix_seconds: 1, body: BODY.as_bytes() };
    for digest in [RsaDigest::Sha512, RsaDigest::Sha256] {
        let dialect = DusuPay { rsa: Some(Arc::clone(&rsa)), digest, ..DusuPay::default() };
        let headers = dialect.sign(&Secrets { lead: &secret, other: None }, &message);
        let verifier = RsaVerifier::of_pem(&rsa.public_pem()).unwrap();
        let verify = |body: &str| {
            let mac = verify_hmac(&secret, body.as_bytes(), &headers[0].1);
            let signature = verify_rsa(&verifier, digest, body.as_bytes(), &headers[1].1);
            assert_eq!(mac, signature, "{body}");
            mac
        };
        assert!(verify(BODY));
        for (from, to) in [
            ("transaction.completed", "transaction.failed"),
            ("MCTREFT2WMNWZ23SBN6Y", "MCTREFT2WMNWZ23SBN6Z"),
            ("DUSUPAYRMGRXNNYBWATKJ", "DUSUPAYRMGRXNNYBWATKK"),
            ("COLLECTION", "PAYOUT"),
            (r#""COMPLETED""#, r#""FAILED""#),
            (r#""merchant_reference":"#, r#""merchant_ref":"#),
        ] {
            assert!(!verify(&BODY.replace(from, to)), "{to}");
        }
        for (from, to) in
            [("5000", "9000"), ("Jane", "John"), ("226", "227"), (r#""ok""#, r#""no""#)]
        {
            assert!(verify(&BODY.replace(from, to)), "{to}");
        }
        let other = if digest == RsaDigest::Sha512 { RsaDigest::Sha256 } else { RsaDigest::Sha512 };
        assert!(!verify_rsa(&verifier, other, BODY.as_bytes(), &headers[1].1));
    }
    for header in ["", "t=1", "t=1,s=zz", "s="] {
        assert!(!verify_hmac(&secret, BODY.as_bytes(), header), "{header}");
    }
}

#[test]
fn a_5xx_stops_unless_it_is_to_be_retried() {
    let dialect = DusuPay::default();
    assert_eq!(dialect.read(200, None), Reading::Delivered);
    for status in [201, 301, 400, 410, 429, 499] {
        assert_eq!(dialect.read(status, None), Reading::Retry { after: None }, "{status}");
    }
    for status in [500, 503, 599] {
        assert_eq!(dialect.read(status, None), Reading::Stop, "{status}");
    }
    let patient = DusuPay { retries_server_errors: true, ..DusuPay::default() };
    assert_eq!(patient.read(503, None), Reading::Retry { after: None });
}
