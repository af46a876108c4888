//! The answer to `POST /disburse`, and the events of its end.

use domain::decide::Told;
use domain::disbursement::{Disbursement, Recipient};
use domain::event::EventKind;
use domain::payment::Payment;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::number;
use crate::object::{amount, to_text};

#[derive(Serialize)]
struct DisbursementAnswer<'a> {
    status: &'static str,
    message: &'static str,
    dgs_reference: &'a str,
    transaction_status: &'static str,
    amount: Box<RawValue>,
    fee: Box<RawValue>,
    recipient_gets: Box<RawValue>,
    currency: &'static str,
    destination_type: &'static str,
}

pub fn disbursement_answer(payment: &Payment, disbursement: &Disbursement) -> String {
    let currency = payment.gross.currency();
    to_text(&DisbursementAnswer {
        status: "success",
        message: "Disbursement queued for processing",
        dgs_reference: &payment.dgs_reference,
        transaction_status: payment.state.transaction_word(),
        amount: amount(payment.gross.minor(), currency),
        fee: amount(payment.fee_minor, currency),
        recipient_gets: amount(payment.net_minor(), currency),
        currency: currency.code(),
        destination_type: disbursement.recipient.destination_type(),
    })
}

#[derive(Serialize)]
struct DisbursementEvent<'a> {
    event: &'static str,
    dgs_reference: &'a str,
    /// A number where the provider's ids are numeric, as the guide prints it.
    flw_transfer_id: Option<Box<RawValue>>,
    status: &'static str,
    amount: Box<RawValue>,
    fee: Box<RawValue>,
    recipient_gets: Box<RawValue>,
    currency: &'static str,
    destination_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<RecipientObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_reason: Option<&'a str>,
}

/// The recipient as the guide's fields name it.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum RecipientObject<'a> {
    Bank {
        account_number: &'a str,
        bank_key: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        branch: Option<&'a str>,
    },
    MobileMoney {
        msisdn: &'a str,
        network: &'static str,
        country: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    },
}

impl<'a> RecipientObject<'a> {
    /// As the guide's webhook prints it, which leaves out the branch that its request has.
    fn told(recipient: &'a Recipient) -> RecipientObject<'a> {
        match RecipientObject::of(recipient) {
            RecipientObject::Bank { account_number, bank_key, name, .. } => {
                RecipientObject::Bank { account_number, bank_key, name, branch: None }
            }
            mobile_money @ RecipientObject::MobileMoney { .. } => mobile_money,
        }
    }

    pub(super) fn of(recipient: &'a Recipient) -> RecipientObject<'a> {
        match recipient {
            Recipient::Bank { bank_key, account_number, name, branch } => RecipientObject::Bank {
                account_number,
                bank_key,
                name: name.as_deref(),
                branch: branch.as_deref(),
            },
            Recipient::MobileMoney { network, phone, name } => RecipientObject::MobileMoney {
                msisdn: phone.e164(),
                network: network.name(),
                country: "RW",
                name: name.as_deref(),
            },
        }
    }
}

/// `disbursement.success` tells the recipient and the proof, `disbursement.failed` the reason.
pub fn disbursement_event(kind: EventKind, told: Told<'_>, disbursement: &Disbursement) -> String {
    let payment = told.payment;
    let currency = payment.gross.currency();
    let is_success = kind == EventKind::DisbursementSuccess;
    let transfer_id = payment.provider_reference.as_deref().map(|reference| {
        let is_numeric = domain::id::parse_digits(reference).is_some();
        if is_numeric { number(reference) } else { number(to_text(&reference)) }
    });
    to_text(&DisbursementEvent {
        event: kind.word(),
        dgs_reference: &payment.dgs_reference,
        flw_transfer_id: transfer_id,
        status: payment.state.record_word(),
        amount: amount(payment.gross.minor(), currency),
        fee: amount(payment.fee_minor, currency),
        recipient_gets: amount(payment.net_minor(), currency),
        currency: currency.code(),
        destination_type: disbursement.recipient.destination_type(),
        recipient: is_success.then(|| RecipientObject::told(&disbursement.recipient)),
        proof: disbursement.proof.as_deref().filter(|_| is_success),
        fail_reason: payment.reason.as_ref().map(|reason| reason.text.as_str()),
    })
}
