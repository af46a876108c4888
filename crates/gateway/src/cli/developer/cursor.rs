//! How far a listener has come, in a small file. It is written before the next event is sent, so a
//! kill at any moment repeats one event at most and skips none.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::CliFault;

/// One record of fixed length, overwritten by one write of less than a disk's sector: whoever
/// reads it finds the old or the new one.
const RECORD_BYTES: usize = 256;

#[derive(Debug)]
pub struct Cursor {
    file: File,
    path: PathBuf,
    account_number: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    account_number: Option<String>,
    after: Option<String>,
}

/// Where a listener begins.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// No listener has been here.
    Nothing,
    /// After this event; before the oldest when there was none.
    After(Option<String>),
}

impl Cursor {
    /// Opens or creates the file, and keeps other listeners from it for as long as it is held.
    pub fn open(path: &Path, account_number: Option<&str>) -> Result<(Cursor, Found), CliFault> {
        let named = |what: String| CliFault::Refused(format!("{}: {what}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| named(error.to_string()))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                named("another listener is at work with this cursor".to_owned())
            }
            TryLockError::Error(error) => named(error.to_string()),
        })?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| named(error.to_string()))?;
        let mut cursor = Cursor {
            file,
            path: path.to_owned(),
            account_number: account_number.map(str::to_owned),
        };
        if text.is_empty() {
            return Ok((cursor, Found::Nothing));
        }
        let record: Record =
            serde_json::from_str(&text).map_err(|_| named("this is no cursor".to_owned()))?;
        match (&record.account_number, &cursor.account_number) {
            (Some(theirs), Some(ours)) if theirs != ours => {
                return Err(named(format!(
                    "this cursor follows the account {theirs}, not {ours}; remove it, or name \
                     another with --cursor"
                )));
            }
            (Some(theirs), None) => cursor.account_number = Some(theirs.clone()),
            _ => {}
        }
        Ok((cursor, Found::After(record.after)))
    }

    /// Notes that all events up to this one are dealt with. It is on disk when this returns.
    pub fn advance(&self, after: Option<&str>) -> Result<(), CliFault> {
        let record =
            Record { account_number: self.account_number.clone(), after: after.map(str::to_owned) };
        let text = serde_json::to_string(&record).unwrap_or_default();
        let line = format!("{text:<width$}\n", width = RECORD_BYTES - 1);
        let written = self.file.write_all_at(line.as_bytes(), 0);
        written.and_then(|()| self.file.sync_data()).map_err(|error| {
            CliFault::Refused(format!("the cursor {}: {error}", self.path.display()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path, number: &str) -> String {
        Cursor::open(path, Some(number)).unwrap_err().to_string()
    }

    #[test]
    fn it_is_found_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        let (cursor, found) = Cursor::open(&path, Some("ACC-0000001")).unwrap();
        assert_eq!(found, Found::Nothing);
        cursor.advance(None).unwrap();
        cursor.advance(Some("evt_250199347462144000")).unwrap();
        assert!(refusal(&path, "ACC-0000001").contains("another listener"));
        drop(cursor);
        let (cursor, found) = Cursor::open(&path, None).unwrap();
        assert_eq!(found, Found::After(Some("evt_250199347462144000".to_owned())));
        // The shorter record leaves nothing of the longer one.
        cursor.advance(None).unwrap();
        drop(cursor);
        let (_, found) = Cursor::open(&path, Some("ACC-0000001")).unwrap();
        assert_eq!(found, Found::After(None));
        assert!(refusal(&path, "ACC-0000002").contains("follows the account ACC-0000001"));
    }

    #[test]
    fn another_file_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        std::fs::write(&path, "precious").unwrap();
        assert!(refusal(&path, "ACC-0000001").contains("no cursor"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
