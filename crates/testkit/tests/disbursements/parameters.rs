//! Every row of the guide's tables for disbursements: what is required, what is refused, and that
//! all faults come at once in the order of the tables.

use testkit::Options;

use crate::merchant::{
    BANK, MOBILE_MONEY, Merchant, OPENING, assert_refused, assert_short, faulty_fields, paying,
    with, without,
};

/// A field by its JSON pointer, and JSON texts that it must not have.
const REFUSED_OF_BANK: [(&str, &[&str]); 8] = [
    (
        "/amount",
        &[
            "0", "-1", "-0", "1", "100", "99.5", "2000.5", "\"2000\"", "null", "true", "1e30",
            "[]", "1e-1",
        ],
    ),
    ("/destination_type", &["null", "\"\"", "\"card\"", "\"BANK\"", "1", "[]"]),
    ("/recipient", &["null", "\"kcb_rw\"", "[]", "1"]),
    ("/recipient/bank_key", &["null", "\"\"", "\"no_such\"", "\"mtn_rw\"", "\"KCB_RW\"", "7"]),
    (
        "/recipient/account_number",
        &["null", "\"\"", "1234567890", "\"12 34\"", "\"12\\u000034\"", "\"٣٤\"", LONG_NUMBER],
    ),
    ("/recipient/name", &["1", "{}", "\"a\\nb\""]),
    ("/recipient/branch", &["1", "[]", "\"a\\tb\""]),
    ("/narration", &["1", "{}", "\"a\\u0007b\""]),
];

const REFUSED_OF_MOBILE_MONEY: [(&str, &[&str]); 4] = [
    (
        "/recipient/msisdn",
        &["null", "\"\"", "788123456", "\"12\"", "\"+254712345678\"", "\"0688123456\"", "\"x\""],
    ),
    ("/recipient/network", &["null", "\"\"", "\"Tigo\"", "\"mtn_rw\"", "1"]),
    ("/recipient/country", &["null", "\"\"", "\"KE\"", "\"Rwanda\"", "250"]),
    ("/recipient/name", &["1", "true"]),
];

/// One more than the longest IBAN.
const LONG_NUMBER: &str = "\"12345678901234567890123456789012345\"";

/// `/recipient/name` is called `recipient.name` in an error.
fn field_of(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[test]
fn what_a_field_must_not_be_is_90_and_names_it() {
    let merchant = Merchant::open();
    let of_bank = REFUSED_OF_BANK.iter().map(|row| (BANK, row));
    let of_mobile_money = REFUSED_OF_MOBILE_MONEY.iter().map(|row| (MOBILE_MONEY, row));
    for (body, (pointer, texts)) in of_bank.chain(of_mobile_money) {
        for text in *texts {
            let name = format!("{pointer} {text}");
            let answer = merchant.disburse(&with(body, pointer, text), &[]);
            let json = assert_refused(&name, &answer, 400, "90");
            assert_eq!(faulty_fields(&json["errors"]), [field_of(pointer)], "{name}");
        }
    }
    for url in ["1", "\"x\"", "\"ftp://example.com/\"", "\"https://10.0.0.1/\""] {
        let answer = merchant.disburse(&with(BANK, "/callback_url", url), &[]);
        let json = assert_refused(url, &answer, 400, "90");
        assert_eq!(faulty_fields(&json["errors"]), ["callback_url"], "{url}");
    }
    assert_eq!((merchant.francs(), merchant.count("")), (OPENING, 0), "nothing happened");
    merchant.assert_audit_is_clean();
}

#[test]
fn all_faults_come_at_once_in_the_order_of_the_tables() {
    let merchant = Merchant::open();
    let faults = |body: &str| {
        let json = assert_refused(body, &merchant.disburse(body, &[]), 400, "90");
        faulty_fields(&json["errors"])
    };
    assert_eq!(faults("{}"), ["amount", "destination_type", "recipient"]);
    let bank = r#"{"scenario_key": "x", "callback_url": "x", "narration": 1,
        "recipient": {"branch": 1, "name": 1}, "destination_type": "bank", "amount": 0}"#;
    let expected = [
        "amount",
        "recipient.bank_key",
        "recipient.account_number",
        "recipient.name",
        "recipient.branch",
        "narration",
        "callback_url",
        "scenario_key",
    ];
    assert_eq!(faults(bank), expected);
    let mobile_money =
        r#"{"recipient": {"name": 1}, "destination_type": "mobile_money", "amount": "1"}"#;
    let expected =
        ["amount", "recipient.msisdn", "recipient.network", "recipient.country", "recipient.name"];
    assert_eq!(faults(mobile_money), expected);
}

#[test]
fn an_amount_within_the_fee_says_what_the_fee_is() {
    let merchant = Merchant::open();
    for francs in [1, 99, 100] {
        let answer = merchant.disburse(&paying(francs), &[]);
        let json = assert_refused("within the fee", &answer, 400, "90");
        assert_eq!(faulty_fields(&json["errors"]), ["amount"], "{francs}");
        assert!(answer.text().contains("100 RWF"), "{}", answer.text());
    }
}

#[test]
fn a_short_wallet_says_what_it_has_and_what_it_takes() {
    let merchant = Merchant::open();
    assert_short(&merchant.disburse(&paying(OPENING + 1), &[]), OPENING, OPENING + 1);
    merchant.pay(&paying(OPENING));
    assert_short(&merchant.disburse(&paying(101), &[]), 0, 101);
    merchant.assert_audit_is_clean();
}

#[test]
fn a_branch_is_required_where_the_bank_says_so() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("banks.json");
    let banks = r#"{"RW": [
        {"bank_key": "with_rw", "name": "With", "type": "bank", "currency": "RWF", "branch_required": 1},
        {"bank_key": "kcb_rw", "name": "Without", "type": "bank", "currency": "RWF", "branch_required": 0},
        {"bank_key": "usd_rw", "name": "Dollars", "type": "bank", "currency": "USD", "branch_required": 0}]}"#;
    std::fs::write(&path, banks).expect("the file can be written");
    let options = Options::default().variable("DGSPAY_BANKS_FILE", &path.to_string_lossy());
    let merchant = Merchant::open_with(options);
    let to = |key: &str| with(BANK, "/recipient/bank_key", &format!("\"{key}\""));
    merchant.pay(&to("with_rw"));
    merchant.pay(&without(BANK, "/recipient/branch"));
    for (body, field) in [
        (without(&to("with_rw"), "/recipient/branch"), "recipient.branch"),
        (with(&to("with_rw"), "/recipient/branch", "\" \""), "recipient.branch"),
        (to("usd_rw"), "recipient.bank_key"),
        (to("bk_rw"), "recipient.bank_key"),
    ] {
        let json = assert_refused(&body, &merchant.disburse(&body, &[]), 400, "90");
        assert_eq!(faulty_fields(&json["errors"]), [field], "{body}");
    }
}

#[test]
fn credentials_method_and_type_are_checked_as_everywhere() {
    let merchant = Merchant::open();
    let api = &merchant.sandbox.api;
    for path in ["/disburse", "/disburse/bulk"] {
        let whole = format!("{}{path}", api.base_path);
        let json = [("Content-Type", "application/json")];
        let stranger = api.bare_request("POST", &whole, &json, BANK);
        assert_refused("stranger", &stranger, 401, "91");
        assert_refused("method", &api.request("PUT", path, &[], BANK), 405, "90");
        let keys = [
            ("X-DGS-API-Key", api.credentials.api_key.as_str()),
            ("X-DGS-ACCOUNT-NUMBER", api.credentials.account_number.as_str()),
            ("Content-Type", "text/plain"),
        ];
        assert_refused("type", &api.bare_request("POST", &whole, &keys, BANK), 415, "90");
    }
}
