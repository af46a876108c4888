//! Balances, and the networks and banks that money can go to. Payouts come out of the wallet of type
//! `MERCHANT_PAYOUT`, collections go into that of type `MERCHANT_COLLECTION`, and a person moves
//! money between them.

use super::DusuPay;
use crate::json::{Object, Tolerance, Value, parse_object};
use crate::provider::look_up::{Balance, Country, Found, Listed, LookUp, answered, balance};
use crate::provider::{Reply, Request, body};

impl DusuPay {
    /// `None` without keys. DusuPay lists by currency: Rwanda alone is served through us.
    pub(super) fn look_up_request(&self, what: &LookUp) -> Option<Request> {
        let keys = self.keys.as_ref()?;
        let is_rwanda = |country: &Country| country.code() == "RW";
        match what {
            LookUp::Balances => Some(self.get("/data/wallet-balances", keys.both())),
            LookUp::Banks(country) if is_rwanda(country) => {
                let path = format!("/data/payout-bank-codes?provider_code={}", self.codes.bank);
                Some(self.get(&path, keys.public_only()))
            }
            LookUp::MobileNetworks(country) if is_rwanda(country) => {
                let path = "/data/payment-providers?currency=RWF&transaction_type=PAYOUT";
                Some(self.get(path, keys.public_only()))
            }
            LookUp::Banks(_)
            | LookUp::MobileNetworks(_)
            | LookUp::Rate { .. }
            | LookUp::AccountHolder(_) => None,
        }
    }
}

pub fn read(what: &LookUp, reply: &Reply) -> Option<Found> {
    let (_, content) = answered(reply).filter(|(status, _)| *status == 200)?;
    let object = parse_object(content, Tolerance::Strict).ok()?;
    match what {
        LookUp::Balances => {
            Some(Found::Balances(rows(&object, "merchant_wallets")?.filter_map(wallet).collect()))
        }
        LookUp::Banks(_) => {
            let banks = rows(&object, "payout_banks")?;
            Some(Found::Banks(
                banks.filter_map(|row| listed(row, ["bank_code", "bank_name"])).collect(),
            ))
        }
        LookUp::MobileNetworks(_) => {
            let options = rows(&object, "payment_providers")?;
            let is_network =
                |row: &&Object| body::text(row, &["transaction_method"]) == Some("MOBILE_MONEY");
            let networks = options
                .filter(is_network)
                .filter_map(|row| listed(row, ["provider_code", "provider_name"]));
            Some(Found::MobileNetworks(networks.collect()))
        }
        LookUp::Rate { .. } | LookUp::AccountHolder(_) => None,
    }
}

fn rows<'a>(object: &'a Object, name: &str) -> Option<impl Iterator<Item = &'a Object>> {
    let Some(Value::List(rows)) = body::find(object, &["data", name]) else { return None };
    Some(rows.iter().filter_map(|row| match row {
        Value::Object(row) => Some(row),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
    }))
}

/// `None` for currencies that we do not know.
fn wallet(row: &Object) -> Option<Balance> {
    let text = |name| body::text(row, &[name]);
    balance(Some(text("wallet_type")?), text("currency")?, text("available_balance")?)
}

fn listed(row: &Object, [code, name]: [&str; 2]) -> Option<Listed> {
    let code = body::text(row, &[code])?;
    let name = body::text(row, &[name]).unwrap_or(code);
    Some(Listed { code: code.to_owned(), name: name.to_owned() })
}
