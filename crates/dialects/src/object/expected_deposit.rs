//! The answer to a payer of a payment link who chose to pay by bank transfer.

use domain::expected_deposit::ExpectedDeposit;
use domain::payment::{Method, PaymentState};
use domain::virtual_account::VirtualAccount;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::{amount, record_time, to_text};

/// Like that to a charge, but there is none before the money has come.
#[derive(Serialize)]
struct ExpectedDepositAnswer<'a> {
    status: &'static str,
    message: &'static str,
    amount: Box<RawValue>,
    currency: &'static str,
    transaction_status: &'static str,
    payment_method_type: &'static str,
    next_action_type: &'static str,
    next_action_redirect_url: &'a str,
    display_text: String,
    bank_transfer: BankTransfer<'a>,
}

#[derive(Serialize)]
struct BankTransfer<'a> {
    account_number: &'a str,
    account_name: &'a str,
    bank_name: &'a str,
    expires_at: String,
}

/// `page_url` is where the payer sees the same.
pub fn expected_deposit_answer(
    account: &VirtualAccount,
    expected: &ExpectedDeposit,
    page_url: &str,
) -> String {
    let asked = expected.amount;
    to_text(&ExpectedDepositAnswer {
        status: "success",
        message: "Transfer the amount to this account",
        amount: amount(asked.minor(), asked.currency()),
        currency: asked.currency().code(),
        transaction_status: PaymentState::Pending.transaction_word(),
        payment_method_type: Method::BankTransfer.word(),
        next_action_type: "requires_bank_transfer",
        next_action_redirect_url: page_url,
        display_text: format!(
            "Transfer exactly {asked} to account {} at {}",
            account.number, account.bank_name
        ),
        bank_transfer: BankTransfer {
            account_number: &account.number,
            account_name: &account.name,
            bank_name: &account.bank_name,
            expires_at: record_time(expected.expires_at),
        },
    })
}
