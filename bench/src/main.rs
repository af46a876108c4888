//! Measures the gateway: `cargo run --release -p bench -- charges`, or `lists`. Owns the arguments. It
//! measures and never tunes: a missed goal is printed, and is no error.

mod bare_client;
mod bare_writer;
mod charges;
mod fairness;
mod gateway_process;
mod goals;
mod lists;
mod load;
mod receiver;
mod records;
mod report;
mod request;
mod rounds;
mod stopwatch;
mod usage;
mod webhooks;
mod wire;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use fairness::Fairness;
use lists::Lists;
use rounds::Counted;

/// The one that `dgspay` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(about = "Measures the gateway on this machine")]
struct Cli {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Measure {
    /// Mobile money charges: accepted, completed, and beside the naive way and bare SQLite
    Charges(Counted),
    /// Lists, totals and single payments among ten million
    Lists(Lists),
    /// Webhooks: how many, how soon, at what cost, and beside them a bare HTTP client
    Webhooks(Counted),
    /// Webhooks to many receivers, one of which never answers
    Fairness(Fairness),
}

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == gateway_process::ARGUMENT) {
        return run_gateway();
    }
    let print = |report| print!("{report}");
    let measured = match Cli::parse().measure {
        Measure::Charges(counted) => charges::run(counted).map(print),
        Measure::Lists(lists) => lists::run(&lists),
        Measure::Webhooks(counted) => webhooks::run(counted).map(print),
        Measure::Fairness(fairness) => fairness::run(fairness).map(print),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The bench is its own server: one build measures one program.
fn run_gateway() -> ExitCode {
    gateway::cli::run(std::env::args_os().skip(1))
}
