//! Provider calls whose outcome is to be asked for, by the due-time index.

use domain::payment::{Detail, Payment};
use domain::provider_call::{Provider, ProviderCall};
use domain::{AccountId, PaymentId, Timestamp};

use crate::engine::{CALL_COLUMNS, call_row};
use crate::query::payments;
use crate::{Reader, StoreError};

/// A call with the payment it is about.
#[derive(Clone, Debug)]
pub struct DueCall {
    pub call: ProviderCall,
    pub payment: Payment,
    pub detail: Detail,
    /// What a refund gives back.
    pub charge: Option<Payment>,
}

/// Open calls whose time has come, earliest first, but for those at `busy` providers.
pub fn list_due(
    reader: &Reader,
    now: Timestamp,
    busy: &[Provider],
    limit: i64,
) -> Result<Vec<DueCall>, StoreError> {
    let busy: String = busy.iter().map(|busy| format!(", '{}'", busy.word())).collect();
    let sql = format!(
        "select {CALL_COLUMNS} from provider_call
         where state in ('open', 'recheck') and due_at_us <= $1 and provider not in (''{busy})
         order by due_at_us, account_id, payment_id limit $2"
    );
    reader.snapshot(|reader| {
        let calls = reader.rows(&sql, &[now.into(), limit.into()], call_row)?;
        let mut due = Vec::with_capacity(calls.len());
        for call in calls {
            due.extend(with_payment(reader, call)?);
        }
        Ok(due)
    })
}

/// One payment's call, whether or not it is due.
pub fn find_call(
    reader: &Reader,
    account: AccountId,
    payment: PaymentId,
) -> Result<Option<DueCall>, StoreError> {
    let sql = format!(
        "select {CALL_COLUMNS} from provider_call where account_id = $1 and payment_id = $2"
    );
    reader.snapshot(|reader| {
        match reader.row(&sql, &[account.0.into(), payment.0.into()], call_row)? {
            Some(call) => with_payment(reader, call),
            None => Ok(None),
        }
    })
}

/// Whose payment a provider knows under our reference.
pub fn find_by_reference(
    reader: &Reader,
    provider: Provider,
    client_reference: &str,
) -> Result<Option<(AccountId, PaymentId)>, StoreError> {
    // The second condition names the index.
    let sql = "select account_id, payment_id from provider_call
         where provider = $1 and provider <> 'simulator' and client_reference = $2";
    reader.row(sql, &[provider.word().into(), client_reference.into()], |cells| {
        Ok((AccountId(cells.int()?), PaymentId(cells.int()?)))
    })
}

/// A payment that a person must look at, and the call that says why.
#[derive(Clone, Debug)]
pub struct Review {
    pub payment: Payment,
    pub call: ProviderCall,
}

/// Oldest first, of all accounts.
pub fn list_for_review(reader: &Reader, limit: i64) -> Result<Vec<Review>, StoreError> {
    let sql = format!(
        "select {CALL_COLUMNS} from provider_call where state = 'needs_review'
         order by account_id, payment_id limit $1"
    );
    reader.snapshot(|reader| {
        let mut reviews = Vec::new();
        for call in reader.rows(&sql, &[limit.into()], call_row)? {
            let name = payments::Name::Id(call.payment);
            let payment = payments::find_payment(reader, call.account, &name)?;
            reviews.extend(payment.map(|payment| Review { payment, call }));
        }
        Ok(reviews)
    })
}

fn with_payment(reader: &Reader, call: ProviderCall) -> Result<Option<DueCall>, StoreError> {
    let find = |id| payments::find_payment(reader, call.account, &payments::Name::Id(id));
    let Some(payment) = find(call.payment)? else { return Ok(None) };
    let Some(detail) = payments::find_detail(reader, &payment)? else { return Ok(None) };
    let charge = match &detail {
        Detail::Refund(refund) => find(refund.charge)?,
        Detail::Charge(_) | Detail::Disbursement(_) | Detail::Conversion(_) => None,
    };
    Ok(Some(DueCall { call, payment, detail, charge }))
}

/// When the next call after `now` is due, if any is.
pub fn find_next_due_at(reader: &Reader, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let sql = "select min(due_at_us) from provider_call
         where state in ('open', 'recheck') and due_at_us > $1";
    Ok(reader.row(sql, &[now.into()], |cells| cells.maybe_time())?.flatten())
}
