//! A whole card in one message to our public key: HPKE (RFC 9180). Unlike the guide's scheme,
//! what the browser holds can seal, and cannot open.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::charge::{Card, CardNonce};
use domain::limits::SEALED_CARD_CHARS_MAX;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, Serializable, single_shot_open};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::card::{
    CardFault, check_cvv, check_expiry, read_month, read_number, read_year, wipe_stack,
};
use crate::json::{Object, Tolerance, Value, parse_object};
use crate::object::to_text;
use crate::provider::{CardData, Secret};

type Keys = X25519HkdfSha256;

/// What both sides say the message is for, so that it serves nothing else.
const INFO: &str = "dgspay sealed card v1";

/// Bytes of the key that a message brings along.
const ENCAPPED_BYTES: usize = 32;

/// Opens the cards sealed for one account.
pub struct SealingKey {
    private: <Keys as Kem>::PrivateKey,
    public: <Keys as Kem>::PublicKey,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// A card that was sealed, and what makes the message known when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCard {
    pub card: Card,
    pub data: CardData,
    pub nonce: CardNonce,
}

#[derive(Serialize)]
struct PublicKeyAnswer {
    status: &'static str,
    public_key: String,
    kem: &'static str,
    kdf: &'static str,
    aead: &'static str,
    info: &'static str,
}

impl SealingKey {
    /// The key pair that 32 secret bytes lead to.
    pub fn of(secret: &[u8; 32]) -> SealingKey {
        let (private, public) = Keys::derive_keypair(secret);
        SealingKey { private, public }
    }

    /// The answer to `GET /card-public-key`: all that a browser needs.
    pub fn public_answer(&self) -> String {
        let public_key = STANDARD.encode(self.public.to_bytes());
        to_text(&PublicKeyAnswer {
            status: "success",
            public_key,
            kem: "DHKEM(X25519, HKDF-SHA256)",
            kdf: "HKDF-SHA256",
            aead: "AES-256-GCM",
            info: INFO,
        })
    }

    /// Opens and checks a message: base64 of the encapsulated key and the ciphertext of a JSON
    /// object.
    pub fn open(
        &self,
        message: &str,
        checks_last_digit: bool,
        now: Timestamp,
    ) -> Result<SealedCard, CardFault> {
        let object = self.open_object(message).ok_or(CardFault::Unsealable)?;
        let text = |name| match object.find(name) {
            Some(Value::Text(text)) => text.as_str(),
            Some(_) | None => "",
        };
        let number = read_number(text("number"), checks_last_digit)?;
        let expiry_month = read_month(text("expiry_month"))?;
        let expiry_year = read_year(text("expiry_year"))?;
        check_expiry(expiry_month, expiry_year, now)?;
        check_cvv(text("cvv"))?;
        let data = CardData {
            number: Secret::new(text("number")),
            expiry_month,
            expiry_year,
            cvv: Secret::new(text("cvv")),
        };
        Ok(SealedCard {
            data,
            card: Card {
                brand: number.brand,
                first_six: number.first_six,
                last_four: number.last_four,
                expiry_month,
                expiry_year,
                wrong_otp_count: 0,
            },
            nonce: nonce(&object)?,
        })
    }

    fn open_object(&self, message: &str) -> Option<Object> {
        if message.len() > SEALED_CARD_CHARS_MAX {
            return None;
        }
        let bytes = STANDARD.decode(message).ok()?;
        let (encapped, sealed) = bytes.split_at_checked(ENCAPPED_BYTES)?;
        let encapped = <Keys as Kem>::EncappedKey::from_bytes(encapped).ok()?;
        let opened = single_shot_open::<AesGcm256, HkdfSha256, Keys>(
            &OpModeR::Base,
            &self.private,
            &encapped,
            INFO.as_bytes(),
            sealed,
            b"",
        );
        wipe_stack();
        let opened = Zeroizing::new(opened.ok()?);
        parse_object(&opened, Tolerance::Strict).ok()
    }
}

/// `id` and `at` (seconds since 1970) say which message it is.
fn nonce(object: &Object) -> Result<CardNonce, CardFault> {
    let (Some(Value::Text(id)), Some(Value::Number(at))) = (object.find("id"), object.find("at"))
    else {
        return Err(CardFault::Stamp);
    };
    let is_fit = (16..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let at_us = at.parse::<i64>().ok().and_then(|at| at.checked_mul(1_000_000));
    match (is_fit, at_us) {
        (true, Some(at_us)) => Ok(CardNonce {
            name: format!("sealed/{id}"),
            sealed_at: Some(Timestamp::from_micros(at_us)),
        }),
        _ => Err(CardFault::Stamp),
    }
}
