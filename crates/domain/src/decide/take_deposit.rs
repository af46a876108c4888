//! What a bank tells of money that came in: kept durably whatever it says, credited once it is
//! believed. A credit is a charge that succeeds in the same commit.

use crate::book::Book;
use crate::charge::{Charge, Customer};
use crate::decide::create_charge::{CreateCharge, make_charge};
use crate::decide::{Answer, Moment, Refusal};
use crate::deposit::{
    Deposit, DepositState, DepositStep, Judgement, Notice, ReviewReason, Trust, UNHEARD_AFTER, step,
};
use crate::id::{AccountId, DepositId, PaymentId};
use crate::payment::Method;
use crate::phone::Phone;
use crate::provider_call::{Provider, Verdict, Word, next_poll_at};
use crate::scenario::Scenario;

/// A notice from somebody who knows the bank's password.
#[derive(Debug)]
pub struct TakeDeposit {
    pub notice: Notice,
    pub trust: Trust,
}

/// What the bank or a person says of a deposit that is kept.
#[derive(Debug)]
pub struct JudgeDeposit {
    pub account: AccountId,
    pub deposit: (Provider, String),
    pub judgement: Judgement,
}

pub(super) fn take_deposit(
    take: TakeDeposit,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    let key = take.notice.key();
    if book.deposits.find(&key).is_some() {
        return Err(Refusal::DepositRepeated);
    }
    let found = book.virtual_accounts.find(&take.notice.address());
    let virtual_account = found.ok_or(Refusal::VirtualAccountUnknown)?;
    let judgement = first_judgement(&take);
    let deposit = Deposit {
        account: virtual_account.account,
        id: DepositId(moment.ids.next(moment.now)),
        virtual_account: virtual_account.id,
        notice: take.notice,
        state: DepositState::Unverified,
        review: None,
        payment: None,
        due_at: moment.now,
        polls_made: 0,
        received_at: moment.now,
    };
    book.deposits.insert(key.clone(), deposit);
    if let Some(judgement) = judgement {
        judge(&key, judgement, book, moment);
    }
    Ok(Answer::Done)
}

pub(super) fn judge_deposit(
    told: JudgeDeposit,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    let found = book.deposits.find(&told.deposit);
    if found.is_none_or(|deposit| deposit.account != told.account) {
        return Err(Refusal::DepositUnknown);
    }
    judge(&told.deposit, told.judgement, book, moment);
    Ok(Answer::Done)
}

/// What can be said at once. Nothing where the bank is to be asked.
fn first_judgement(take: &TakeDeposit) -> Option<Judgement> {
    let sums = take.notice.sums;
    if !sums.add_up() {
        return Some(Judgement::Hold(ReviewReason::SumsDiffer));
    }
    if sums.settled_minor == 0 {
        return Some(Judgement::Hold(ReviewReason::NothingSettled));
    }
    match take.trust {
        Trust::Credit => Some(Judgement::Credit),
        Trust::Verify => None,
        Trust::Review => Some(Judgement::Hold(ReviewReason::NotVerified)),
    }
}

/// Never refuses: what cannot be credited is put before a person.
fn judge(key: &(Provider, String), judgement: Judgement, book: &mut Book, moment: &mut Moment<'_>) {
    let Some(before) = book.deposits.find(key) else { return };
    let mut after = before.clone();
    match step(before.state, judgement) {
        DepositStep::Unchanged => return,
        DepositStep::Credit => match credit(before.account, &after.notice, book, moment) {
            Ok(payment) => {
                after.state = DepositState::Credited;
                after.payment = Some(payment);
            }
            Err(_) => hold(&mut after, ReviewReason::NotPosted),
        },
        DepositStep::Hold(reason) => hold(&mut after, reason),
        DepositStep::Reject => after.state = DepositState::Rejected,
        DepositStep::AskAgain => ask_again(&mut after, judgement, moment),
    }
    if let Some(deposit) = book.deposits.change(key) {
        *deposit = after;
    }
}

fn hold(deposit: &mut Deposit, reason: ReviewReason) {
    deposit.state = DepositState::NeedsReview;
    deposit.review = Some(reason);
}

fn ask_again(deposit: &mut Deposit, judgement: Judgement, moment: &Moment<'_>) {
    let is_believed = moment.now.since(deposit.received_at) >= UNHEARD_AFTER;
    if judgement == Judgement::Unheard && is_believed {
        return hold(deposit, ReviewReason::UnknownToBank);
    }
    match next_poll_at(deposit.received_at, moment.now, deposit.polls_made) {
        Some(due_at) => {
            deposit.due_at = due_at;
            deposit.polls_made = deposit.polls_made.saturating_add(1);
        }
        None => hold(deposit, ReviewReason::BankSilent),
    }
}

/// The deposit as a charge that has succeeded, with all that follows from one.
fn credit(
    account: AccountId,
    notice: &Notice,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<PaymentId, Refusal> {
    let confirmed = Word {
        provider_reference: Some(notice.settlement_id.clone()),
        ..Word::of(Verdict::Succeeded)
    };
    let create = CreateCharge {
        account,
        key_use: None,
        dgs_reference: None,
        method: Method::BankTransfer,
        gross: notice.sums.settled()?,
        charge: charge(notice),
        card_nonce: None,
        link: None,
        callback_url: None,
        provider: notice.provider,
        first_word: Some(confirmed),
        waits: false,
    };
    make_charge(create, book, moment).map(|(_, payment)| payment)
}

/// All that the bank knows of the payer is a name.
fn charge(notice: &Notice) -> Charge {
    let name = notice.sender.account_name.as_str();
    let (first_name, last_name) = name.split_once(' ').unwrap_or((name, ""));
    Charge {
        customer: Customer {
            email: String::new(),
            first_name: first_name.to_owned(),
            last_name: last_name.trim_start().to_owned(),
            phone: Phone::from_stored(String::new()),
            address: None,
        },
        redirect_url: None,
        narration: notice.remarks.clone(),
        mobile_money: None,
        card: None,
        page_url: None,
        instruction: None,
        scenario: Scenario::default(),
    }
}
