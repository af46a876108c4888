//! The schema, as numbered steps that are applied once each, in order, and never edited again.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::StoreError;

/// A numbered step.
pub(crate) type Step = (i64, &'static str);

/// The schema of an environment's store.
pub(crate) const STORE: &[Step] = &[(1, include_str!("0001_accounts_payments_ledger.sql"))];

/// The schema of people, which both environments share.
pub(crate) const PEOPLE: &[Step] = &[(1, include_str!("people_0001.sql"))];

/// What the planner is to know of a store before it has rows.
pub(crate) const STATISTICS: &str = include_str!("statistics.sql");

/// Brings the database to this program's schema, one transaction per step.
pub(crate) fn migrate(
    connection: &mut Connection,
    steps: &[Step],
    statistics: Option<&str>,
) -> Result<(), StoreError> {
    connection.execute_batch(
        "create table if not exists schema_migration (
             number integer primary key, checksum text not null) strict",
    )?;
    let known = steps.last().map_or(0, |(number, _)| *number);
    let found: i64 = connection.query_row(
        "select coalesce(max(number), 0) from schema_migration",
        [],
        |row| row.get(0),
    )?;
    if found > known {
        return Err(StoreError::SchemaTooNew { found, known });
    }
    for &(number, sql) in steps {
        apply(connection, number, sql)?;
    }
    if let Some(statistics) = statistics.filter(|_| found < known) {
        connection.execute_batch(statistics)?;
    }
    Ok(())
}

fn apply(connection: &mut Connection, number: i64, sql: &str) -> Result<(), StoreError> {
    let checksum = hex::encode(Sha256::digest(sql));
    let applied: Option<String> = connection
        .prepare("select checksum from schema_migration where number = ?1")?
        .query_map([number], |row| row.get(0))?
        .next()
        .transpose()?;
    match applied {
        Some(applied) if applied == checksum => Ok(()),
        Some(_) => Err(StoreError::MigrationChanged { number }),
        None => {
            let step = connection.transaction()?;
            step.execute_batch(sql)?;
            step.execute(
                "insert into schema_migration (number, checksum) values (?1, ?2)",
                (number, &checksum),
            )?;
            step.commit()?;
            Ok(())
        }
    }
}
