//! `POST /disburse`: money is sent out of the wallet, which is debited before anyone is asked.

use crate::account::Account;
use crate::book::Book;
use crate::decide::create_charge::new_call;
use crate::decide::post::post;
use crate::decide::repeat::{answer, replay};
use crate::decide::report_provider::{Report, Reported, take_word};
use crate::decide::{Answer, Moment, Refusal};
use crate::disbursement::Disbursement;
use crate::fee::FeeRule;
use crate::id::{AccountId, PaymentId};
use crate::idempotency::KeyUse;
use crate::ledger::Fact;
use crate::money::{Money, decimal_text};
use crate::payment::{Detail, Payment, PaymentKind, PaymentState};
use crate::provider_call::{Provider, Word};

#[derive(Debug)]
pub struct CreateDisbursement {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub order: Order,
}

/// One disbursement as it is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    pub gross: Money,
    pub disbursement: Disbursement,
    pub callback_url: Option<String>,
    pub provider: Provider,
    /// What a provider in this very process answers at once. `None` when a worker asks it over the
    /// network.
    pub first_word: Option<Word>,
}

impl Order {
    /// The fee that `rule` takes of an amount. Refuses an amount that would leave nothing.
    pub fn fee_minor(rule: FeeRule, gross: Money) -> Result<i64, Refusal> {
        let asked = rule.asked_minor(gross)?;
        if asked < i128::from(gross.minor()) {
            return Ok(rule.fee_minor(gross)?);
        }
        let currency = gross.currency();
        let asked = i64::try_from(asked).unwrap_or(i64::MAX);
        let fee = format!("{} {currency}", decimal_text(asked, currency.exponent()));
        Err(Refusal::FeeTakesAll { fee })
    }
}

pub(super) fn create_disbursement(
    create: CreateDisbursement,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(create.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let account = book.accounts.find(&create.account).ok_or(Refusal::AccountUnknown)?;
    let payment = new_payment(account, &create.order, moment)?;
    let key = accept(payment, create.order, book, moment)?;
    answer(key, create.key_use, book, moment)
}

pub(super) fn new_payment(
    account: &Account,
    order: &Order,
    moment: &mut Moment<'_>,
) -> Result<Payment, Refusal> {
    account.admit(order.provider)?;
    let fee_minor = Order::fee_minor(account.disbursement_fee, order.gross)?;
    let id = PaymentId(moment.ids.next(moment.now));
    Ok(Payment {
        account: account.id,
        id,
        kind: PaymentKind::Disbursement,
        method: order.disbursement.recipient.method(),
        state: PaymentState::Pending,
        version: 1,
        dgs_reference: format!("DGS{}", id.0),
        gross: order.gross,
        fee_minor,
        provider: order.provider,
        provider_reference: None,
        next_action: None,
        reason: None,
        callback_url: order.callback_url.clone(),
        link: None,
        refunded_minor: 0,
        // As for charges: ids may run a little ahead of the clock.
        created_at: moment.now.max(id.made_at()),
        finished_at: None,
        settled_at: None,
    })
}

/// Sets the gross aside, and keeps the disbursement and its provider call. Refuses when the wallet
/// is short, and then changes nothing.
pub(super) fn accept(
    payment: Payment,
    order: Order,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<(AccountId, PaymentId), Refusal> {
    post(Fact::DisbursementAccepted, &payment, book, moment)?;
    let key = (payment.account, payment.id);
    book.calls.insert(key, new_call(&payment, moment));
    book.payments.insert(key, payment);
    book.details.insert(key, Detail::Disbursement(order.disbursement));
    if let Some(word) = order.first_word {
        let report = Report {
            account: key.0,
            payment: key.1,
            word,
            reported: Reported::FIRST,
            due_at: None,
        };
        take_word(&report, book, moment);
    }
    Ok(key)
}
