//! A number that the bank has given out is bound to an account, for good: by `POST
//! /virtual-accounts`, or for one payer of a payment link.

use crate::book::Book;
use crate::charge::Customer;
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Refusal};
use crate::expected_deposit::ExpectedDeposit;
use crate::id::{AccountId, LinkId, VirtualAccountId};
use crate::idempotency::KeyUse;
use crate::limits;
use crate::money::Money;
use crate::payment::Method;
use crate::provider_call::Provider;
use crate::virtual_account::{VirtualAccount, VirtualAccountKind};

#[derive(Debug)]
pub struct OpenVirtualAccount {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub provider: Provider,
    pub kind: VirtualAccountKind,
    pub number: String,
    pub name: String,
    pub bank_name: String,
    /// Where it is for one payer of a link.
    pub expects: Option<Expects>,
}

/// What a payer of a link is to pay into the account.
#[derive(Clone, Debug)]
pub struct Expects {
    pub link: LinkId,
    pub amount: Money,
    pub customer: Customer,
}

pub(super) fn open_virtual_account(
    open: OpenVirtualAccount,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(open.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    if book.accounts.find(&open.account).is_none() {
        return Err(Refusal::AccountUnknown);
    }
    let key = (open.provider, open.number.clone());
    if book.virtual_accounts.find(&key).is_some() {
        return Err(Refusal::NumberTaken);
    }
    let virtual_account = VirtualAccount {
        account: open.account,
        id: VirtualAccountId(moment.ids.next(moment.now)),
        provider: open.provider,
        kind: open.kind,
        number: open.number,
        name: open.name,
        bank_name: open.bank_name,
        created_at: moment.now,
    };
    let expected = match open.expects {
        Some(expects) => Some(expect(expects, &virtual_account, book, moment)?),
        None => None,
    };
    let body = match &expected {
        Some(expected) => moment.wording.expected_deposit(&virtual_account, expected),
        None => moment.wording.virtual_account(&virtual_account),
    };
    if let Some(expected) = expected {
        book.expected_deposits.insert(key.clone(), expected);
    }
    book.virtual_accounts.insert(key, virtual_account);
    Ok(keep(body, open.key_use, book, moment))
}

/// The link must take such a payment now, and is asked again when the money has come.
fn expect(
    expects: Expects,
    virtual_account: &VirtualAccount,
    book: &Book,
    moment: &Moment<'_>,
) -> Result<ExpectedDeposit, Refusal> {
    let account = virtual_account.account;
    let link = book.links.find(&(account, expects.link)).ok_or(Refusal::LinkUnknown)?;
    link.admit(expects.amount, Method::BankTransfer, moment.now)?;
    let latest = moment.now.plus(limits::EXPECTED_DEPOSIT_LIFE);
    Ok(ExpectedDeposit {
        account,
        virtual_account: virtual_account.id,
        link: link.id,
        amount: expects.amount,
        customer: expects.customer,
        expires_at: link.offer.expires_at.map_or(latest, |at| at.min(latest)),
        payment: None,
    })
}
