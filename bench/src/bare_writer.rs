//! The limit: SQLite alone writing the rows that the gateway wrote, with no HTTP, no decisions and
//! no threads to wait for. Durable in the same way: WAL, `synchronous = full`, and checkpoints from
//! a connection of their own.
//!
//! It takes the rows from a store that a gateway has filled, empties their tables and writes them
//! again. So schema, indexes and rows are the gateway's own, whatever they become.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::stopwatch::Stopwatch;

/// What one accepted charge leaves behind, each table in the order in which it was written.
/// Idempotency keys end in the number of their request: in key order they would be cheaper.
const TABLES: [(&str, &str); 4] = [
    ("payment", "payment_id"),
    ("charge", "payment_id"),
    ("provider_call", "payment_id"),
    ("idempotency", "substr(idempotency_key, 17)"),
];

/// Often enough that the log stays short, as the gateway keeps it.
const CHARGES_PER_CHECKPOINT: usize = 1000;

#[derive(Debug, thiserror::Error)]
pub enum BareWriterError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{found} rows in {table}, not one for each of {expected} charges")]
    RowsMissing { table: &'static str, found: usize, expected: usize },
    #[error("the checkpointer died")]
    CheckpointerDied,
}

#[derive(Debug)]
pub struct BareWriter {
    path: PathBuf,
    tables: Vec<Table>,
    charge_count: usize,
}

#[derive(Debug)]
struct Table {
    name: &'static str,
    insert: String,
    rows: Vec<Vec<Value>>,
}

impl BareWriter {
    /// Reads the rows of a data folder whose gateway has ended after `charge_count` charges.
    pub fn of_store(folder: &Path, charge_count: usize) -> Result<BareWriter, BareWriterError> {
        let path = folder.join("dgspay.db");
        let connection = open(&path)?;
        let mut tables = Vec::new();
        for (name, order) in TABLES {
            let table = read(&connection, name, order)?;
            if table.rows.len() != charge_count {
                let found = table.rows.len();
                return Err(BareWriterError::RowsMissing {
                    table: name,
                    found,
                    expected: charge_count,
                });
            }
            tables.push(table);
        }
        Ok(BareWriter { path, tables, charge_count })
    }

    /// Writes the charges in transactions of `group`, and tells how long it took.
    pub fn write(&self, group: usize) -> Result<Duration, BareWriterError> {
        let writer = open(&self.path)?;
        for table in &self.tables {
            writer.execute_batch(&format!("delete from {}", table.name))?;
        }
        writer.execute_batch("vacuum; pragma wal_checkpoint(truncate);")?;
        let checkpointer = open(&self.path)?;
        let (tell, told) = mpsc::channel();
        thread::scope(|threads| {
            let checkpoints = threads.spawn(move || checkpoint_when_told(&checkpointer, &told));
            let stopwatch = Stopwatch::start();
            let mut until_checkpoint = CHARGES_PER_CHECKPOINT;
            for first in (0..self.charge_count).step_by(group) {
                let last = (first + group).min(self.charge_count);
                self.commit(&writer, first, last)?;
                until_checkpoint = until_checkpoint.saturating_sub(last - first);
                if until_checkpoint == 0 {
                    tell.send(()).map_err(|_| BareWriterError::CheckpointerDied)?;
                    until_checkpoint = CHARGES_PER_CHECKPOINT;
                }
            }
            let elapsed = stopwatch.elapsed();
            drop(tell);
            checkpoints.join().map_err(|_| BareWriterError::CheckpointerDied)??;
            Ok(elapsed)
        })
    }

    fn commit(&self, writer: &Connection, first: usize, last: usize) -> rusqlite::Result<()> {
        writer.execute_batch("begin immediate")?;
        for table in &self.tables {
            let mut insert = writer.prepare_cached(&table.insert)?;
            for row in &table.rows[first..last] {
                insert.execute(params_from_iter(row))?;
            }
        }
        writer.execute_batch("commit")
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "pragma journal_mode = wal;
         pragma synchronous = full;
         pragma wal_autocheckpoint = 0;
         pragma cache_size = -16000;
         pragma cell_size_check = on;",
    )?;
    Ok(connection)
}

fn read(connection: &Connection, name: &'static str, order: &str) -> rusqlite::Result<Table> {
    let mut select = connection.prepare(&format!("select * from {name} order by {order}"))?;
    let width = select.column_count();
    let rows = select
        .query_map([], |row| (0..width).map(|column| row.get(column)).collect())?
        .collect::<rusqlite::Result<Vec<Vec<Value>>>>()?;
    let places = vec!["?"; width].join(", ");
    Ok(Table { name, insert: format!("insert into {name} values ({places})"), rows })
}

fn checkpoint_when_told(connection: &Connection, told: &Receiver<()>) -> rusqlite::Result<()> {
    while told.recv().is_ok() {
        // Wishes that came during the last checkpoint are met by this one.
        while told.try_recv().is_ok() {}
        connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_store_are_written_again_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("dgspay.db")).unwrap();
        for (name, _) in TABLES {
            connection
                .execute_batch(&format!("create table {name} (payment_id, idempotency_key)"))
                .unwrap();
            for number in 0..10 {
                connection
                    .execute(&format!("insert into {name} values (?1, ?2)"), (number, "key"))
                    .unwrap();
            }
        }
        let writer = BareWriter::of_store(folder.path(), 10).unwrap();
        for group in [3, 1] {
            writer.write(group).unwrap();
            for (name, _) in TABLES {
                let ids: Vec<i64> = connection
                    .prepare(&format!("select payment_id from {name}"))
                    .unwrap()
                    .query_map([], |row| row.get(0))
                    .unwrap()
                    .collect::<Result<_, _>>()
                    .unwrap();
                assert_eq!(ids, (0..10).collect::<Vec<_>>(), "{name}");
            }
        }
        assert!(matches!(
            BareWriter::of_store(folder.path(), 11),
            Err(BareWriterError::RowsMissing { table: "payment", found: 10, expected: 11 })
        ));
    }
}
