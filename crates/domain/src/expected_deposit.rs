//! Expected deposits: what a payer of a payment link was told to pay by bank transfer, into a
//! virtual account that was opened for this alone. No money is on its way until a bank says so.

use std::cmp::Ordering;

use crate::charge::Customer;
use crate::deposit::{Deposit, ReviewReason};
use crate::id::{AccountId, LinkId, PaymentId, VirtualAccountId};
use crate::link::{Link, LinkRefusal};
use crate::money::Money;
use crate::payment::Method;
use crate::time::Timestamp;

/// One row of the `expected_deposit` table. It keeps no place of its link: whoever pays first has
/// paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDeposit {
    pub account: AccountId,
    pub virtual_account: VirtualAccountId,
    pub link: LinkId,
    /// What the payer is to send: the bank's own fee is taken from it, not added.
    pub amount: Money,
    pub customer: Customer,
    pub expires_at: Timestamp,
    /// The charge that it was credited as.
    pub payment: Option<PaymentId>,
}

impl ExpectedDeposit {
    /// Whether `deposit` is what was expected and `link` still takes it. If not, a person must look.
    pub fn admit(&self, deposit: &Deposit, link: &Link) -> Result<(), ReviewReason> {
        let paid_at = deposit.paid_at();
        if self.payment.is_some() {
            return Err(ReviewReason::PaidAgain);
        }
        if self.expires_at <= paid_at {
            return Err(ReviewReason::PaidLate);
        }
        match deposit.notice.sums.transaction_minor.cmp(&self.amount.minor()) {
            Ordering::Less => Err(ReviewReason::Underpaid),
            Ordering::Greater => Err(ReviewReason::Overpaid),
            Ordering::Equal => {
                link.admit(self.amount, Method::BankTransfer, paid_at).map_err(reason)
            }
        }
    }
}

const fn reason(refusal: LinkRefusal) -> ReviewReason {
    match refusal {
        LinkRefusal::Archived => ReviewReason::LinkArchived,
        LinkRefusal::Expired => ReviewReason::LinkExpired,
        LinkRefusal::Exhausted | LinkRefusal::Taken => ReviewReason::LinkExhausted,
        LinkRefusal::AmountDiffers | LinkRefusal::MethodNotOffered => ReviewReason::LinkChanged,
    }
}
