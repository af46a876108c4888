//! Lists of payments with exact totals, and single ones by any of their names.

use domain::book::DAY_US;
use domain::payment::{Detail, Payment};
use domain::{AccountId, LinkId, PaymentId, Timestamp};

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
    /// `pending`, `success` or `failed`, as records say it.
    pub status: Option<&'static str>,
    pub method: Option<String>,
    pub currency: Option<&'static str>,
    pub link: Option<LinkId>,
    pub dgs_reference: Option<String>,
    pub provider_reference: Option<String>,
    /// Inclusive.
    pub from: Option<Timestamp>,
    /// Inclusive.
    pub to: Option<Timestamp>,
}

/// Which part of a list: `limit` rows, either after `skip` of them or below an id.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub limit: u32,
    pub skip: u64,
    pub starting_after: Option<PaymentId>,
}

/// One page of payments, newest first.
pub fn list_payments(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Payment>, StoreError> {
    let mut conditions = Conditions::of(account);
    conditions.add_filter(filter);
    if let Some(id) = page.starting_after {
        conditions.add("payment_id <", Arg::Int(id.0));
    }
    let limit = conditions.bind(i64::from(page.limit).into());
    let skip = conditions.bind(i64::try_from(page.skip).unwrap_or(i64::MAX).into());
    // Ids rise with the time of creation, so this order is newest first by (created_at, id).
    let sql = format!(
        "select {PAYMENT_COLUMNS} from payment where {} order by payment_id desc
         limit {limit} offset {skip}",
        conditions.text
    );
    reader.rows(&sql, &conditions.args, payment_row)
}

/// How many payments a filter leaves. Exact, and cheap at any size: whole days come from the
/// tally, a name names one row, and only the first and last day of a span are counted.
pub fn count_payments(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
) -> Result<u64, StoreError> {
    if filter.dgs_reference.is_some() || filter.provider_reference.is_some() {
        return count_rows(reader, account, filter);
    }
    let first_day = filter.from.map(day);
    let last_day = filter.to.map(day);
    let mut total = 0_u64;
    let mut whole_from = None;
    let mut whole_to = None;
    if let (Some(from), Some(first)) = (filter.from, first_day) {
        if last_day.is_some_and(|last| last <= first) {
            return count_rows(reader, account, filter);
        }
        let end = Timestamp::from_micros(first.saturating_add(1).saturating_mul(DAY_US) - 1);
        let part = Filter { from: Some(from), to: Some(end), ..filter.clone() };
        total += count_rows(reader, account, &part)?;
        whole_from = Some(first + 1);
    }
    if let (Some(to), Some(last)) = (filter.to, last_day) {
        let start = Timestamp::from_micros(last.saturating_mul(DAY_US));
        let part = Filter { from: Some(start), to: Some(to), ..filter.clone() };
        total += count_rows(reader, account, &part)?;
        whole_to = Some(last - 1);
    }
    Ok(total + count_whole_days(reader, account, filter, (whole_from, whole_to))?)
}

fn day(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(DAY_US)
}

fn count_whole_days(
    reader: &Reader,
    account: AccountId,
    filter: &Filter,
    (from, to): (Option<i64>, Option<i64>),
) -> Result<u64, StoreError> {
    let mut conditions = Conditions::of(account);
    if let Some(from) = from {
        conditions.add("day >=", Arg::Int(from));
    }
    if let Some(to) = to {
        conditions.add("day <=", Arg::Int(to));
    }
    if let Some(status) = filter.status {
        conditions.add("state =", status.into());
    }
    conditions.add_sort(filter);
    let sql = format!(
        "select cast(coalesce(sum(count), 0) as bigint) from payment_tally where {}",
        conditions.text
    );
    let sum = reader.row(&sql, &conditions.args, |cells| cells.int())?;
    Ok(sum.and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0))
}

fn count_rows(reader: &Reader, account: AccountId, filter: &Filter) -> Result<u64, StoreError> {
    let mut conditions = Conditions::of(account);
    conditions.add_filter(filter);
    let sql = format!("select count(*) from payment where {}", conditions.text);
    let count = reader.row(&sql, &conditions.args, |cells| cells.int())?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
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

    fn add_filter(&mut self, filter: &Filter) {
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
        // The same span twice: by id, which the primary key is ordered by, and exactly.
        if let Some(from) = filter.from {
            self.add("payment_id >=", Arg::Int(PaymentId::first_at(from).0));
            self.add("created_at_us >=", from.into());
        }
        if let Some(to) = filter.to {
            self.add("payment_id <=", Arg::Int(PaymentId::last_at(to).0));
            self.add("created_at_us <=", to.into());
        }
    }

    /// What both a payment and a tally have.
    fn add_sort(&mut self, filter: &Filter) {
        if let Some(method) = &filter.method {
            self.add("method =", method.as_str().into());
        }
        if let Some(currency) = filter.currency {
            self.add("currency =", currency.into());
        }
        if let Some(link) = filter.link {
            self.add("link_id =", Arg::Int(link.0));
        }
    }
}
