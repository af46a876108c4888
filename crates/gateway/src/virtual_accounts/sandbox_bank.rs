//! The sandbox's own bank: opens accounts at once, and sends real notices to the receiver for what
//! a developer pays into them.

use dialects::provider::providus::Opened;
use dialects::provider::{Callback, CallbackAnswer};
use domain::deposit::{Notice, Sender, Sums};
use domain::money::Money;
use domain::provider_call::Provider;

use super::{Bank, receiver};
use crate::app::App;
use crate::secrets::random_number;

pub const NAME: &str = "Sandbox Bank";

/// Numbers are 10 digits, as everywhere in Nigeria (NUBAN).
pub fn open(name: &str) -> Opened {
    Opened { number: format!("9{:09}", random_number() % 1_000_000_000), name: name.to_owned() }
}

/// What a developer pays in.
#[derive(Debug)]
pub struct Payment {
    pub account_number: String,
    /// Of which the bank keeps nothing.
    pub amount: Money,
    pub sender_name: String,
    pub remarks: Option<String>,
    /// Made where it is absent.
    pub settlement_id: Option<String>,
}

/// The bank's notice of it and the gateway's answer.
pub async fn pay(app: &App, bank: &Bank, payment: Payment) -> (Notice, CallbackAnswer) {
    let now = app.clock.now();
    let minor = payment.amount.minor();
    let notice = Notice {
        provider: Provider::Providus,
        settlement_id: payment.settlement_id.unwrap_or_else(random_digits),
        session_id: random_digits(),
        account_number: payment.account_number,
        sums: Sums {
            currency: payment.amount.currency(),
            transaction_minor: minor,
            settled_minor: minor,
            fee_minor: 0,
            vat_minor: 0,
        },
        sender: Sender {
            account_number: "0123456789".to_owned(),
            account_name: payment.sender_name,
            bank_name: NAME.to_owned(),
        },
        remarks: payment.remarks,
        paid_at: Some(now),
    };
    let (headers, body) = bank.dialect.write_notice(&notice);
    let callback = Callback { headers: &headers, path: "", body: body.as_bytes(), now };
    let answer = receiver::take(app, &callback).await;
    (notice, answer)
}

fn random_digits() -> String {
    format!("{:019}{:05}", random_number(), random_number() % 100_000)
}
