//! Writes what a group of commands decided, table by table.

use domain::book::Book;
use domain::charge::Charge;
use domain::delivery::{Attempt, Delivery};
use domain::event::Event;
use domain::ledger::Journal;
use domain::payment::Payment;
use domain::provider_call::ProviderCall;
use domain::{AccountId, PaymentId};
use rusqlite::{Connection, params};

use crate::StoreError;

/// Answers under idempotency keys that one group forgets at most, so that no group takes long.
const FORGOTTEN_PER_GROUP: i64 = 5_000;

pub(super) fn book(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    accounts(connection, book)?;
    payments(connection, book)?;
    ledger(connection, book)?;
    deliveries(connection, book)?;
    for (scope, first) in book.first_uses.new_rows() {
        execute(
            connection,
            "insert into idempotency (account_id, idempotency_key, operation, fingerprint, body,
                 created_at_us) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                scope.account.0,
                scope.key,
                scope.operation,
                first.fingerprint.0,
                first.body,
                first.created_at.as_micros(),
            ],
        )?;
    }
    upkeep(connection, book)
}

fn accounts(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    let opened = book.accounts.new_rows().map(|(_, account)| account);
    let changed = book.accounts.changed_rows().map(|(_, _, account)| account);
    for account in opened.chain(changed) {
        execute(
            connection,
            "insert or replace into account (account_id, merchant_id, merchant_name, environment,
                 account_number, requires_number, allowed_networks, charge_fee_ppm,
                 charge_fee_flat_minor) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
            ],
        )?;
    }
    let made = book.endpoints.new_rows().map(|(_, endpoint)| endpoint);
    let changed = book.endpoints.changed_rows().map(|(_, _, endpoint)| endpoint);
    for endpoint in made.chain(changed) {
        execute(
            connection,
            "insert or replace into endpoint (account_id, endpoint_id, url, is_enabled)
             values (?1, ?2, ?3, ?4)",
            params![endpoint.account.0, endpoint.id.0, endpoint.url, endpoint.is_enabled],
        )?;
    }
    for secret in &book.secrets {
        let created_at = secret.created_at.as_micros();
        execute(
            connection,
            "insert or replace into secret (account_id, kind, sealed, created_at_us)
             values (?1, ?2, ?3, ?4)",
            params![secret.account.0, secret.kind.word(), secret.sealed, created_at],
        )?;
        if let Some(hash) = secret.key_hash {
            execute(connection, "delete from api_key where account_id = ?1", [secret.account.0])?;
            execute(
                connection,
                "insert into api_key (account_id, key_hash, created_at_us) values (?1, ?2, ?3)",
                params![secret.account.0, hash.0, created_at],
            )?;
        }
    }
    Ok(())
}

fn payments(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (_, payment) in book.payments.new_rows() {
        insert_payment(connection, payment)?;
    }
    for (_, before, after) in book.payments.changed_rows() {
        update_payment(connection, before, after)?;
    }
    for ((account, payment), charge) in book.charges.new_rows() {
        insert_charge(connection, (*account, *payment), charge)?;
    }
    for (_, call) in book.calls.new_rows() {
        insert_call(connection, call)?;
    }
    for (_, _, call) in book.calls.changed_rows() {
        execute(
            connection,
            "update provider_call set state = ?3, due_at_us = ?4, polls_made = ?5
             where account_id = ?1 and payment_id = ?2",
            params![
                call.account.0,
                call.payment.0,
                call.state.word(),
                call.due_at.as_micros(),
                call.polls_made,
            ],
        )?;
    }
    for (tally, change) in book.tally_changes() {
        execute(
            connection,
            "insert into payment_tally (account_id, day, kind, method, currency, state, count)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict do update set count = count + excluded.count",
            params![
                tally.account.0,
                tally.day,
                tally.kind,
                tally.method,
                tally.currency,
                tally.state,
                change,
            ],
        )?;
    }
    Ok(())
}

fn insert_payment(connection: &Connection, payment: &Payment) -> Result<(), StoreError> {
    let reason = payment.reason.as_ref();
    execute(
        connection,
        "insert into payment (account_id, payment_id, kind, method, state, version, dgs_reference,
             amount_minor, currency, fee_minor, provider, provider_reference, next_action,
             reason_kind, reason_code, reason_text, callback_url, created_at_us, finished_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        params![
            payment.account.0,
            payment.id.0,
            payment.kind.word(),
            payment.method.word(),
            payment.state.word(),
            payment.version,
            payment.dgs_reference,
            payment.gross.minor(),
            payment.gross.currency().code(),
            payment.fee_minor,
            payment.provider.word(),
            payment.provider_reference,
            payment.next_action.map(|action| action.word()),
            reason.map(|reason| &reason.kind),
            reason.map(|reason| &reason.code),
            reason.map(|reason| &reason.text),
            payment.callback_url,
            payment.created_at.as_micros(),
            payment.finished_at.map(|at| at.as_micros()),
        ],
    )
}

/// Only what may change of a payment; the version proves that nobody else did meanwhile.
fn update_payment(
    connection: &Connection,
    before: &Payment,
    after: &Payment,
) -> Result<(), StoreError> {
    let reason = after.reason.as_ref();
    let changed = connection
        .prepare_cached(
            "update payment set state = ?4, version = ?5, provider_reference = ?6,
                 next_action = ?7, reason_kind = ?8, reason_code = ?9, reason_text = ?10,
                 finished_at_us = ?11
             where account_id = ?1 and payment_id = ?2 and version = ?3",
        )?
        .execute(params![
            after.account.0,
            after.id.0,
            before.version,
            after.state.word(),
            after.version,
            after.provider_reference,
            after.next_action.map(|action| action.word()),
            reason.map(|reason| &reason.kind),
            reason.map(|reason| &reason.code),
            reason.map(|reason| &reason.text),
            after.finished_at.map(|at| at.as_micros()),
        ])?;
    expect_one(changed)
}

fn insert_charge(
    connection: &Connection,
    (account, payment): (AccountId, PaymentId),
    charge: &Charge,
) -> Result<(), StoreError> {
    let mobile_money = charge.mobile_money.as_ref();
    execute(
        connection,
        "insert into charge (account_id, payment_id, customer_email, customer_first_name,
             customer_last_name, customer_phone, redirect_url, narration, network, network_phone,
             scenario) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            account.0,
            payment.0,
            charge.customer.email,
            charge.customer.first_name,
            charge.customer.last_name,
            charge.customer.phone.e164(),
            charge.redirect_url,
            charge.narration,
            mobile_money.map(|method| method.network.name()),
            mobile_money.map(|method| method.phone.e164()),
            charge.scenario.text(),
        ],
    )
}

fn insert_call(connection: &Connection, call: &ProviderCall) -> Result<(), StoreError> {
    execute(
        connection,
        "insert into provider_call (account_id, payment_id, provider, client_reference, state,
             due_at_us, polls_made, created_at_us) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            call.account.0,
            call.payment.0,
            call.provider.word(),
            call.client_reference,
            call.state.word(),
            call.due_at.as_micros(),
            call.polls_made,
            call.created_at.as_micros(),
        ],
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
        insert_delivery(connection, delivery)?;
    }
    for (_, _, delivery) in book.deliveries.changed_rows() {
        execute(
            connection,
            "update delivery set state = ?4, attempts_made = ?5, due_at_us = ?6, is_leased = ?7
             where account_id = ?1 and event_id = ?2 and endpoint_id = ?3",
            params![
                delivery.key.account.0,
                delivery.key.event.0,
                delivery.key.endpoint.0,
                delivery.state.word(),
                delivery.attempts_made,
                delivery.due_at.as_micros(),
                delivery.is_leased,
            ],
        )?;
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

fn insert_delivery(connection: &Connection, delivery: &Delivery) -> Result<(), StoreError> {
    execute(
        connection,
        "insert into delivery (account_id, event_id, endpoint_id, url, state, attempts_made,
             due_at_us, is_leased) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            delivery.key.account.0,
            delivery.key.event.0,
            delivery.key.endpoint.0,
            delivery.url,
            delivery.state.word(),
            delivery.attempts_made,
            delivery.due_at.as_micros(),
            delivery.is_leased,
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

fn upkeep(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    if let Some(before) = book.forget_first_uses_before {
        execute(
            connection,
            "delete from idempotency where (account_id, idempotency_key, operation) in
                 (select account_id, idempotency_key, operation from idempotency
                  where created_at_us < ?1 limit ?2)",
            params![before.as_micros(), FORGOTTEN_PER_GROUP],
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

fn execute(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

/// An update that must hit one row did.
fn expect_one(changed: usize) -> Result<(), StoreError> {
    match changed {
        1 => Ok(()),
        _ => Err(StoreError::Meaningless {
            table: "payment",
            column: "version",
            value: format!("{changed} rows changed at once"),
        }),
    }
}
