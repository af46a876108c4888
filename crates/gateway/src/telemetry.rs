//! What the program tells of itself: one line per request and per delivery, on standard output.

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Lines that may wait to be written; the room is taken at once, 40 bytes for each. What does not
/// fit is dropped: a log that cannot keep up must not stop a payment.
const LINES_WAITING_MAX: usize = 8_192;

/// Starts logging. Lines are written by a thread of their own, so that a slow terminal or a full
/// disk never holds up a payment; what waits is written when the guard is dropped.
pub fn start(format: LogFormat) -> Option<WorkerGuard> {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING_MAX)
        .finish(std::io::stdout());
    let lines = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_env_filter(EnvFilter::new("info"))
        .with_target(false);
    match format {
        LogFormat::Text => lines.with_ansi(false).compact().try_init().ok()?,
        LogFormat::Json => lines.json().flatten_event(true).try_init().ok()?,
        LogFormat::Off => return None,
    }
    Some(guard)
}
