//! Direct transfers, and the banks they go to.

use serde_json::{Value, json};

use super::codes::{PAYOUT, TRANSFER_FAILURES, TRANSFER_REFUSALS, code};
use super::rules::{
    Faults, at, is_account, is_filled, is_msisdn, is_name, is_narration, is_reference, text,
};
use super::{Answered, CREATED_AT, Call, Response, World, error, scenario, success};
use crate::providers::world::{Decision, Entry, Kind, State};

pub fn create(call: &Call, world: &World) -> Answered {
    let body = call.json();
    let kind = text(&body, "type");
    check(&body, &kind).map_or(Ok(()), Err)?;
    let serial = world.serial();
    let id = format!("trf_SIM{serial:07}");
    let given = text(&body, "reference");
    let reference = if given.is_empty() { id.clone() } else { given };
    let instruction = &body["payment_instruction"];
    let recipient = &instruction["recipient"];
    let party = text(recipient, "mobile_money.msisdn") + &text(recipient, "bank.account_number");
    let (scene, _) = scenario(call);
    let decision = match scene.as_deref() {
        Some("duplicate_reference") => return Err(duplicate()),
        Some(scene) if TRANSFER_REFUSALS.contains(&scene) => {
            return Err(error(400, "10400", "REQUEST_NOT_VALID", scene));
        }
        Some("successful" | "reversed") => Decision::Approve,
        Some(scene) => match TRANSFER_FAILURES.iter().find(|(name, _)| *name == scene) {
            Some((_, failure)) => Decision::Decline((*failure).to_owned()),
            None => Decision::Never,
        },
        None => match party.get(party.len().saturating_sub(3)..) {
            Some("001") => Decision::Decline("insufficient_balance".to_owned()),
            Some("002") => Decision::Decline("transfer_failed".to_owned()),
            Some("003") => Decision::Never,
            Some(_) | None => Decision::Approve,
        },
    };
    let mut entry = Entry::new(Kind::Transfer, &reference, &id);
    entry.amount = instruction["amount"]["value"].to_string();
    entry.currency = text(instruction, "destination_currency");
    entry.party = party;
    entry.decision = decision;
    entry.callback_url = at(&body, "callback_url").and_then(Value::as_str).map(str::to_owned);
    entry.detail = json!({"body": body, "is_reversed": false});
    world.open(entry.clone()).map_err(|_| duplicate())?;
    let mut created = transfer(&entry);
    created["status"] = json!("NEW");
    Ok(success(201, "Transfer created", &created))
}

fn duplicate() -> Response {
    let message = "Transfer with reference already exists";
    error(409, "201409", "REFERENCE_ALREADY_EXISTS", message)
}

fn check(body: &Value, kind: &str) -> Option<Response> {
    let mut faults = Faults::default();
    faults.text(body, "action", |text| matches!(text, "instant" | "deferred" | "scheduled"));
    faults.optional(body, "reference", is_reference);
    faults.optional(body, "narration", is_narration);
    let inside = |path: &str| format!("payment_instruction.{path}");
    faults.text(body, &inside("source_currency"), |text| text.len() == 3);
    faults.text(body, &inside("destination_currency"), |text| text.len() == 3);
    let currency = text(body, &inside("destination_currency"));
    faults.amount(body, &inside("amount.value"), &currency);
    let applies = |text: &str| matches!(text, "destination_currency" | "source_currency");
    faults.text(body, &inside("amount.applies_to"), applies);
    faults.text(body, &inside("recipient.name.first"), is_name);
    faults.text(body, &inside("recipient.name.last"), is_name);
    match kind {
        "bank" => {
            faults.text(body, &inside("recipient.bank.account_number"), is_account);
            faults.text(body, &inside("recipient.bank.code"), is_filled);
            faults.text(body, &inside("recipient.bank.branch"), is_filled);
        }
        "mobile_money" => {
            faults.text(body, &inside("recipient.mobile_money.msisdn"), is_msisdn);
            let is_network = |text: &str| matches!(text, "MTN" | "MPS" | "AIRTEL");
            faults.text(body, &inside("recipient.mobile_money.network"), is_network);
        }
        _ => faults.check("type", false),
    }
    faults.refused()
}

pub fn show(id: &str, world: &World) -> Answered {
    let entry = world.enquired(|entry| entry.id == id && entry.kind == Kind::Transfer);
    let entry =
        entry.ok_or_else(|| error(404, "301404", "TRANSFER_NOT_FOUND", "Transfer not found"))?;
    Ok(success(200, "Transfer fetched", &transfer(&entry)))
}

/// By cursor, which is the place of the first one on the page. The times of the query are not
/// looked at: nothing here has a time.
pub fn list(call: &Call, world: &World) -> Response {
    let number = |name: &str| call.asked(name).and_then(|text| text.parse::<usize>().ok());
    let (from, size) = (number("next").unwrap_or(0), number("size").unwrap_or(10).clamp(10, 50));
    let entries = world.entries();
    let all: Vec<Value> =
        entries.iter().filter(|entry| entry.kind == Kind::Transfer).map(transfer).collect();
    let shown: Vec<&Value> = all.iter().skip(from).take(size).collect();
    let has_more = from + size < all.len();
    let cursor = json!({"next": has_more.then(|| (from + size).to_string()), "limit": size,
        "total": all.len(), "has_more_items": has_more});
    success(200, "Transfers fetched", &json!({"cursor": cursor, "transfers": shown}))
}

/// Takes a transfer back after it was made.
pub fn reverse(world: &World, reference: &str) {
    world.change(reference, |entry| entry.detail["is_reversed"] = json!(true));
}

fn amount(entry: &Entry) -> Value {
    serde_json::from_str(&entry.amount).unwrap_or_default()
}

fn status(entry: &Entry) -> &'static str {
    match entry.state {
        State::Pending => "PENDING",
        State::Executed => "SUCCESSFUL",
        State::Declined(_) => "FAILED",
    }
}

fn transfer(entry: &Entry) -> Value {
    let body = &entry.detail["body"];
    let instruction = &body["payment_instruction"];
    let mut recipient = instruction["recipient"].clone();
    recipient["type"] = body["type"].clone();
    if let Some(wallet) = recipient.get_mut("mobile_money") {
        wallet["country"] = json!("RW");
    }
    let mut transfer = json!({
        "id": entry.id, "type": body["type"], "action": body["action"],
        "reference": entry.reference, "status": status(entry),
        "source_currency": instruction["source_currency"],
        "destination_currency": instruction["destination_currency"],
        "amount": {"value": amount(entry), "applies_to": instruction["amount"]["applies_to"]},
        "fee": {"currency": instruction["source_currency"], "value": 0},
        "recipient": recipient, "meta": {}, "created_datetime": CREATED_AT,
    });
    match &entry.state {
        State::Pending => {}
        State::Executed => {
            transfer["payment_information"] = json!({"proof": proof(entry)});
            if entry.detail["is_reversed"] == json!(true) {
                transfer["reversal"] = json!({"reversal_datetime": CREATED_AT,
                    "initial_status": "SUCCESSFUL", "reconciliation_status": "REVERSED",
                    "reconciliation_type": "C"});
            }
        }
        State::Declined(kind) => {
            let message = kind.replace('_', " ");
            let code = code(&PAYOUT, kind);
            let code = if code.len() == 4 { code } else { "0309" };
            transfer["provider_response"] = json!({"message": message, "type": kind, "code": code});
        }
    }
    transfer
}

/// Thirty digits.
fn proof(entry: &Entry) -> String {
    format!("{:0>30}", entry.id.trim_start_matches(|c: char| !c.is_ascii_digit()))
}

/// The transfer as webhooks tell it: flat, and the kind in capitals.
pub fn told(entry: &Entry) -> Value {
    let mut told = transfer(entry);
    told["amount"] = amount(entry);
    told["type"] = json!(text(&told, "type").to_uppercase());
    told
}

const BANKS: [(&str, &str, &str); 3] = [
    ("bnk_SIM0001", "11290001", "Bank of Kigali"),
    ("bnk_SIM0002", "11290002", "I&M Bank Rwanda"),
    ("bnk_SIM0003", "11290003", "Equity Bank Rwanda"),
];

pub fn banks() -> Value {
    json!(BANKS.map(|(id, code, name)| json!({"id": id, "code": code, "name": name})))
}

pub fn branches(id: &str) -> Answered {
    let bank = BANKS.iter().find(|(other, _, _)| *other == id);
    let (_, code, name) =
        bank.ok_or_else(|| error(404, "10404", "RESOURCE_NOT_FOUND", "Bank not found"))?;
    let branch = json!({"id": id.replace("bnk_", "brh_"), "code": format!("{code}SIM"),
        "name": format!("{name}, head office"), "swift_code": "SIMXRWRW", "bic": "SIMXRWRW"});
    Ok(success(200, "Branches fetched", &json!([branch])))
}
