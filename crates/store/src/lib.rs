//! Remembers: commits commands in groups, answers queries. Holds no rules and speaks no HTTP.

pub mod audit;
mod backup;
mod engine;
mod error;
mod lock;
mod migrations;
pub mod people;
pub mod query;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use backup::back_up;
pub use engine::{Arg, Cells, Reader};
pub use error::StoreError;
pub use writer::{Lane, LaneSettings, News, SubmitError};

/// The store of one data folder: one lane that writes, several connections that read.
#[derive(Debug)]
pub struct Store {
    lane: Lane,
    readers: Readers,
    /// Held as long as the store is open.
    _lock: lock::FolderLock,
}

impl Store {
    /// Opens the store in `folder`, creating or migrating it as needed, and starts its lane.
    /// Fails when another process has it open, and says which.
    pub fn open(folder: &Path, settings: LaneSettings) -> Result<Store, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::folder(folder, &error))?;
        let lock = lock::FolderLock::take(folder)?;
        let path = database_path(folder);
        let engine = engine::Sqlite::open(&path)?;
        let lane = Lane::start(engine, &path, settings)?;
        Ok(Store { lane, readers: Readers::of(path), _lock: lock })
    }

    /// The way in for everything that changes.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Runs a query on a thread that may block. Each call sees one snapshot only if it makes one
    /// statement; use [`Reader::snapshot`] for several.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(query).await
    }

    /// Finishes what waits, checkpoints and closes. Commands sent afterwards are refused.
    pub fn close(&self) {
        self.lane.close();
    }
}

/// Connections that read one database.
#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Reader>>>,
}

impl Readers {
    fn of(path: PathBuf) -> Readers {
        Readers { path, idle: Arc::default() }
    }

    async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.idle);
        let path = self.path.clone();
        let work = move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = match idle {
                Some(reader) => reader,
                None => Reader::open(&path)?,
            };
            let result = query(&reader);
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::ReaderPanicked)?
    }
}

/// Opens the database of a data folder to read, whether or not a process has it open.
pub fn open_to_read(folder: &Path) -> Result<Reader, StoreError> {
    Reader::open(&database_path(folder))
}

fn database_path(folder: &Path) -> PathBuf {
    folder.join("dgspay.db")
}
