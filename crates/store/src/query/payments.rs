//! Lists of payments with exact totals, and single ones by any of their names.

use domain::book::DAY_US;
use domain::payment::{Detail, Method, Payment, PaymentKind};
use domain::{AccountId, Currency, LinkId, PaymentId, Timestamp};

use crate::engine::{PAYMENT_COLUMNS, detail_row, detail_source, payment_row};
use crate::{Arg, Reader, StoreError};

/// One of the names of a payment.
#[derive(Clone, Debug)]
pub enum Name {
    Id(PaymentId),
    Reference(String),
}

pub fn find_payment(
    reader: &Reader,
    account: AccountId,
    name: &Name,
) -> Result<Option<Payment>, StoreError> {
    let (column, arg) = match name {
        Name::Id(id) => ("payment_id", Arg::Int(id.0)),
        Name::Reference(reference) => ("dgs_reference", Arg::Text(reference.clone())),
    };
    let sql =
        format!("select {PAYMENT_COLUMNS} from payment where account_id = $1 and {column} = $2");
    reader.row(&sql, &[account.0.into(), arg], payment_row)
}

/// What the payment holds beyond what every kind has.
pub fn find_detail(reader: &Reader, payment: &Payment) -> Result<Option<Detail>, StoreError> {
    let (columns, table) = detail_source(payment.kind);
    let sql = format!("select {columns} from {table} where account_id = $1 and payment_id = $2");
    let args = [payment.account.0.into(), payment.id.0.into()];
    reader.row(&sql, &args, |cells| detail_row(payment.kind, cells))
}

/// What a list is narrowed by; every part that is there must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<PaymentKind>,
    /// `pending`, `success` or `failed`, as records say it.
    pub status: Option<&'static str>,
    pub method: Option<Method>,
    pub currency: Option<Currency>,
    pub link: Option<LinkId>,
    pub dgs_reference: Option<String>,
    pub provider_reference: Option<String>,
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Inclusive.
    pub to: Option<Timestamp>,
}

impl Filter {
    const fn has_name(&self) -> bool {
        self.dgs_reference.is_some() || self.provider_reference.is_some()
    }

    /// What follows from the filter, in the words of the partial index that holds all it leaves: a
    /// planner does not find that by itself. A name has a better index.
    fn index_term(&self) -> &'static str {
        let is_unusual = self.kind.is_some_and(|kind| kind != PaymentKind::Charge)
            || self.method.is_some_and(|method| method != Method::MobileMoney)
            || self.currency.is_some_and(|currency| currency != Currency::Rwf);
        if self.has_name() {
            ""
        } else if self.status.is_some_and(|status| status != "success") {
            " and state <> 'successful'"
        } else if is_unusual {
            " and (kind <> 'charge' or method <> 'mobile_money' or currency <> 'RWF')"
        } else {
            ""
        }
    }
}

/// Which part of a list: `limit` rows after `skip` of them, or of those below an id.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub limit: u32,
    pub skip: u64,
    pub starting_after: Option<PaymentId>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Listing {
    /// How many payments the filter leaves, on all pages.
    pub total: u64,
    pub payments: Vec<Payment>,
}

/// Payments, newest first. Exact, and cheap at any size: the tally says how many of each day the
/// filter leaves, so days are stepped over without being read, and a page reads no more than the
/// days it lies in; of what is rare not even those. Call it in a snapshot.
pub fn list_payments(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
    page: Page,
) -> Result<Listing, StoreError> {
    let list = List { reader, account, filter };
    // A name leaves few rows, in days that the tally does not tell.
    let days = if filter.has_name() {
        let ids = Ids::ALL;
        vec![(ids, list.count(ids)?)]
    } else {
        list.days()?
    };
    let total = days.iter().map(|(_, count)| count).sum();
    let payments = match list.span(days, page)? {
        Some((ids, skip)) => list.rows(ids, page.limit, skip)?,
        None => Vec::new(),
    };
    Ok(Listing { total, payments })
}

/// A span of ids, both ends in it. Ids rise with the time of creation, and tell its millisecond:
/// so their order is newest first by (created_at, id), and a day is a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ids {
    first: PaymentId,
    last: PaymentId,
}

impl Ids {
    const ALL: Ids = Ids { first: PaymentId(0), last: PaymentId(i64::MAX) };

    fn of_day(day: i64) -> Ids {
        Ids { first: PaymentId::first_at(day_start(day)), last: PaymentId::last_at(day_end(day)) }
    }

    fn from(self, oldest: Option<PaymentId>) -> Ids {
        Ids { first: oldest.map_or(self.first, |id| id.max(self.first)), ..self }
    }

    fn up_to(self, newest: Option<PaymentId>) -> Ids {
        Ids { last: newest.map_or(self.last, |id| id.min(self.last)), ..self }
    }

    fn is_empty(self) -> bool {
        self.first > self.last
    }
}

fn day(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(DAY_US)
}

fn day_start(day: i64) -> Timestamp {
    Timestamp::from_micros(day.saturating_mul(DAY_US))
}

fn day_end(day: i64) -> Timestamp {
    Timestamp::from_micros(day.saturating_add(1).saturating_mul(DAY_US).saturating_sub(1))
}

/// All payments of one account that a filter leaves.
#[derive(Clone, Copy)]
struct List<'a> {
    reader: &'a Reader,
    account: AccountId,
    filter: &'a Filter,
}

impl List<'_> {
    /// The days that have any, newest first, and how many each has. Whole days are in the tally;
    /// of the first and the last of a span, those within it are counted.
    fn days(self) -> Result<Vec<(Ids, u64)>, StoreError> {
        let (from, to) = (self.filter.from, self.filter.to);
        let mut conditions = Conditions::of(self.account);
        if let Some(from) = from {
            conditions.add("day >=", Arg::Int(day(from)));
        }
        if let Some(to) = to {
            conditions.add("day <=", Arg::Int(day(to)));
        }
        if let Some(status) = self.filter.status {
            conditions.add("state =", status.into());
        }
        conditions.add_sort(self.filter);
        let sql = format!(
            "select day, cast(sum(count) as bigint) from payment_tally where {}
             group by day order by day desc",
            conditions.text
        );
        let mut days = Vec::new();
        self.reader.each(&sql, &conditions.args, |cells| {
            let (day, count) = (cells.int()?, u64::try_from(cells.int()?).unwrap_or(0));
            let is_cut = from.is_some_and(|from| from > day_start(day))
                || to.is_some_and(|to| to < day_end(day));
            let ids = Ids::of_day(day);
            let count = if is_cut && count > 0 { self.count(ids)? } else { count };
            days.push((ids, count));
            Ok(())
        })?;
        Ok(days)
    }

    /// The days that a page lies in, and how many it steps over in the newest of them.
    fn span(self, days: Vec<(Ids, u64)>, page: Page) -> Result<Option<(Ids, u64)>, StoreError> {
        let newest = page.starting_after.map(|id| PaymentId(id.0.saturating_sub(1)));
        let (mut span, mut skip, mut found) = (None, page.skip, 0);
        for (ids, count) in days {
            let part = ids.up_to(newest);
            if part.is_empty() {
                continue;
            }
            // How many are in a part matters only where they are stepped over.
            let count = match span {
                _ if part == ids => count,
                None if skip > 0 => self.count(part)?,
                None | Some(_) => 0,
            };
            if span.is_none() && skip > 0 && skip >= count {
                skip -= count;
                continue;
            }
            found += count;
            span = Some(Ids { first: part.first, last: span.unwrap_or(part).last });
            if found >= skip.saturating_add(u64::from(page.limit)) {
                break;
            }
        }
        Ok(span.map(|ids| (ids, skip)))
    }

    fn count(self, ids: Ids) -> Result<u64, StoreError> {
        let conditions = self.conditions(ids);
        let sql = format!("select count(*) from payment where {}", conditions.text);
        let count = self.reader.row(&sql, &conditions.args, |cells| cells.int())?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    fn rows(self, ids: Ids, limit: u32, skip: u64) -> Result<Vec<Payment>, StoreError> {
        let mut conditions = self.conditions(ids);
        let limit = conditions.bind(i64::from(limit).into());
        let skip = conditions.bind(i64::try_from(skip).unwrap_or(i64::MAX).into());
        // Which they are first: where an index tells, what is stepped over is never read.
        let sql = format!(
            "select {PAYMENT_COLUMNS} from payment
             where account_id = $1 and payment_id in (
                 select payment_id from payment where {} order by payment_id desc
                 limit {limit} offset {skip})
             order by payment_id desc",
            conditions.text
        );
        self.reader.rows(&sql, &conditions.args, payment_row)
    }

    fn conditions(self, ids: Ids) -> Conditions {
        let mut conditions = Conditions::of(self.account);
        conditions.text.push_str(self.filter.index_term());
        conditions.add_filter(self.filter, ids);
        conditions
    }
}

/// The text after `where`, with the values bound in it.
struct Conditions {
    text: String,
    args: Vec<Arg>,
}

impl Conditions {
    fn of(account: AccountId) -> Conditions {
        Conditions { text: "account_id = $1".to_owned(), args: vec![account.0.into()] }
    }

    /// Binds a value and returns its place in the text.
    fn bind(&mut self, arg: Arg) -> String {
        self.args.push(arg);
        format!("${}", self.args.len())
    }

    fn add(&mut self, comparison: &str, arg: Arg) {
        let place = self.bind(arg);
        self.text.push_str(&format!(" and {comparison} {place}"));
    }

    fn add_filter(&mut self, filter: &Filter, ids: Ids) {
        match filter.status {
            Some("success") => self.text.push_str(" and state = 'successful'"),
            Some("failed") => self.text.push_str(" and state in ('failed', 'confirmed_late')"),
            Some(_) => self.text.push_str(" and state = 'pending'"),
            None => {}
        }
        self.add_sort(filter);
        if let Some(reference) = &filter.dgs_reference {
            self.add("dgs_reference =", reference.as_str().into());
        }
        if let Some(reference) = &filter.provider_reference {
            self.add("provider_reference =", reference.as_str().into());
        }
        // The span of time twice: by id, which the keys are ordered by, and exactly.
        let ids = ids.from(filter.from.map(PaymentId::first_at));
        let ids = ids.up_to(filter.to.map(PaymentId::last_at));
        self.add("payment_id >=", Arg::Int(ids.first.0));
        self.add("payment_id <=", Arg::Int(ids.last.0));
        if let Some(from) = filter.from {
            self.add("created_at_us >=", from.into());
        }
        if let Some(to) = filter.to {
            self.add("created_at_us <=", to.into());
        }
    }

    /// What both a payment and a tally have.
    fn add_sort(&mut self, filter: &Filter) {
        if let Some(kind) = filter.kind {
            self.add("kind =", kind.word().into());
        }
        if let Some(method) = filter.method {
            self.add("method =", method.word().into());
        }
        if let Some(currency) = filter.currency {
            self.add("currency =", currency.code().into());
        }
        if let Some(link) = filter.link {
            self.add("link_id =", Arg::Int(link.0));
        }
    }
}
