//! The answer to `GET /balance`.

use domain::Currency;
use domain::ledger::Wallet;
use domain::money::balance_text;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::number;
use crate::object::to_text;

#[derive(Serialize)]
struct BalanceAnswer<'a> {
    status: &'static str,
    error_code: &'static str,
    merchant_id: &'a str,
    balances: Vec<Balance>,
}

#[derive(Serialize)]
struct Balance {
    currency: &'static str,
    pending_balance: Box<RawValue>,
    available_balance: Box<RawValue>,
    total_balance: Box<RawValue>,
}

pub fn balance_answer(merchant_id: &str, wallets: &[(Currency, Wallet)]) -> String {
    let balance = |(currency, wallet): &(Currency, Wallet)| Balance {
        currency: currency.code(),
        pending_balance: number(balance_text(wallet.pending_minor, *currency)),
        available_balance: number(balance_text(wallet.available_minor, *currency)),
        total_balance: number(balance_text(wallet.total_minor(), *currency)),
    };
    to_text(&BalanceAnswer {
        status: "success",
        error_code: "00",
        merchant_id,
        balances: wallets.iter().map(balance).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_decimals_for_every_currency() {
        let wallet = Wallet { pending_minor: 1000, available_minor: 5000, held_minor: 7 };
        assert_eq!(
            balance_answer("m", &[(Currency::Rwf, wallet), (Currency::Usd, wallet)]),
            concat!(
                r#"{"status":"success","error_code":"00","merchant_id":"m","balances":["#,
                r#"{"currency":"RWF","pending_balance":1000.00,"available_balance":5000.00,"total_balance":6000.00},"#,
                r#"{"currency":"USD","pending_balance":10.00,"available_balance":50.00,"total_balance":60.00}]}"#,
            )
        );
    }
}
