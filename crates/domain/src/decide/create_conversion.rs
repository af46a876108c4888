//! `POST /convert`: money of one currency of a wallet becomes money of another.

use crate::book::Book;
use crate::conversion::{self, Conversion, Quote};
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
use crate::provider_call::{Provider, Word};
use crate::scenario::Scenario;

#[derive(Debug)]
pub struct CreateConversion {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub source: Money,
    /// The rate of this moment; `None` when there is none for the pair.
    pub quote: Option<Quote>,
    pub scenario: Scenario,
    pub callback_url: Option<String>,
    pub provider: Provider,
    /// What a provider in this very process answers at once.
    pub first_word: Option<Word>,
}

pub(super) fn create_conversion(
    create: CreateConversion,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(create.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let account = book.accounts.find(&create.account).ok_or(Refusal::AccountUnknown)?;
    account.admit(create.provider)?;
    let quote = create.quote.as_ref().ok_or(Refusal::RateUnknown)?;
    let conversion = Conversion {
        target: quote.rate.convert(create.source, quote.target)?,
        rate: quote.rate,
        quoted_at: quote.quoted_at,
        scenario: create.scenario,
    };
    let payment = new_payment(&create, moment);
    post(Fact::ConversionAccepted, &payment, book, moment)?;

    // Nothing below refuses.
    let key = (payment.account, payment.id);
    book.calls.insert(key, new_call(&payment, moment));
    book.payments.insert(key, payment);
    book.details.insert(key, Detail::Conversion(conversion));
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

/// Conversions are free of charge.
fn new_payment(create: &CreateConversion, moment: &mut Moment<'_>) -> Payment {
    let id = PaymentId(moment.ids.next_in_own_millisecond(moment.now));
    Payment {
        account: create.account,
        id,
        kind: PaymentKind::Conversion,
        method: Method::Wallet,
        state: PaymentState::Pending,
        version: 1,
        dgs_reference: conversion::reference(id),
        gross: create.source,
        fee_minor: 0,
        provider: create.provider,
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
