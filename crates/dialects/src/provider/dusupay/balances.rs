//! What lies at DusuPay, for the reconciliation.

use domain::Currency;

use super::DusuPay;
use crate::json::{Object, Tolerance, Value, parse_object};
use crate::provider::Request;

/// One wallet. Payouts come out of the wallet of type `MERCHANT_PAYOUT`, collections go into that
/// of type `MERCHANT_COLLECTION`, and a person moves money between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub wallet_type: String,
    pub currency: Currency,
    /// Decimal text in the major unit, as it was sent; it may be zero, and have more decimals than
    /// the currency.
    pub available: String,
}

impl DusuPay {
    /// `None` without keys.
    pub fn balances_request(&self) -> Option<Request> {
        let keys = self.keys.as_ref()?;
        Some(self.get("/data/wallet-balances", keys.both()))
    }

    /// The wallets of currencies that we know; `None` where the answer cannot be read.
    pub fn read_balances(status: u16, body: &[u8]) -> Option<Vec<Balance>> {
        let object = parse_object(body, Tolerance::Strict).ok().filter(|_| status == 200)?;
        let Some(Value::Object(data)) = object.find("data") else { return None };
        let Some(Value::List(wallets)) = data.find("merchant_wallets") else { return None };
        let balances = wallets.iter().filter_map(|wallet| match wallet {
            Value::Object(wallet) => balance(wallet),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                None
            }
        });
        Some(balances.collect())
    }
}

fn balance(wallet: &Object) -> Option<Balance> {
    let text = |name| match wallet.find(name) {
        Some(Value::Text(text) | Value::Number(text)) => Some(text.clone()),
        Some(_) | None => None,
    };
    Some(Balance {
        wallet_type: text("wallet_type")?,
        currency: Currency::parse(&text("currency")?)?,
        available: text("available_balance")?,
    })
}
