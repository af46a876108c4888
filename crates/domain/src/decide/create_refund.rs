//! `POST /refunds`: a successful charge is given back to its payer, whole or in part.

use crate::book::Book;
use crate::decide::create_charge::new_call;
use crate::decide::post::post;
use crate::decide::repeat::{answer, replay};
use crate::decide::report_provider::{Report, Reported, take_word};
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, PaymentId};
use crate::idempotency::KeyUse;
use crate::ledger::Fact;
use crate::money::Money;
use crate::payment::{Detail, Method, Payment, PaymentKind, PaymentState};
use crate::provider_call::Word;
use crate::refund::{self, Refund};
use crate::scenario::Scenario;

#[derive(Debug)]
pub struct CreateRefund {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub charge: PaymentId,
    /// All that is left of the charge where it is absent.
    pub amount: Option<Money>,
    pub reason: Option<String>,
    pub scenario: Scenario,
    pub callback_url: Option<String>,
    /// What a provider in this very process answers at once.
    pub first_word: Option<Word>,
}

pub(super) fn create_refund(
    create: CreateRefund,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(create.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    if book.accounts.find(&create.account).is_none() {
        return Err(Refusal::AccountUnknown);
    }
    let charge_key = (create.account, create.charge);
    let charge = book.payments.find(&charge_key).ok_or(Refusal::PaymentUnknown)?;
    let amount = amount(charge, create.amount)?;
    let refund = Refund {
        charge: charge.id,
        charge_reference: charge.dgs_reference.clone(),
        reason: create.reason.clone(),
        scenario: create.scenario,
    };
    let payment = new_payment(charge, amount, &create, moment);
    post(Fact::RefundAccepted, &payment, book, moment)?;

    // Nothing below refuses.
    if let Some(charge) = book.payments.change(&charge_key) {
        charge.refunded_minor = charge.refunded_minor.saturating_add(amount.minor());
        charge.version = charge.version.saturating_add(1);
    }
    let key = (payment.account, payment.id);
    book.calls.insert(key, new_call(&payment, moment));
    book.payments.insert(key, payment);
    book.details.insert(key, Detail::Refund(refund));
    if let Some(word) = create.first_word {
        let report = Report {
            account: key.0,
            payment: key.1,
            word,
            reported: Reported::FIRST,
            due_at: None,
        };
        take_word(&report, book, moment);
    }
    answer(key, create.key_use, book, moment)
}

/// What is asked for, or all that is left; refunds on their way count as given.
fn amount(charge: &Payment, wanted: Option<Money>) -> Result<Money, Refusal> {
    if charge.kind != PaymentKind::Charge {
        return Err(Refusal::PaymentUnknown);
    }
    if charge.state != PaymentState::Successful {
        return Err(Refusal::ChargeNotSuccessful);
    }
    let left_minor = charge.gross.minor().saturating_sub(charge.refunded_minor);
    let left = Money::from_minor(left_minor, charge.gross.currency())
        .map_err(|_| Refusal::ChargeRefunded)?;
    if charge.method == Method::BankTransfer {
        return Err(Refusal::MethodNotRefundable);
    }
    match wanted {
        Some(wanted) if wanted.currency() != left.currency() || wanted.minor() > left.minor() => {
            Err(Refusal::RefundExceedsCharge)
        }
        wanted => Ok(wanted.unwrap_or(left)),
    }
}

/// The money goes back the way it came.
fn new_payment(
    charge: &Payment,
    amount: Money,
    create: &CreateRefund,
    moment: &mut Moment<'_>,
) -> Payment {
    let id = PaymentId(moment.ids.next(moment.now));
    Payment {
        account: charge.account,
        id,
        kind: PaymentKind::Refund,
        method: charge.method,
        state: PaymentState::Pending,
        version: 1,
        dgs_reference: refund::reference(id),
        gross: amount,
        fee_minor: 0,
        provider: charge.provider,
        provider_reference: None,
        next_action: None,
        reason: None,
        callback_url: create.callback_url.clone(),
        link: None,
        refunded_minor: 0,
        created_at: moment.now.max(id.made_at()),
        finished_at: None,
        settled_at: None,
    }
}
