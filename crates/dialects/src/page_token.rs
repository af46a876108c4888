//! Names of pages that a payer may open: nobody can guess one, and none has to be stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{AccountId, PaymentId};

use crate::signing::SigningKey;

/// Bytes of the signature that a token carries: 128 bits.
const MAC_BYTES: usize = 16;

/// The token of a payment's status page: which payment, and a proof that we said so.
pub fn write(key: &SigningKey, account: AccountId, payment: PaymentId) -> String {
    let name = name(account, payment);
    let signature = key.sign(&[b"status page", &name]);
    let mut token = name.to_vec();
    token.extend_from_slice(&signature[..MAC_BYTES]);
    URL_SAFE_NO_PAD.encode(token)
}

/// The payment that a token of ours names.
pub fn read(key: &SigningKey, token: &str) -> Option<(AccountId, PaymentId)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (account, rest) = bytes.split_first_chunk::<8>()?;
    let (payment, mac) = rest.split_first_chunk::<8>()?;
    let account = AccountId(i64::from_be_bytes(*account));
    let payment = PaymentId(i64::from_be_bytes(*payment));
    let signature = key.sign(&[b"status page", &name(account, payment)]);
    aws_lc_rs::constant_time::verify_slices_are_equal(&signature[..MAC_BYTES], mac).ok()?;
    Some((account, payment))
}

fn name(account: AccountId, payment: PaymentId) -> [u8; 16] {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&account.0.to_be_bytes());
    name[8..].copy_from_slice(&payment.0.to_be_bytes());
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
        let mut changed = token.clone().into_bytes();
        changed[12] ^= 1;
        assert_eq!(read(&key, &String::from_utf8(changed).unwrap()), None);
        assert_eq!(read(&key, ""), None);
        assert_eq!(read(&key, &token[..40]), None);
    }
}
