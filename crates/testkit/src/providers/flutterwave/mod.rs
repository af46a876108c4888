//! A Flutterwave v4 that runs here: tokens, direct charges by card and mobile money, direct
//! transfers, refunds, reference data and signed webhooks.
//!
//! What a payer does is told by `X-Scenario-Key` as in the provider's own sandbox, or by the end of
//! the phone or account number: `001` insufficient funds, `002` declined, `003` never answers,
//! `004` redirect; everything else is approved, at the [pace](crate::providers::Pace) of the test.
//! A scenario that nobody knows leaves the payment pending. PIN `00000` and OTP `000000` are wrong.

mod cards;
mod charges;
mod codes;
mod look_ups;
mod refunds;
mod rules;
pub mod transfers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Call, Entry, Kind, Notice, Protocol, Response, Seal, World};
use rules::Faults;

pub const CLIENT_ID: &str = "sim-client";
pub const CLIENT_SECRET: &str = "sim-secret";
/// Base64 of the bytes 00 to 1f.
pub const ENCRYPTION_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const WEBHOOK_SECRET: &str = "sim-flw-webhook-secret-0000000000000001";
pub const TOKEN_PATH: &str = "/realms/flutterwave/protocol/openid-connect/token";

const TOKEN: &str = "eyJ.sim";
const SERVES_S: u32 = 600;
pub(super) const CREATED_AT: &str = "2026-11-20T09:00:02.123Z";

#[derive(Clone, Debug, Default)]
pub struct Flutterwave {
    /// Answers by method, path and idempotency key.
    remembered: Arc<Mutex<BTreeMap<[String; 3], Response>>>,
}

/// An answer, or the error that takes its place.
type Answered = Result<Response, Response>;

impl Protocol for Flutterwave {
    fn operation(&self, call: &Call) -> &'static str {
        match (call.method.as_str(), parts(&call.path).as_slice()) {
            (_, ["realms", ..]) => "token",
            ("POST", ["orchestration", ..]) => "charge",
            ("PUT", ["charges", _]) => "authorize",
            ("GET", ["charges", ..]) => "find_charge",
            ("POST", ["direct-transfers"]) => "transfer",
            ("GET", ["transfers", ..]) => "find_transfer",
            ("POST", ["refunds"]) => "refund",
            ("GET", ["refunds", ..]) => "find_refund",
            ("POST", ["transfers", "rates"]) => "rate",
            ("GET", ["wallets", ..]) => "balances",
            _ => "other",
        }
    }

    fn answer(&self, call: &Call, world: &World) -> Response {
        match parts(&call.path).as_slice() {
            ["realms", ..] => token(call, world),
            ["redirects"] => charges::page(call, world),
            _ => self.once(call, world),
        }
    }

    fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice> {
        let (kind, data) = match entry.kind {
            Kind::Charge => ("charge.completed", charges::told(entry)),
            Kind::Transfer => ("transfer.disburse", transfers::told(entry)),
            Kind::Refund => ("refund.completed", refunds::json(entry)),
        };
        let id =
            format!("wbk_SIM{:0>9}", entry.id.trim_start_matches(|c: char| !c.is_ascii_digit()));
        let told = json!({"webhook_id": id, "timestamp": 1_795_165_200_000_u64, "type": kind, "data": data});
        let body = told.to_string().into_bytes();
        let key = match seal {
            Seal::Right => WEBHOOK_SECRET,
            Seal::Forged => "some other secret",
        };
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("flutterwave-signature", sign(key, &body)),
        ];
        Some(Notice { method: "POST", path: String::new(), headers, body })
    }
}

impl Flutterwave {
    /// What was answered once under an idempotency key is answered again.
    fn once(&self, call: &Call, world: &World) -> Response {
        if !world.takes_token(TOKEN, call.bearer()) {
            return error(401, "10401", "UNAUTHORIZED", "Unauthorized");
        }
        if call.method != "GET"
            && let Some(refused) = check_headers(call)
        {
            return refused;
        }
        let key = call.header("x-idempotency-key").filter(|_| call.method == "POST");
        let key = key.map(|key| [call.method.clone(), call.path.clone(), key.to_owned()]);
        if let Some(key) = &key
            && let Some(known) = self.remembered.lock().expect("no holder panicked").get(key)
        {
            return known.clone().with("X-Idempotency-Cache-Hit", "true");
        }
        let answer = route(call, world).unwrap_or_else(|refused| refused);
        if let Some(key) = key {
            self.remembered.lock().expect("no holder panicked").insert(key, answer.clone());
        }
        answer
    }

    /// As if the keys had been forgotten after their time, which nobody has published.
    pub fn forget_keys(&self) {
        self.remembered.lock().expect("no holder panicked").clear();
    }
}

fn route(call: &Call, world: &World) -> Answered {
    match (call.method.as_str(), parts(&call.path).as_slice()) {
        ("POST", ["orchestration", "direct-charges"]) => charges::create(call, world),
        ("GET", ["charges"]) => Ok(charges::list(call, world)),
        ("GET", ["charges", id]) => charges::show(id, world),
        ("PUT", ["charges", id]) => charges::authorize(id, call, world),
        ("POST", ["direct-transfers"]) => transfers::create(call, world),
        ("GET", ["transfers"]) => Ok(transfers::list(call, world)),
        ("GET", ["transfers", id]) => transfers::show(id, world),
        ("POST", ["refunds"]) => refunds::create(call, world),
        ("GET", ["refunds"]) => Ok(refunds::list(call, world)),
        ("GET", ["refunds", id]) => refunds::show(id, world),
        ("GET", ["banks"]) => Ok(success(200, "Banks fetched", &transfers::banks())),
        ("GET", ["banks", id, "branches"]) => transfers::branches(id),
        ("GET", ["mobile-networks"]) => Ok(look_ups::mobile_networks()),
        ("GET", ["wallets", "balances"]) => Ok(look_ups::balances(world)),
        ("POST", ["transfers", "rates"]) => look_ups::rate(call),
        _ => Err(error(404, "10404", "RESOURCE_NOT_FOUND", "Resource not found")),
    }
}

fn token(call: &Call, world: &World) -> Response {
    let form = call.form();
    let has = |name: &str, value: &str| form.iter().any(|(n, v)| n == name && v == value);
    if !has("grant_type", "client_credentials") {
        return Response::json(400, &json!({"error": "unsupported_grant_type"}));
    }
    if !has("client_id", CLIENT_ID) || !has("client_secret", CLIENT_SECRET) {
        let body = json!({"error": "invalid_client", "error_description": "Invalid client"});
        return Response::json(401, &body);
    }
    let body = json!({
        "access_token": world.give_token(TOKEN), "expires_in": SERVES_S, "refresh_expires_in": 0,
        "token_type": "Bearer", "not-before-policy": 0, "scope": "profile email",
    });
    Response::json(200, &body)
}

fn check_headers(call: &Call) -> Option<Response> {
    let mut faults = Faults::default();
    let of_length = |name: &str| {
        let value = call.header(name).unwrap_or_default();
        (12..=255).contains(&value.len())
    };
    faults.check("X-Trace-Id", of_length("x-trace-id"));
    let has_key = call.header("x-idempotency-key").is_some();
    faults.check("X-Idempotency-Key", !has_key || of_length("x-idempotency-key"));
    faults.refused()
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

fn success(status: u16, message: &str, data: &Value) -> Response {
    Response::json(status, &json!({"status": "success", "message": message, "data": data}))
}

/// A page of a list, counted from 1.
fn page(call: &Call, message: &str, all: &[Value]) -> Response {
    let number = |name: &str, fallback: usize| {
        call.asked(name).and_then(|text| text.parse().ok()).unwrap_or(fallback)
    };
    let (page, size) = (number("page", 1).max(1), number("size", 10).clamp(10, 50));
    let shown: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
    let info = json!({"total": all.len(), "current_page": page,
        "total_pages": all.len().div_ceil(size)});
    let body = json!({"status": "success", "message": message, "data": shown,
        "meta": {"page_info": info}});
    Response::json(200, &body)
}

fn error(status: u16, code: &str, kind: &str, message: &str) -> Response {
    let error = json!({"type": kind, "code": code, "message": message});
    Response::json(status, &json!({"status": "failed", "error": error}))
}

pub(super) fn sign(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length");
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// `scenario:` and `issuer:` of the header.
fn scenario(call: &Call) -> (Option<String>, Option<String>) {
    let text = call.header("x-scenario-key").unwrap_or_default();
    let part = |name: &str| {
        text.split('&').find_map(|part| part.trim().strip_prefix(name)).map(str::to_owned)
    };
    (part("scenario:"), part("issuer:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the provider's page, made with another implementation.
    #[test]
    fn a_known_signature() {
        let body = concat!(
            r#"{"webhook_id":"wbk_SIM000000001","timestamp":1767225600000,"#,
            r#""type":"charge.completed","data":{"id":"chg_SIM0000001","amount":2000,"#,
            r#""currency":"RWF","reference":"0b8f4a52-5b0b-4a55-9d0e-0c1f7b2a9e11","#,
            r#""status":"succeeded"}}"#
        );
        let signature = sign(WEBHOOK_SECRET, body.as_bytes());
        assert_eq!(signature, "wVVcUHrluX+CWGDA6Sc4vQj2zGxfgWP71DgN8mLo5E4=");
    }
}
