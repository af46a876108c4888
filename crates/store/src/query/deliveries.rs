//! Deliveries that are due, by the index that a restart reads; and those a merchant looks at.

use domain::delivery::{Delivery, DeliveryKey, DeliveryState};
use domain::endpoint::EndpointState;
use domain::{AccountId, EndpointId, EventId, PaymentId, Timestamp};

use crate::engine::{DELIVERY_COLUMNS, delivery_row};
use crate::{Arg, Cells, Reader, StoreError};

/// What shares a place in the due-time index.
pub type Target = (AccountId, EndpointId);

/// The next target after one, and when its earliest delivery is due. Each step is one seek, so
/// a backlog of one target costs the others nothing.
pub fn find_next_target(
    reader: &Reader,
    after: Option<Target>,
) -> Result<Option<(Target, Timestamp)>, StoreError> {
    let (account, endpoint) = after.unwrap_or((AccountId(i64::MIN), EndpointId(i64::MIN)));
    let sql = "select account_id, endpoint_id, due_at_us from delivery indexed by delivery_due
         where state = 'pending' and (account_id, endpoint_id) > ($1, $2)
         order by account_id, endpoint_id, due_at_us limit 1";
    reader.row(sql, &[account.0.into(), endpoint.0.into()], |cells| {
        Ok(((AccountId(cells.int()?), EndpointId(cells.int()?)), cells.time()?))
    })
}

/// Deliveries of one target whose time has come by `until`, earliest first. A lease that ran out
/// counts as due.
pub fn list_due(
    reader: &Reader,
    (account, endpoint): Target,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<DeliveryKey>, StoreError> {
    let sql = "select account_id, event_id, endpoint_id from delivery indexed by delivery_due
         where state = 'pending' and account_id = $1 and endpoint_id = $2 and due_at_us <= $3
         order by due_at_us, event_id limit $4";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let args = [account.0.into(), endpoint.0.into(), until.into(), limit.into()];
    reader.rows(sql, &args, key_row)
}

/// When the next delivery of a target is due after a moment.
pub fn find_next_due_at(
    reader: &Reader,
    (account, endpoint): Target,
    after: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "select due_at_us from delivery indexed by delivery_due
         where state = 'pending' and account_id = $1 and endpoint_id = $2 and due_at_us > $3
         order by due_at_us limit 1";
    reader.row(sql, &[account.0.into(), endpoint.0.into(), after.into()], |cells| cells.time())
}

/// The frozen body of a delivery: in its endpoint's dialect, or its event's own.
pub fn find_body(reader: &Reader, delivery: &Delivery) -> Result<Option<String>, StoreError> {
    if let Some(body) = &delivery.body {
        return Ok(Some(body.clone()));
    }
    let sql = "select body from event where account_id = $1 and event_id = $2";
    let args = [delivery.key.account.0.into(), delivery.key.event.0.into()];
    reader.row(sql, &args, |cells| cells.text())
}

fn key_row(cells: &mut Cells<'_>) -> Result<DeliveryKey, StoreError> {
    Ok(DeliveryKey {
        account: AccountId(cells.int()?),
        event: EventId(cells.int()?),
        endpoint: EndpointId(cells.int()?),
    })
}

/// What a merchant's list of deliveries is narrowed by; every part that is there must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub endpoint: Option<EndpointId>,
    pub state: Option<DeliveryState>,
    pub event: Option<EventId>,
    /// Kinds of events, as the database says them; empty for all.
    pub kinds: Vec<&'static str>,
    /// When the event happened, inclusive.
    pub from: Option<Timestamp>,
    /// Inclusive.
    pub to: Option<Timestamp>,
    /// Those alone that could go out: their endpoint is enabled, or the payment's own address.
    pub is_for_sending: bool,
}

/// A delivery as a merchant sees it.
#[derive(Clone, Debug)]
pub struct DeliverySeen {
    pub delivery: Delivery,
    pub event_kind: String,
    pub created_at: Timestamp,
    pub dgs_reference: String,
}

impl Filter {
    /// The conditions over `d`, a delivery, and `e`, its event.
    fn conditions(&self, account: AccountId) -> (String, Vec<Arg>) {
        let mut text = "d.account_id = $1".to_owned();
        let mut args = vec![Arg::Int(account.0)];
        let mut add = |condition: &str, arg: Arg| {
            args.push(arg);
            text += &format!(" and {condition} ${}", args.len());
        };
        if let Some(endpoint) = self.endpoint {
            add("d.endpoint_id =", Arg::Int(endpoint.0));
        }
        if let Some(event) = self.event {
            add("d.event_id =", Arg::Int(event.0));
        }
        // Ids rise with time and have an index; the exact moment is the event's.
        if let Some(from) = self.from {
            add("d.event_id >=", Arg::Int(PaymentId::first_at(from).0));
            add("e.created_at_us >=", from.into());
        }
        if let Some(to) = self.to {
            add("e.created_at_us <=", to.into());
        }
        if let Some(state) = self.state {
            // Written out, so that the index over parked ones can be used.
            text += &format!(" and d.state = '{}'", state.word());
        }
        if self.is_for_sending {
            let told: Vec<&str> = EndpointState::ALL
                .into_iter()
                .filter(|state| state.is_told())
                .map(EndpointState::word)
                .collect();
            text += &format!(
                " and (d.endpoint_id = 0 or exists (select 1 from endpoint n
                     where n.account_id = d.account_id and n.endpoint_id = d.endpoint_id
                         and n.state in ('{}')))",
                told.join("', '")
            );
        }
        if !self.kinds.is_empty() {
            text += &format!(" and e.kind in ('{}')", self.kinds.join("', '"));
        }
        (text, args)
    }
}

/// One page of an account's deliveries, the newest event first, beginning below a key.
pub fn list_deliveries(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
    below: Option<DeliveryKey>,
    limit: usize,
) -> Result<Vec<DeliverySeen>, StoreError> {
    let (mut conditions, mut args) = filter.conditions(account);
    if let Some(key) = below {
        args.extend([key.event.0.into(), key.endpoint.0.into()]);
        let (event, endpoint) = (args.len() - 1, args.len());
        conditions += &format!(" and (d.event_id, d.endpoint_id) < (${event}, ${endpoint})");
    }
    args.push(Arg::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let columns: Vec<String> =
        DELIVERY_COLUMNS.split(", ").map(|column| format!("d.{}", column.trim())).collect();
    let sql = format!(
        "select {}, e.kind, e.created_at_us, p.dgs_reference
         from delivery d
         join event e on e.account_id = d.account_id and e.event_id = d.event_id
         join payment p on p.account_id = e.account_id and p.payment_id = e.payment_id
         where {conditions} order by d.event_id desc, d.endpoint_id desc limit ${}",
        columns.join(", "),
        args.len(),
    );
    reader.rows(&sql, &args, |cells| {
        Ok(DeliverySeen {
            delivery: delivery_row(cells)?,
            event_kind: cells.text()?,
            created_at: cells.time()?,
            dgs_reference: cells.text()?,
        })
    })
}

/// Keys of an account's deliveries, the oldest event first.
pub fn list_keys(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<DeliveryKey>, StoreError> {
    let (conditions, mut args) = filter.conditions(account);
    args.push(Arg::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let sql = format!(
        "select d.account_id, d.event_id, d.endpoint_id from delivery d
         join event e on e.account_id = d.account_id and e.event_id = d.event_id
         where {conditions} order by d.event_id, d.endpoint_id limit ${}",
        args.len(),
    );
    reader.rows(&sql, &args, key_row)
}

pub fn count_deliveries(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
) -> Result<u64, StoreError> {
    let (conditions, args) = filter.conditions(account);
    let sql = format!(
        "select count(*) from delivery d
         join event e on e.account_id = d.account_id and e.event_id = d.event_id
         where {conditions}"
    );
    Ok(reader.row(&sql, &args, |cells| cells.int())?.unwrap_or(0).unsigned_abs())
}

/// One attempt of a delivery, in full.
#[derive(Clone, Debug)]
pub struct AttemptInFull {
    pub number: i64,
    pub started_at: Timestamp,
    pub latency_us: i64,
    pub status: Option<i64>,
    pub fault: Option<String>,
    pub excerpt: String,
}

/// The attempts of one delivery, in order.
pub fn list_attempts_of(
    reader: &Reader,
    key: DeliveryKey,
) -> Result<Vec<AttemptInFull>, StoreError> {
    let sql = "select number, started_at_us, latency_us, status, fault, excerpt from attempt
         where account_id = $1 and event_id = $2 and endpoint_id = $3
         order by number, started_at_us";
    let args = [key.account.0.into(), key.event.0.into(), key.endpoint.0.into()];
    reader.rows(sql, &args, |cells| {
        Ok(AttemptInFull {
            number: cells.int()?,
            started_at: cells.time()?,
            latency_us: cells.int()?,
            status: cells.maybe_int()?,
            fault: cells.maybe_text()?,
            excerpt: cells.text()?,
        })
    })
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
    payment: PaymentId,
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
