//! How an account is doing: what came in lately, and what a person should look at.

use domain::payment::PaymentState;
use domain::{AccountId, Currency, EventId, PaymentId, Timestamp};

use crate::{Reader, StoreError};

/// Charges by day, counted from 1970-01-01 UTC, and by state; from a day on, oldest first. Out of
/// the tally: as cheap for a million charges as for ten.
pub fn list_days(
    reader: &Reader,
    account: AccountId,
    from_day: i64,
) -> Result<Vec<(i64, PaymentState, u64)>, StoreError> {
    let sql = "select day, state, cast(sum(count) as bigint) from payment_tally
         where account_id = $1 and day >= $2 and kind = 'charge'
         group by day, state order by day";
    let mut days = Vec::new();
    reader.each(sql, &[account.0.into(), from_day.into()], |cells| {
        let day = cells.int()?;
        // The tally says it as records do.
        let state = match cells.text()?.as_str() {
            "success" | "successful" => PaymentState::Successful,
            "pending" => PaymentState::Pending,
            _ => PaymentState::Failed,
        };
        days.push((day, state, cells.int()?.unsigned_abs()));
        Ok(())
    })?;
    Ok(days)
}

/// What successful charges since a moment come to, by currency.
pub fn sum_charges(
    reader: &Reader,
    account: AccountId,
    since: Timestamp,
) -> Result<Vec<(Currency, i64)>, StoreError> {
    let sql = "select currency, cast(sum(amount_minor) as bigint) from payment
         where account_id = $1 and payment_id >= $2 and kind = 'charge' and state = 'successful'
         group by currency order by currency";
    let args = [account.0.into(), PaymentId::first_at(since).0.into()];
    reader.rows(sql, &args, |cells| {
        Ok((cells.word("payment", "currency", Currency::parse)?, cells.int()?))
    })
}

/// Payments whose provider call waits for a person.
pub fn count_for_review(reader: &Reader, account: AccountId) -> Result<u64, StoreError> {
    let sql = "select count(*) from provider_call
         where account_id = $1 and state = 'needs_review'";
    Ok(reader.row(sql, &[account.0.into()], |cells| cells.int())?.unwrap_or(0).unsigned_abs())
}

/// What merchants were told about one payment, oldest first.
pub fn list_events_of(
    reader: &Reader,
    account: AccountId,
    payment: PaymentId,
) -> Result<Vec<EventId>, StoreError> {
    let sql = "select event_id from event where account_id = $1 and payment_id = $2
         order by event_id";
    reader.rows(sql, &[account.0.into(), payment.0.into()], |cells| Ok(EventId(cells.int()?)))
}
