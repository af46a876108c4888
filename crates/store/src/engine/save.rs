//! Writes what a group of commands decided, table by table.

use domain::book::Book;
use domain::conversion::Quote;
use domain::decide::SealedSecret;
use domain::delivery::Attempt;
use domain::event::Event;
use domain::ledger::Journal;
use domain::{Currency, Timestamp};
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::engine::{deposit_rows, save_endpoints, save_payments, save_reconciliation};

/// Answers under idempotency keys that one group forgets at most, so that no group takes long.
const FORGOTTEN_PER_GROUP: i64 = 5_000;

pub(super) fn book(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    accounts(connection, book)?;
    save_payments::book(connection, book)?;
    deposit_rows::save(connection, book)?;
    ledger(connection, book)?;
    deliveries(connection, book)?;
    save_reconciliation::book(connection, book)?;
    first_uses(connection, book)?;
    upkeep(connection, book)
}

fn first_uses(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (scope, first) in book.first_uses.new_rows() {
        execute(
            connection,
            "insert into idempotency (account_id, idempotency_key, operation, fingerprint, body,
                 payment_id, created_at_us) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                scope.account.0,
                scope.key,
                scope.operation,
                first.fingerprint.0,
                first.body,
                first.payment.map(|payment| payment.0),
                first.created_at.as_micros(),
            ],
        )?;
    }
    for (scope, _, first) in book.first_uses.changed_rows() {
        execute(
            connection,
            "update idempotency set body = ?4
             where account_id = ?1 and idempotency_key = ?2 and operation = ?3",
            params![scope.account.0, scope.key, scope.operation, first.body],
        )?;
    }
    Ok(())
}

fn accounts(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    let opened = book.accounts.new_rows().map(|(_, account)| account);
    let changed = book.accounts.changed_rows().map(|(_, _, account)| account);
    for account in opened.chain(changed) {
        execute(
            connection,
            // Not "or replace", which would delete another account of the same number.
            "insert into account (account_id, merchant_id, merchant_name, environment,
                 account_number, requires_number, allowed_networks, charge_fee_ppm,
                 charge_fee_flat_minor, disbursement_fee_ppm, disbursement_fee_flat_minor,
                 settlement_rule, card_currencies)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             on conflict (account_id) do update set account_number = excluded.account_number,
                 requires_number = excluded.requires_number,
                 allowed_networks = excluded.allowed_networks,
                 charge_fee_ppm = excluded.charge_fee_ppm,
                 charge_fee_flat_minor = excluded.charge_fee_flat_minor,
                 disbursement_fee_ppm = excluded.disbursement_fee_ppm,
                 disbursement_fee_flat_minor = excluded.disbursement_fee_flat_minor,
                 settlement_rule = excluded.settlement_rule,
                 card_currencies = excluded.card_currencies",
            params![
                account.id.0,
                account.merchant_id,
                account.merchant_name,
                account.environment.word(),
                account.number,
                account.requires_number,
                account.allowed_networks.join(" "),
                account.charge_fee.rate_ppm,
                account.charge_fee.flat_minor,
                account.disbursement_fee.rate_ppm,
                account.disbursement_fee.flat_minor,
                account.settlement.text(),
                codes(&account.card_currencies),
            ],
        )?;
    }
    save_endpoints::book(connection, book)?;
    for secret in &book.secrets {
        save_secret(connection, secret)?;
    }
    Ok(())
}

/// The one before it stays beside it as long as it is accepted too; those before that go.
fn save_secret(connection: &Connection, secret: &SealedSecret) -> Result<(), StoreError> {
    let (account, created_at) = (secret.account.0, secret.created_at.as_micros());
    let old_ends_at = secret.old_ends_at.map(Timestamp::as_micros);
    // Of an API key that nobody is to be shown again, there is the hash alone.
    if !secret.sealed.is_empty() {
        execute(
            connection,
            "insert into secret (account_id, kind, sealed, created_at_us) values (?1, ?2, ?3, ?4)
             on conflict (account_id, kind) do update set sealed = excluded.sealed,
                 created_at_us = excluded.created_at_us, old_ends_at_us = ?5,
                 sealed_old = case when ?5 is null then null else secret.sealed end",
            params![account, secret.kind.word(), secret.sealed, created_at, old_ends_at],
        )?;
    }
    let Some(hash) = secret.key_hash else { return Ok(()) };
    execute(
        connection,
        "delete from api_key where account_id = ?1 and (?2 is null or ends_at_us is not null)",
        params![account, old_ends_at],
    )?;
    execute(
        connection,
        "update api_key set ends_at_us = ?2 where account_id = ?1",
        params![account, old_ends_at],
    )?;
    execute(
        connection,
        "insert into api_key (account_id, key_hash, created_at_us) values (?1, ?2, ?3)
         on conflict (account_id, key_hash) do update set ends_at_us = null",
        params![account, hash.0, created_at],
    )
}

fn ledger(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for journal in &book.journals {
        insert_journal(connection, journal)?;
    }
    let fresh = book.wallets.new_rows();
    let changed = book.wallets.changed_rows().map(|(key, _, wallet)| (key, wallet));
    for ((account, currency), wallet) in fresh.chain(changed) {
        execute(
            connection,
            "insert into wallet (account_id, currency, pending_minor, available_minor, held_minor)
             values (?1, ?2, ?3, ?4, ?5)
             on conflict do update set pending_minor = excluded.pending_minor,
                 available_minor = excluded.available_minor, held_minor = excluded.held_minor",
            params![
                account.0,
                currency.code(),
                wallet.pending_minor,
                wallet.available_minor,
                wallet.held_minor,
            ],
        )?;
    }
    let fresh = book.chains.new_rows();
    let changed = book.chains.changed_rows().map(|(key, _, chain)| (key, chain));
    for (account, chain) in fresh.chain(changed) {
        execute(
            connection,
            "insert or replace into ledger_chain (account_id, seq, hash) values (?1, ?2, ?3)",
            params![account.0, chain.seq, chain.hash],
        )?;
    }
    Ok(())
}

fn insert_journal(connection: &Connection, journal: &Journal) -> Result<(), StoreError> {
    execute(
        connection,
        "insert into journal (account_id, seq, fact, payment_id, posted_at_us, hash)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            journal.account.0,
            journal.seq,
            journal.fact.word(),
            journal.payment.map(|payment| payment.0),
            journal.posted_at.as_micros(),
            journal.hash,
        ],
    )?;
    for (line, transfer) in (1_i64..).zip(&journal.transfers) {
        execute(
            connection,
            "insert into transfer (account_id, seq, line, debit, credit, amount_minor, currency)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                journal.account.0,
                journal.seq,
                line,
                transfer.debit.word(),
                transfer.credit.word(),
                transfer.amount.minor(),
                transfer.amount.currency().code(),
            ],
        )?;
    }
    Ok(())
}

fn deliveries(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for event in &book.events {
        insert_event(connection, event)?;
    }
    for (_, delivery) in book.deliveries.new_rows() {
        save_endpoints::insert_delivery(connection, delivery)?;
    }
    for (_, _, delivery) in book.deliveries.changed_rows() {
        save_endpoints::update_delivery(connection, delivery)?;
    }
    for attempt in &book.attempts {
        insert_attempt(connection, attempt)?;
    }
    Ok(())
}

fn insert_event(connection: &Connection, event: &Event) -> Result<(), StoreError> {
    execute(
        connection,
        "insert into event (account_id, event_id, kind, payment_id, body, created_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            event.account.0,
            event.id.0,
            event.kind.word(),
            event.payment.0,
            event.body,
            event.created_at.as_micros(),
        ],
    )
}

fn insert_attempt(connection: &Connection, attempt: &Attempt) -> Result<(), StoreError> {
    execute(
        connection,
        "insert or ignore into attempt (account_id, event_id, endpoint_id, number, started_at_us,
             latency_us, status, fault, excerpt) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            attempt.key.account.0,
            attempt.key.event.0,
            attempt.key.endpoint.0,
            attempt.number,
            attempt.started_at.as_micros(),
            i64::try_from(attempt.latency.as_micros()).unwrap_or(i64::MAX),
            attempt.status,
            attempt.fault,
            attempt.excerpt,
        ],
    )
}

/// One by one: `in (select …)` over three columns would read every key of the account.
fn forget_first_uses(connection: &Connection, before: Timestamp) -> Result<(), StoreError> {
    let old: Vec<(i64, String, String)> = connection
        .prepare_cached(
            "select account_id, idempotency_key, operation from idempotency
             where created_at_us < ?1 limit ?2",
        )?
        .query_map(params![before.as_micros(), FORGOTTEN_PER_GROUP], |row| row.try_into())?
        .collect::<Result<_, _>>()?;
    for (account, key, operation) in old {
        execute(
            connection,
            "delete from idempotency
             where account_id = ?1 and idempotency_key = ?2 and operation = ?3",
            params![account, key, operation],
        )?;
        // Their window is shorter, so what is this old counts no more.
        execute(
            connection,
            "delete from card_nonce where (account_id, nonce) in
                 (select account_id, nonce from card_nonce where used_at_us < ?1 limit ?2)",
            params![before.as_micros(), FORGOTTEN_PER_GROUP],
        )?;
    }
    Ok(())
}

fn upkeep(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    if let Some(before) = book.forget_first_uses_before {
        forget_first_uses(connection, before)?;
    }
    if let Some(rates) = &book.rates {
        replace_rates(connection, rates)?;
    }
    for (name, value) in &book.settings {
        execute(
            connection,
            "insert or ignore into setting (name, value) values (?1, ?2)",
            params![name, value],
        )?;
    }
    if let Some(ahead_us) = book.clock_ahead_us {
        execute(
            connection,
            "insert or replace into setting (name, value) values ('clock_ahead_us', ?1)",
            [ahead_us.to_string()],
        )?;
    }
    Ok(())
}

fn replace_rates(connection: &Connection, rates: &[Quote]) -> Result<(), StoreError> {
    execute(connection, "delete from rate", [])?;
    for quote in rates {
        execute(
            connection,
            "insert into rate (source, target, micros, origin, quoted_at_us)
             values (?1, ?2, ?3, ?4, ?5)",
            params![
                quote.source.code(),
                quote.target.code(),
                quote.rate.micros,
                quote.origin,
                quote.quoted_at.as_micros(),
            ],
        )?;
    }
    Ok(())
}

/// A list of currencies as one text.
fn codes(currencies: &[Currency]) -> String {
    currencies.iter().map(|currency| currency.code()).collect::<Vec<_>>().join(" ")
}

pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(params)?;
    Ok(())
}
