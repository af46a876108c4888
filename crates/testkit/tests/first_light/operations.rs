//! Every way in which a merchant moves money, one after the other, each under a key of its own:
//! what the tests of stops and kills load the gateway with.

use std::io;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
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
            4 => api.try_request("POST", "/charges", &headers, card_charge(api, key)),
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

/// A card that is approved at once. The same body for the same key: its nonce is made of it.
fn card_charge(api: &Client, key: &str) -> String {
    let encryption_key = STANDARD.decode(&api.credentials.encryption_key).expect("base64");
    let cipher = Aes256Gcm::new_from_slice(&encryption_key).expect("32 bytes");
    let nonce = &hex::encode(Sha256::digest(key))[..12];
    let iv: [u8; 12] = nonce.as_bytes().try_into().expect("12 characters");
    let sealed = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        cipher.encrypt_in_place(&Nonce::from(iv), b"", &mut bytes).expect("it fits");
        format!("\"{}\"", STANDARD.encode(bytes))
    };
    ChargeBody::guide()
        .with("payment_type", "\"card\"")
        .with("card_encrypted_number", &sealed("4532123456789010"))
        .with("card_encrypted_expiry_month", &sealed("12"))
        .with("card_encrypted_expiry_year", &sealed("2068"))
        .with("card_encrypted_cvv", &sealed("123"))
        .with("card_nonce", &format!("\"{nonce}\""))
        .text()
}

/// The payment that an answer tells of, by the name that its event has.
pub fn reference_in(answer: &Answer) -> String {
    let fields = answer.fields();
    let names = ["refund_reference", "dgs_conversion_ref", "dgs_reference"];
    let found = names.iter().find_map(|name| fields.get(*name));
    unquoted(found.unwrap_or_else(|| panic!("no reference: {}", answer.text())))
}

fn kind_of(key: &str) -> u64 {
    let number = key.rsplit('-').next().and_then(|text| text.parse::<u64>().ok());
    number.expect("a key ends in its number") % 6
}
