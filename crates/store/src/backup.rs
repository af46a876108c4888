//! A copy of the database that is whole, taken while the gateway runs or stands still.

use std::path::Path;

use crate::engine::copy_database;
use crate::{StoreError, database_path};

/// Writes a copy of the folder's database to `target`, which must not exist yet. All of the copy
/// is of one moment; nobody waits for it.
pub fn back_up(folder: &Path, target: &Path) -> Result<(), StoreError> {
    copy_database(&database_path(folder), target)
}
