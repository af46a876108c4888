//! No card number, CVV, PIN, one-time code or ciphertext of one is ever at rest: not in the
//! database, its log, the program's output, an answer, a webhook, or the memory of the process once
//! its request is over.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::desk::{Desk, address, authorize_body, charge_body, merged, otp};
use crate::scanner::{Scanner, forms_of_number};

/// Charges; the long form is `DGSPAY_CARD_SCAN=100000`.
const COUNT: u64 = 200;
/// Orders that one browser encrypts, and one scan of the answers to them.
const BATCH: u64 = 1000;

/// More than the longest ciphertext or sealed card.
const OVERLAP: usize = 1024;

const CVV: &str = "0719";
const PIN: &str = "071906";
const OTP: &str = "07190619";

const SCENES: [&str; 5] = [
    "issuer:approved",
    "scenario:auth_pin",
    "scenario:auth_pin_3ds&issuer:do_not_honor",
    "scenario:auth_3ds",
    "scenario:auth_avs",
];

#[test]
fn nothing_of_a_card_is_kept() {
    let count = std::env::var("DGSPAY_CARD_SCAN").ok().and_then(|text| text.parse().ok());
    let count: u64 = count.unwrap_or(COUNT);
    let mut desk = Desk::open();
    let mut scanner = Scanner::new();
    for code in [CVV, PIN, OTP] {
        scanner.add_code(code);
    }
    let mut place = 0;
    while place < count {
        let batch: Vec<u64> = (place..count.min(place + BATCH)).collect();
        let said = pay(&desk, &batch, &mut scanner);
        assert_clean("answers", said.as_bytes(), &scanner);
        place += BATCH;
    }
    assert_no_core_dumps(&desk);
    scan_memory(&desk, &scanner);
    let folder = desk.sandbox.data().join("..");
    fs::remove_file(&desk.script).expect("it was written");
    let scanned = scan_folder(&folder, &scanner);
    assert!(scanned > 1_000_000, "only {scanned} bytes were there to scan");
    for event in desk.receiver.received() {
        assert_clean("a webhook", &event.body, &scanner);
    }
    desk.assert_audit_is_clean();
    let said = desk.sandbox.unread_lines().join("\n");
    assert!(said.contains("/charges"), "the log was not read");
    assert_clean("the log", said.as_bytes(), &scanner);
    desk.sandbox.terminate();
    scan_folder(&folder, &scanner);

    assert_planted_is_found(&desk.sandbox.data(), &scanner);
}

/// Charges these cards to their ends; all that was answered.
fn pay(desk: &Desk, batch: &[u64], scanner: &mut Scanner) -> String {
    let pin = json!({"do": "pin", "pin": PIN});
    let orders: Vec<Value> = batch
        .iter()
        .flat_map(|place| {
            let is_sealed = place % 7 == 0;
            let way = if is_sealed { "seal" } else { "card" };
            let card = json!({"do": way, "number": number(*place), "month": "12", "year": "2068",
                              "cvv": CVV});
            [card, pin.clone()]
        })
        .collect();
    let mut said = String::new();
    for (place, made) in batch.iter().zip(desk.browse(&orders).chunks(2)) {
        if place % 50 == 0 {
            // Each order ends with a refusal, of which there may be a hundred a minute.
            desk.sandbox.advance_clock(60);
        }
        scanner.add_number(&number(*place));
        for made in made {
            let secrets = made.as_object().expect("an object").iter();
            for (_, secret) in secrets.filter(|(name, _)| !name.ends_with("nonce")) {
                scanner.add(secret.as_str().expect("text"));
            }
        }
        said += &pay_one(desk, *place, made);
    }
    said
}

fn pay_one(desk: &Desk, place: u64, made: &[Value]) -> String {
    let key = format!("order-{place}");
    let headers = [("Idempotency-Key", key.as_str())];
    let scene = SCENES[usize::try_from(place % 5).expect("below 5")];
    let body = charge_body(made[0].clone(), json!({"scenario_key": scene}));
    let answer = desk.post("/charges", &body, &headers);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut said = answer.text().into_owned();
    let mut charged = answer.json();
    while let Some(action) = charged["next_action_type"].as_str() {
        let more = match action {
            "requires_pin" => merged(made[1].clone(), json!({"auth_type": "pin"})),
            "requires_additional_fields" => address(),
            _ => otp(OTP),
        };
        let key = format!("order-{place}-{action}");
        let body = merged(authorize_body(&charged), more);
        let answer = desk.post("/authorize", &body, &[("Idempotency-Key", &key)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        said += &answer.text();
        charged = answer.json();
    }
    // What is refused must not be repeated back either.
    let refused = merged(made[0].clone(), json!({"card_nonce": "abc123def456"}));
    said + &desk.charge(refused, json!({})).text()
}

/// The card numbers of this test, each of its own.
fn number(place: u64) -> String {
    format!("4{:015}", (place + 1).wrapping_mul(7_919_000_000_021) % 1_000_000_000_000_000)
}

/// Scans every file below a folder; how many bytes there were.
fn scan_folder(folder: &Path, scanner: &Scanner) -> usize {
    let mut scanned = 0;
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            scanned += scan_folder(&path, scanner);
        } else {
            let bytes = fs::read(&path).expect("a file can be read");
            assert_clean(&path.display().to_string(), &bytes, scanner);
            scanned += bytes.len();
        }
    }
    scanned
}

fn assert_clean(name: &str, bytes: &[u8], scanner: &Scanner) {
    let hits = scanner.scan(bytes);
    assert!(hits.is_empty(), "{} hits in {name}: {:?}", hits.len(), &hits[..hits.len().min(9)]);
}

/// The scanner is worth nothing if it is blind.
fn assert_planted_is_found(data: &Path, scanner: &Scanner) {
    let database = fs::read(data.join("dgspay.db")).expect("the database");
    let (before, after) = database.split_at(database.len() / 2);
    let mut planted = forms_of_number(&number(3));
    planted.extend([CVV, PIN, OTP].map(|code| format!("'{code}'")));
    for secret in planted {
        let bytes = [before, secret.as_bytes(), after].concat();
        assert!(!scanner.scan(&bytes).is_empty(), "{secret} is not found");
    }
}

/// What a core dump would hold once the requests are over: nothing of them, for what is freed is
/// wiped. What is kept must be found, or the scan is blind.
fn scan_memory(desk: &Desk, scanner: &Scanner) {
    let mut kept = Scanner::new();
    kept.add(&desk.sandbox.credentials().account_number);
    let (mut hits, mut found) = (Vec::new(), 0);
    let read = testkit::memory::read_writable(desk.sandbox.pid(), OVERLAP, |bytes| {
        hits.extend(scanner.scan(bytes));
        found += kept.scan(bytes).len();
    });
    if let Err(error) = read {
        println!("skipped: the memory of the process cannot be read ({error})");
        return;
    }
    assert!(found > 0, "the account's own number is not in its memory");
    assert!(hits.is_empty(), "{} hits in memory: {:?}", hits.len(), &hits[..hits.len().min(9)]);
}

fn assert_no_core_dumps(desk: &Desk) {
    let limits = fs::read_to_string(format!("/proc/{}/limits", desk.sandbox.pid()));
    let limits = limits.expect("the process is running");
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.expect("a limit of cores").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{words:?}");
}
