//! The commands of `dgspay`.

mod audit;
mod backup;
mod config;
mod developer;
mod merchant;
mod operator_client;
mod reconcile;
mod sandbox;
mod serve;
mod signals;
mod stores;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::config::{ConfigArgs, ConfigCommand};
use crate::cli::developer::{EventsCommand, ListenArgs, TriggerArgs};
use crate::cli::merchant::MerchantCommand;
use crate::cli::reconcile::ReconcileCommand;
use crate::config::SandboxArgs;

#[derive(Parser, Debug)]
#[command(name = "dgspay", version, about = "A self-hosted payment gateway")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the gateway with simulated money and a demo merchant
    Sandbox(Box<SandboxArgs>),
    /// Run the gateway for merchants: test and live, as a file of settings says
    Serve(ConfigArgs),
    /// Write a file of settings, or check one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Open the accounts of a merchant, or list all
    #[command(subcommand)]
    Merchant(MerchantCommand),
    /// Prove the ledger: recompute every balance and check every record against it
    Audit {
        /// The data folder; a gateway may be running on it
        #[arg(long, env = "DGSPAY_DATA", default_value = "data")]
        data: PathBuf,
        /// One JSON object per invariant instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Write a whole copy of the database, while the gateway runs or stands still
    Backup {
        /// The data folder
        #[arg(long, env = "DGSPAY_DATA", default_value = "data")]
        data: PathBuf,
        /// A folder that does not exist yet; the copy and the master key go there
        #[arg(long)]
        to: PathBuf,
    },
    /// Compare a provider's statement with our payments
    #[command(subcommand)]
    Reconcile(ReconcileCommand),
    /// Bring every event to a receiver on your own machine, once and in order
    Listen(Box<ListenArgs>),
    /// Make an event happen: takes a real payment in the sandbox
    Trigger(Box<TriggerArgs>),
    /// Watch events, or send one again
    #[command(subcommand)]
    Events(Box<EventsCommand>),
}

/// Runs the program with these arguments, its own name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(told) => {
            let printed = told.print();
            return if printed.is_ok() && !told.use_stderr() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match cli.command {
        Command::Sandbox(args) => finish(sandbox::run(*args)),
        Command::Serve(ConfigArgs { config }) => finish(serve::run(&config)),
        Command::Config(command) => finish(config::run(command)),
        Command::Merchant(command) => finish(merchant::run(command)),
        Command::Audit { data, json } => audit::run(&data, json),
        Command::Backup { data, to } => finish(backup::run(&data, &to)),
        Command::Reconcile(command) => reconcile::run(command),
        Command::Listen(args) => developer::finish(developer::listen(*args)),
        Command::Trigger(args) => developer::finish(developer::trigger(*args)),
        Command::Events(command) => developer::finish(developer::events(*command)),
    }
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dgspay: {error:#}");
            ExitCode::FAILURE
        }
    }
}
