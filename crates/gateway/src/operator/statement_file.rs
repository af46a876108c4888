//! A statement on its way in: to a file without a name, which is gone with the process.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use domain::limits::{STATEMENT_BYTES_MAX, STATEMENT_TIMEOUT};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::api::Problem;
use crate::secrets;

/// Parts of it that wait to be written.
const PARTS_WAITING_MAX: usize = 16;

/// Writes a body to a file of the folder, and returns it at its beginning.
pub async fn receive(body: Body, folder: &Path) -> Result<File, Problem> {
    let too_large = Problem::BodyTooLarge { bytes_max: STATEMENT_BYTES_MAX };
    if body.size_hint().lower() > u64::try_from(STATEMENT_BYTES_MAX).unwrap_or(u64::MAX) {
        return Err(too_large);
    }
    let (parts, waiting) = mpsc::channel(PARTS_WAITING_MAX);
    let folder = folder.to_owned();
    let writing = spawn_blocking(move || write(&folder, waiting));
    match timeout(STATEMENT_TIMEOUT, forward(body, parts)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large),
        Ok(Err(_)) => return Err(Problem::BodyBroken),
        Err(_) => return Err(Problem::BodyTooSlow),
    }
    let written = writing.await.map_err(|_| Problem::Bug)?;
    written.map_err(|error| {
        tracing::error!(%error, "a statement could not be written to the data folder");
        Problem::NotStored
    })
}

/// Ends early where nobody takes the parts any more; the writer then says why.
async fn forward(body: Body, parts: mpsc::Sender<Bytes>) -> Result<(), axum::BoxError> {
    let mut body = Limited::new(body, STATEMENT_BYTES_MAX);
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame?.into_data() else { continue };
        if parts.send(part).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn write(folder: &Path, mut parts: mpsc::Receiver<Bytes>) -> io::Result<File> {
    let chance: [u8; 8] = secrets::random_bytes().map_err(io::Error::other)?;
    let path = folder.join(format!("statement-{}", hex::encode(chance)));
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    while let Some(part) = parts.blocking_recv() {
        file.write_all(&part)?;
    }
    file.rewind()?;
    Ok(file)
}
