//! SQLite: how connections are opened, how a group is committed, how the log is checkpointed.

use std::path::{Path, PathBuf};

use domain::book::Book;
use domain::decide::Needs;
use domain::{Timestamp, limits};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::engine::{load, save};
use crate::migrations;

/// The first version without the WAL-reset bug, in SQLite's own numbering.
const VERSION_MIN: i32 = 3_051_003;

/// Statements kept prepared per connection; more than the program has.
const STATEMENTS_MAX: usize = 128;

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Sqlite, StoreError> {
        if rusqlite::version_number() < VERSION_MIN {
            return Err(StoreError::EngineTooOld { found: rusqlite::version().to_owned() });
        }
        let mut connection = open_durable(path)?;
        // Checkpoints run beside the writer.
        connection.execute_batch("pragma wal_autocheckpoint = 0; pragma cache_size = -16000;")?;
        migrations::migrate(&mut connection, migrations::STORE, Some(migrations::STATISTICS))?;
        let engine = Sqlite { connection };
        engine.take_over()?;
        Ok(engine)
    }

    /// Leases die with their process, and the folder's lock says that it is dead: what it had in
    /// hand is due now.
    fn take_over(&self) -> Result<(), StoreError> {
        self.connection.execute(
            "update delivery set is_leased = 0, due_at_us = 0
             where state = 'pending' and is_leased = 1",
            [],
        )?;
        self.connection.execute(
            "update provider_call set is_leased = 0, due_at_us = 0
             where state in ('open', 'recheck') and is_leased = 1",
            [],
        )?;
        Ok(())
    }

    /// The highest id that was ever made here.
    pub(crate) fn last_id(&self) -> Result<i64, StoreError> {
        let last = self.connection.query_row(
            "select max(
                 coalesce((select max((select max(payment_id) from payment p
                           where p.account_id = a.account_id)) from account a), 0),
                 coalesce((select max((select max(event_id) from event e
                           where e.account_id = a.account_id)) from account a), 0),
                 coalesce((select max((select max(link_id) from payment_link l
                           where l.account_id = a.account_id)) from account a), 0),
                 coalesce((select max((select max(virtual_account_id) from virtual_account v
                           where v.account_id = a.account_id)) from account a), 0),
                 coalesce((select max((select max(deposit_id) from deposit d
                           where d.account_id = a.account_id)) from account a), 0))",
            [],
            |row| row.get(0),
        )?;
        Ok(last)
    }

    /// Opens the group's transaction and fetches what its commands must see.
    pub(crate) fn begin(&mut self, needs: &Needs) -> Result<Book, StoreError> {
        self.connection.execute_batch("begin immediate")?;
        load::book(&self.connection, needs)
    }

    /// Writes what was decided and makes it durable. Until this returns, nothing has happened.
    pub(crate) fn commit(&mut self, book: &Book) -> Result<(), StoreError> {
        save::book(&self.connection, book)?;
        self.connection.execute_batch("commit")?;
        Ok(())
    }

    /// Gives the transaction up, if one is open.
    pub(crate) fn roll_back(&mut self) -> Result<(), StoreError> {
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("rollback")?;
        }
        Ok(())
    }

    /// Lets a checkpoint finish while nothing is written, so that the log starts over.
    pub(crate) fn finish_checkpoint(&self) -> Result<(), StoreError> {
        checkpoint(&self.connection, "passive").map(|_| ())
    }

    /// Moves the whole log into the database and empties it.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        checkpoint(&self.connection, "truncate")?;
        self.connection.close().map_err(|(_, error)| StoreError::from(error))
    }
}

/// A small database beside the stores, written a command at a time.
#[derive(Debug)]
pub(crate) struct SideDatabase {
    connection: Connection,
}

impl SideDatabase {
    pub(crate) fn open(
        path: &Path,
        steps: &[migrations::Step],
    ) -> Result<SideDatabase, StoreError> {
        let mut connection = open_durable(path)?;
        migrations::migrate(&mut connection, steps, None)?;
        Ok(SideDatabase { connection })
    }

    /// Runs one writing transaction, which is durable when this returns `Ok`.
    pub(crate) fn transact<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let fault = |error| E::from(StoreError::from(error));
        self.connection.execute_batch("begin immediate").map_err(fault)?;
        let result = work(&self.connection).and_then(|done| {
            self.connection.execute_batch("commit").map_err(fault)?;
            Ok(done)
        });
        if result.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("rollback").map_err(fault)?;
        }
        result
    }
}

/// A connection that writes: a commit is acknowledged only once it is on disk.
fn open_durable(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    configure(&connection)?;
    connection.execute_batch("pragma journal_mode = wal; pragma synchronous = full;")?;
    Ok(connection)
}

/// Moves the write-ahead log into the database from a connection of its own, so that the writer
/// need not wait for it.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    connection: Connection,
}

impl Checkpointer {
    pub(crate) fn open(path: &Path) -> Result<Checkpointer, StoreError> {
        let connection = Connection::open(path)?;
        configure(&connection)?;
        connection.execute_batch("pragma synchronous = full;")?;
        Ok(Checkpointer { connection })
    }

    /// Moves what it can without stopping anyone. Returns whether the log has grown so long that
    /// the writer should let it start over.
    pub(crate) fn run(&self) -> Result<bool, StoreError> {
        Ok(checkpoint(&self.connection, "passive")? > i64::from(limits::WAL_PAGES_MAX))
    }
}

/// Copies a database file, log included, as one moment shows it.
pub(crate) fn copy_database(source: &Path, target: &Path) -> Result<(), StoreError> {
    let fault = |reason: &str| StoreError::Folder {
        folder: target.display().to_string(),
        reason: reason.to_owned(),
    };
    if target.exists() {
        return Err(fault("it exists; a backup never overwrites"));
    }
    let target = target.to_str().ok_or_else(|| fault("its name is not UTF-8"))?;
    let connection = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&connection)?;
    connection.execute("vacuum into ?1", [target])?;
    Ok(())
}

/// Returns the pages in the log.
fn checkpoint(connection: &Connection, mode: &str) -> Result<i64, StoreError> {
    let pages = connection
        .query_row(&format!("pragma wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(1))?;
    Ok(pages)
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.execute_batch(
        "pragma foreign_keys = on;
         pragma busy_timeout = 5000;
         pragma mmap_size = 0;
         pragma trusted_schema = off;
         pragma cell_size_check = on;
         pragma temp_store = memory;",
    )?;
    Ok(())
}

/// A value bound to `$1`, `$2`, … of a query.
#[derive(Clone, Debug)]
pub enum Arg {
    Int(i64),
    Text(String),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Arg {
        Arg::Int(value)
    }
}

impl From<Timestamp> for Arg {
    fn from(value: Timestamp) -> Arg {
        Arg::Int(value.as_micros())
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Arg {
        Arg::Text(value.to_owned())
    }
}

impl ToSql for Arg {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Arg::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Arg::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
        })
    }
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    pub(crate) fn open(path: &PathBuf) -> Result<Reader, StoreError> {
        // Not the read-only flag: after a crash the first reader must be able to recover the log.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        configure(&connection)?;
        connection.execute_batch("pragma query_only = on;")?;
        Ok(Reader { connection })
    }

    /// All rows of a query, in order. Parameters are written `$1`, `$2`, … in the text.
    pub fn rows<T>(
        &self,
        sql: &str,
        args: &[Arg],
        mut read: impl FnMut(&mut Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, args, |cells| {
            found.push(read(cells)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub fn row<T>(
        &self,
        sql: &str,
        args: &[Arg],
        read: impl FnMut(&mut Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, args, read)?.into_iter().next())
    }

    /// Goes through the rows of a query one by one, without holding them.
    pub fn each(
        &self,
        sql: &str,
        args: &[Arg],
        mut read: impl FnMut(&mut Cells<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // SQLite numbers `$2, $1` by their first appearance; `?2` is a true number.
        let mut statement = self.connection.prepare_cached(&sql.replace('$', "?"))?;
        let mut rows = statement.query(rusqlite::params_from_iter(args))?;
        while let Some(row) = rows.next()? {
            read(&mut Cells::of(row))?;
        }
        Ok(())
    }

    /// Runs several queries that all see the same moment.
    pub fn snapshot<T>(
        &self,
        queries: impl FnOnce(&Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connection.execute_batch("begin")?;
        let result = queries(self);
        self.connection.execute_batch("commit")?;
        result
    }
}

/// The cells of one row, read from left to right.
#[derive(Debug)]
pub struct Cells<'r> {
    row: &'r rusqlite::Row<'r>,
    next: usize,
}

impl<'r> Cells<'r> {
    pub(crate) fn of(row: &'r rusqlite::Row<'r>) -> Cells<'r> {
        Cells { row, next: 0 }
    }

    fn cell<T: rusqlite::types::FromSql>(&mut self) -> Result<T, StoreError> {
        let index = self.next;
        self.next += 1;
        Ok(self.row.get(index)?)
    }

    pub fn int(&mut self) -> Result<i64, StoreError> {
        self.cell()
    }

    pub fn maybe_int(&mut self) -> Result<Option<i64>, StoreError> {
        self.cell()
    }

    pub fn text(&mut self) -> Result<String, StoreError> {
        self.cell()
    }

    pub fn maybe_text(&mut self) -> Result<Option<String>, StoreError> {
        self.cell()
    }

    pub fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        self.cell()
    }

    pub fn time(&mut self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_micros(self.cell()?))
    }

    pub fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_int()?.map(Timestamp::from_micros))
    }

    pub fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    /// A 32-byte hash.
    pub fn hash(
        &mut self,
        table: &'static str,
        column: &'static str,
    ) -> Result<[u8; 32], StoreError> {
        let bytes = self.bytes()?;
        <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| StoreError::Meaningless {
            table,
            column,
            value: hex::encode(bytes),
        })
    }

    pub fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        self.cell()
    }

    /// A word that stands for one of ours.
    pub fn word<T>(
        &mut self,
        table: &'static str,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let value = self.text()?;
        parse(&value).ok_or(StoreError::Meaningless { table, column, value })
    }

    pub fn maybe_word<T>(
        &mut self,
        table: &'static str,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.maybe_text()? {
            None => Ok(None),
            Some(value) => match parse(&value) {
                Some(word) => Ok(Some(word)),
                None => Err(StoreError::Meaningless { table, column, value }),
            },
        }
    }
}
