//! The commands for a developer's own machine. They know of a gateway what any merchant's server
//! knows: its address, its API and a pair of credentials.

mod client;
mod cursor;
mod events;
mod fault;
mod feed;
mod forward;
mod listen;
mod recipe;
mod trigger;

use std::future::Future;
use std::process::ExitCode;

pub use events::EventsCommand;
pub use fault::CliFault;
pub use listen::ListenArgs;
pub use trigger::TriggerArgs;

pub async fn listen(args: ListenArgs) -> Result<(), CliFault> {
    listen::run(args).await
}

pub async fn trigger(args: TriggerArgs) -> Result<(), CliFault> {
    trigger::run(args).await
}

pub async fn events(command: EventsCommand) -> Result<(), CliFault> {
    events::run(command).await
}

/// Runs one of the above to its end.
pub fn finish(work: impl Future<Output = Result<(), CliFault>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(CliFault::from).and_then(|runtime| runtime.block_on(work));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}
