//! Providus Bank: gives out account numbers, tells of what is paid into them (DCS), and says what
//! it has booked when asked. Entries are credits, under their settlement ids.

use std::sync::Mutex;

use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::world::{Entry, Kind, State, World};
use super::{Call, Notice, Protocol, Response, Seal};

/// The bank's public credentials for its own sandbox.
pub const CLIENT_ID: &str = "dGVzdF9Qcm92aWR1cw==";
pub const CLIENT_SECRET: &str = "29A492021F4B709A8D1152C3EF4D32DC5A7092723ECAC4C511781003584B48873CCBFEBDEAE89CF22ED1CB1A836213549BC6638A3B563CA7FC009BEB3BC30CF8";

/// The number of the bank's printed example is the first that it gives out here.
const FIRST_NUMBER: u64 = 9_977_581_536;

/// A bank verification number that the bank knows nothing of.
pub const UNKNOWN_BVN: &str = "00000000000";

#[derive(Debug, Default)]
pub struct Providus {
    /// Names of the accounts given out, in the order of their numbers.
    names: Mutex<Vec<String>>,
}

/// SHA-512 of `Client-Id:ClientSecret`, in capitals.
pub fn signature() -> String {
    hex::encode_upper(Sha512::digest(format!("{CLIENT_ID}:{CLIENT_SECRET}")))
}

/// A credit of which the bank keeps 1 % and 7.5 % VAT on that, both cut to whole kobo.
pub fn credit(settlement_id: &str, account_number: &str, minor: u64) -> Entry {
    let fee = minor / 100;
    let vat = fee * 75 / 1000;
    let amount = |minor: u64| format!("{}.{:02}", minor / 100, minor % 100);
    Entry {
        amount: amount(minor),
        currency: "NGN".to_owned(),
        party: account_number.to_owned(),
        detail: json!({
            "settledAmount": amount(minor - fee - vat),
            "feeAmount": amount(fee),
            "vatAmount": amount(vat),
        }),
        ..Entry::new(Kind::Charge, settlement_id, &format!("session-{settlement_id}"))
    }
}

/// What the bank says of a credit, in its notices and when asked.
pub fn fields(entry: &Entry) -> Value {
    json!({
        "sessionId": entry.id,
        "accountNumber": entry.party,
        "tranRemarks": "FROM UBA/INVOICE 7",
        "transactionAmount": entry.amount,
        "settledAmount": entry.detail["settledAmount"],
        "feeAmount": entry.detail["feeAmount"],
        "vatAmount": entry.detail["vatAmount"],
        "currency": entry.currency,
        "initiationTranRef": "",
        "settlementId": entry.reference,
        "sourceAccountNumber": "2093566866",
        "sourceAccountName": "CASAFINA CREDIT-EASY LOAN",
        "sourceBankName": "UNITED BANK FOR AFRICA",
        "channelId": "1",
        "tranDateTime": "2021-03-01 18:06:20",
    })
}

impl Protocol for Providus {
    fn operation(&self, call: &Call) -> &'static str {
        match call.path.rsplit('/').next().unwrap_or_default() {
            "PiPCreateReservedAccountNumber" => "reserve",
            "PiPCreateDynamicAccountNumber" => "dynamic",
            "PiPverifyTransaction_settlementid" => "verify",
            "PiPverifyTransaction_sessionid" => "verify_session",
            "PiP_RepushTransaction_SettlementId" => "repush",
            _ => "unknown",
        }
    }

    fn answer(&self, call: &Call, world: &World) -> Response {
        let is_known = call.header("client-id") == Some(CLIENT_ID)
            && call
                .header("x-auth-signature")
                .is_some_and(|shown| shown.eq_ignore_ascii_case(&signature()));
        if !is_known {
            return refused(401, "Authentication failed");
        }
        match (call.method.as_str(), self.operation(call)) {
            ("POST", "reserve") if call.json()["bvn"] == UNKNOWN_BVN => refused(200, "Invalid BVN"),
            ("POST", "reserve" | "dynamic") => self.give_out(call),
            ("GET", "verify") => {
                booked(world, |entry| Some(entry.reference.as_str()) == call.asked("settlement_id"))
            }
            ("GET", "verify_session") => {
                booked(world, |entry| Some(entry.id.as_str()) == call.asked("session_id"))
            }
            ("POST", "repush") => {
                let settlement =
                    call.json()["settlement_id"].as_str().unwrap_or_default().to_owned();
                match world.find_reference(&settlement) {
                    Some(_) => {
                        world.repeat(&settlement);
                        Response::json(
                            200,
                            &json!({"requestSuccessful": true, "responseCode": "00"}),
                        )
                    }
                    None => refused(200, "Settlement Id does not exist"),
                }
            }
            _ => Response::empty(404),
        }
    }

    fn notice(&self, entry: &Entry, seal: Seal) -> Option<Notice> {
        let right = signature();
        let shown = if seal == Seal::Right { right } else { right.replace('B', "C") };
        Some(Notice {
            method: "POST",
            path: String::new(),
            headers: vec![
                ("Client-Id", CLIENT_ID.to_owned()),
                ("X-Auth-Signature", shown),
                ("Content-Type", "application/json".to_owned()),
            ],
            body: fields(entry).to_string().into_bytes(),
        })
    }
}

impl Providus {
    fn give_out(&self, call: &Call) -> Response {
        let body = call.json();
        let name = body["account_name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return refused(200, "Account name is required");
        }
        let mut names = self.names.lock().expect("no holder panicked");
        let place = u64::try_from(names.len()).expect("a small number");
        names.push(name.clone());
        Response::json(
            200,
            &json!({
                "account_number": (FIRST_NUMBER + place).to_string(),
                "account_name": format!("DGS({name})"),
                "bvn": body["bvn"],
                "initiationTranRef": "",
                "requestSuccessful": true,
                "responseMessage": "Account number created",
                "responseCode": "00",
            }),
        )
    }
}

/// Of a credit that is not booked, every field is empty, and the remarks say so.
fn booked(world: &World, is_it: impl Fn(&Entry) -> bool) -> Response {
    let found = world.find(is_it).filter(|entry| entry.state == State::Executed);
    let fields = found.as_ref().map(fields);
    let unknown = json!({"sessionId": "", "settlementId": "", "tranRemarks": "does not exist"});
    Response::json(200, &fields.unwrap_or(unknown))
}

fn refused(status: u16, message: &str) -> Response {
    let body = json!({
        "requestSuccessful": false,
        "responseMessage": message,
        "responseCode": "02",
    });
    Response::json(status, &body)
}
