//! Translates: the public JSON, the webhook dialects, the providers' protocols, signatures.
//! Opens no connections and decides nothing.

pub mod banks;
pub mod bulk_csv;
pub mod card;
pub mod json;
pub mod object;
pub mod page_token;
pub mod provider;
pub mod rates;
pub mod rsa_encryption;
pub mod signing;
pub mod statement;
pub mod webhook;
pub mod wording;
