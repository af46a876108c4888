//! The `dgspay` program.

use std::process::ExitCode;

/// Small and fast under many threads; the system's own allocator holds on to more memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateway::cli::run(std::env::args_os())
}
