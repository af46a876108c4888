//! `POST /charges`: a payer is asked for money.

use crate::account::Account;
use crate::book::Book;
use crate::charge::{CardNonce, Charge};
use crate::decide::repeat::{answer, open, replay};
use crate::decide::report_provider::{Report, Reported, take_word};
use crate::decide::use_nonce::{check_nonce, use_nonce};
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, LinkId, PaymentId};
use crate::idempotency::KeyUse;
use crate::money::Money;
use crate::payment::{Detail, Method, NextAction, Payment, PaymentKind, PaymentState};
use crate::provider_call::{CallState, Provider, ProviderCall, Word};

#[derive(Debug)]
pub struct CreateCharge {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    /// The merchant's own reference; ours is made where it is absent.
    pub dgs_reference: Option<String>,
    pub method: Method,
    pub gross: Money,
    pub charge: Charge,
    /// Of the encrypted card, where there is one.
    pub card_nonce: Option<CardNonce>,
    /// The payment link it comes through.
    pub link: Option<LinkId>,
    pub callback_url: Option<String>,
    pub provider: Provider,
    /// What a provider in this very process answers at once. `None` when it must be asked over
    /// the network, after the commit.
    pub first_word: Option<Word>,
    /// Whether the request waits for the first word of a provider that is asked over the network.
    pub waits: bool,
}

pub(super) fn create_charge(
    mut create: CreateCharge,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(create.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    if let Some(link) = create.link {
        let link = book.links.find(&(create.account, link)).ok_or(Refusal::LinkUnknown)?;
        link.admit(create.gross, create.method, moment.now)?;
    }
    let (key_use, waits) = (create.key_use.take(), create.waits);
    let key = make_charge(create, book, moment)?;
    if waits {
        return Ok(open(key, key_use, book, moment));
    }
    answer(key, key_use, book, moment)
}

/// The charge itself, without the answer to whoever asked for it. Its link has admitted it.
pub(super) fn make_charge(
    create: CreateCharge,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<(AccountId, PaymentId), Refusal> {
    let account = book.accounts.find(&create.account).ok_or(Refusal::AccountUnknown)?;
    account.admit(create.provider)?;
    let id = PaymentId(moment.ids.next(moment.now));
    let dgs_reference = match &create.dgs_reference {
        Some(reference) if book.taken_references.contains(&(create.account, reference.clone())) => {
            return Err(Refusal::ReferenceTaken);
        }
        Some(reference) if is_reserved(reference, moment.ids.horizon()) => {
            return Err(Refusal::ReferenceReserved);
        }
        Some(reference) => reference.clone(),
        None => own_reference(id),
    };
    check_nonce(create.account, create.card_nonce.as_ref(), book, moment)?;
    let payment = new_payment(account, id, dgs_reference, &create, moment)?;
    let mut call = new_call(&payment, moment);
    if create.waits {
        // The request itself goes on to the provider.
        call.lease(moment.now);
    }

    // Nothing below refuses.
    let key = (payment.account, id);
    if create.dgs_reference.is_some() {
        book.taken_references.insert((payment.account, payment.dgs_reference.clone()));
    }
    use_nonce(key.0, create.card_nonce, book, moment);
    if let Some(link) = payment.link.and_then(|id| book.links.change(&(payment.account, id))) {
        link.pending = link.pending.saturating_add(1);
    }
    book.payments.insert(key, payment);
    book.details.insert(key, Detail::Charge(create.charge));
    book.calls.insert(key, call);
    if let Some(word) = create.first_word.filter(|_| !create.waits) {
        let report =
            Report { account: key.0, payment: id, word, reported: Reported::FIRST, due_at: None };
        take_word(&report, book, moment);
    }
    Ok(key)
}

/// `dgs_` and the transaction id.
fn own_reference(id: PaymentId) -> String {
    format!("dgs_{}", id.0)
}

/// Whether a merchant's reference could be one that we are yet to make: it must not be taken
/// away from a later charge. `horizon` is an id of our own from a moment ago.
pub(super) fn is_reserved(reference: &str, horizon: i64) -> bool {
    let is_of_one_to_come = reference
        .strip_prefix("dgs_")
        .or_else(|| reference.strip_prefix("DGS"))
        .and_then(crate::id::parse_digits)
        .is_some_and(|digits| digits >= horizon);
    is_of_one_to_come
        || crate::conversion::is_reference(reference)
        || crate::refund::is_reference(reference)
}

fn new_payment(
    account: &Account,
    id: PaymentId,
    dgs_reference: String,
    create: &CreateCharge,
    moment: &Moment<'_>,
) -> Result<Payment, Refusal> {
    Ok(Payment {
        account: account.id,
        id,
        kind: PaymentKind::Charge,
        method: create.method,
        state: PaymentState::Pending,
        version: 1,
        dgs_reference,
        gross: create.gross,
        fee_minor: account.charge_fee.fee_minor(create.gross)?,
        provider: create.provider,
        provider_reference: None,
        // A push to a phone is followed on our own page, until a provider names another.
        next_action: (create.method == Method::MobileMoney).then_some(NextAction::Redirect),
        reason: None,
        callback_url: create.callback_url.clone(),
        link: create.link,
        refunded_minor: 0,
        // Ids may run a little ahead of the clock; lists are ordered by both.
        created_at: moment.now.max(id.made_at()),
        finished_at: None,
        settled_at: None,
    })
}

/// The intent is stored before anything is sent. Due at once: if the process dies before the
/// provider answers, the restart asks under the same reference.
pub(super) fn new_call(payment: &Payment, moment: &Moment<'_>) -> ProviderCall {
    ProviderCall {
        account: payment.account,
        payment: payment.id,
        provider: payment.provider,
        client_reference: payment.id.0.to_string(),
        state: CallState::Open,
        is_sent: false,
        due_at: moment.now,
        is_leased: false,
        polls_made: 0,
        note: None,
        created_at: moment.now,
    }
}
