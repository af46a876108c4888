//! The `dgspay` program.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// Small and fast under many threads; the system's own allocator holds on to more memory. What is
/// freed is wiped: requests hold codes and ciphertexts, in buffers that no code of ours frees.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    gateway::cli::run(std::env::args_os())
}
