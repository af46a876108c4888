//! Writes endpoints, and what is owed to them.

use domain::book::Book;
use domain::delivery::Delivery;
use domain::endpoint::Endpoint;
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::engine::save::execute;

pub(super) fn book(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (account, endpoint) in &book.removed_endpoints {
        execute(
            connection,
            "delete from endpoint where account_id = ?1 and endpoint_id = ?2",
            [account.0, endpoint.0],
        )?;
    }
    let made = book.endpoints.new_rows().map(|(_, endpoint)| endpoint);
    let changed = book.endpoints.changed_rows().map(|(_, _, endpoint)| endpoint);
    for endpoint in made.chain(changed) {
        save_endpoint(connection, endpoint)?;
    }
    Ok(())
}

fn save_endpoint(connection: &Connection, endpoint: &Endpoint) -> Result<(), StoreError> {
    let old = endpoint.old_secret.as_ref();
    execute(
        connection,
        "insert or replace into endpoint (account_id, endpoint_id, url, dialect, events,
             description, state, failing_since_us, last_success_at_us, sealed_secret,
             sealed_old_secret, old_secret_ends_at_us, old_secret_signs_alone, created_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            endpoint.account.0,
            endpoint.id.0,
            endpoint.url,
            endpoint.dialect.word(),
            endpoint.events.join(" "),
            endpoint.description,
            endpoint.state.word(),
            endpoint.failing_since.map(|at| at.as_micros()),
            endpoint.last_success_at.map(|at| at.as_micros()),
            endpoint.secret,
            old.map(|old| &old.sealed),
            old.map(|old| old.ends_at.as_micros()),
            old.map(|old| old.signs_alone),
            endpoint.created_at.as_micros(),
        ],
    )
}

pub(super) fn insert_delivery(
    connection: &Connection,
    delivery: &Delivery,
) -> Result<(), StoreError> {
    execute(
        connection,
        "insert into delivery (account_id, event_id, endpoint_id, url, body, state, attempts_made,
             attempts_before, due_at_us, is_leased)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            delivery.key.account.0,
            delivery.key.event.0,
            delivery.key.endpoint.0,
            delivery.url,
            delivery.body,
            delivery.state.word(),
            delivery.attempts_made,
            delivery.attempts_before,
            delivery.due_at.as_micros(),
            delivery.is_leased,
        ],
    )
}

/// Url and body are frozen.
pub(super) fn update_delivery(
    connection: &Connection,
    delivery: &Delivery,
) -> Result<(), StoreError> {
    execute(
        connection,
        "update delivery set state = ?4, attempts_made = ?5, attempts_before = ?6, due_at_us = ?7,
             is_leased = ?8
         where account_id = ?1 and event_id = ?2 and endpoint_id = ?3",
        params![
            delivery.key.account.0,
            delivery.key.event.0,
            delivery.key.endpoint.0,
            delivery.state.word(),
            delivery.attempts_made,
            delivery.attempts_before,
            delivery.due_at.as_micros(),
            delivery.is_leased,
        ],
    )
}
