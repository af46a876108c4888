//! The balance, and who has a wallet, as seen on the wire and quoted from the portal.

use super::AirtelMoney;
use crate::json::{Object, Value};
use crate::provider::look_up::{AccountHolder, Found, LookUp, answered, balance};
use crate::provider::{Reply, Request, body};

const BALANCE_TOLD: &str = "DP02100000001";
const USER_TOLD: &str = "DP02200000001";
const USER_UNKNOWN: &str = "DP02200000002";

impl AirtelMoney {
    pub(super) fn look_up_request(&self, what: &LookUp) -> Option<Request> {
        match what {
            LookUp::Balances => Some(self.get("/standard/v1/users/balance")),
            LookUp::AccountHolder(phone) => {
                Some(self.get(&format!("/standard/v1/users/{}", phone.national())))
            }
            LookUp::Banks(_) | LookUp::MobileNetworks(_) | LookUp::Rate { .. } => None,
        }
    }
}

pub fn read(what: &LookUp, reply: &Reply) -> Option<Found> {
    let (status, content) = answered(reply)?;
    // Airtel answers "not found" with 200 and with 4xx alike: the code counts.
    let object = body::parse(content).filter(|_| status < 500)?;
    let code = body::text(&object, &["status", "response_code"])?;
    let text = |name| body::text(&object, &["data", name]);
    match what {
        LookUp::Balances if code == BALANCE_TOLD => {
            Some(Found::Balances(vec![balance(None, text("currency")?, text("balance")?)?]))
        }
        LookUp::AccountHolder(_) if code == USER_TOLD => holder(&object).map(Found::AccountHolder),
        LookUp::AccountHolder(_) if code == USER_UNKNOWN => {
            Some(Found::AccountHolder(AccountHolder { is_active: false, name: None }))
        }
        LookUp::Balances
        | LookUp::AccountHolder(_)
        | LookUp::Banks(_)
        | LookUp::MobileNetworks(_)
        | LookUp::Rate { .. } => None,
    }
}

/// A wallet can be used when it is not barred and its PIN was chosen.
fn holder(object: &Object) -> Option<AccountHolder> {
    let flag = |name| match body::find(object, &["data", name]) {
        Some(Value::Bool(flag)) => Some(*flag),
        Some(_) | None => None,
    };
    let text = |name| body::text(object, &["data", name]).unwrap_or_default();
    let name = format!("{} {}", text("first_name"), text("last_name")).trim().to_owned();
    Some(AccountHolder {
        is_active: !flag("is_barred")? && flag("is_pin_set").unwrap_or(true),
        name: Some(name).filter(|name| !name.is_empty()),
    })
}
