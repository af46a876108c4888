//! DusuPay's side: asynchronous collections and payouts, status requests, and callbacks with both
//! signatures. What its documentation prints, and what is deduced, is listed where its connector is.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dialects::signing::{RsaDigest, RsaKey, RsaSigner};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Call, Decision, Entry, Kind, Notice, Protocol, Response, Seal, State, World};

pub const PUBLIC_KEY: &str = "dusupay-public-key";
pub const SECRET_KEY: &str = "dusupay-secret-key";
pub const HMAC_KEY: &str = "SGNKYUEMYFDEHRWGPEUG";

/// Its payer never answers the prompt before a code is shown: [`OTP`].
pub const PHONE_WITH_OTP: &str = "250780000088";
/// Its payer has no money.
pub const PHONE_WITHOUT_MONEY: &str = "250780000099";
pub const OTP: &str = "123456";

/// DusuPay's "few more times".
const SENDS_MAX: u32 = 4;

const MOBILE_MONEY: [&str; 2] = ["mtn_rw", "airtel_rw"];
const BANKS: [&str; 3] = ["bk_rw", "kcb_rw", "equity_rw"];

/// Drawn once for all servers of a process, because it takes a second.
static SIGNER: LazyLock<RsaSigner> =
    LazyLock::new(|| RsaKey::generate().and_then(|key| key.signer()).expect("randomness"));

/// What its clients check the RSA signatures with.
pub fn public_pem() -> String {
    SIGNER.public_pem()
}

#[derive(Debug, Default)]
pub struct DusuPay {
    /// So many status requests are refused, as if each came in the first two minutes.
    pub too_soon: AtomicU64,
}

impl Protocol for DusuPay {
    fn operation(&self, call: &Call) -> &'static str {
        match call.path.as_str() {
            "/collections/initialize" => "charge",
            "/collections/authorize" => "authorize",
            "/payout/send-funds" => "transfer",
            "/data/payment-providers" => "providers",
            "/data/payout-bank-codes" => "banks",
            "/data/wallet-balances" => "balances",
            path if path.starts_with("/data/transaction/verify/") => "enquiry",
            _ => "unknown",
        }
    }

    fn answer(&self, call: &Call, world: &World) -> Response {
        let operation = self.operation(call);
        let moves_out = matches!(operation, "transfer" | "balances");
        if call.header("x-api-version") != Some("1")
            || call.header("public-key") != Some(PUBLIC_KEY)
            || (moves_out && call.header("secret-key") != Some(SECRET_KEY))
        {
            return refusal(401, "Wrong or missing keys");
        }
        match (operation, call.method.as_str()) {
            ("charge", "POST") => collect(&call.json(), world),
            ("authorize", "POST") => authorize(&call.json(), world),
            ("transfer", "POST") => pay_out(&call.json(), world),
            ("enquiry", "GET") => self.enquire(call, world),
            ("providers", "GET") => providers(call),
            ("banks", "GET") => banks(call),
            ("balances", "GET") => balances(world),
            _ => refusal(404, "Not Found"),
        }
    }

    fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice> {
        let event = match &entry.state {
            State::Pending => "transaction.processing",
            State::Executed => "transaction.completed",
            State::Declined(_) => "transaction.failed",
        };
        let payload = transaction(entry);
        let field = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        let signed = [
            event.to_owned(),
            field("merchant_reference"),
            field("internal_reference"),
            field("transaction_type"),
            field("transaction_status"),
        ]
        .join(":");
        let key = if seal == Seal::Right { HMAC_KEY } else { "another-key" };
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
        mac.update(signed.as_bytes());
        let mac = hex::encode(mac.finalize().into_bytes());
        let mut rsa = SIGNER.sign(RsaDigest::Sha512, signed.as_bytes()).expect("signs");
        if seal == Seal::Forged {
            rsa.reverse();
        }
        Some(Notice {
            method: "POST",
            path: String::new(),
            headers: vec![
                ("Content-Type", "application/json".to_owned()),
                ("hmac-signature", format!("t=1700000000,s={mac}")),
                ("rsa-signature", STANDARD.encode(rsa)),
            ],
            body: json!({ "event": event, "payload": payload }).to_string().into_bytes(),
        })
    }

    /// Only 200 acknowledges; a 5xx stops.
    fn sends_again(&self, status: u16, sends: u32) -> bool {
        status != 200 && status < 500 && sends < SENDS_MAX
    }
}

impl DusuPay {
    fn enquire(&self, call: &Call, world: &World) -> Response {
        let reference = call.path.rsplit('/').next().unwrap_or_default();
        let found = world.enquired(|entry| entry.reference == reference);
        let Some(entry) = found else { return refusal(404, "Transaction not found") };
        let one_less = |left: u64| left.checked_sub(1);
        if self.too_soon.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return refusal(422, "Status checks are allowed 2 minutes after initiation");
        }
        success(&transaction(&entry))
    }
}

fn collect(body: &Value, world: &World) -> Response {
    const ALLOWED: [&str; 13] = [
        "merchant_reference",
        "transaction_method",
        "currency",
        "amount",
        "provider_code",
        "msisdn",
        "customer_name",
        "customer_email",
        "description",
        "charge_customer",
        "allow_final_status_change",
        "mobile_money_hpp",
        "redirect_url",
    ];
    let mut faults = faults_of(body, &ALLOWED);
    if body["transaction_method"] != "MOBILE_MONEY" || !is_phone(&body["msisdn"]) {
        faults.push("msisdn must be in the international format".to_owned());
    }
    if !faults.is_empty() {
        return Response::json(400, &json!({ "code": 400, "status": "error", "message": faults }));
    }
    let party = text(&body["msisdn"]);
    let mut entry = entry(Kind::Charge, body, party, world);
    if party == PHONE_WITH_OTP {
        entry.decision = Decision::Never;
        entry.detail = json!({ "authorization_mode": "OTP" });
    } else if party == PHONE_WITHOUT_MONEY {
        entry.decision = Decision::Decline("Insufficient funds".to_owned());
    }
    let wants_page = body["mobile_money_hpp"] == true;
    let page = wants_page.then(|| format!("https://pay.dusupay.example/{}", entry.id));
    let (reference, needs_otp) = (entry.reference.clone(), party == PHONE_WITH_OTP);
    let response = take_up(entry, page, world);
    if needs_otp && response.status == 202 {
        world.announce(&reference);
    }
    response
}

fn pay_out(body: &Value, world: &World) -> Response {
    const ALLOWED: [&str; 9] = [
        "merchant_reference",
        "transaction_method",
        "currency",
        "amount",
        "provider_code",
        "account_number",
        "customer_name",
        "description",
        "extra_params",
    ];
    let mut faults = faults_of(body, &ALLOWED);
    let account = text(&body["account_number"]);
    let bank = body["extra_params"]["bank_code"].as_str();
    match text(&body["transaction_method"]) {
        "MOBILE_MONEY" if is_phone(&body["account_number"]) => {}
        "BANK" if bank.is_some_and(|bank| BANKS.contains(&bank)) => {}
        _ => faults.push("account_number or bank_code is not valid".to_owned()),
    }
    if text(&body["customer_name"]).is_empty() {
        faults.push("customer_name should not be empty".to_owned());
    }
    if !faults.is_empty() {
        return Response::json(400, &json!({ "code": 400, "status": "error", "message": faults }));
    }
    let mut entry = entry(Kind::Transfer, body, account, world);
    let question = Notice {
        method: "GET",
        path: format!("?reference={}", entry.reference),
        headers: Vec::new(),
        body: Vec::new(),
    };
    if world.find_reference(&entry.reference).is_none()
        && world.ask_client(&question).is_some_and(|status| status != 200)
    {
        entry.decision = Decision::Decline("Payout verification failed".to_owned());
    } else if account == PHONE_WITHOUT_MONEY {
        entry.decision = Decision::Decline("Recipient not registered".to_owned());
    }
    take_up(entry, None, world)
}

fn authorize(body: &Value, world: &World) -> Response {
    let reference = text(&body["merchant_reference"]);
    let waiting = world.find_reference(reference).filter(|entry| entry.state == State::Pending);
    let Some(entry) = waiting else { return refusal(404, "Transaction not found") };
    if body["otp"] != OTP {
        return refusal(422, "The code is wrong");
    }
    world.change(reference, |entry| {
        entry.decision = Decision::Approve;
        entry.detail = Value::Null;
    });
    world.settle(reference);
    acknowledgement(&entry, None)
}

/// What is wrong with the members that both kinds of request have.
fn faults_of(body: &Value, allowed: &[&str]) -> Vec<String> {
    let Some(members) = body.as_object() else { return vec!["body must be JSON".to_owned()] };
    let strange = members.keys().filter(|name| !allowed.contains(&name.as_str()));
    let mut faults: Vec<String> =
        strange.map(|name| format!("property {name} should not exist")).collect();
    let provider = text(&body["provider_code"]);
    let is_bank = body["transaction_method"] == "BANK";
    let is_known = if is_bank { provider == "bank_rw" } else { MOBILE_MONEY.contains(&provider) };
    let lengths = (text(&body["merchant_reference"]).len(), text(&body["description"]).len());
    for (is_right, fault) in [
        (lengths.0 >= 8, "merchant_reference must have 8 characters at least"),
        ((10..=30).contains(&lengths.1), "description must have 10 to 30 characters"),
        (body["currency"] == "RWF", "currency is not supported"),
        (body["amount"].as_u64().is_some_and(|amount| amount > 0), "amount must be a number"),
        (is_known, "provider_code is not known"),
    ] {
        if !is_right {
            faults.push(fault.to_owned());
        }
    }
    faults
}

fn entry(kind: Kind, body: &Value, party: &str, world: &World) -> Entry {
    let id = format!("DUSUPAY{:013}", world.serial());
    let mut entry = Entry::new(kind, text(&body["merchant_reference"]), &id);
    entry.amount = body["amount"].to_string();
    entry.currency = text(&body["currency"]).to_owned();
    entry.party = party.to_owned();
    entry
}

fn take_up(entry: Entry, page: Option<String>, world: &World) -> Response {
    match world.open(entry.clone()) {
        Ok(()) => acknowledgement(&entry, page),
        Err(_) => refusal(422, "Duplicate merchant reference"),
    }
}

fn acknowledgement(entry: &Entry, page: Option<String>) -> Response {
    let mut data = json!({ "internal_reference": entry.id, "merchant_reference": entry.reference });
    if let Some(page) = page {
        data["payment_url"] = json!(page);
    }
    let body = json!({ "code": 202, "status": "accepted", "message": "Request Accepted",
        "data": data });
    Response::json(202, &body)
}

fn transaction(entry: &Entry) -> Value {
    let (status, message) = match &entry.state {
        State::Pending if entry.detail.is_null() => ("PENDING", "Transaction is being processed"),
        State::Pending => ("PROCESSING", "Enter the code that was sent to your phone"),
        State::Executed => ("COMPLETED", "Transaction Completed Successfully"),
        State::Declined(why) => ("FAILED", why.as_str()),
    };
    let kind = if entry.kind == Kind::Charge { "COLLECTION" } else { "PAYOUT" };
    let amount: Value = serde_json::from_str(&entry.amount).unwrap_or(Value::Null);
    let mut transaction = json!({
        "id": 20_760, "merchant_reference": entry.reference, "internal_reference": entry.id,
        "transaction_type": kind, "request_currency": entry.currency, "request_amount": amount,
        "transaction_currency": entry.currency, "transaction_amount": amount,
        "transaction_charge": 0, "transaction_account": entry.party, "charge_customer": false,
        "total_credit": amount, "provider_code": "mtn_rw", "customer_name": "JOHN DOE",
        "transaction_status": status, "status_message": message });
    if entry.state == State::Pending && !entry.detail.is_null() {
        transaction["authorization_mode"] = entry.detail["authorization_mode"].clone();
    }
    transaction
}

fn providers(call: &Call) -> Response {
    let (currency, kind) = (call.asked("currency"), call.asked("transaction_type"));
    let (Some("RWF"), Some(kind @ ("COLLECTION" | "PAYOUT"))) = (currency, kind) else {
        return refusal(400, "currency and transaction_type are required");
    };
    let option = |code: &str, method: &str| {
        json!({ "provider_code": code, "provider_name": code, "transaction_type": kind,
            "transaction_method": method, "transaction_currency": "RWF", "min_amount": 100,
            "max_amount": 2_000_000 })
    };
    let mut options: Vec<Value> = MOBILE_MONEY.map(|code| option(code, "MOBILE_MONEY")).to_vec();
    if kind == "PAYOUT" {
        options.push(option("bank_rw", "BANK"));
    }
    success(&json!({ "payment_providers": options }))
}

fn banks(call: &Call) -> Response {
    if call.asked("provider_code") != Some("bank_rw") {
        return refusal(404, "provider_code is not known");
    }
    success(&json!({ "payout_banks": BANKS.map(|code| json!({ "bank_code": code })) }))
}

/// Collections go in, payouts come out of a float that nobody fills up.
fn balances(world: &World) -> Response {
    const FLOAT: u64 = 10_000_000;
    let sum = |kind| -> u64 {
        let entries = world.entries();
        let moved = entries.iter().filter(|entry| entry.kind == kind);
        let amounts = moved.map(|entry| {
            u64::from(entry.executions) * entry.amount.parse::<u64>().unwrap_or_default()
        });
        amounts.sum()
    };
    let wallet = |name: &str, available: u64| {
        json!({ "wallet_type": name, "currency": "RWF", "available_balance": available,
            "actual_balance": available, "uncleared_balance": 0, "reserve_balance": 0 })
    };
    success(&json!({ "merchant_wallets": [
        wallet("MERCHANT_COLLECTION", sum(Kind::Charge)),
        wallet("MERCHANT_PAYOUT", FLOAT.saturating_sub(sum(Kind::Transfer))),
    ] }))
}

fn success(data: &Value) -> Response {
    let message = "Request completed successfully.";
    let body = json!({ "code": 200, "status": "success", "message": message, "data": data });
    Response::json(200, &body)
}

fn refusal(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "code": status, "status": "error", "message": message }))
}

fn is_phone(value: &Value) -> bool {
    let digits = text(value);
    digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
