//! What it tells beside payments.

use serde_json::{Value, json};

use super::rules::Faults;
use super::{Answered, success};
use crate::providers::{Call, Kind, Response, World};

/// Dollars, in millionths, for one of a currency.
const DOLLARS: [(&str, u128); 3] = [("RWF", 690), ("USD", 1_000_000), ("EUR", 1_080_000)];

pub fn mobile_networks() -> Response {
    let networks = ["MTN", "AIRTEL"].map(
        |network| json!({"id": format!("mob_SIM{network}"), "network": network, "name": network}),
    );
    success(200, "Mobile networks fetched", &json!(networks))
}

/// What was collected, and a float of francs.
pub fn balances(world: &World) -> Response {
    const FLOAT: u64 = 10_000_000;
    let sum = |kind| -> u64 {
        let entries = world.entries();
        let moved = entries.iter().filter(|one| one.kind == kind && one.currency == "RWF");
        moved.map(|one| u64::from(one.executions) * one.amount.parse::<u64>().unwrap_or(0)).sum()
    };
    let francs = (FLOAT + sum(Kind::Charge)).saturating_sub(sum(Kind::Transfer));
    let balances = json!([
        {"currency": "RWF", "available_balance": francs},
        {"currency": "USD", "available_balance": 12.5},
    ]);
    success(200, "Balances fetched", &balances)
}

/// How much of the source an amount of the destination takes, from a rate of `precision` decimals.
pub fn rate(call: &Call) -> Answered {
    let body = call.json();
    let dollars = |side: &str| {
        let currency = body[side]["currency"].as_str()?;
        DOLLARS.iter().find(|(code, _)| *code == currency).copied()
    };
    let precision = body["precision"].as_u64().unwrap_or(6);
    let amount = body["destination"]["amount"].as_u64().unwrap_or(0);
    let mut faults = Faults::default();
    faults.check("source.currency", dollars("source").is_some());
    faults.check("source.amount", body["source"].get("amount").is_none());
    faults.check("destination.currency", dollars("destination").is_some());
    faults.check("destination.amount", amount > 0);
    faults.check("precision", (2..=9).contains(&precision));
    if let Some(refused) = faults.refused() {
        return Err(refused);
    }
    let (Some((from, own)), Some((to, other))) = (dollars("source"), dollars("destination")) else {
        unreachable!("both were checked")
    };
    let unit = 10_u128.pow(u32::try_from(precision).expect("9 at most"));
    let rate = other * unit / own;
    let text = |value: u128| -> Value {
        let width = usize::try_from(precision).expect("9 at most");
        format!("{}.{:0width$}", value / unit, value % unit).into()
    };
    let told = json!({
        "id": "rte_SIM0001", "rate": text(rate), "created_datetime": super::CREATED_AT,
        "source": {"amount": text(rate * u128::from(amount)), "currency": from},
        "destination": {"amount": amount.to_string(), "currency": to},
    });
    Ok(success(201, "Rate created", &told))
}
