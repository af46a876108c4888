//! What these tests do with a wallet: look into it, convert, refund, and wait for a settlement.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use testkit::http::{elements, fields};
use testkit::{Answer, Client, Options};

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, unquoted};

/// How long conversions, refunds and settlements take here: longer than any test, so that only
/// the moved clock ends them.
const DELAY_MS: &str = "600000";
/// A little more.
pub const END_S: u64 = 601;

const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// Hundredths, as the balance prints them for every currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    pub pending: i64,
    pub available: i64,
}

pub type Purses = BTreeMap<String, Purse>;

/// Checks on the way that totals are totals.
pub fn purses_of(answer: &Answer) -> Purses {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let rows = elements(&answer.fields()["balances"]);
    let purse = |row: &String| {
        let row = fields(row);
        let [pending, available, total] = ["pending_balance", "available_balance", "total_balance"]
            .map(|name| hundredths(&row[name]));
        assert_eq!(total, pending + available, "{row:?}");
        (unquoted(&row["currency"]), Purse { pending, available })
    };
    rows.iter().map(purse).collect()
}

fn hundredths(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    assert_eq!(decimals.len(), 2, "{text} is not printed with two decimals");
    format!("{whole}{decimals}").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

pub fn convert_body(action: &str, from: &str, to: &str, amount: &str) -> String {
    format!(
        r#"{{"action": "{action}", "from_currency": "{from}", "to_currency": "{to}", "from_amount": {amount}}}"#
    )
}

/// The same body with one more member.
pub fn with(body: &str, name: &str, json: &str) -> String {
    let open = body.trim_end().strip_suffix('}').expect("an object");
    format!("{open}, \"{name}\": {json}}}")
}

pub fn post(api: &Client, path: &str, body: &str) -> Answer {
    api.request("POST", path, &[], body)
}

pub fn reference(answer: &Answer, member: &str) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    unquoted(&answer.fields()[member])
}

pub fn slow() -> Options {
    let delays = ["CONVERSION", "TRANSFER", "SETTLEMENT"];
    delays.iter().fold(Options::default(), |options, delay| {
        options.variable(&format!("DGSPAY_{delay}_DELAY_MS"), DELAY_MS)
    })
}

impl Shop {
    pub fn open_slow() -> Shop {
        Shop::open_with(slow())
    }

    pub fn purses(&self) -> Purses {
        purses_of(&self.get("/balance"))
    }

    pub fn convert(&self, from: &str, to: &str, amount: &str) -> String {
        let body = convert_body("convert", from, to, amount);
        reference(&post(&self.sandbox.api, "/convert", &body), "dgs_conversion_ref")
    }

    pub fn refund(&self, body: &str) -> Answer {
        post(&self.sandbox.api, "/refunds", body)
    }

    /// A charge of so much that has succeeded and is settled.
    pub fn settled_charge(&self, amount: &str) -> String {
        let reference = self.charge(&ChargeBody::guide().with("amount", amount));
        self.finish(&reference);
        self.sandbox.advance_clock(END_S);
        self.wait_for_record(&reference, "settlement_status", "settled");
        reference
    }

    /// Asks until the record says so: of a settlement the merchant is not told.
    pub fn wait_for_record(&self, reference: &str, member: &str, value: &str) {
        let deadline = Instant::now() + WAIT_LIMIT;
        loop {
            let found = unquoted(&self.record(reference)[member]);
            if found == value {
                return;
            }
            assert!(Instant::now() < deadline, "{member} of {reference} is {found} for good");
        }
    }
}
