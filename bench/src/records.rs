//! What a gateway has written down, read from its store while it goes on writing.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How often the store is looked at while something is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub struct Records {
    connection: Connection,
}

/// One fact that merchants are told.
#[derive(Debug)]
pub struct Event {
    pub number: i64,
    /// When the transaction that holds it was begun; it is committed a little later.
    pub created_at_us: u64,
    pub body: String,
    /// Where its payment wants it told.
    pub callback_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Events,
    Attempts,
    /// Deliveries that were acknowledged.
    Delivered,
}

impl Records {
    pub fn open(folder: &Path) -> rusqlite::Result<Records> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(folder.join("dgspay.db"), flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(Records { connection })
    }

    pub fn count(&self, what: Count) -> rusqlite::Result<usize> {
        let sql = match what {
            Count::Events => "select count(*) from event",
            Count::Attempts => "select count(*) from attempt",
            Count::Delivered => "select count(*) from delivery where state = 'delivered'",
        };
        let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Waits until there are `wanted`, and tells how many there are when it is over.
    pub async fn wait_for(
        &self,
        what: Count,
        wanted: usize,
        at_most: Duration,
    ) -> rusqlite::Result<usize> {
        let wait = async {
            loop {
                let count = self.count(what)?;
                if count >= wanted {
                    return Ok(count);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match tokio::time::timeout(at_most, wait).await {
            Ok(count) => count,
            Err(_) => self.count(what),
        }
    }

    pub fn events(&self) -> rusqlite::Result<Vec<Event>> {
        self.connection
            .prepare(
                "select e.event_id, e.created_at_us, e.body, p.callback_url
                 from event e join payment p using (account_id, payment_id)",
            )?
            .query_map([], |row| {
                Ok(Event {
                    number: row.get(0)?,
                    created_at_us: u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
                    body: row.get(2)?,
                    callback_url: row.get(3)?,
                })
            })?
            .collect()
    }
}
