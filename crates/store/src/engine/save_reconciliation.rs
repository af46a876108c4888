//! Writes what statements were compared and in what they differ.

use domain::Timestamp;
use domain::book::Book;
use domain::reconcile::{ReconciliationItem, Run};
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::engine::save::execute;

pub(super) fn book(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (run, imported_at) in &book.runs {
        insert_run(connection, run, *imported_at)?;
    }
    for (_, item) in book.reconciliation_items.new_rows() {
        insert_item(connection, item)?;
    }
    for ((account, id), _, item) in book.reconciliation_items.changed_rows() {
        let Some(resolution) = &item.resolution else { continue };
        execute(
            connection,
            "update reconciliation_item set note = ?3, resolved_at_us = ?4
             where account_id = ?1 and item_id = ?2",
            params![account.0, id.0, resolution.note, resolution.at.as_micros()],
        )?;
    }
    Ok(())
}

fn insert_run(
    connection: &Connection,
    run: &Run,
    imported_at: Timestamp,
) -> Result<(), StoreError> {
    execute(
        connection,
        "insert or ignore into reconciliation_run (run_id, provider, file_name, file_digest,
             from_us, until_us, zone_east_s, lines, matched, differences, imported_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            run.id.0,
            run.provider.word(),
            run.file_name,
            run.file_digest,
            run.period.from.as_micros(),
            run.period.until.as_micros(),
            run.period.offset.east_s(),
            i64::try_from(run.counts.lines).unwrap_or(i64::MAX),
            i64::try_from(run.counts.matched).unwrap_or(i64::MAX),
            i64::try_from(run.counts.differences).unwrap_or(i64::MAX),
            imported_at.as_micros(),
        ],
    )
}

fn insert_item(connection: &Connection, item: &ReconciliationItem) -> Result<(), StoreError> {
    let (ours, theirs) = (item.difference.ours.as_ref(), item.difference.theirs.as_ref());
    execute(
        connection,
        "insert into reconciliation_item (account_id, item_id, run_id, provider, class,
             payment_id, dgs_reference, our_state, our_amount_minor, our_currency, our_at_us,
             line_number, provider_reference, client_reference, their_amount_minor,
             their_currency, their_fee_minor, their_status, their_direction, their_at_us,
             is_day_only, listed_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19, ?20, ?21, ?22)",
        params![
            item.difference.account().0,
            item.difference.id.0,
            item.run.0,
            item.provider.word(),
            item.difference.class.word(),
            ours.map(|ours| ours.payment.0),
            ours.map(|ours| &ours.dgs_reference),
            ours.map(|ours| ours.state.word()),
            ours.map(|ours| ours.amount_minor),
            ours.map(|ours| ours.currency.code()),
            ours.map(|ours| ours.at.as_micros()),
            theirs.map(|line| i64::try_from(line.number).unwrap_or(i64::MAX)),
            theirs.and_then(|line| line.provider_reference.as_ref()),
            theirs.and_then(|line| line.client_reference.as_ref()),
            theirs.map(|line| line.amount_minor),
            theirs.map(|line| line.currency.code()),
            theirs.and_then(|line| line.fee_minor),
            theirs.map(|line| line.status.word()),
            theirs.and_then(|line| line.direction).map(|direction| direction.word()),
            theirs.map(|line| line.at.as_micros()),
            theirs.map(|line| line.is_day_only),
            item.listed_at.as_micros(),
        ],
    )
}
