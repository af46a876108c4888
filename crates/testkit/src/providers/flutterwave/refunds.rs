//! Refunds of charges.

use serde_json::{Value, json};

use super::rules::{Faults, text};
use super::{Answered, CREATED_AT, Call, Response, World, error, page, success};
use crate::providers::world::{Entry, Kind, State};

pub fn create(call: &Call, world: &World) -> Answered {
    let body = call.json();
    let charge_id = text(&body, "charge_id");
    let mut faults = Faults::default();
    let charge = world.find(|entry| entry.kind == Kind::Charge && entry.id == charge_id);
    let currency = charge.as_ref().map(|charge| charge.currency.clone()).unwrap_or_default();
    faults.amount(&body, "amount", &currency);
    faults.check("charge_id", charge.is_some());
    let is_reason = |text: &str| {
        matches!(
            text,
            "duplicate" | "fraudulent" | "requested_by_customer" | "expired_uncaptured_charge"
        )
    };
    faults.text(&body, "reason", is_reason);
    faults.refused().map_or(Ok(()), Err)?;
    if charge.is_none_or(|charge| charge.state != State::Executed) {
        let message = "The charge is not successful";
        return Err(error(400, "1403400", "REFUND_CREATION_FAILED", message));
    }
    let id = format!("ref_SIM{:07}", world.serial());
    let named = text(&body, "meta.reference");
    let mut entry = Entry::new(Kind::Refund, if named.is_empty() { &id } else { &named }, &id);
    entry.amount = body["amount"].to_string();
    entry.currency = currency;
    entry.detail = body;
    // Nothing there keeps two refunds from carrying the same meta.
    if world.open(entry.clone()).is_err() {
        entry.reference = id;
        world.open(entry.clone()).unwrap_or_default();
    }
    Ok(success(201, "Refund created", &json(&entry)))
}

pub fn show(id: &str, world: &World) -> Answered {
    let entry = world.enquired(|entry| entry.id == id && entry.kind == Kind::Refund);
    let missing = || error(404, "1401404", "REFUND_NOT_FOUND", "Refund not found");
    entry.map(|entry| success(200, "Refund fetched", &json(&entry))).ok_or_else(missing)
}

pub fn list(call: &Call, world: &World) -> Response {
    let entries = world.entries();
    let all: Vec<Value> =
        entries.iter().filter(|entry| entry.kind == Kind::Refund).map(json).collect();
    page(call, "Refunds fetched", &all)
}

pub fn json(entry: &Entry) -> Value {
    let status = match entry.state {
        State::Pending => "pending",
        State::Executed => "succeeded",
        State::Declined(_) => "failed",
    };
    let amount: Value = serde_json::from_str(&entry.amount).unwrap_or_default();
    json!({"id": entry.id, "amount_refunded": amount, "charge_id": entry.detail["charge_id"],
        "reason": entry.detail["reason"], "status": status, "meta": entry.detail["meta"],
        "created_datetime": CREATED_AT})
}
