//! The feed of events: what an account was told, in the order in which it became true, and how
//! telling it went.

use std::time::Duration;

use domain::delivery::{ListedAttempt, ListedDelivery};
use domain::event::{Event, EventKind, ListedEvent};
use domain::{AccountId, EndpointId, EventId, PaymentId};

use crate::engine::{DELIVERY_COLUMNS, delivery_row};
use crate::{Arg, Cells, Reader, StoreError};

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Oldest,
    /// Nothing that has happened yet.
    Now,
    After(EventId),
}

#[derive(Clone, Debug)]
pub struct Question {
    pub start: Start,
    /// All that tell an end when empty.
    pub kinds: Vec<EventKind>,
    pub limit: u32,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub events: Vec<ListedEvent>,
    /// Where the next page begins; `None` while the account has no event.
    pub next_after: Option<EventId>,
}

/// One page, oldest first. `None` when it is to begin after an event that the account has not.
///
/// Nobody who asks again from `next_after` ever misses an event: an account is written by one
/// lane, whose ids rise from group to group, and a group becomes visible all at once. So whatever
/// is committed after this snapshot has a higher id than all that is in it.
pub fn list_events(
    reader: &Reader,
    account: AccountId,
    question: &Question,
) -> Result<Option<Page>, StoreError> {
    reader.snapshot(|reader| {
        let newest = find_newest(reader, account)?;
        let after = match question.start {
            Start::Oldest => EventId(0),
            Start::Now => return Ok(Some(Page { events: Vec::new(), next_after: newest })),
            Start::After(id) if is_there(reader, account, id)? => id,
            Start::After(_) => return Ok(None),
        };
        let events = rows_after(reader, account, after, question)?;
        let page_is_full = u32::try_from(events.len()) == Ok(question.limit);
        // A page with room to spare has seen everything up to the newest, wanted or not.
        let last = events.last().map(|listed| listed.event.id).filter(|_| page_is_full);
        Ok(Some(Page { events, next_after: last.or(newest) }))
    })
}

pub fn find_newest(reader: &Reader, account: AccountId) -> Result<Option<EventId>, StoreError> {
    let sql = "select max(event_id) from event where account_id = $1";
    Ok(reader.row(sql, &[account.0.into()], |cells| cells.maybe_int())?.flatten().map(EventId))
}

fn is_there(reader: &Reader, account: AccountId, id: EventId) -> Result<bool, StoreError> {
    let sql = "select event_id from event where account_id = $1 and event_id = $2";
    Ok(reader.row(sql, &[account.0.into(), id.0.into()], |cells| cells.int())?.is_some())
}

/// The payment is joined from the left: an event is shown even if it stands alone.
const EVENT_SOURCE: &str = "select e.event_id, e.kind, e.payment_id, e.body, e.created_at_us, \
         coalesce(p.dgs_reference, '') \
     from event e left join payment p \
         on p.account_id = e.account_id and p.payment_id = e.payment_id";

fn rows_after(
    reader: &Reader,
    account: AccountId,
    after: EventId,
    question: &Question,
) -> Result<Vec<ListedEvent>, StoreError> {
    let mut args = vec![account.0.into(), after.0.into(), i64::from(question.limit).into()];
    // What is told in one dialect alone is no event of the guide's: it must be asked for.
    let mut of_kinds = format!("and e.kind <> '{}'", EventKind::Processing.word());
    if !question.kinds.is_empty() {
        let places: Vec<String> = (4..).take(question.kinds.len()).map(place).collect();
        of_kinds = format!("and e.kind in ({})", places.join(", "));
        args.extend(question.kinds.iter().map(|kind| Arg::from(kind.word())));
    }
    let sql = format!(
        "{EVENT_SOURCE} where e.account_id = $1 and e.event_id > $2 {of_kinds}
         order by e.event_id limit $3"
    );
    reader.rows(&sql, &args, |cells| listed_event(account, cells))
}

fn place(number: usize) -> String {
    format!("${number}")
}

fn listed_event(account: AccountId, cells: &mut Cells<'_>) -> Result<ListedEvent, StoreError> {
    let event = Event {
        account,
        id: EventId(cells.int()?),
        kind: cells.word("event", "kind", EventKind::parse)?,
        payment: PaymentId(cells.int()?),
        body: cells.text()?,
        created_at: cells.time()?,
    };
    Ok(ListedEvent { event, dgs_reference: cells.text()? })
}

/// An event with its deliveries and all attempts at them.
pub fn find_event(
    reader: &Reader,
    account: AccountId,
    id: EventId,
) -> Result<Option<(ListedEvent, Vec<ListedDelivery>)>, StoreError> {
    reader.snapshot(|reader| {
        let sql = format!("{EVENT_SOURCE} where e.account_id = $1 and e.event_id = $2");
        let args = [account.0.into(), id.0.into()];
        let found = reader.row(&sql, &args, |cells| listed_event(account, cells))?;
        let Some(event) = found else { return Ok(None) };
        Ok(Some((event, list_deliveries(reader, account, id)?)))
    })
}

fn list_deliveries(
    reader: &Reader,
    account: AccountId,
    event: EventId,
) -> Result<Vec<ListedDelivery>, StoreError> {
    let sql = format!(
        "select {DELIVERY_COLUMNS} from delivery where account_id = $1 and event_id = $2
         order by endpoint_id"
    );
    let found = reader.rows(&sql, &[account.0.into(), event.0.into()], delivery_row)?;
    let mut deliveries = Vec::with_capacity(found.len());
    for delivery in found {
        let endpoint = delivery.key.endpoint;
        let url = match &delivery.url {
            Some(url) => Some(url.clone()),
            None => find_url(reader, account, endpoint)?,
        };
        let attempts = list_attempts(reader, (account, event, endpoint))?;
        deliveries.push(ListedDelivery { delivery, url, attempts });
    }
    Ok(deliveries)
}

fn find_url(
    reader: &Reader,
    account: AccountId,
    endpoint: EndpointId,
) -> Result<Option<String>, StoreError> {
    let sql = "select url from endpoint where account_id = $1 and endpoint_id = $2";
    reader.row(sql, &[account.0.into(), endpoint.0.into()], |cells| cells.text())
}

fn list_attempts(
    reader: &Reader,
    (account, event, endpoint): (AccountId, EventId, EndpointId),
) -> Result<Vec<ListedAttempt>, StoreError> {
    let sql = "select number, started_at_us, latency_us, status, fault, excerpt from attempt
         where account_id = $1 and event_id = $2 and endpoint_id = $3
         order by started_at_us, number";
    let args = [account.0.into(), event.0.into(), endpoint.0.into()];
    reader.rows(sql, &args, |cells| {
        Ok(ListedAttempt {
            number: cells.int()?.try_into().unwrap_or(u32::MAX),
            started_at: cells.time()?,
            latency: Duration::from_micros(cells.int()?.try_into().unwrap_or(0)),
            status: cells.maybe_int()?.and_then(|status| status.try_into().ok()),
            fault: cells.maybe_text()?,
            excerpt: cells.text()?,
        })
    })
}
