//! The transfers of one fact, and the chain that seals them.

use sha2::{Digest, Sha256};

use crate::id::{AccountId, PaymentId};
use crate::ledger::{Fact, Place};
use crate::money::Money;
use crate::time::Timestamp;

/// One movement of money: it leaves `debit` and enters `credit`, in one amount. An unbalanced
/// journal cannot be written down, so nothing has to check for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub debit: Place,
    pub credit: Place,
    pub amount: Money,
}

/// The end of an account's chain of journals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The number of the last journal; 0 when there is none.
    pub seq: i64,
    pub hash: [u8; 32],
}

/// The transfers of one fact, posted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    pub account: AccountId,
    /// Gapless from 1 within the account.
    pub seq: i64,
    pub fact: Fact,
    pub payment: Option<PaymentId>,
    pub transfers: Vec<Transfer>,
    pub posted_at: Timestamp,
    /// SHA-256 over the journal before this one and this one's own content.
    pub hash: [u8; 32],
}

impl Journal {
    /// The next journal of a chain, sealed to it.
    pub fn append(
        chain: &Chain,
        account: AccountId,
        (fact, payment): (Fact, Option<PaymentId>),
        transfers: Vec<Transfer>,
        posted_at: Timestamp,
    ) -> Journal {
        let seq = chain.seq.saturating_add(1);
        let mut journal =
            Journal { account, seq, fact, payment, transfers, posted_at, hash: [0; 32] };
        journal.hash = journal.sealed_to(&chain.hash);
        journal
    }

    pub fn chain(&self) -> Chain {
        Chain { seq: self.seq, hash: self.hash }
    }

    /// What the hash must be after a journal with hash `previous`. Every field counts.
    pub fn sealed_to(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut text = format!(
            "{}|{}|{}|{}|{}",
            self.account.0,
            self.seq,
            self.fact.word(),
            self.payment.map_or(0, |payment| payment.0),
            self.posted_at.as_micros(),
        );
        for transfer in &self.transfers {
            text.push_str(&format!(
                "|{}>{}:{}:{}",
                transfer.debit.word(),
                transfer.credit.word(),
                transfer.amount.minor(),
                transfer.amount.currency().code(),
            ));
        }
        Sha256::new().chain_update(previous).chain_update(text).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::provider_call::Provider;

    fn journal() -> Journal {
        let amount = Money::from_minor(4850, Currency::Rwf).unwrap();
        let transfer = Transfer {
            debit: Place::Provider(Provider::Simulator),
            credit: Place::Pending,
            amount,
        };
        Journal::append(
            &Chain::default(),
            AccountId(1),
            (Fact::ChargeSucceeded, Some(PaymentId(7))),
            vec![transfer],
            Timestamp::from_micros(5),
        )
    }

    #[test]
    fn every_field_is_sealed() {
        let whole = journal();
        let other_amount = Money::from_minor(4851, Currency::Rwf).unwrap();
        let changes: [fn(&mut Journal); 5] = [
            |j| j.account = AccountId(2),
            |j| j.seq = 2,
            |j| j.fact = Fact::OpeningFunds,
            |j| j.payment = None,
            |j| j.posted_at = Timestamp::from_micros(6),
        ];
        for change in changes {
            let mut edited = whole.clone();
            change(&mut edited);
            assert_ne!(edited.sealed_to(&[0; 32]), whole.hash);
        }
        let mut edited = whole.clone();
        if let Some(transfer) = edited.transfers.first_mut() {
            transfer.amount = other_amount;
        }
        assert_ne!(edited.sealed_to(&[0; 32]), whole.hash);
        assert_ne!(whole.sealed_to(&[1; 32]), whole.hash);
        assert_eq!(whole.sealed_to(&[0; 32]), whole.hash);
    }
}
