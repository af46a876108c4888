//! What the connector must be told.

use std::sync::Arc;

use domain::Currency;
use domain::provider_call::Provider;

use super::{AirtelMoney, Pin, Seal, Version};
use crate::provider::setting::{Fault, Kind, Need, Setting, Values};
use crate::provider::{Connector, Secret};
use crate::rsa_encryption::{Padding, RsaPublicKey};
use crate::signing::SigningKey;

pub const KIND: Kind = Kind { provider: Provider::AirtelMoney, settings: SETTINGS, build };

const fn setting(name: &'static str, need: Need, about: &'static str) -> Setting {
    Setting { name, about, need }
}

const SETTINGS: &[Setting] = &[
    setting("url", Need::Required, "Base URL, such as https://openapi.airtel.co.rw"),
    setting("client_id", Need::Required, "Client id of the application"),
    setting("client_secret", Need::Required, "Client secret of the application"),
    setting("country", Need::Default("RW"), "X-Country, in two letters"),
    setting("currency", Need::Default("RWF"), "X-Currency, the only currency served"),
    setting("collection_version", Need::Default("v1"), "v1 or v2, as the portal says"),
    setting("disbursement_version", Need::Default("v1"), "v1, v2 or v3, as the portal says"),
    setting("pin", Need::Optional, "PIN of the disbursement wallet; without it no disbursements"),
    setting("pin_public_key", Need::Optional, "Airtel's RSA key for the PIN, PEM or its Base64"),
    setting(
        "pin_padding",
        Need::Default("pkcs1"),
        "pkcs1, oaep_sha1, oaep_sha256_mgf1_sha1 or oaep_sha256",
    ),
    setting("signing", Need::Default("off"), "on where the portal has message signing on"),
    setting("signing_public_key", Need::Optional, "Airtel's RSA key for messages, as above"),
    setting("callback_key", Need::Optional, "Private key of callback authentication"),
    setting(
        "callback_token",
        Need::Optional,
        "Last part of the callback address, which nobody else knows",
    ),
];

fn build(values: &Values) -> Result<Arc<dyn Connector>, Fault> {
    let unfit = |name, reason| Fault::Unfit { name, reason };
    let currency = Currency::parse(values.get("currency")?.reveal())
        .ok_or(unfit("currency", "must be a currency such as RWF"))?;
    let collection_version = version(values, "collection_version")?;
    if collection_version == Version::V3 {
        return Err(unfit("collection_version", "must be v1 or v2"));
    }
    let seal = if values.switch("signing")? {
        Some(Seal(key(values, "signing_public_key")?))
    } else {
        None
    };
    let callback_key = values.find("callback_key");
    Ok(Arc::new(AirtelMoney {
        url: values.url("url")?,
        client_id: values.get("client_id")?,
        client_secret: values.get("client_secret")?,
        country: values.get("country")?.reveal().to_owned(),
        currency,
        collection_version,
        disbursement_version: version(values, "disbursement_version")?,
        pin: values.find("pin").map(|digits| pin(values, digits)).transpose()?,
        seal,
        callback_key: callback_key.map(|key| SigningKey::new(key.reveal().as_bytes())),
        callback_token: values.find("callback_token").cloned(),
    }))
}

fn version(values: &Values, name: &'static str) -> Result<Version, Fault> {
    match values.get(name)?.reveal() {
        "v1" => Ok(Version::V1),
        "v2" => Ok(Version::V2),
        "v3" => Ok(Version::V3),
        _ => Err(Fault::Unfit { name, reason: "must be v1, v2 or v3" }),
    }
}

fn key(values: &Values, name: &'static str) -> Result<RsaPublicKey, Fault> {
    let reason = "must be an RSA public key of 1024 to 8192 bits, PEM or its Base64";
    RsaPublicKey::parse(values.get(name)?.reveal()).ok_or(Fault::Unfit { name, reason })
}

fn pin(values: &Values, digits: &Secret) -> Result<Pin, Fault> {
    let padding = Padding::parse(values.get("pin_padding")?.reveal()).ok_or(Fault::Unfit {
        name: "pin_padding",
        reason: "must be pkcs1, oaep_sha1, oaep_sha256_mgf1_sha1 or oaep_sha256",
    })?;
    let pin = Pin { digits: digits.clone(), key: key(values, "pin_public_key")?, padding };
    let fits = pin.key.encrypt(padding, digits.reveal().as_bytes(), std::iter::repeat(1)).is_some();
    if fits { Ok(pin) } else { Err(Fault::Unfit { name: "pin", reason: "is too long" }) }
}
