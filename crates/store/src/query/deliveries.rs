//! Deliveries that are due, by the due-time index that a restart reads.

use domain::delivery::{Delivery, DeliveryKey};
use domain::{AccountId, EndpointId, EventId, Timestamp};

use crate::{Reader, StoreError};

/// Deliveries whose time has come, earliest first. A lease that ran out counts as due.
pub fn list_due(
    reader: &Reader,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DeliveryKey>, StoreError> {
    let sql = "select account_id, event_id, endpoint_id from delivery
         where state = 'pending' and due_at_us <= $1
         order by due_at_us, account_id, event_id, endpoint_id limit $2";
    reader.rows(sql, &[now.into(), limit.into()], |cells| {
        Ok(DeliveryKey {
            account: AccountId(cells.int()?),
            event: EventId(cells.int()?),
            endpoint: EndpointId(cells.int()?),
        })
    })
}

/// When the next delivery is due, if any waits.
pub fn find_next_due_at(reader: &Reader) -> Result<Option<Timestamp>, StoreError> {
    let sql = "select min(due_at_us) from delivery where state = 'pending'";
    Ok(reader.row(sql, &[], |cells| cells.maybe_time())?.flatten())
}

/// The frozen body of a delivery's event.
pub fn find_body(reader: &Reader, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    let sql = "select body from event where account_id = $1 and event_id = $2";
    let args = [delivery.key.account.0.into(), delivery.key.event.0.into()];
    reader.row(sql, &args, |cells| cells.text())
}

/// One attempt as a payment's timeline shows it.
#[derive(Clone, Debug)]
pub struct AttemptSeen {
    pub event_kind: String,
    pub number: i64,
    pub started_at: Timestamp,
    pub status: Option<i64>,
    pub fault: Option<String>,
}

/// The attempts to tell the merchant about one payment, in order.
pub fn list_attempts(
    reader: &Reader,
    account: AccountId,
    payment: domain::PaymentId,
) -> Result<Vec<AttemptSeen>, StoreError> {
    let sql = "select e.kind, a.number, a.started_at_us, a.status, a.fault
         from event e
         join attempt a on a.account_id = e.account_id and a.event_id = e.event_id
         where e.account_id = $1 and e.payment_id = $2
         order by a.started_at_us, a.number";
    reader.rows(sql, &[account.0.into(), payment.0.into()], |cells| {
        Ok(AttemptSeen {
            event_kind: cells.text()?,
            number: cells.int()?,
            started_at: cells.time()?,
            status: cells.maybe_int()?,
            fault: cells.maybe_text()?,
        })
    })
}
