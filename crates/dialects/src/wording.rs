//! The domain's facts in the words of the public API.

use domain::account::Account;
use domain::charge::Charge;
use domain::decide::{BulkTold, SealedSecret, Told, Wording};
use domain::delivery::DeliveryKey;
use domain::endpoint::{DialectName, Endpoint};
use domain::event::{Event, EventKind};
use domain::link::Link;
use domain::payment::{Detail, Method, NextAction, Payment};
use domain::virtual_account::VirtualAccount;
use domain::{AccountId, PaymentId, Timestamp};

use crate::signing::SigningKey;
use crate::webhook::{Dgs, Dialect, DusuPay, Standard};
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

    /// Where the payer goes on: to the provider's page, a card's holder to the simulated bank,
    /// others to the status page.
    fn redirect_url(&self, payment: &Payment, charge: &Charge) -> String {
        if let Some(url) = &charge.page_url {
            return url.clone();
        }
        if payment.method == Method::Card && payment.next_action == Some(NextAction::Redirect) {
            let token = page_token::write(&self.page_key, payment.account, payment.id);
            return format!("{}/pay/bank/{token}", self.public_url);
        }
        self.status_url(payment.account, payment.id)
    }
}

impl Wording for PublicWording {
    fn answer(&self, payment: &Payment, detail: &Detail) -> String {
        match detail {
            Detail::Charge(charge) => {
                object::charge_answer(payment, charge, &self.redirect_url(payment, charge))
            }
            Detail::Disbursement(disbursement) => {
                object::disbursement_answer(payment, disbursement)
            }
            Detail::Conversion(conversion) => object::conversion_answer(payment, conversion),
            Detail::Refund(refund) => object::refund_answer(payment, refund),
        }
    }

    fn link(&self, link: &Link, now: Timestamp) -> String {
        object::link_answer(link, &self.public_url, now)
    }

    fn bulk_answer(&self, told: &BulkTold<'_>) -> String {
        object::bulk_answer(told)
    }

    fn event(&self, account: &Account, kind: EventKind, told: Told<'_>) -> String {
        // Told in dialects that have a body of their own, of which only one there is.
        if kind == EventKind::Processing {
            let body = self.event_in(DialectName::DusuPay, account, kind, told);
            return body.unwrap_or_default();
        }
        match told.detail {
            Some(Detail::Disbursement(disbursement)) => {
                object::disbursement_event(kind, told, disbursement)
            }
            Some(Detail::Conversion(conversion)) => {
                object::conversion_event(kind, told, conversion)
            }
            Some(Detail::Refund(refund)) => object::refund_event(account, kind, told, refund),
            Some(Detail::Charge(_)) | None => {
                object::payment_event(account, kind, told.payment, told.at)
            }
        }
    }

    fn event_in(
        &self,
        dialect: DialectName,
        account: &Account,
        kind: EventKind,
        told: Told<'_>,
    ) -> Option<String> {
        match dialect {
            DialectName::Dgs => Dgs.write(account, kind, told),
            DialectName::Standard => Standard.write(account, kind, told),
            DialectName::DusuPay => DusuPay::default().write(account, kind, told),
        }
    }

    fn secret(&self, secret: &SealedSecret) -> String {
        object::secret_answer(secret)
    }

    fn virtual_account(&self, account: &VirtualAccount) -> String {
        object::virtual_account_answer(account)
    }

    fn endpoint(&self, endpoint: &Endpoint, sealed_secret: Option<&[u8]>) -> String {
        object::endpoint_answer(endpoint, sealed_secret)
    }

    fn resent(&self, event: &Event, deliveries: &[DeliveryKey]) -> String {
        object::resend_answer(event, deliveries)
    }

    fn replayed(&self, matched: u64, replayed: u64) -> String {
        object::replay_answer(matched, Some(replayed))
    }
}
