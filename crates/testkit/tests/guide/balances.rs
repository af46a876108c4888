//! "Merchant Balances"

use testkit::http::elements;

use crate::covered::Covered;
use crate::desk::Desk;
use crate::shape::{Shape, assert_shape, member};

const BALANCE: Shape<'_> = &[
    ("status", "\"success\""),
    ("error_code", "\"00\""),
    ("merchant_id", "\"*\""),
    ("balances", "[*]"),
];
const WALLET: Shape<'_> = &[
    ("currency", "\"*\""),
    ("pending_balance", "#.#"),
    ("available_balance", "#.#"),
    ("total_balance", "#.#"),
];

pub fn covered() -> Covered {
    let rows: Vec<&str> = WALLET.iter().skip(1).map(|(name, _)| *name).collect();
    Covered::calls(&["GET /balance"]).shape(BALANCE).shape(WALLET).rows(&rows)
}

/// What may be spent of a currency, in hundredths.
pub fn available(desk: &Desk, currency: &str) -> i64 {
    let wallets = wallets(desk);
    let quoted = format!("\"{currency}\"");
    let wallet = wallets.iter().find(|wallet| member(wallet, "currency") == quoted);
    hundredths(&member(wallet.expect("a wallet of it"), "available_balance"))
}

fn wallets(desk: &Desk) -> Vec<String> {
    let answer = desk.sandbox.request("GET", "/balance", &[], "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_shape("balance", &answer.text(), BALANCE);
    elements(&member(&answer.text(), "balances"))
}

/// `1000.00` as 100000; panics unless it is written with two decimals.
fn hundredths(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    assert_eq!(decimals.len(), 2, "{text} is not printed with two decimals");
    format!("{whole}{decimals}").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

#[test]
fn each_wallet_shows_pending_available_and_their_sum() {
    let desk = Desk::open();
    let wallets = wallets(&desk);
    let mut currencies = Vec::new();
    for wallet in &wallets {
        assert_shape("wallet", wallet, WALLET);
        let [pending, available, total] = ["pending_balance", "available_balance", "total_balance"]
            .map(|name| hundredths(&member(wallet, name)));
        assert_eq!(total, pending + available, "{wallet}");
        assert!(available > 0, "the sandbox begins with funds to pay out: {wallet}");
        currencies.push(member(wallet, "currency"));
    }
    currencies.sort_unstable();
    assert_eq!(currencies, ["\"EUR\"", "\"RWF\"", "\"USD\""]);
}
