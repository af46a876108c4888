//! `POST /virtual-accounts`: a number that the bank has given out is bound to an account, for good.

use crate::book::Book;
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, VirtualAccountId};
use crate::idempotency::KeyUse;
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
    let body = moment.wording.virtual_account(&virtual_account);
    book.virtual_accounts.insert(key, virtual_account);
    Ok(keep(body, open.key_use, book, moment))
}
