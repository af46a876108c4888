//! Fills a store with years of payments, by the real schema and past the lane: what lists and
//! single reads read, and nothing of the ledger. The rows go to the end of every index, as they do
//! in life.

use std::collections::BTreeMap;
use std::path::Path;

use domain::payment::PaymentKind;
use domain::{LinkId, PaymentId, Timestamp};
use rusqlite::{Connection, Transaction, params};

use crate::lists::sorts::{LINKS_AT_ONCE, Sort, sort_of};

pub const DAYS: u64 = 1000;
/// 2025-01-01, the first day that an id can name.
const FIRST_DAY: u64 = 20_089;
const DAY_US: u64 = 24 * 3600 * 1_000_000;
/// Payments of the last days may still be on their way.
const FRESH_DAYS: u64 = 2;
/// A link is in use for a hundred days, and every twenty there is a new one.
const DAYS_PER_LINK: u64 = 20;
const ACCOUNTS: i64 = 50;

/// What is there to ask for, of account one.
#[derive(Debug)]
pub struct Filled {
    /// Oldest first.
    pub payments: Vec<PaymentId>,
    pub links: Vec<LinkId>,
    pub tally_rows: usize,
}

pub fn fill(folder: &Path, rows: u64) -> anyhow::Result<Filled> {
    let mut database = Connection::open(folder.join("dgspay.db"))?;
    // If this dies the store is thrown away, so nothing has to be safe. The gateway sets its own.
    database.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -256000;
         pragma locking_mode = exclusive;",
    )?;
    let transaction = database.transaction()?;
    let of_first = rows / 2;
    let of_other = (rows - of_first) / u64::try_from(ACCOUNTS - 1)?;
    let filled = fill_account(&transaction, 1, of_first)?;
    for account in 2..=ACCOUNTS {
        open_account(&transaction, account)?;
        fill_account(&transaction, account, of_other)?;
    }
    transaction.commit()?;
    Ok(filled)
}

/// One like the first, under another number.
fn open_account(database: &Transaction<'_>, account: i64) -> rusqlite::Result<()> {
    database.execute_batch(&format!(
        "create temp table opened as select * from account where account_id = 1;
         update opened set account_id = {account}, account_number = 'ACC-99{account:05}';
         insert into account select * from opened;
         drop table opened;"
    ))
}

fn fill_account(database: &Transaction<'_>, account: i64, rows: u64) -> anyhow::Result<Filled> {
    let mut filled = Filled { payments: Vec::new(), links: Vec::new(), tally_rows: 0 };
    for number in 0..DAYS / DAYS_PER_LINK + LINKS_AT_ONCE {
        let id = link_id(number)?;
        insert_link(database, account, id)?;
        filled.links.push(id);
    }
    let mut tally: BTreeMap<(u64, [&str; 4], i64), u64> = BTreeMap::new();
    for number in 0..rows {
        // Evenly over the days.
        let offset_us = u64::try_from(
            u128::from(number) * u128::from(DAYS * DAY_US) / u128::from(rows.max(1)),
        )?;
        let day = offset_us / DAY_US;
        let sort = sort_of(number, day >= DAYS - FRESH_DAYS);
        let link = match sort.link {
            Some(link) => Some(link_id(day / DAYS_PER_LINK + link)?.0),
            None => None,
        };
        let created_at_us = i64::try_from(FIRST_DAY * DAY_US + offset_us)?;
        let first = PaymentId::first_at(Timestamp::from_micros(created_at_us));
        let row =
            Row { account, id: first.0 + i64::try_from(number % 4095)? + 1, link, created_at_us };
        insert(database, row, sort)?;
        let words =
            [sort.kind.word(), sort.method.word(), sort.currency.code(), sort.state.record_word()];
        *tally.entry((FIRST_DAY + day, words, link.unwrap_or(0))).or_default() += 1;
        filled.payments.push(PaymentId(row.id));
    }
    filled.tally_rows = tally.len();
    for ((day, [kind, method, currency, state], link), count) in tally {
        let row = params![
            account,
            i64::try_from(day)?,
            kind,
            method,
            currency,
            state,
            link,
            i64::try_from(count)?
        ];
        execute(
            database,
            "insert into payment_tally (account_id, day, kind, method, currency, state, link_id,
                 count) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            row,
        )?;
    }
    Ok(filled)
}

fn link_id(number: u64) -> anyhow::Result<LinkId> {
    let at_us = i64::try_from((FIRST_DAY + number) * DAY_US)?;
    Ok(LinkId(PaymentId::first_at(Timestamp::from_micros(at_us)).0 + 1))
}

#[derive(Clone, Copy)]
struct Row {
    account: i64,
    id: i64,
    link: Option<i64>,
    created_at_us: i64,
}

/// A payment, what its kind adds, and how its end was told.
fn insert(database: &Transaction<'_>, row: Row, sort: Sort) -> rusqlite::Result<()> {
    let Row { account, id, link, created_at_us } = row;
    let finished_at_us =
        (sort.state.record_word() != "pending").then_some(created_at_us + 2_000_000);
    execute(
        database,
        "insert into payment (account_id, payment_id, kind, method, state, version, dgs_reference,
             amount_minor, currency, fee_minor, provider, provider_reference, link_id,
             refunded_minor, created_at_us, finished_at_us)
         values (?1, ?2, ?3, ?4, ?5, 2, 'dgs_' || ?2, 5000, ?6, 150, 'simulator', 'sim_' || ?2, ?7,
             0, ?8, ?9)",
        params![
            account,
            id,
            sort.kind.word(),
            sort.method.word(),
            sort.state.word(),
            sort.currency.code(),
            link,
            created_at_us,
            finished_at_us,
        ],
    )?;
    execute(database, detail_insert(sort.kind), params![account, id])?;
    let Some(at_us) = finished_at_us else { return Ok(()) };
    execute(
        database,
        "insert into event (account_id, event_id, kind, payment_id, body, created_at_us)
         values (?1, ?2 + 1, 'payment.success', ?2, ?3, ?4)",
        params![account, id, BODY, at_us],
    )?;
    execute(
        database,
        "insert into attempt (account_id, event_id, endpoint_id, number, started_at_us, latency_us,
             status, excerpt) values (?1, ?2 + 1, 1, 1, ?3, 12000, 200, 'ok')",
        params![account, id, at_us],
    )
}

const BODY: &str = r#"{"event":"payment.success","dgs_reference":"dgs_7395182647362748416","flw_charge_id":"sim_7395182647362748416","amount":5000,"currency":"RWF","merchant_fee":150,"net_amount":4850,"status":"success","timestamp":"2026-04-02T10:30:00Z","environment":"test"}"#;

const fn detail_insert(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Charge => {
            "insert into charge (account_id, payment_id, customer_email, customer_first_name,
                 customer_last_name, customer_phone, redirect_url, narration, network,
                 network_phone)
             values (?1, ?2, 'jane.doe@example.com', 'Jane', 'Doe', '+250789654321',
                 'https://yourdomain.com/payment-success', 'Payment for Invoice #5678', 'MTN',
                 '+250789654321')"
        }
        PaymentKind::Disbursement => {
            "insert into disbursement (account_id, payment_id, network, phone)
             values (?1, ?2, 'MTN', '+250789654321')"
        }
        PaymentKind::Conversion => {
            "insert into conversion (account_id, payment_id, target_minor, target_currency,
                 rate_micros, rate_quoted_at_us) values (?1, ?2, 72500, 'RWF', 1450000000, 0)"
        }
        PaymentKind::Refund => {
            "insert into refund (account_id, payment_id, charge_id, charge_reference)
             values (?1, ?2, ?2 - 1, 'dgs_' || (?2 - 1))"
        }
    }
}

fn insert_link(database: &Transaction<'_>, account: i64, id: LinkId) -> rusqlite::Result<()> {
    execute(
        database,
        "insert into payment_link (account_id, link_id, slug, title, currency, methods,
             collects_phone, collects_name, collects_address, uses, pending, failed,
             collected_minor, created_at_us)
         values (?1, ?2, 's' || ?1 || '-' || ?2, 'Link', 'RWF', 'card mobile_money', 1, 1, 0, 0, 0,
             0, 0, 0)",
        params![account, id.0],
    )
}

fn execute(
    database: &Transaction<'_>,
    sql: &str,
    row: impl rusqlite::Params,
) -> rusqlite::Result<()> {
    database.prepare_cached(sql)?.execute(row).map(|_| ())
}
