//! Nonces of encrypted card data: each serves once within its window.

use crate::book::Book;
use crate::charge::CardNonce;
use crate::decide::{Moment, Refusal};
use crate::id::AccountId;

/// Refuses what was used before, or what is too old to know.
pub(super) fn check_nonce(
    account: AccountId,
    nonce: Option<&CardNonce>,
    book: &Book,
    moment: &Moment<'_>,
) -> Result<(), Refusal> {
    let Some(nonce) = nonce else { return Ok(()) };
    if nonce.is_out_of_time(moment.now) {
        return Err(Refusal::SealedCardOutOfTime);
    }
    let used_at = book.nonces.find(&(account, nonce.name.clone())).copied();
    if CardNonce::is_used(used_at, moment.now) { Err(Refusal::NonceUsed) } else { Ok(()) }
}

pub(super) fn use_nonce(
    account: AccountId,
    nonce: Option<CardNonce>,
    book: &mut Book,
    moment: &Moment<'_>,
) {
    if let Some(nonce) = nonce {
        book.nonces.put((account, nonce.name), moment.now);
    }
}
