//! MTN MoMo as its developer portal describes it: provisioning, a token for each product, request
//! to pay, transfer and refund under the caller's own UUID, and a callback that nobody signs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Call, Decision, Entry, Kind, Notice, Protocol, Response, Seal, State, World};

/// The settings of a connector for this server, but for `url`.
pub const SETTINGS: [(&str, &str); 6] = [
    ("collection_subscription_key", "sim-collection-key"),
    ("collection_api_user", "sim-collection-user"),
    ("collection_api_key", "sim-collection-secret"),
    ("disbursement_subscription_key", "sim-disbursement-key"),
    ("disbursement_api_user", "sim-disbursement-user"),
    ("disbursement_api_key", "sim-disbursement-secret"),
];

/// How the reason of a failure is written: MTN's pages and its answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonForm {
    Text,
    Object,
}

#[derive(Debug)]
pub struct MtnMomo {
    /// `sandbox` takes EUR alone, every other RWF alone.
    pub target_environment: &'static str,
    /// `PUT` or `POST`.
    pub callback_method: &'static str,
    /// The host registered for callbacks; any where there is none.
    pub callback_host: Option<String>,
    pub reason_form: ReasonForm,
    /// What there is to pay out, in the major unit.
    pub float: u64,
    /// Provisioned API users, with their callback hosts and keys.
    pub users: Mutex<BTreeMap<String, (String, String)>>,
}

impl Default for MtnMomo {
    fn default() -> MtnMomo {
        MtnMomo {
            target_environment: "mtnrwanda",
            callback_method: "PUT",
            callback_host: None,
            reason_form: ReasonForm::Text,
            float: 1_000_000_000,
            users: Mutex::default(),
        }
    }
}

/// What a test number brings about.
#[derive(Clone, Copy)]
enum Row {
    Fails(&'static str),
    StaysPending,
    /// Like any other, but `CREATED` while it lasts.
    Delayed,
    /// At once, with this status and code.
    Refused(u16, &'static str),
}

use Row::{Delayed, Fails, Refused, StaysPending};

/// By the last two digits of the payer's number, from 50.
const REQUEST_TO_PAY: [Row; 15] = [
    Fails("INTERNAL_PROCESSING_ERROR"),
    Fails("APPROVAL_REJECTED"),
    Fails("EXPIRED"),
    StaysPending,
    Delayed,
    Fails("PAYER_NOT_FOUND"),
    Fails("PAYEE_NOT_ALLOWED_TO_RECEIVE"),
    Refused(500, "NOT_ALLOWED"),
    Refused(500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    Refused(500, "INVALID_CALLBACK_URL_HOST"),
    Refused(500, "INVALID_CURRENCY"),
    Fails("INTERNAL_PROCESSING_ERROR"),
    Refused(503, "SERVICE_UNAVAILABLE"),
    Fails("COULD_NOT_PERFORM_TRANSACTION"),
    Fails("TRANSFER_TYPE_UNKNOWN"),
];

/// By the last two digits of the recipient's number, from 50.
const TRANSFER: [Row; 15] = [
    Fails("INTERNAL_PROCESSING_ERROR"),
    Fails("REJECTED"),
    Fails("EXPIRED"),
    StaysPending,
    Delayed,
    Fails("NOT_ENOUGH_FUNDS"),
    Fails("PAYER_LIMIT_REACHED"),
    Fails("PAYEE_NOT_FOUND"),
    Refused(500, "NOT_ALLOWED"),
    Refused(500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    Refused(500, "INVALID_CALLBACK_URL_HOST"),
    Refused(500, "INVALID_CURRENCY"),
    Fails("INTERNAL_PROCESSING_ERROR"),
    Refused(503, "SERVICE_UNAVAILABLE"),
    Fails("TRANSFER_TYPE_UNKNOWN"),
];

/// By a `referenceIdToRefund` of `1` to `13`.
const REFUND: [Row; 13] = [
    Refused(404, "RESOURCE_NOT_FOUND"),
    Fails("INTERNAL_PROCESSING_ERROR"),
    Fails("REJECTED"),
    Fails("EXPIRED"),
    StaysPending,
    Delayed,
    Refused(500, "NOT_ALLOWED"),
    Refused(500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    Refused(500, "INVALID_CALLBACK_URL_HOST"),
    Refused(500, "INVALID_CURRENCY"),
    Fails("INTERNAL_PROCESSING_ERROR"),
    Refused(503, "SERVICE_UNAVAILABLE"),
    Fails("COULD_NOT_PERFORM_TRANSACTION"),
];

impl Protocol for MtnMomo {
    fn operation(&self, call: &Call) -> &'static str {
        match segments(call).as_slice() {
            [_, "token", _] => "token",
            ["v1_0", ..] => "provisioning",
            [_, _, "requesttopay"] => "requesttopay",
            [_, _, "transfer"] => "transfer",
            [_, _, "refund"] => "refund",
            _ => "enquiry",
        }
    }

    fn answer(&self, call: &Call, world: &World) -> Response {
        match (call.method.as_str(), segments(call).as_slice()) {
            ("POST", ["v1_0", "apiuser"]) => self.provision(call),
            ("GET", ["v1_0", "apiuser", id]) => match self.users().get(*id) {
                Some((host, _)) => {
                    let environment = self.target_environment;
                    let body =
                        json!({ "providerCallbackHost": host, "targetEnvironment": environment });
                    Response::json(200, &body)
                }
                None => fault(404, "RESOURCE_NOT_FOUND"),
            },
            ("POST", ["v1_0", "apiuser", id, "apikey"]) => match self.users().get(*id) {
                Some((_, key)) => Response::json(201, &json!({ "apiKey": key })),
                None => fault(404, "RESOURCE_NOT_FOUND"),
            },
            ("POST", [product, "token", ""]) => self.token(call, product, world),
            (_, [product, "v1_0", ..]) if !is_subscribed(call, product) => door(
                "Access denied due to invalid subscription key. Make sure to provide a valid key.",
            ),
            (_, [product, "v1_0", ..]) if !world.takes_token(product, call.bearer()) => {
                door("Access token expired.")
            }
            ("POST", [_, "v1_0", operation]) => match kind_of(operation) {
                Some(kind) => self.create(call, kind, world),
                None => door_404(),
            },
            ("GET", [product, "v1_0", "account", "balance"]) => {
                let left = self.float.saturating_sub(paid_out(world));
                let balance = if *product == "disbursement" { left } else { 0 };
                let body =
                    json!({ "availableBalance": balance.to_string(), "currency": self.currency() });
                Response::json(200, &body)
            }
            ("GET", [_, "v1_0", "accountholder", "msisdn", number, end]) => {
                account_holder(number, end)
            }
            ("GET", [_, "v1_0", operation, id]) => {
                let kind = kind_of(operation);
                let is_it = |entry: &Entry| entry.reference == *id && Some(entry.kind) == kind;
                match world.enquired(is_it) {
                    Some(entry) => Response::json(200, &self.payment(&entry)),
                    None => fault(404, "RESOURCE_NOT_FOUND"),
                }
            }
            _ => door_404(),
        }
    }

    /// Not signed: a forged one is as good as any, and says the opposite.
    fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice> {
        let mut body = self.payment(entry);
        if seal == Seal::Forged {
            let opposite = if entry.state == State::Executed { "FAILED" } else { "SUCCESSFUL" };
            body["status"] = opposite.into();
        }
        Some(Notice {
            method: self.callback_method,
            path: String::new(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        })
    }
}

impl MtnMomo {
    fn provision(&self, call: &Call) -> Response {
        let id = call.header("x-reference-id").unwrap_or_default().to_owned();
        let host = call.json()["providerCallbackHost"].as_str().map(str::to_owned);
        match host {
            Some(host) if is_uuid_v4(&id) => {
                let mut users = self.users();
                if users.contains_key(&id) {
                    return fault(409, "RESOURCE_ALREADY_EXIST");
                }
                let key = format!("{:032x}", users.len() + 1);
                users.insert(id, (host, key));
                Response::empty(201)
            }
            Some(_) | None => Response::empty(400),
        }
    }

    fn token(&self, call: &Call, product: &str, world: &World) -> Response {
        if !is_subscribed(call, product) {
            return door("Access denied due to invalid subscription key.");
        }
        if !call.body.is_empty() {
            return Response::empty(400);
        }
        let basic = call.header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let given = basic.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let given = String::from_utf8_lossy(&given).into_owned();
        let own = format!("{}:{}", setting(product, "api_user"), setting(product, "api_key"));
        let is_provisioned =
            self.users().iter().any(|(id, (_, key))| format!("{id}:{key}") == given);
        if given != own && !is_provisioned {
            return Response::json(401, &json!({ "error": "login_failed" }));
        }
        let token = world.give_token(product);
        let body =
            json!({ "access_token": token, "token_type": "access_token", "expires_in": 3600 });
        Response::json(200, &body)
    }

    fn create(&self, call: &Call, kind: Kind, world: &World) -> Response {
        if call.header("x-target-environment") != Some(self.target_environment) {
            return fault(500, "NOT_ALLOWED_TARGET_ENVIRONMENT");
        }
        let reference = call.header("x-reference-id").unwrap_or_default();
        let body = call.json();
        let Some(mut entry) = entry_of(kind, reference, &body, world) else {
            return Response::empty(400);
        };
        if world.change(reference, |there| there.submissions += 1).is_some() {
            return fault(409, "RESOURCE_ALREADY_EXIST");
        }
        if entry.currency != self.currency() {
            return fault(500, "INVALID_CURRENCY");
        }
        entry.callback_url = call.header("x-callback-url").map(str::to_owned);
        if !self.may_call(entry.callback_url.as_deref()) {
            return fault(500, "INVALID_CALLBACK_URL_HOST");
        }
        match row(&entry) {
            Some(Refused(status, code)) => return fault(status, code),
            Some(Fails(reason)) => entry.decision = Decision::Decline(reason.to_owned()),
            Some(StaysPending) => entry.decision = Decision::Never,
            Some(Delayed) => entry.detail["pending"] = "CREATED".into(),
            None => self.weigh(&mut entry, world),
        }
        match world.open(entry) {
            Ok(()) => Response::empty(202),
            Err(_) => fault(409, "RESOURCE_ALREADY_EXIST"),
        }
    }

    /// What is not there cannot be paid out or given back.
    fn weigh(&self, entry: &mut Entry, world: &World) {
        let amount: u64 = entry.amount.parse().unwrap_or(u64::MAX);
        if entry.kind == Kind::Transfer && paid_out(world).saturating_add(amount) > self.float {
            entry.decision = Decision::Decline("NOT_ENOUGH_FUNDS".to_owned());
        }
        let refunded = world.find_reference(&entry.party);
        let is_paid = refunded.is_some_and(|charge| charge.state == State::Executed);
        if entry.kind == Kind::Refund && !is_paid {
            entry.decision = Decision::Decline("TRANSACTION_NOT_FOUND".to_owned());
        }
    }

    fn payment(&self, entry: &Entry) -> Value {
        let mut body = entry.detail.clone();
        let pending = body.as_object_mut().and_then(|members| members.remove("pending"));
        body["amount"] = entry.amount.as_str().into();
        body["currency"] = entry.currency.as_str().into();
        match &entry.state {
            State::Pending => body["status"] = pending.unwrap_or("PENDING".into()),
            State::Executed => {
                body["status"] = "SUCCESSFUL".into();
                body["financialTransactionId"] = entry.id.as_str().into();
            }
            State::Declined(reason) => {
                body["status"] = "FAILED".into();
                body["reason"] = match self.reason_form {
                    ReasonForm::Text => reason.as_str().into(),
                    ReasonForm::Object => json!({ "code": reason, "message": "It did not work" }),
                };
            }
        }
        body
    }

    fn currency(&self) -> &'static str {
        if self.target_environment == "sandbox" { "EUR" } else { "RWF" }
    }

    fn may_call(&self, url: Option<&str>) -> bool {
        let host = url.and_then(|url| url.split("://").nth(1)?.split([':', '/']).next());
        match (url, host, &self.callback_host) {
            (None, _, _) => true,
            (Some(_), Some(host), Some(registered)) => host == registered,
            (Some(_), host, _) => host.is_some_and(|host| !host.is_empty()),
        }
    }

    fn users(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (String, String)>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers that end with 404 belong to nobody.
fn account_holder(number: &str, end: &str) -> Response {
    match end {
        "active" | "basicuserinfo" if number.ends_with("404") => fault(404, "RESOURCE_NOT_FOUND"),
        "active" => Response::json(200, &json!({ "result": true })),
        "basicuserinfo" => Response::json(
            200,
            &json!({ "sub": "0", "name": "Jeanne Mukamana", "given_name": "Jeanne",
                "family_name": "Mukamana", "locale": "en_RW" }),
        ),
        _ => door_404(),
    }
}

/// `None` where the request is not of the form that MTN takes.
fn entry_of(kind: Kind, reference: &str, body: &Value, world: &World) -> Option<Entry> {
    let text = |name: &str| body[name].as_str();
    let note = |name| text(name).filter(|note| note.len() <= 160 && note.chars().all(is_plain));
    let external_id = text("externalId")?;
    let (payer_message, payee_note) = (note("payerMessage")?, note("payeeNote")?);
    let mut detail = json!({
        "externalId": external_id, "payerMessage": payer_message, "payeeNote": payee_note,
    });
    let party = match kind {
        Kind::Refund => text("referenceIdToRefund")?,
        Kind::Charge | Kind::Transfer => {
            let name = if kind == Kind::Charge { "payer" } else { "payee" };
            let party = &body[name];
            detail[name] = party.clone();
            let is_msisdn = party["partyIdType"].as_str() == Some("MSISDN");
            party["partyId"].as_str().filter(|number| is_msisdn && is_digits(number))?
        }
    };
    let id = format!("{}", 990_000_000 + world.serial());
    let amount = text("amount").filter(|amount| is_digits(amount))?;
    is_uuid_v4(reference).then(|| Entry {
        amount: amount.to_owned(),
        currency: text("currency").unwrap_or_default().to_owned(),
        party: party.to_owned(),
        detail,
        ..Entry::new(kind, reference, &id)
    })
}

fn row(entry: &Entry) -> Option<Row> {
    let (rows, from): (&[Row], usize) = match entry.kind {
        Kind::Charge => (&REQUEST_TO_PAY, 50),
        Kind::Transfer => (&TRANSFER, 50),
        Kind::Refund => (&REFUND, 1),
    };
    let digits = match entry.kind {
        Kind::Charge | Kind::Transfer => entry.party.get(entry.party.len().checked_sub(2)?..)?,
        Kind::Refund => &entry.party,
    };
    rows.get(digits.parse::<usize>().ok()?.checked_sub(from)?).copied()
}

/// What was paid out, or soon will be, in the major unit.
fn paid_out(world: &World) -> u64 {
    let counts =
        |entry: &Entry| entry.kind == Kind::Transfer && !matches!(entry.state, State::Declined(_));
    world
        .entries()
        .iter()
        .filter(|entry| counts(entry))
        .filter_map(|e| e.amount.parse::<u64>().ok())
        .sum()
}

fn segments(call: &Call) -> Vec<&str> {
    call.path.trim_start_matches('/').split('/').collect()
}

fn kind_of(operation: &str) -> Option<Kind> {
    match operation {
        "requesttopay" => Some(Kind::Charge),
        "transfer" => Some(Kind::Transfer),
        "refund" => Some(Kind::Refund),
        _ => None,
    }
}

fn setting(product: &str, name: &str) -> &'static str {
    let name = format!("{product}_{name}");
    SETTINGS.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value)
}

fn is_subscribed(call: &Call, product: &str) -> bool {
    let key = setting(product, "subscription_key");
    !key.is_empty() && call.header("ocp-apim-subscription-key") == Some(key)
}

fn is_uuid_v4(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    let byte = |at: usize| text.as_bytes().get(at).copied().unwrap_or(0);
    lengths == [8, 4, 4, 4, 12] && is_hex && byte(14) == b'4' && b"89abAB".contains(&byte(19))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || " .,-".contains(c)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn fault(status: u16, code: &str) -> Response {
    Response::json(status, &json!({ "code": code, "message": "See the developer portal" }))
}

/// The gate before MTN has a form of its own.
fn door(message: &str) -> Response {
    Response::json(401, &json!({ "statusCode": 401, "message": message }))
}

fn door_404() -> Response {
    Response::json(404, &json!({ "statusCode": 404, "message": "Resource not found" }))
}
