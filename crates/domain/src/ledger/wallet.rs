//! The balances of one account in one currency.

use crate::ledger::{Place, Transfer};

/// Cached balances in minor units. They follow from the transfers; the audit recomputes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    pub pending_minor: i64,
    pub available_minor: i64,
    pub held_minor: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletError {
    #[error("the wallet does not hold that much")]
    Insufficient,
    #[error("the wallet cannot hold that much")]
    Overflow,
}

impl Wallet {
    /// The wallet after one transfer, or why it cannot happen. Nothing is changed on refusal.
    pub fn after(mut self, transfer: &Transfer) -> Result<Wallet, WalletError> {
        let minor = transfer.amount.minor();
        if let Some(balance) = self.balance_mut(transfer.debit) {
            *balance = balance
                .checked_sub(minor)
                .filter(|rest| *rest >= 0)
                .ok_or(WalletError::Insufficient)?;
        }
        if let Some(balance) = self.balance_mut(transfer.credit) {
            *balance = balance.checked_add(minor).ok_or(WalletError::Overflow)?;
        }
        Ok(self)
    }

    /// What the guide calls the total: pending and available. Money held has left the merchant's reach.
    pub fn total_minor(self) -> i64 {
        self.pending_minor.saturating_add(self.available_minor)
    }

    fn balance_mut(&mut self, place: Place) -> Option<&mut i64> {
        match place {
            Place::Pending => Some(&mut self.pending_minor),
            Place::Available => Some(&mut self.available_minor),
            Place::Held => Some(&mut self.held_minor),
            Place::Fees | Place::Provider(_) | Place::Fx | Place::Suspense => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};

    fn transfer(debit: Place, credit: Place, minor: i64) -> Transfer {
        Transfer { debit, credit, amount: Money::from_minor(minor, Currency::Rwf).unwrap() }
    }

    #[test]
    fn money_moves_and_never_goes_below_zero() {
        let wallet = Wallet { pending_minor: 100, ..Wallet::default() };
        let settled = wallet.after(&transfer(Place::Pending, Place::Available, 60)).unwrap();
        assert_eq!(
            (settled.pending_minor, settled.available_minor, settled.total_minor()),
            (40, 60, 100)
        );
        assert_eq!(
            settled.after(&transfer(Place::Available, Place::Held, 61)),
            Err(WalletError::Insufficient)
        );
        let full = Wallet { available_minor: i64::MAX, ..Wallet::default() };
        assert_eq!(
            full.after(&transfer(Place::Fees, Place::Available, 1)),
            Err(WalletError::Overflow)
        );
    }
}
