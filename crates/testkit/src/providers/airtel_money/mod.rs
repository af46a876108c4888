//! Airtel Money as it was seen on the wire: a push to the payer's phone, disbursements that are
//! answered at once, refunds by its own id, and callbacks that may speak too soon.

pub mod sealed;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Call, Decision, Entry, Kind, Notice, Protocol, Response, Seal, State, World};
use sealed::Padding;

/// The settings of a connector for this server, but for `url`.
pub const SETTINGS: [(&str, &str); 5] = [
    ("client_id", "sim-airtel"),
    ("client_secret", "sim-secret"),
    ("pin", PIN),
    ("pin_public_key", sealed::PUBLIC_KEY),
    ("callback_key", CALLBACK_KEY),
];

const PIN: &str = "4321";
const CALLBACK_KEY: &str = "sim-callback-key";
const TOKEN: &str = "airtel";

/// Which bytes the `hash` of a callback is of: no page of Airtel's says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashed {
    Body,
    Transaction,
}

/// The portal's switch of message signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    Off,
    On,
}

#[derive(Clone, Debug)]
pub struct AirtelMoney {
    pub padding: Padding,
    pub signing: Signing,
    pub hashed: Hashed,
    /// What there is to pay out, in the major unit.
    pub float: u64,
}

impl Default for AirtelMoney {
    fn default() -> AirtelMoney {
        AirtelMoney {
            padding: Padding::Pkcs1,
            signing: Signing::Off,
            hashed: Hashed::Body,
            float: 1_000_000_000,
        }
    }
}

impl Protocol for AirtelMoney {
    fn operation(&self, call: &Call) -> &'static str {
        match (call.method.as_str(), segments(call).as_slice()) {
            (_, ["auth", ..]) => "token",
            ("POST", ["merchant", ..]) => "collection",
            ("POST", [_, _, "disbursements", ..]) => "disbursement",
            ("POST", [_, _, "payments", "refund"]) => "refund",
            _ => "enquiry",
        }
    }

    fn answer(&self, call: &Call, world: &World) -> Response {
        let segments = segments(call);
        if let ("POST", ["auth", "oauth2", "token"]) = (call.method.as_str(), segments.as_slice()) {
            return token(call, world);
        }
        if !world.takes_token(TOKEN, call.bearer()) {
            return refused(401, "", "Invalid access token");
        }
        if let Some(refusal) = self.refusal_at_door(call) {
            return refusal;
        }
        match (call.method.as_str(), segments.as_slice()) {
            ("POST", ["merchant", "v1" | "v2", "payments", ""]) => collect(call, world),
            ("GET", ["standard", "v1", "payments", id]) => enquire(Kind::Charge, id, world),
            (
                "POST",
                ["standard", "v1" | "v2", "disbursements", ""]
                | ["standard", "v3", "disbursements"],
            ) => self.disburse(call, world),
            ("GET", ["standard", "v1" | "v2" | "v3", "disbursements", id]) => {
                enquire(Kind::Transfer, id, world)
            }
            ("POST", ["standard", "v1", "payments", "refund"]) => refund(call, world),
            ("GET", ["standard", "v1", "users", "balance"]) => {
                let paid: u64 = world.entries().iter().filter_map(payout).sum();
                let balance = self.float.saturating_sub(paid).to_string();
                let data =
                    json!({ "balance": balance, "currency": "RWF", "account_status": "Active" });
                let status = status("DP02100000001", true);
                Response::json(200, &json!({ "data": data, "status": status }))
            }
            ("GET", ["standard", "v1", "users", number]) => user(number),
            ("GET", ["v1", "rsa", "encryption-keys"]) => Response::json(
                200,
                &json!({
                    "data": { "key_id": "sim-1", "key": sealed::PUBLIC_KEY, "valid_upto": "31-12-2099 23:59:59" },
                    "status": status("DP02010001001", true),
                }),
            ),
            _ => Response::empty(404),
        }
    }

    /// While a payment is pending, a repetition is of the kind that speaks too soon: `TF`.
    fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice> {
        if entry.kind != Kind::Charge {
            return None;
        }
        let is_paid = entry.state == State::Executed;
        let message = format!("Paid {} {}", entry.currency, entry.amount);
        let mut transaction = json!({
            "id": entry.reference, "message": message,
            "status_code": if is_paid { "TS" } else { "TF" },
        });
        if is_paid {
            transaction["airtel_money_id"] = entry.id.as_str().into();
        }
        let hashed = match self.hashed {
            Hashed::Body => json!({ "transaction": transaction }).to_string(),
            Hashed::Transaction => transaction.to_string(),
        };
        let key = match seal {
            Seal::Right => CALLBACK_KEY,
            Seal::Forged => "another key",
        };
        let body = json!({ "transaction": transaction, "hash": hash(key, &hashed) });
        Some(Notice {
            method: "POST",
            path: String::new(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        })
    }
}

impl AirtelMoney {
    /// Country, currency and signature, of every request but that for a token.
    fn refusal_at_door(&self, call: &Call) -> Option<Response> {
        match (call.header("x-country"), call.header("x-currency")) {
            (None, _) => return Some(refused(400, "ROUTER003", "Mandatory header missing")),
            (_, None) => return Some(refused(400, "ROUTER119", "Currency missing")),
            (Some("RW"), Some("RWF")) => {}
            (Some("RW"), Some(_)) => return Some(refused(400, "ROUTER112", "Invalid currency")),
            (Some(_), Some(_)) => return Some(refused(400, "ROUTER006", "Invalid country")),
        }
        let segments = segments(call);
        let is_payout = segments.contains(&"disbursements");
        let is_signable = call.method == "POST" && !(is_payout && segments.contains(&"v1"));
        let given = call.header("x-signature").zip(call.header("x-key"));
        let is_right = match (self.signing, given) {
            (Signing::On, Some((signature, key))) => sealed::is_signed(&call.body, signature, key),
            (Signing::On, None) => false,
            // A signature where none is wanted fails as well.
            (Signing::Off, given) => given.is_none(),
        };
        let code = if is_payout { "DP00900001018" } else { "DP00800001026" };
        (is_signable && !is_right).then(|| refused(403, code, "Forbidden"))
    }

    fn disburse(&self, call: &Call, world: &World) -> Response {
        let body = call.json();
        let pin = sealed::open(self.padding, body["pin"].as_str().unwrap_or_default());
        match pin.as_deref() {
            None => return refused(400, "ROUTER116", "Bad encrypted PIN"),
            Some(PIN) => {}
            Some(_) => return refused(400, "ROUTER115", "Incorrect PIN"),
        }
        let mut entry = match entry_of(Kind::Transfer, &body, &body["payee"], world) {
            Ok(entry) => entry,
            Err(refusal) => return refusal,
        };
        let paid: u64 = world.entries().iter().filter_map(payout).sum();
        if paid.saturating_add(entry.amount.parse().unwrap_or(u64::MAX)) > self.float {
            entry.decision = Decision::Decline("DP00900001007".to_owned());
        }
        let (reference, number) = (entry.reference.clone(), entry.party.clone());
        match number.as_str() {
            "730000101" => entry.decision = Decision::Decline("DP00900001007".to_owned()),
            "730000104" => entry.decision = Decision::Decline("DP00900001010".to_owned()),
            "730000201" => entry.decision = Decision::Never,
            _ => {}
        }
        if world.open(entry).is_err() {
            return refused(400, "DP00900001017", "Duplicate transaction id");
        }
        // This one is ambiguous first, and done when it is asked about.
        if number != "730000202" {
            world.settle(&reference);
        }
        world.find_reference(&reference).map_or(Response::empty(500), |entry| told(&entry))
    }
}

/// Numbers that end with 404 belong to nobody.
fn user(number: &str) -> Response {
    if number.ends_with("404") {
        return refused(200, "DP02200000002", "User not found");
    }
    let data = json!({ "first_name": "Aline", "last_name": "Uwase", "msisdn": number,
        "is_barred": false, "is_pin_set": true, "grade": "SUBS",
        "registration": { "status": "SUBS" } });
    Response::json(200, &json!({ "data": data, "status": status("DP02200000001", true) }))
}

fn token(call: &Call, world: &World) -> Response {
    let body = call.json();
    let given = |name: &str| body[name].as_str();
    let is_ours = given("client_id") == Some("sim-airtel")
        && given("client_secret") == Some("sim-secret")
        && given("grant_type") == Some("client_credentials");
    if !is_ours {
        let fault = json!({ "error": "invalid_client", "error_description": "Wrong credentials" });
        return Response::json(401, &fault);
    }
    let token = world.give_token(TOKEN);
    // Seconds as a text: seen as both.
    let body = json!({ "token_type": "bearer", "access_token": token, "expires_in": "180" });
    Response::json(200, &body)
}

fn collect(call: &Call, world: &World) -> Response {
    let body = call.json();
    let mut entry = match entry_of(Kind::Charge, &body, &body["subscriber"], world) {
        Ok(entry) => entry,
        Err(refusal) => return refusal,
    };
    let decline = |code: &str| Decision::Decline(code.to_owned());
    match entry.party.as_str() {
        "730000001" => return refused(200, "DP00800001004", "Invalid amount"),
        "730000002" => return refused(400, "", "Bad request"),
        "730000003" => return refused(500, "", "Internal error"),
        "730000101" => entry.decision = decline("DP00800001007"),
        "730000102" => entry.decision = decline("DP00800001002"),
        "730000103" => entry.decision = decline("DP00800001029"),
        "730000104" => entry.decision = decline("DP00800001010"),
        "730000201" => entry.decision = Decision::Never,
        _ => {}
    }
    let id = entry.reference.clone();
    match world.open(entry) {
        Ok(()) => Response::json(
            200,
            &json!({
                "data": { "transaction": { "id": id, "status": "Success." } },
                "status": status("DP00800001006", true),
            }),
        ),
        Err(_) => {
            let body = json!({ "status": {
                "code": "400", "success": false, "result_code": "ESB000041",
                "message": "External transaction id already exists",
            } });
            Response::json(400, &body)
        }
    }
}

/// By Airtel's own id of the charge, and all of it.
fn refund(call: &Call, world: &World) -> Response {
    let body = call.json();
    let id = body["transaction"]["airtel_money_id"].as_str().unwrap_or_default();
    let is_it = |entry: &Entry| entry.kind == Kind::Charge && entry.id == id;
    let paid = world.find(is_it).filter(|entry| entry.state == State::Executed);
    let Some(charge) = paid else {
        return refused(200, "DP00800001025", "Transaction not found");
    };
    let reference = format!("refund-{id}");
    let own_id = format!("{}", 150_000_000 + world.serial());
    let entry = Entry {
        amount: charge.amount,
        currency: charge.currency,
        party: charge.party,
        ..Entry::new(Kind::Refund, &reference, &own_id)
    };
    if world.open(entry).is_err() {
        return refused(200, "DP00800001008", "Refused");
    }
    world.settle(&reference);
    let body = json!({
        "data": { "transaction": { "airtel_money_id": own_id, "status": "SUCCESS" } },
        "status": status("DP00800001001", true),
    });
    Response::json(200, &body)
}

fn enquire(kind: Kind, id: &str, world: &World) -> Response {
    let is_it = |entry: &Entry| entry.kind == kind && entry.reference == id;
    match world.enquired(is_it) {
        Some(entry) => {
            if entry.party == "730000202" {
                world.settle(id);
            }
            world.find_reference(id).map_or(Response::empty(500), |entry| told(&entry))
        }
        None if kind == Kind::Charge => refused(200, "DP00800001025", "Transaction not found"),
        None => refused(200, "DP00900001015", "Transaction not found"),
    }
}

/// `success` is true of a failure too: it is the question that succeeded.
fn told(entry: &Entry) -> Response {
    let family = if entry.kind == Kind::Charge { "DP00800001" } else { "DP00900001" };
    let mut transaction = json!({ "id": entry.reference, "message": "As it stands" });
    let code = match &entry.state {
        State::Pending => {
            let is_ambiguous = entry.party == "730000202";
            transaction["status"] = if is_ambiguous { "TA" } else { "TIP" }.into();
            format!("{family}{}", if is_ambiguous { "000" } else { "006" })
        }
        State::Executed => {
            transaction["status"] = "TS".into();
            transaction["airtel_money_id"] = entry.id.as_str().into();
            transaction["reference_id"] = format!("{}0", entry.id).into();
            format!("{family}001")
        }
        State::Declined(code) => {
            transaction["status"] = "TF".into();
            code.clone()
        }
    };
    let body = json!({ "data": { "transaction": transaction }, "status": status(&code, true) });
    Response::json(200, &body)
}

fn entry_of(kind: Kind, body: &Value, party: &Value, world: &World) -> Result<Entry, Response> {
    let transaction = &body["transaction"];
    let msisdn = party["msisdn"].as_str().unwrap_or_default();
    if msisdn.len() != 9 || !msisdn.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused(200, "ESB000033", "Invalid MSISDN length"));
    }
    let (Some(id), Some(amount)) = (transaction["id"].as_str(), transaction["amount"].as_u64())
    else {
        return Err(refused(400, "ROUTER003", "Mandatory field missing"));
    };
    let own_id = format!("{}", 150_000_000 + world.serial());
    Ok(Entry {
        amount: amount.to_string(),
        currency: "RWF".to_owned(),
        party: msisdn.to_owned(),
        ..Entry::new(kind, id, &own_id)
    })
}

fn payout(entry: &Entry) -> Option<u64> {
    let counts = entry.kind == Kind::Transfer && !matches!(entry.state, State::Declined(_));
    entry.amount.parse().ok().filter(|_| counts)
}

fn segments(call: &Call) -> Vec<&str> {
    call.path.trim_start_matches('/').split('/').collect()
}

fn status(code: &str, success: bool) -> Value {
    let name = if code.starts_with("ESB") { "result_code" } else { "response_code" };
    let mut status = json!({ "code": "200", "success": success, "message": "See the code" });
    if success {
        status["result_code"] = "ESB000010".into();
    }
    status[name] = code.into();
    status
}

fn refused(http_status: u16, code: &str, message: &str) -> Response {
    let mut status = status(code, false);
    status["message"] = message.into();
    Response::json(http_status, &json!({ "status": status }))
}

fn hash(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
