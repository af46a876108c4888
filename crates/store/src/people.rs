//! People who use the portal, in a database of their own beside the stores of the environments:
//! one writing transaction per command, and what is read of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use domain::account::Environment;
use domain::people::{
    Action, Answer, Book, Command, Deed, Entry, GENESIS, Gate, Membership, Needs, PasswordHash,
    Refusal, Role, Session, Stage, Subject, Throttle, TokenHash, Totp, User, UserId, decide,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::audit::Finding;
use crate::engine::{SideDatabase, copy_database};
use crate::{Arg, Cells, Reader, Readers, StoreError, migrations};

/// Why a command about people was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The database of people. Commands are rare: each has a transaction of its own.
#[derive(Debug)]
pub struct People {
    writer: Arc<Mutex<SideDatabase>>,
    readers: Readers,
}

impl People {
    /// Opens `people.db` in a folder, creating or migrating it as needed.
    pub fn open(folder: &Path) -> Result<People, StoreError> {
        let path = path_in(folder);
        let writer = SideDatabase::open(&path, migrations::PEOPLE)?;
        Ok(People { writer: Arc::new(Mutex::new(writer)), readers: Readers::of(path) })
    }

    /// Decides a command and waits until what it led to is durable.
    pub async fn submit(&self, command: Command, now: Timestamp) -> Result<Answer, PeopleError> {
        let writer = Arc::clone(&self.writer);
        let work = move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.transact(|connection| {
                let mut book = load(connection, &Needs::of(&command))?;
                let answer = decide(command, &mut book, now)?;
                save(connection, &book, now)?;
                Ok(answer)
            })
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| PeopleError::Store(StoreError::ReaderPanicked))?
    }

    /// Runs a query on a thread that may block.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(query).await
    }
}

/// The people of a folder to read; `None` where it has none.
pub fn open_to_read(folder: &Path) -> Result<Option<Reader>, StoreError> {
    let path = path_in(folder);
    if path.exists() { Reader::open(&path).map(Some) } else { Ok(None) }
}

/// Copies the people of a folder, if it has any, to a file that must not exist yet.
pub fn back_up(folder: &Path, target: &Path) -> Result<bool, StoreError> {
    let path = path_in(folder);
    if !path.exists() {
        return Ok(false);
    }
    copy_database(&path, target)?;
    Ok(true)
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("people.db")
}

/// Somebody, and what they belong to.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: User,
    pub membership: Membership,
}

const PERSON: &str = "select p.user_id, p.email, p.password_hash, p.totp_sealed, \
     p.totp_enabled_at_us, p.totp_used_step, p.language, p.theme, p.created_at_us, \
     m.merchant_id, m.role \
     from person p join membership m on m.user_id = p.user_id";

pub fn find_person(reader: &Reader, email: &str) -> Result<Option<Person>, StoreError> {
    reader.row(&format!("{PERSON} where p.email = $1"), &[email.into()], person_row)
}

/// Whose session a token is of, however old the session is.
pub fn find_session(
    reader: &Reader,
    token: TokenHash,
) -> Result<Option<(Session, Person)>, StoreError> {
    let sql = "select user_id, stage, created_at_us, seen_at_us, confirmed_at_us from session
         where token_hash = unhex($1)";
    let found = reader.row(sql, &[Arg::Text(hex::encode(token.0))], |cells| {
        Ok(Session {
            token,
            user: UserId(cells.int()?),
            stage: cells.word("session", "stage", Stage::parse)?,
            created_at: cells.time()?,
            seen_at: cells.time()?,
            confirmed_at: cells.time()?,
        })
    })?;
    let Some(session) = found else { return Ok(None) };
    let sql = format!("{PERSON} where p.user_id = $1");
    let person = reader.row(&sql, &[session.user.0.into()], person_row)?;
    Ok(person.map(|person| (session, person)))
}

/// Without the recovery codes, which only commands look at.
fn person_row(cells: &mut Cells<'_>) -> Result<Person, StoreError> {
    let user = User {
        id: UserId(cells.int()?),
        email: cells.text()?,
        password: PasswordHash(cells.text()?),
        totp: Totp {
            sealed: cells.bytes()?,
            enabled_at: cells.maybe_time()?,
            used_step: cells.int()?,
            recovery: Vec::new(),
        },
        language: cells.text()?,
        theme: cells.text()?,
        created_at: cells.time()?,
    };
    let membership = Membership {
        user: user.id,
        merchant_id: cells.text()?,
        role: cells.word("membership", "role", Role::parse)?,
    };
    Ok(Person { user, membership })
}

pub fn count_people(reader: &Reader) -> Result<i64, StoreError> {
    Ok(reader.row("select count(*) from person", &[], |cells| cells.int())?.unwrap_or(0))
}

pub fn count_recovery_codes(reader: &Reader, user: UserId) -> Result<i64, StoreError> {
    let sql = "select count(*) from recovery_code where user_id = $1";
    Ok(reader.row(sql, &[user.0.into()], |cells| cells.int())?.unwrap_or(0))
}

pub fn find_throttle(reader: &Reader, gate: &Gate) -> Result<Throttle, StoreError> {
    let sql = "select failures, last_at_us from throttle where gate = $1";
    let found = reader.row(sql, &[gate.key().as_str().into()], |cells| {
        Ok(Throttle {
            failures: u32::try_from(cells.int()?).unwrap_or(u32::MAX),
            last_at: cells.time()?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// A merchant's log below an entry, the newest first.
pub fn list_entries(
    reader: &Reader,
    merchant_id: &str,
    below: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let sql = format!(
        "select {ENTRY_COLUMNS} from audit_entry where merchant_id = $1 and number < $2
         order by number desc limit $3"
    );
    let args = [merchant_id.into(), below.unwrap_or(i64::MAX).into(), i64::from(limit).into()];
    reader.rows(&sql, &args, entry_row)
}

/// Whether each entry of the log follows from the one before.
pub fn audit(reader: &Reader) -> Result<Finding, StoreError> {
    let mut finding = Finding {
        invariant: "audit_log_chain",
        words: "every entry of the portal's log follows from the one before, without a gap",
        rows: 0,
        violations: 0,
        examples: Vec::new(),
    };
    let mut before = GENESIS;
    let sql = format!("select {ENTRY_COLUMNS} from audit_entry order by number");
    reader.each(&sql, &[], |cells| {
        let entry = entry_row(cells)?;
        finding.row();
        let has_gap = u64::try_from(entry.number) != Ok(finding.rows);
        if has_gap || entry.hash != entry.hash_after(&before) {
            finding.violation(0, entry.number, "does not follow from the entry before");
        }
        before = entry.hash;
        Ok(())
    })?;
    Ok(finding)
}

const ENTRY_COLUMNS: &str =
    "number, at_us, user_id, merchant_id, email, address, action, environment, detail, hash";

fn entry_row(cells: &mut Cells<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        number: cells.int()?,
        at: cells.time()?,
        user: UserId(cells.int()?),
        merchant_id: cells.text()?,
        email: cells.text()?,
        address: cells.text()?,
        deed: Deed {
            action: cells.word("audit_entry", "action", Action::parse)?,
            environment: Environment::parse(&cells.text()?),
            detail: cells.text()?,
        },
        hash: cells.hash("audit_entry", "hash")?,
    })
}

/// Fetches what a command must see.
fn load(connection: &Connection, needs: &Needs<'_>) -> Result<Book, StoreError> {
    let mut book = Book { last_hash: GENESIS, ..Book::default() };
    let person = |column: &str| format!("{PERSON} where p.{column} = ?1");
    let read = |row: &Row<'_>| Ok(person_row(&mut Cells::of(row)));
    let found = match needs.subject {
        Subject::Email(email) => connection.query_row(&person("email"), [email], read),
        Subject::User(user) => connection.query_row(&person("user_id"), [user.0], read),
    };
    if let Some(found) = found.optional()? {
        let Person { mut user, membership } = found?;
        user.totp.recovery =
            hashes(connection, "select code_hash from recovery_code where user_id = ?1", user.id)?;
        book.sessions = sessions(connection, user.id)?;
        book.user = Some(user);
        book.membership = Some(membership);
    }
    for gate in &needs.gates {
        let found = connection
            .query_row(
                "select failures, last_at_us from throttle where gate = ?1",
                [gate.key()],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
            .optional()?;
        if let Some((failures, last_at)) = found {
            let failures = u32::try_from(failures).unwrap_or(u32::MAX);
            let last_at = Timestamp::from_micros(last_at);
            book.throttles.insert(gate.key(), Throttle { failures, last_at });
        }
    }
    book.next_user =
        connection
            .query_row("select coalesce(max(user_id), 0) + 1 from person", [], |row| row.get(0))?;
    let last = connection
        .query_row("select number, hash from audit_entry order by number desc limit 1", [], |row| {
            Ok((row.get(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    if let Some((number, hash)) = last {
        (book.last_number, book.last_hash) = (number, hash);
    }
    Ok(book)
}

fn hashes(connection: &Connection, sql: &str, user: UserId) -> Result<Vec<TokenHash>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([user.0], |row| row.get::<_, [u8; 32]>(0))?;
    rows.map(|row| Ok(TokenHash(row?))).collect()
}

fn sessions(connection: &Connection, user: UserId) -> Result<Vec<Session>, StoreError> {
    let mut statement = connection.prepare_cached(
        "select token_hash, stage, created_at_us, seen_at_us, confirmed_at_us from session
         where user_id = ?1",
    )?;
    let mut rows = statement.query([user.0])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row);
        sessions.push(Session {
            token: TokenHash(cells.hash("session", "token_hash")?),
            user,
            stage: cells.word("session", "stage", Stage::parse)?,
            created_at: cells.time()?,
            seen_at: cells.time()?,
            confirmed_at: cells.time()?,
        });
    }
    Ok(sessions)
}

/// Writes the book's person as they are now, and what is new in the log.
fn save(connection: &Connection, book: &Book, now: Timestamp) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    };
    if let (Some(user), Some(membership)) = (&book.user, &book.membership) {
        save_person(connection, user, membership)?;
        run("delete from session where user_id = ?1", params![user.id.0])?;
        for session in &book.sessions {
            run(
                "insert into session values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    session.token.0,
                    session.user.0,
                    session.stage.word(),
                    session.created_at.as_micros(),
                    session.seen_at.as_micros(),
                    session.confirmed_at.as_micros(),
                ],
            )?;
        }
    }
    for (gate, throttle) in &book.throttles {
        run(
            "insert or replace into throttle values (?1, ?2, ?3)",
            params![gate, throttle.failures, throttle.last_at.as_micros()],
        )?;
    }
    run(
        "delete from throttle where failures = 0 or last_at_us < ?1",
        params![Throttle::forgiven_before(now).as_micros()],
    )?;
    for entry in &book.entries {
        run(
            "insert into audit_entry values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                entry.number,
                entry.at.as_micros(),
                entry.user.0,
                entry.merchant_id,
                entry.email,
                entry.address,
                entry.deed.action.word(),
                entry.deed.environment.map_or("", Environment::word),
                entry.deed.detail,
                entry.hash,
            ],
        )?;
    }
    Ok(())
}

fn save_person(
    connection: &Connection,
    user: &User,
    membership: &Membership,
) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    };
    run(
        "insert into person values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (user_id) do update set password_hash = ?3, totp_sealed = ?4,
             totp_enabled_at_us = ?5, totp_used_step = ?6, language = ?7, theme = ?8",
        params![
            user.id.0,
            user.email,
            user.password.0,
            user.totp.sealed,
            user.totp.enabled_at.map(Timestamp::as_micros),
            user.totp.used_step,
            user.language,
            user.theme,
            user.created_at.as_micros(),
        ],
    )?;
    run(
        "insert or replace into membership values (?1, ?2, ?3)",
        params![user.id.0, membership.merchant_id, membership.role.word()],
    )?;
    run("delete from recovery_code where user_id = ?1", params![user.id.0])?;
    for code in &user.totp.recovery {
        run("insert into recovery_code values (?1, ?2)", params![user.id.0, code.0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::people::AddPerson;

    use super::*;

    #[tokio::test]
    async fn the_log_cannot_be_changed_and_a_change_would_be_seen() {
        let folder = tempfile::tempdir().unwrap();
        let people = People::open(folder.path()).unwrap();
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        for name in ["jane", "john", "joan"] {
            let add = AddPerson {
                email: format!("{name}@example.com"),
                password: PasswordHash("x".to_owned()),
                merchant_id: "m".to_owned(),
                role: Role::Owner,
                address: String::new(),
                token: None,
            };
            people.submit(Command::AddPerson(Box::new(add)), now).await.unwrap();
        }
        let audited = || audit(&open_to_read(folder.path()).unwrap().unwrap()).unwrap();
        assert_eq!((audited().rows, audited().violations), (3, 0));
        let connection = Connection::open(path_in(folder.path())).unwrap();
        for sql in ["update audit_entry set detail = 'x'", "delete from audit_entry"] {
            assert!(connection.execute(sql, []).is_err(), "{sql}");
        }
        connection.execute_batch("drop trigger audit_entry_is_never_changed").unwrap();
        let sql = "update audit_entry set email = 'eve@example.com' where number = 2";
        connection.execute(sql, []).unwrap();
        let found = audited();
        assert_eq!((found.violations, found.examples[0].reference.as_str()), (1, "2"));
    }
}
