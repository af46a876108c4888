//! What DusuPay's server sends by itself.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dialects::provider::{About, CallbackFault};
use domain::provider_call::Verdict;
use serde_json::Value;
use testkit::providers::world::Wishes;
use testkit::providers::{Callbacks, Decision, Pace, dusupay};

use crate::case::{Bench, Case, connector, read};
use crate::{PHONE, minor};

#[test]
fn either_signature_serves_and_the_keyless_believe_it() {
    let bench = Bench::open("/ok");
    let case = Case::collect(PHONE);
    bench.submit(&case);
    let came = bench.callbacks(1).remove(0);
    let keyless = [("public_key", ""), ("secret_key", "")];
    for without in ["hmac_key", "rsa_public_key"] {
        let settings = [keyless.as_slice(), &[(without, "")]].concat();
        let told = read(&connector("http://x", &settings).expect("settings"), &came);
        let told = told.expect("authentic");
        assert_eq!(told.about, About::ClientReference(case.reference().to_owned()));
        let word = told.word.expect("believed");
        assert_eq!((word.verdict, word.stated), (Verdict::Succeeded, minor(5000)));
    }
    let other = connector("http://x", &[("hmac_key", "other")]).expect("settings");
    assert_eq!(read(&other, &came), Err(CallbackFault::Forged));
}

#[test]
fn copies_have_one_key_and_forgeries_none() {
    for (callbacks, count) in [(Callbacks::Duplicate, 2), (Callbacks::Forged, 1)] {
        let bench = Bench::with("/ok", Wishes { callbacks, ..Wishes::default() });
        bench.submit(&Case::collect(PHONE));
        let told: Vec<_> =
            bench.callbacks(count).iter().map(|came| read(&bench.connector, came)).collect();
        if callbacks == Callbacks::Forged {
            assert_eq!(told, [Err(CallbackFault::Forged)]);
        } else {
            assert!(told[0].is_ok());
            assert_eq!(told[0], told[1]);
        }
    }
}

/// The amount is not signed, so a callback may misstate it; the status request does not.
#[test]
fn a_misstated_amount_is_seen() {
    let wishes = Wishes { callbacks: Callbacks::Misstated, ..Wishes::default() };
    let bench = Bench::with("/ok", wishes);
    let case = Case::collect(PHONE);
    bench.submit(&case);
    let keyless = connector("http://x", &[("public_key", ""), ("secret_key", "")]);
    let told = read(&keyless.expect("settings"), &bench.callbacks(1)[0]).expect("authentic");
    assert_eq!(told.word.expect("believed").stated, minor(15_000), "not what we asked for");
    assert_eq!(bench.enquire(&case).stated, minor(5000));
}

#[test]
fn a_5xx_loses_an_event_and_others_are_sent_again() {
    for (path, answers) in [
        ("/ok", vec![200]),
        ("/429", vec![429; 4]),
        ("/401", vec![401; 4]),
        ("/reset", vec![0; 4]),
        ("/503", vec![503]),
    ] {
        let bench = Bench::with(path, Wishes { pace: Pace::ByHand, ..Wishes::default() });
        let case = Case::collect(PHONE);
        bench.submit(&case);
        bench.server.world.decide(case.reference(), Decision::Approve);
        let told: Vec<u16> = bench.server.world.told().iter().map(|(_, status)| *status).collect();
        assert_eq!(told, answers, "{path}");
    }
}

#[test]
fn openssl_verifies_what_the_server_signs() {
    let bench = Bench::open("/ok");
    bench.submit(&Case::collect(PHONE));
    let came = bench.callbacks(1).remove(0);
    let body: Value = serde_json::from_slice(&came.body).expect("JSON");
    let payload = &body["payload"];
    let text = [
        &body["event"],
        &payload["merchant_reference"],
        &payload["internal_reference"],
        &payload["transaction_type"],
        &payload["transaction_status"],
    ]
    .map(|value| value.as_str().expect("text"))
    .join(":");
    let folder = tempfile::tempdir().expect("a folder");
    let signature = STANDARD.decode(came.header("rsa-signature")).expect("base64");
    assert_eq!(signature.len(), 512, "4096 bits");
    for (name, bytes) in [
        ("key.pem", dusupay::public_pem().as_bytes()),
        ("signature", signature.as_slice()),
        ("text", text.as_bytes()),
    ] {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    let verified = Command::new("openssl")
        .current_dir(folder.path())
        .args(["dgst", "-sha512", "-verify", "key.pem", "-signature", "signature", "text"])
        .stdout(Stdio::null())
        .status();
    if let Ok(status) = verified {
        assert!(status.success());
    }
}
