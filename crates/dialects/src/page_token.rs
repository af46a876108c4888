//! Names of pages that a payer may open: nobody can guess one, and none has to be stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{AccountId, PaymentId, VirtualAccountId};

use crate::signing::SigningKey;

/// Bytes of the signature that a token carries: 128 bits.
const MAC_BYTES: usize = 16;

const STATUS: &[u8] = b"status page";
const TRANSFER: &[u8] = b"transfer page";

/// The token of a payment's status page: which payment, and a proof that we said so.
pub fn write(key: &SigningKey, account: AccountId, payment: PaymentId) -> String {
    write_for(STATUS, key, account, payment.0)
}

/// The payment that a token of ours names.
pub fn read(key: &SigningKey, token: &str) -> Option<(AccountId, PaymentId)> {
    read_for(STATUS, key, token).map(|(account, id)| (account, PaymentId(id)))
}

/// The same of the page that tells a payer which virtual account to pay into.
pub fn write_transfer(key: &SigningKey, account: AccountId, to: VirtualAccountId) -> String {
    write_for(TRANSFER, key, account, to.0)
}

pub fn read_transfer(key: &SigningKey, token: &str) -> Option<(AccountId, VirtualAccountId)> {
    read_for(TRANSFER, key, token).map(|(account, id)| (account, VirtualAccountId(id)))
}

fn write_for(page: &[u8], key: &SigningKey, account: AccountId, id: i64) -> String {
    let name = name(account, id);
    let signature = key.sign(&[page, &name]);
    let mut token = name.to_vec();
    token.extend_from_slice(&signature[..MAC_BYTES]);
    URL_SAFE_NO_PAD.encode(token)
}

fn read_for(page: &[u8], key: &SigningKey, token: &str) -> Option<(AccountId, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (account, rest) = bytes.split_first_chunk::<8>()?;
    let (id, mac) = rest.split_first_chunk::<8>()?;
    let (account, id) = (AccountId(i64::from_be_bytes(*account)), i64::from_be_bytes(*id));
    let signature = key.sign(&[page, &name(account, id)]);
    aws_lc_rs::constant_time::verify_slices_are_equal(&signature[..MAC_BYTES], mac).ok()?;
    Some((account, id))
}

fn name(account: AccountId, id: i64) -> [u8; 16] {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&account.0.to_be_bytes());
    name[8..].copy_from_slice(&id.to_be_bytes());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tokens_open_a_page() {
        let key = SigningKey::new(&[7; 32]);
        let token = write(&key, AccountId(3), PaymentId(99));
        assert_eq!(read(&key, &token), Some((AccountId(3), PaymentId(99))));
        assert_eq!(read(&SigningKey::new(&[8; 32]), &token), None);
        assert_eq!(read_transfer(&key, &token), None, "of another page");
        let mut changed = token.clone().into_bytes();
        changed[12] ^= 1;
        assert_eq!(read(&key, &String::from_utf8(changed).unwrap()), None);
        assert_eq!(read(&key, ""), None);
        assert_eq!(read(&key, &token[..40]), None);
    }
}
