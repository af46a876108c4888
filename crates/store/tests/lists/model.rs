//! The naive model: all rows in memory, every filter a comparison, no index and no tally.

use std::path::Path;

use domain::payment::{Method, Payment, PaymentKind};
use domain::{Currency, LinkId, PaymentId, Timestamp};
use rusqlite::Connection;
use store::open_to_read;
use store::query::payments::{Filter, Name, Page, find_payment};

use crate::chance::Chance;
use crate::world::ONE;

/// How many parts a filter has.
pub const FILTERS: u32 = 9;

const DAY_US: i64 = 24 * 3600 * 1_000_000;

pub struct Model {
    /// Newest first.
    pub rows: Vec<Payment>,
}

impl Model {
    /// Reads the rows of account one, one by one.
    pub fn of(folder: &Path) -> Model {
        let database = Connection::open(folder.join("dgspay.db")).unwrap();
        let mut select =
            database.prepare("select payment_id from payment where account_id = 1").unwrap();
        let ids = select.query_map([], |row| row.get(0)).unwrap();
        let reader = open_to_read(folder).unwrap();
        let find = |id: rusqlite::Result<i64>| {
            let name = Name::Id(PaymentId(id.unwrap()));
            find_payment(&reader, ONE, &name).unwrap().unwrap()
        };
        let mut rows: Vec<Payment> = ids.map(find).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
        Model { rows }
    }

    pub fn list(&self, filter: &Filter) -> Vec<PaymentId> {
        let is_in = |row: &&Payment| is_left(filter, row);
        self.rows.iter().filter(is_in).map(|row| row.id).collect()
    }

    /// The parts of a filter that `subset` has a bit for. Most come from one row, so that there
    /// is something to find; some come from anywhere.
    pub fn filter(&self, subset: u32, chance: &mut Chance) -> Filter {
        let usual = &self.rows[chance.below(self.rows.len())];
        let mut bits = subset;
        let mut part = || {
            let is_wanted = bits & 1 == 1;
            bits >>= 1;
            let other = &self.rows[chance.below(self.rows.len())];
            is_wanted.then(|| if chance.one_in(8) { other } else { usual })
        };
        let status = part().map(|row| row.state.record_word());
        let kind: Option<PaymentKind> = part().map(|row| row.kind);
        let method: Option<Method> = part().map(|row| row.method);
        let currency: Option<Currency> = part().map(|row| row.gross.currency());
        let link = part().map(|row| row.link.unwrap_or(LinkId(-1)));
        let dgs_reference = part().map(|row| row.dgs_reference.clone());
        let provider_reference =
            part().map(|row| row.provider_reference.clone().unwrap_or_default());
        let (from, to) = (part().map(|row| row.created_at), part().map(|row| row.created_at));
        let mut moved = |at: Timestamp, whole_day: Timestamp| match chance.below(6) {
            0 => whole_day,
            1 => Timestamp::from_micros(at.as_micros() + 1),
            2 => Timestamp::from_micros(at.as_micros() - 1),
            3 => Timestamp::from_micros(at.as_micros() - 3 * DAY_US),
            4 => Timestamp::from_micros(at.as_micros() + 3 * DAY_US),
            _ => at,
        };
        let day_start = |at: Timestamp| at.as_micros().div_euclid(DAY_US) * DAY_US;
        let from = from.map(|at| moved(at, Timestamp::from_micros(day_start(at))));
        let to = to.map(|at| moved(at, Timestamp::from_micros(day_start(at) + DAY_US - 1)));
        Filter { kind, status, method, currency, link, dgs_reference, provider_reference, from, to }
    }
}

fn is_left(filter: &Filter, row: &Payment) -> bool {
    let is = |condition: Option<bool>| condition.unwrap_or(true);
    is(filter.kind.map(|kind| kind == row.kind))
        && is(filter.status.map(|status| status == row.state.record_word()))
        && is(filter.method.map(|method| method == row.method))
        && is(filter.currency.map(|currency| currency == row.gross.currency()))
        && is(filter.link.map(|link| Some(link) == row.link))
        && is(filter.dgs_reference.as_ref().map(|name| *name == row.dgs_reference))
        && is(filter
            .provider_reference
            .as_ref()
            .map(|name| Some(name) == row.provider_reference.as_ref()))
        && is(filter.from.map(|from| row.created_at >= from))
        && is(filter.to.map(|to| row.created_at <= to))
}

/// The part of a list that a page asks for.
pub fn page(list: &[PaymentId], page: Page) -> Vec<PaymentId> {
    let below = |id: &&PaymentId| page.starting_after.is_none_or(|cursor| **id < cursor);
    let skip = usize::try_from(page.skip).unwrap();
    let limit = usize::try_from(page.limit).unwrap();
    list.iter().filter(below).skip(skip).take(limit).copied().collect()
}
