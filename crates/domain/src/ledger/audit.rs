//! What must be true of a ledger, whoever wrote it. Said a second time and apart from the code
//! that posts, so that an error in a rule cannot hide behind itself.

use crate::ledger::{Chain, Journal, Place, Transfer, Wallet};
use crate::money::{Currency, Money, MoneyError};

/// Why the cells of a row are not a transfer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    #[error("the place {0:?} is not in the chart of accounts")]
    PlaceUnknown(String),
    #[error("the currency {0:?} is unknown")]
    CurrencyUnknown(String),
    #[error("it moves nothing: debit and credit are both {0:?}")]
    PlacesSame(String),
    #[error("the amount {0}")]
    Amount(#[from] MoneyError),
}

/// A transfer from its cells, if they make one.
pub fn read_transfer(
    debit: &str,
    credit: &str,
    amount_minor: i64,
    currency: &str,
) -> Result<Transfer, FormFault> {
    let place = |word: &str| Place::parse(word).ok_or(FormFault::PlaceUnknown(word.to_owned()));
    let currency =
        Currency::parse(currency).ok_or(FormFault::CurrencyUnknown(currency.to_owned()))?;
    let amount = Money::from_minor(amount_minor, currency)?;
    let transfer = Transfer { debit: place(debit)?, credit: place(credit)?, amount };
    if transfer.debit == transfer.credit {
        return Err(FormFault::PlacesSame(debit.to_owned()));
    }
    Ok(transfer)
}

/// Why a journal does not continue its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    #[error("the journal before it has number {before}")]
    Gap { before: i64 },
    #[error("its hash does not follow from its content and the journal before it")]
    NotSealed,
}

/// Whether `journal` follows `last`: the next number, and a hash over both.
pub fn check_chain(last: &Chain, journal: &Journal) -> Result<(), ChainFault> {
    if Some(journal.seq) != last.seq.checked_add(1) {
        return Err(ChainFault::Gap { before: last.seq });
    }
    if journal.hash != journal.sealed_to(&last.hash) {
        return Err(ChainFault::NotSealed);
    }
    Ok(())
}

/// The balances of a wallet as its transfers make them. Unlike a [`Wallet`] it may fall below
/// zero: to show that is what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    pending: i128,
    available: i128,
    held: i128,
}

impl Replay {
    pub fn post(&mut self, transfer: &Transfer) {
        let minor = i128::from(transfer.amount.minor());
        self.change(transfer.debit, minor.saturating_neg());
        self.change(transfer.credit, minor);
    }

    fn change(&mut self, place: Place, minor: i128) {
        let balance = match place {
            Place::Pending => &mut self.pending,
            Place::Available => &mut self.available,
            Place::Held => &mut self.held,
            Place::Fees | Place::Provider(_) | Place::Fx | Place::Suspense => return,
        };
        *balance = balance.saturating_add(minor);
    }

    /// Both together.
    pub fn with(self, other: Replay) -> Replay {
        Replay {
            pending: self.pending.saturating_add(other.pending),
            available: self.available.saturating_add(other.available),
            held: self.held.saturating_add(other.held),
        }
    }

    pub const fn of(pending: i128, available: i128, held: i128) -> Replay {
        Replay { pending, available, held }
    }

    pub fn is_below_zero(&self) -> bool {
        self.pending < 0 || self.available < 0 || self.held < 0
    }
}

impl From<Wallet> for Replay {
    fn from(wallet: Wallet) -> Replay {
        Replay {
            pending: wallet.pending_minor.into(),
            available: wallet.available_minor.into(),
            held: wallet.held_minor.into(),
        }
    }
}

impl std::fmt::Display for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pending {}, available {}, held {}", self.pending, self.available, self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::{AccountId, PaymentId, Timestamp};

    #[test]
    fn only_four_cells_that_mean_something_make_a_transfer() {
        let read = read_transfer;
        let good = read("provider:simulator", "pending", 5, "RWF").unwrap();
        assert_eq!((good.credit, good.amount.minor()), (Place::Pending, 5));
        for (debit, credit, minor, currency) in [
            ("nowhere", "pending", 5, "RWF"),
            ("pending", "provider:nobody", 5, "RWF"),
            ("pending", "pending", 5, "RWF"),
            ("pending", "held", 0, "RWF"),
            ("pending", "held", -5, "RWF"),
            ("pending", "held", 5, "rwf"),
        ] {
            assert!(read(debit, credit, minor, currency).is_err(), "{debit} {credit} {minor}");
        }
    }

    #[test]
    fn a_chain_knows_gaps_and_edits() {
        let make = |chain: &Chain| {
            let transfer = read_transfer("provider:simulator", "pending", 5, "RWF").unwrap();
            let what = (Fact::ChargeSucceeded, Some(PaymentId(7)));
            Journal::append(chain, AccountId(1), what, vec![transfer], Timestamp::default())
        };
        let first = make(&Chain::default());
        let second = make(&first.chain());
        assert_eq!(check_chain(&Chain::default(), &first), Ok(()));
        assert_eq!(check_chain(&first.chain(), &second), Ok(()));
        assert_eq!(check_chain(&Chain::default(), &second), Err(ChainFault::Gap { before: 0 }));
        let edited = Journal { payment: None, ..second };
        assert_eq!(check_chain(&first.chain(), &edited), Err(ChainFault::NotSealed));
    }

    #[test]
    fn a_replay_goes_below_zero_and_says_so() {
        let mut replay = Replay::default();
        replay.post(&read_transfer("provider:simulator", "available", 5, "RWF").unwrap());
        assert_eq!(replay, Wallet { available_minor: 5, ..Wallet::default() }.into());
        assert!(!replay.is_below_zero());
        replay.post(&read_transfer("available", "held", 6, "RWF").unwrap());
        assert!(replay.is_below_zero());
        assert_eq!(replay.to_string(), "pending 0, available -1, held 6");
    }
}
