//! What can go wrong in the store.

use std::path::Path;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the data folder {folder} cannot be used: {reason}")]
    Folder { folder: String, reason: String },
    #[error("the data folder is in use by process {holder}; stop it, or choose another folder")]
    InUse { holder: String },
    #[error("SQLite {found} is too old: 3.51.3 is the first without the WAL-reset bug")]
    EngineTooOld { found: String },
    #[error(
        "the database was made by a newer version of dgspay (schema {found}, this one knows {known})"
    )]
    SchemaTooNew { found: i64, known: i64 },
    #[error(
        "migration {number} differs from the one that was applied; the database was not made by this program"
    )]
    MigrationChanged { number: i64 },
    #[error("column {column} of {table} holds {value:?}, which means nothing")]
    Meaningless { table: &'static str, column: &'static str, value: String },
    #[error("the disk is full")]
    DiskFull,
    #[error("a query ended in a panic")]
    ReaderPanicked,
    #[error("the writer thread could not be started: {0}")]
    NoThread(std::io::Error),
    #[error("database: {0}")]
    Engine(rusqlite::Error),
}

impl StoreError {
    /// A folder that cannot be used, and why.
    pub fn folder(folder: &Path, reason: &std::io::Error) -> StoreError {
        StoreError::Folder { folder: folder.display().to_string(), reason: reason.to_string() }
    }

    /// Whether the files can no longer be trusted: then only a restart, which recovers from what
    /// is on disk, may go on.
    pub(crate) fn is_fatal(&self) -> bool {
        match self {
            StoreError::Engine(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    rusqlite::ErrorCode::SystemIoFailure
                        | rusqlite::ErrorCode::DatabaseCorrupt
                        | rusqlite::ErrorCode::NotADatabase
                )
            ),
            StoreError::Folder { .. }
            | StoreError::InUse { .. }
            | StoreError::EngineTooOld { .. }
            | StoreError::SchemaTooNew { .. }
            | StoreError::MigrationChanged { .. }
            | StoreError::Meaningless { .. }
            | StoreError::DiskFull
            | StoreError::ReaderPanicked
            | StoreError::NoThread(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::DiskFull,
            Some(_) | None => StoreError::Engine(error),
        }
    }
}
