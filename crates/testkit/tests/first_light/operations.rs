//! Every way in which a merchant moves money, one after the other, each under a key of its own:
//! what the tests of stops and kills load the gateway with.

use std::io;

use testkit::{Answer, Client};

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, unquoted};

/// What operations need to stand on.
#[derive(Debug)]
pub struct Operations {
    /// A settled charge, large enough to be refunded one franc at a time.
    charge: String,
    slug: String,
}

/// Francs of the charge that refunds are taken from.
const CHARGED: &str = "900000";

/// Past the approval of a charge and past its settlement.
const SETTLED_S: u64 = 60;

impl Operations {
    pub fn prepare(shop: &Shop) -> Operations {
        let charge = shop.charge(&ChargeBody::guide().with("amount", CHARGED));
        shop.finish(&charge);
        shop.sandbox.advance_clock(SETTLED_S);
        let link = r#"{"title": "Gift", "amount_type": "flexible", "currency": "RWF"}"#;
        let made = shop.sandbox.request("POST", "/payment-links", &[], link);
        assert_eq!(made.status, 200, "{}", made.text());
        let slug = made.json()["data"]["slug"].as_str().expect("a link has a slug").to_owned();
        Operations { charge, slug }
    }

    /// The one payment that was there before.
    pub fn prepared(&self) -> &str {
        &self.charge
    }

    /// Does what the key's number says: the same for the same key, however often.
    pub fn ask(&self, api: &Client, key: &str) -> io::Result<Answer> {
        let headers = [("Idempotency-Key", key)];
        let charge = &self.charge;
        match kind_of(key) {
            0 => api.try_request("POST", "/charges", &headers, ChargeBody::guide().text()),
            1 => api.try_request("POST", "/disburse", &headers, DISBURSEMENT),
            2 => api.try_request("POST", "/convert", &headers, CONVERSION),
            3 => {
                let body = format!(r#"{{"dgs_reference": "{charge}", "amount": 1}}"#);
                api.try_request("POST", "/refunds", &headers, body)
            }
            _ => {
                let path = format!("/pay/{}/charges", self.slug);
                let body = ChargeBody::guide().text();
                let headers = [
                    ("Idempotency-Key", key),
                    ("Content-Type", "application/json"),
                    ("Accept", "application/json"),
                ];
                api.try_bare_request("POST", &path, &headers, body.as_bytes())
            }
        }
    }
}

const DISBURSEMENT: &str = r#"{"amount": 101, "destination_type": "mobile_money",
    "recipient": {"msisdn": "0788123456", "network": "MTN", "country": "RW"}}"#;

const CONVERSION: &str = r#"{"action": "convert", "from_currency": "USD", "to_currency": "EUR",
    "from_amount": 0.02}"#;

/// The payment that an answer tells of, by the name that its event has.
pub fn reference_in(answer: &Answer) -> String {
    let fields = answer.fields();
    let names = ["refund_reference", "dgs_conversion_ref", "dgs_reference"];
    let found = names.iter().find_map(|name| fields.get(*name));
    unquoted(found.unwrap_or_else(|| panic!("no reference: {}", answer.text())))
}

fn kind_of(key: &str) -> u64 {
    let number = key.rsplit('-').next().and_then(|text| text.parse::<u64>().ok());
    number.expect("a key ends in its number") % 5
}
