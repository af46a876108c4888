//! Posting: the journal of a fact, the wallets it touches and the chain it continues, all or
//! nothing.

use std::collections::BTreeMap;

use crate::book::Book;
use crate::decide::{Moment, Refusal, ShortWallet};
use crate::ledger::{Fact, Journal, Place, Transfer, Wallet, WalletError};
use crate::money::Currency;
use crate::payment::Payment;

/// Posts what `fact` moves for `payment`. Refuses when a wallet is short, and then changes nothing.
pub(super) fn post(
    fact: Fact,
    payment: &Payment,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<(), Refusal> {
    let detail = book.details.find(&(payment.account, payment.id));
    let transfers = fact.transfers(payment, detail)?;
    if transfers.is_empty() {
        return Ok(());
    }
    let mut wallets: BTreeMap<Currency, _> = BTreeMap::new();
    for transfer in &transfers {
        let currency = transfer.amount.currency();
        let stored = book.wallets.find(&(payment.account, currency)).copied();
        let wallet = wallets.entry(currency).or_insert(stored.unwrap_or_default());
        *wallet = wallet.after(transfer).map_err(|error| refusal(error, *wallet, transfer))?;
    }
    let chain = book.chains.find(&payment.account).copied().unwrap_or_default();
    let about = (fact, Some(payment.id));
    let journal = Journal::append(&chain, payment.account, about, transfers, moment.now);
    for (currency, wallet) in wallets {
        book.wallets.put((payment.account, currency), wallet);
    }
    book.chains.put(payment.account, journal.chain());
    book.journals.push(journal);
    Ok(())
}

/// Only what a merchant may spend can be short by a merchant's doing.
fn refusal(error: WalletError, wallet: Wallet, transfer: &Transfer) -> Refusal {
    if error == WalletError::Insufficient && transfer.debit == Place::Available {
        return Refusal::ShortWallet(ShortWallet {
            available_minor: wallet.available_minor,
            required_minor: transfer.amount.minor(),
            currency: transfer.amount.currency(),
        });
    }
    Refusal::Wallet(error)
}
