//! Answers under idempotency keys are forgotten once they are old, and no sooner.

use std::sync::Arc;

use domain::Timestamp;
use domain::account::Account;
use domain::decide::{BulkTold, Command, SealedSecret, Told, Wording};
use domain::delivery::DeliveryKey;
use domain::endpoint::{DialectName, Endpoint};
use domain::event::{Event, EventKind};
use domain::payment::{Detail, Payment};
use domain::virtual_account::VirtualAccount;
use rusqlite::Connection;
use store::{LaneSettings, Store};

struct Mute;

impl Wording for Mute {
    fn link(&self, _: &domain::link::Link, _: domain::Timestamp) -> String {
        String::new()
    }

    fn answer(&self, _: &Payment, _: &Detail) -> String {
        String::new()
    }

    fn bulk_answer(&self, _: &BulkTold<'_>) -> String {
        String::new()
    }

    fn event(&self, _: &Account, _: EventKind, _: Told<'_>) -> String {
        String::new()
    }

    fn event_in(&self, _: DialectName, _: &Account, _: EventKind, _: Told<'_>) -> Option<String> {
        None
    }

    fn secret(&self, _: &SealedSecret) -> String {
        String::new()
    }

    fn virtual_account(&self, _: &VirtualAccount) -> String {
        String::new()
    }

    fn endpoint(&self, _: &Endpoint, _: Option<&[u8]>) -> String {
        String::new()
    }

    fn resent(&self, _: &Event, _: &[DeliveryKey]) -> String {
        String::new()
    }

    fn replayed(&self, _: u64, _: u64) -> String {
        String::new()
    }
}

#[test]
fn old_keys_are_forgotten_some_at_a_time_and_young_ones_kept() {
    let folder = tempfile::tempdir().unwrap();
    let settings = LaneSettings {
        group_commands_max: 64,
        clock: Box::new(Timestamp::default),
        wording: Arc::new(Mute),
        on_commit: Box::new(|_| {}),
    };
    let store = Store::open(folder.path(), settings).unwrap();
    let database = Connection::open(folder.path().join("dgspay.db")).unwrap();
    database
        .execute_batch(
            "with recursive number (n) as (select 1 union all select n + 1 from number limit 7000)
             insert into idempotency (account_id, idempotency_key, operation, fingerprint, body,
                 created_at_us)
             select n % 3, 'key-' || n, 'POST /charges', zeroblob(32), '', n from number",
        )
        .unwrap();
    let left = || -> (i64, i64) {
        let sql = "select count(*), min(created_at_us) from idempotency";
        database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let forget = || {
        let before = Timestamp::from_micros(6001);
        runtime.block_on(store.lane().submit(Command::ForgetFirstUses { before })).unwrap();
        left()
    };
    assert_eq!(left(), (7000, 1));
    assert_eq!(forget(), (2000, 5001));
    assert_eq!(forget(), (1000, 6001));
    assert_eq!(forget(), (1000, 6001));
    store.close();
}
