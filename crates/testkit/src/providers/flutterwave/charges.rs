//! Charges: the orchestrator, authorizations, and the page that a payer is sent to.

use serde_json::{Value, json};

use super::codes::{ISSUER, code};
use super::rules::{
    Faults, at, is_country_code, is_email, is_filled, is_name, is_nonce, is_otp, is_phone,
    is_reference, text,
};
use super::{Answered, CREATED_AT, Call, Response, World, cards, error, page as list_page};
use super::{scenario, success};
use crate::providers::world::{Decision, Entry, Kind, State};

pub fn create(call: &Call, world: &World) -> Answered {
    let body = call.json();
    check(&body).map_or(Ok(()), Err)?;
    let reference = text(&body, "reference");
    if world.find_reference(&reference).is_some() {
        return Err(error(409, "1100409", "CHARGE_ALREADY_EXISTS", "Charge already exists"));
    }
    let method = &body["payment_method"];
    let is_card = text(method, "type") == "card";
    let (shown, party) = if is_card { cards::open(method)? } else { wallet(method)? };
    let (steps, decision) = plot(call, is_card, &party);
    let serial = world.serial();
    let mut entry = Entry::new(Kind::Charge, &reference, &format!("chg_SIM{serial:07}"));
    entry.amount = body["amount"].to_string();
    entry.currency = text(&body, "currency");
    entry.party = party;
    entry.detail = json!({
        "steps": steps, "payment_method": shown, "customer": body["customer"],
        "redirect_url": body["redirect_url"], "meta": {}, "outcome": outcome_text(&decision),
        "page": format!("http://{}/redirects?token=chg_SIM{serial:07}",
            call.header("host").unwrap_or_default()),
    });
    // Somebody must act first; what follows then is kept beside it.
    let waits = steps.iter().any(|step| *step != "payment_instruction");
    entry.decision = if waits { Decision::Never } else { decision };
    world.open(entry).unwrap_or_default();
    if steps.is_empty() {
        world.settle(&reference);
    }
    let entry = world.find_reference(&reference).ok_or_else(not_found)?;
    Ok(success(201, "Charge created", &charge(&entry)))
}

fn check(body: &Value) -> Option<Response> {
    let mut faults = Faults::default();
    let currency = text(body, "currency");
    faults.amount(body, "amount", &currency);
    faults.text(body, "currency", |text| text.len() == 3);
    faults.text(body, "reference", is_reference);
    faults.text(body, "customer.email", is_email);
    if at(body, "customer.name").is_some() {
        faults.optional(body, "customer.name.first", is_name);
        faults.optional(body, "customer.name.last", is_name);
    }
    if at(body, "customer.phone").is_some() {
        faults.text(body, "customer.phone.country_code", is_country_code);
        faults.text(body, "customer.phone.number", is_phone);
    }
    match text(body, "payment_method.type").as_str() {
        "card" => {
            faults.text(body, "payment_method.card.nonce", is_nonce);
            for name in ["card_number", "expiry_month", "expiry_year"] {
                let path = format!("payment_method.card.encrypted_{name}");
                faults.text(body, &path, is_filled);
            }
        }
        "mobile_money" => {
            let wallet = "payment_method.mobile_money";
            faults.text(body, &format!("{wallet}.network"), is_filled);
            faults.text(body, &format!("{wallet}.country_code"), is_country_code);
            faults.text(body, &format!("{wallet}.phone_number"), is_phone);
        }
        _ => faults.check("payment_method.type", false),
    }
    faults.refused()
}

fn wallet(method: &Value) -> Result<(Value, String), Response> {
    let wallet = &method["mobile_money"];
    let network = text(wallet, "network");
    if !matches!(network.as_str(), "MTN" | "AIRTEL") {
        let message = format!(
            "Network {network} not supported for RW Mobile Money. Supported networks: AIRTEL, MTN."
        );
        return Err(error(400, "1127400", "MOBILE_MONEY_NETWORK_NOT_SUPPORTED", &message));
    }
    Ok((json!({"type": "mobile_money", "mobile_money": wallet}), text(wallet, "phone_number")))
}

/// The steps before the end, and the end.
fn plot(call: &Call, is_card: bool, party: &str) -> (Vec<&'static str>, Decision) {
    let (scene, issuer) = scenario(call);
    let by_number = match party.get(party.len().saturating_sub(3)..) {
        Some("001") => Decision::Decline("insufficient_funds".to_owned()),
        Some("002") => Decision::Decline("do_not_honor".to_owned()),
        Some("003") => Decision::Never,
        Some(_) | None => Decision::Approve,
    };
    let decision = match issuer.as_deref() {
        None if is_card => Decision::Approve,
        None => by_number,
        Some("approved") => Decision::Approve,
        Some(known) if ISSUER.iter().any(|(_, kind)| *kind == known) => {
            Decision::Decline(known.to_owned())
        }
        Some(_) => Decision::Never,
    };
    let steps = match (is_card, scene.as_deref()) {
        (true, None | Some("noauth")) => vec![],
        (true, Some("auth_pin")) => vec!["requires_pin", "requires_otp"],
        (true, Some("auth_pin_3ds")) => vec!["requires_pin", "redirect_url"],
        (true, Some("auth_3ds")) | (false, Some("auth_redirect")) => vec!["redirect_url"],
        (true, Some("auth_avs")) => vec!["requires_additional_fields"],
        (false, None) if party.ends_with("004") => vec!["redirect_url"],
        (false, None) => vec!["payment_instruction"],
        (_, Some(_)) => return (vec!["payment_instruction"], Decision::Never),
    };
    (steps, decision)
}

fn outcome_text(decision: &Decision) -> Value {
    match decision {
        Decision::Approve => json!("approved"),
        Decision::Decline(kind) => json!(kind),
        Decision::Never => Value::Null,
    }
}

fn outcome(entry: &Entry) -> Decision {
    match entry.detail["outcome"].as_str() {
        Some("approved") => Decision::Approve,
        Some(kind) => Decision::Decline(kind.to_owned()),
        None => Decision::Never,
    }
}

pub fn authorize(id: &str, call: &Call, world: &World) -> Answered {
    let entry = world.find(|entry| entry.id == id).ok_or_else(not_found)?;
    if entry.state != State::Pending {
        return Err(error(400, "1111400", "CHARGE_FINALIZED", "The charge is final"));
    }
    let body = call.json();
    let shown = &body["authorization"];
    let step = match text(shown, "type").as_str() {
        "pin" => "requires_pin",
        "otp" => "requires_otp",
        "avs" => "requires_additional_fields",
        _ => return Err(error(400, "10400", "REQUEST_NOT_VALID", "authorization.type")),
    };
    if entry.detail["steps"][0] != step {
        return Err(error(400, "1112400", "CHARGE_UPDATE_NOT_ALLOWED", "Not now"));
    }
    let mut faults = Faults::default();
    match step {
        "requires_otp" => faults.text(shown, "otp.code", is_otp),
        "requires_pin" => faults.text(shown, "pin.nonce", is_nonce),
        _ => faults.address(shown, "avs.address"),
    }
    faults.refused().map_or(Ok(()), Err)?;
    let is_wrong = match step {
        "requires_otp" => text(shown, "otp.code") == "000000",
        "requires_pin" => {
            cards::decrypt(&text(shown, "pin.nonce"), &text(shown, "pin.encrypted_pin"))? == "00000"
        }
        _ => false,
    };
    if is_wrong {
        return Err(error(400, "1121400", "INVALID_AUTHORIZATION", "Invalid authorization"));
    }
    advance(&entry, world);
    let entry = world.find_reference(&entry.reference).ok_or_else(not_found)?;
    Ok(success(200, "Charge updated", &charge(&entry)))
}

/// One step is done; after the last one the issuer says what it says.
fn advance(entry: &Entry, world: &World) {
    let changed = world.change(&entry.reference, |entry| {
        if let Some(steps) = entry.detail["steps"].as_array_mut() {
            steps.remove(0);
            if steps.is_empty() {
                entry.decision = outcome(entry);
            }
        }
    });
    if changed.is_some_and(|entry| entry.detail["steps"] == json!([])) {
        world.settle(&entry.reference);
    }
}

/// The page of the bank or the network: `GET` shows it, `POST` with `answer` acts and goes on to
/// where the payer came from.
pub fn page(call: &Call, world: &World) -> Response {
    let id = call.asked("token").unwrap_or_default();
    let Some(entry) = world.find(|entry| entry.id == id) else { return Response::empty(404) };
    let approves = match (call.method.as_str(), call.asked("answer")) {
        ("POST", Some("approve")) => true,
        ("POST", Some("decline")) => false,
        _ => {
            let form = |answer: &str| {
                format!(
                    "<form method=post action='/redirects?token={id}&answer={answer}'>\
                     <button>{answer}</button></form>"
                )
            };
            let body = (form("approve") + &form("decline")).into_bytes();
            let headers = vec![("Content-Type", "text/html".to_owned())];
            return Response { status: 200, headers, body };
        }
    };
    if !approves {
        let declined = |entry: &mut Entry| entry.detail["outcome"] = json!("do_not_honor");
        world.change(&entry.reference, declined);
    }
    advance(&entry, world);
    Response::empty(302).with("Location", text(&entry.detail, "redirect_url"))
}

pub fn show(id: &str, world: &World) -> Answered {
    let entry = world.enquired(|entry| entry.id == id && entry.kind == Kind::Charge);
    entry.map(|entry| success(200, "Charge fetched", &charge(&entry))).ok_or_else(not_found)
}

pub fn list(call: &Call, world: &World) -> Response {
    let wanted = call.asked("reference");
    if let Some(reference) = wanted {
        world.enquired(|entry| entry.reference == reference);
    }
    let found: Vec<Value> = world
        .entries()
        .iter()
        .filter(|entry| entry.kind == Kind::Charge)
        .filter(|entry| wanted.is_none_or(|reference| entry.reference == reference))
        .map(charge)
        .collect();
    list_page(call, "Charges fetched", &found)
}

fn not_found() -> Response {
    error(404, "1110404", "CHARGE_NOT_FOUND", "Charge not found")
}

fn amount(entry: &Entry) -> Value {
    serde_json::from_str(&entry.amount).unwrap_or_default()
}

fn status(entry: &Entry) -> (&'static str, Value) {
    match &entry.state {
        State::Pending => ("pending", json!({"type": "pending", "code": "02"})),
        State::Executed => ("succeeded", json!({"type": "approved", "code": "00"})),
        State::Declined(kind) => ("failed", json!({"type": kind, "code": code(&ISSUER, kind)})),
    }
}

fn payment_method(entry: &Entry) -> Value {
    let mut method = entry.detail["payment_method"].clone();
    method["id"] = json!(entry.id.replace("chg_", "pmd_"));
    method["meta"] = json!({});
    method["created_datetime"] = json!(CREATED_AT);
    method
}

fn charge(entry: &Entry) -> Value {
    let (status, processor_response) = status(entry);
    let fees =
        ["vat", "app", "merchant", "stamp_duty"].map(|kind| json!({"type": kind, "amount": 0}));
    let mut charge = json!({
        "id": entry.id, "amount": amount(entry), "fees": fees, "currency": entry.currency,
        "customer_id": entry.id.replace("chg_", "cus_"), "settled": false, "settlement_id": [],
        "meta": {}, "payment_method_details": payment_method(entry),
        "redirect_url": entry.detail["redirect_url"], "reference": entry.reference,
        "status": status, "processor_response": processor_response,
        "created_datetime": CREATED_AT,
    });
    if entry.state == State::Pending
        && let Some(step) = entry.detail["steps"][0].as_str()
    {
        charge["next_action"] = next_action(entry, step);
    }
    charge
}

fn next_action(entry: &Entry, step: &str) -> Value {
    let inside = match step {
        "payment_instruction" => json!({"note": format!(
            "Please authorise this payment on your mobile number: 250{}. \
             It may take a few minutes to confirm this payment.", entry.party)}),
        "redirect_url" => json!({"url": entry.detail["page"]}),
        "requires_additional_fields" => {
            let parts = ["postal_code", "line1", "state", "country", "city"];
            json!({"fields": parts.map(|part| format!("authorization.avs.address.{part}"))})
        }
        _ => json!({}),
    };
    json!({"type": step, step: inside})
}

/// The charge as webhooks tell it.
pub fn told(entry: &Entry) -> Value {
    let (status, processor_response) = status(entry);
    json!({
        "id": entry.id, "amount": amount(entry), "currency": entry.currency,
        "customer": entry.detail["customer"], "description": null, "meta": {},
        "payment_method": payment_method(entry), "redirect_url": null,
        "reference": entry.reference, "status": status,
        "processor_response": processor_response, "created_datetime": CREATED_AT,
    })
}
