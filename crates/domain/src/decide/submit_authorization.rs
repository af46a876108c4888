//! `POST /authorize`: the payer shows what a card charge waits for.

use crate::book::Book;
use crate::charge::CardNonce;
use crate::decide::repeat::{answer, open, replay};
use crate::decide::report_provider::{Report, Reported, take_word};
use crate::decide::use_nonce::{check_nonce, use_nonce};
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, PaymentId};
use crate::idempotency::KeyUse;
use crate::limits;
use crate::payment::{Detail, Method, NextAction, PaymentState, Reason};
use crate::provider_call::{Verdict, Word};

/// What the payer showed. Never the PIN or the code itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    Pin,
    Otp {
        is_right: bool,
    },
    /// The billing address.
    Address,
    /// Their word on the bank's own page.
    BankPage,
}

impl Authorization {
    /// A one-time code may be sent to us as well as entered on the bank's page.
    const fn answers(self, action: NextAction) -> bool {
        match (self, action) {
            (Authorization::Pin, NextAction::Pin)
            | (Authorization::Otp { .. }, NextAction::Otp | NextAction::Redirect)
            | (Authorization::Address, NextAction::Address)
            | (Authorization::BankPage, NextAction::Redirect) => true,
            (
                Authorization::Pin
                | Authorization::Otp { .. }
                | Authorization::Address
                | Authorization::BankPage,
                NextAction::Redirect | NextAction::Pin | NextAction::Otp | NextAction::Address,
            ) => false,
        }
    }
}

#[derive(Debug)]
pub struct SubmitAuthorization {
    pub account: AccountId,
    pub payment: PaymentId,
    pub key_use: Option<KeyUse>,
    pub authorization: Authorization,
    /// Of the encrypted PIN.
    pub nonce: Option<CardNonce>,
    /// What the provider says to it, unless the code was wrong. It does not depend on how the
    /// payment stands, so it holds whenever the authorization fits. `None` when it must be asked
    /// over the network, after the commit.
    pub word: Option<Word>,
}

/// Of many that are sent at once, the first that fits moves the charge on; the others find it
/// moved.
pub(super) fn submit_authorization(
    submit: SubmitAuthorization,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(submit.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let key = (submit.account, submit.payment);
    let payment = book.payments.find(&key).ok_or(Refusal::PaymentUnknown)?;
    if payment.state != PaymentState::Pending {
        return Err(Refusal::PaymentFinished);
    }
    let awaited = payment.next_action.filter(|_| payment.method == Method::Card);
    if !awaited.is_some_and(|action| submit.authorization.answers(action)) {
        let awaited = awaited.map_or("no authorization", |action| action.word());
        return Err(Refusal::AuthorizationUnfit { awaited });
    }
    check_nonce(submit.account, submit.nonce.as_ref(), book, moment)?;

    // Nothing below refuses.
    use_nonce(submit.account, submit.nonce, book, moment);
    let Some(word) = submit.word else {
        hand_on(key, book, moment);
        return Ok(open(key, submit.key_use, book, moment));
    };
    let word = match submit.authorization {
        Authorization::Otp { is_right: false } => wrong_code(key, book),
        Authorization::Otp { is_right: true }
        | Authorization::Pin
        | Authorization::Address
        | Authorization::BankPage => Some(word),
    };
    if let Some(word) = word {
        let report = Report {
            account: key.0,
            payment: key.1,
            word,
            reported: Reported::ByPayer,
            due_at: None,
        };
        take_word(&report, book, moment);
    }
    answer(key, submit.key_use, book, moment)
}

/// The request itself goes on to the provider; until that has answered, nothing else fits.
fn hand_on(key: (AccountId, PaymentId), book: &mut Book, moment: &Moment<'_>) {
    if let Some(payment) = book.payments.change(&key) {
        payment.next_action = None;
        payment.version = payment.version.saturating_add(1);
    }
    if let Some(call) = book.calls.change(&key) {
        call.lease(moment.now);
    }
}

/// Counts a wrong one-time code. Past the last that is forgiven, the charge has failed.
fn wrong_code(key: (AccountId, PaymentId), book: &mut Book) -> Option<Word> {
    let Some(Detail::Charge(charge)) = book.details.change(&key) else { return None };
    let card = charge.card.as_mut()?;
    card.wrong_otp_count = card.wrong_otp_count.saturating_add(1);
    (card.wrong_otp_count > limits::WRONG_OTPS_MAX).then(|| {
        Word::of(Verdict::Declined(Reason {
            kind: "declined".to_owned(),
            code: "55".to_owned(),
            text: "Incorrect OTP".to_owned(),
        }))
    })
}
