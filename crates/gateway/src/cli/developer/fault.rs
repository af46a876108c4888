//! How the developer's commands end other than well, and the exit code of each.

use std::io;
use std::process::ExitCode;

/// What `--help` says of [`CliFault::report`].
pub const EXIT_CODES: &str = "Exit codes:
  0  it is done
  1  the gateway or the receiver said no, the payment ended otherwise, or a file failed
  2  the arguments are wrong, or one is missing
  3  the gateway cannot be reached
  4  the event did not come in time

Ctrl-C ends a command that goes on for ever; no event is lost by it.";

#[derive(Debug, thiserror::Error)]
pub enum CliFault {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Refused(String),
    /// The feed cannot be followed from there.
    #[error("{0} is not an event of this account: it is another account's, or its data is gone")]
    EventUnknown(String),
    #[error("the gateway cannot be reached: {0}")]
    Unreachable(String),
    #[error("{0}")]
    Late(String),
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl CliFault {
    /// Says on standard error what went wrong.
    pub fn report(&self) -> ExitCode {
        let code = match self {
            // Whoever read our output has enough, as `head` does.
            CliFault::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            CliFault::Refused(_) | CliFault::EventUnknown(_) | CliFault::Output(_) => 1,
            CliFault::Usage(_) => 2,
            CliFault::Unreachable(_) => 3,
            CliFault::Late(_) => 4,
        };
        eprintln!("dgspay: {self}");
        ExitCode::from(code)
    }
}
