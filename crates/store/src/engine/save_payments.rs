//! Writes payments of every kind, and what belongs to them.

use domain::book::Book;
use domain::payment::Payment;
use domain::provider_call::ProviderCall;
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::engine::save::execute;
use crate::engine::save_details::{links, put_detail};

pub(super) fn book(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (_, payment) in book.payments.new_rows() {
        insert_payment(connection, payment)?;
    }
    for (_, before, after) in book.payments.changed_rows() {
        update_payment(connection, before, after)?;
    }
    for (key, detail) in book.details.new_rows() {
        put_detail(connection, *key, detail)?;
    }
    for (key, _, detail) in book.details.changed_rows() {
        put_detail(connection, *key, detail)?;
    }
    for (_, call) in book.calls.new_rows() {
        insert_call(connection, call)?;
    }
    for (_, _, call) in book.calls.changed_rows() {
        execute(
            connection,
            "update provider_call set provider = ?3, state = ?4, is_sent = ?5, due_at_us = ?6,
                 is_leased = ?7, polls_made = ?8, note = ?9
             where account_id = ?1 and payment_id = ?2",
            params![
                call.account.0,
                call.payment.0,
                call.provider.word(),
                call.state.word(),
                call.is_sent,
                call.due_at.as_micros(),
                call.is_leased,
                call.polls_made,
                call.note,
            ],
        )?;
    }
    callbacks(connection, book)?;
    settlements(connection, book)?;
    links(connection, book)?;
    nonces(connection, book)?;
    tallies(connection, book)
}

fn callbacks(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (key, callback) in book.callbacks.new_rows() {
        execute(
            connection,
            "insert into inbound_callback (provider, name, account_id, payment_id, body,
                 received_at_us) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                key.provider.word(),
                key.name,
                callback.about.map(|(account, _)| account.0),
                callback.about.map(|(_, payment)| payment.0),
                callback.body,
                callback.received_at.as_micros(),
            ],
        )?;
    }
    Ok(())
}

fn settlements(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    let made = book.settlements.new_rows().map(|(_, row)| row);
    for settlement in made.chain(book.settlements.changed_rows().map(|(_, _, row)| row)) {
        execute(
            connection,
            "insert or replace into settlement (account_id, payment_id, due_at_us, is_done)
             values (?1, ?2, ?3, ?4)",
            params![
                settlement.account.0,
                settlement.payment.0,
                settlement.due_at.as_micros(),
                settlement.is_done,
            ],
        )?;
    }
    Ok(())
}

fn nonces(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    let fresh = book.nonces.new_rows();
    let again = book.nonces.changed_rows().map(|(key, _, used_at)| (key, used_at));
    for ((account, nonce), used_at) in fresh.chain(again) {
        execute(
            connection,
            "insert or replace into card_nonce (account_id, nonce, used_at_us) values (?1, ?2, ?3)",
            params![account.0, nonce, used_at.as_micros()],
        )?;
    }
    Ok(())
}

fn tallies(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (tally, change) in book.tally_changes() {
        execute(
            connection,
            "insert into payment_tally (account_id, day, kind, method, currency, state,
                 link_id, count)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             on conflict do update set count = count + excluded.count",
            params![
                tally.account.0,
                tally.day,
                tally.kind,
                tally.method,
                tally.currency,
                tally.state,
                tally.link.map_or(0, |link| link.0),
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
             reason_kind, reason_code, reason_text, callback_url, link_id, refunded_minor,
             created_at_us, finished_at_us, settled_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
             ?20, ?21, ?22)",
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
            payment.link.map(|link| link.0),
            payment.refunded_minor,
            payment.created_at.as_micros(),
            payment.finished_at.map(|at| at.as_micros()),
            payment.settled_at.map(|at| at.as_micros()),
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
                 finished_at_us = ?11, refunded_minor = ?12, settled_at_us = ?13,
                 provider = ?14
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
            after.refunded_minor,
            after.settled_at.map(|at| at.as_micros()),
            after.provider.word(),
        ])?;
    expect_one(changed)
}

fn insert_call(connection: &Connection, call: &ProviderCall) -> Result<(), StoreError> {
    execute(
        connection,
        "insert into provider_call (account_id, payment_id, provider, client_reference, state,
             is_sent, due_at_us, is_leased, polls_made, note, created_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            call.account.0,
            call.payment.0,
            call.provider.word(),
            call.client_reference,
            call.state.word(),
            call.is_sent,
            call.due_at.as_micros(),
            call.is_leased,
            call.polls_made,
            call.note,
            call.created_at.as_micros(),
        ],
    )
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
