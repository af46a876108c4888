//! The domain's facts in the words of the public API.

use domain::account::Account;
use domain::charge::Charge;
use domain::decide::Wording;
use domain::event::EventKind;
use domain::payment::Payment;
use domain::{AccountId, PaymentId, Timestamp};

use crate::signing::SigningKey;
use crate::{object, page_token};

/// Writes answers and events for one environment.
#[derive(Debug)]
pub struct PublicWording {
    /// Where payers reach our pages, without a slash at the end.
    pub public_url: String,
    pub page_key: SigningKey,
}

impl PublicWording {
    /// The page where a payer follows a payment.
    pub fn status_url(&self, account: AccountId, payment: PaymentId) -> String {
        let token = page_token::write(&self.page_key, account, payment);
        format!("{}/pay/status/{token}", self.public_url)
    }
}

impl Wording for PublicWording {
    fn charge_answer(&self, payment: &Payment, charge: &Charge) -> String {
        object::charge_answer(payment, charge, &self.status_url(payment.account, payment.id))
    }

    fn payment_event(
        &self,
        account: &Account,
        kind: EventKind,
        payment: &Payment,
        at: Timestamp,
    ) -> String {
        object::payment_event(account, kind, payment, at)
    }
}
