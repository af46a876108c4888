//! How often and how long a measure runs, and what is told about the machine beside it.

use clap::Args;

use crate::goals::Goals;
use crate::report::Report;

/// The stores are made in the folder for temporary files (TMPDIR): let it be on a real disk.
#[derive(Clone, Copy, Debug, Args)]
pub struct Effort {
    /// How often everything is measured; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// One short round: shows that everything runs, not how fast
    #[arg(long)]
    pub quick: bool,
}

impl Effort {
    fn rounds(self) -> usize {
        if self.quick { 1 } else { self.rounds.max(1) }
    }
}

/// The same, for a measure whose runs each have a count of their own.
#[derive(Clone, Copy, Debug, Args)]
pub struct Counted {
    /// Charges of each run, instead of what suits it
    #[arg(long)]
    count: Option<usize>,
    #[command(flatten)]
    pub effort: Effort,
}

impl Counted {
    pub fn count(self, usual: usize) -> usize {
        let usual = if self.effort.quick { usual / 20 } else { usual };
        self.count.unwrap_or(usual).max(1)
    }
}

pub fn run(
    effort: Effort,
    goals: Goals,
    mut round: impl AsyncFnMut(&mut Report) -> anyhow::Result<()>,
) -> anyhow::Result<Report> {
    // One thread for all connections, so that the other cores are the gateway's.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    println!("stores in {}", std::env::temp_dir().display());
    // Ratios bear a busy machine, absolute figures do not.
    println!("load of the machine before: {}", load_average());
    println!("medians of {} rounds\n", effort.rounds());
    let binary_kb = std::env::current_exe()?.metadata()?.len() / 1024;
    let mut report = Report::new(goals, binary_kb);
    for number in 1..=effort.rounds() {
        eprintln!("round {number} of {}; load of the machine: {}", effort.rounds(), load_average());
        runtime.block_on(round(&mut report))?;
    }
    Ok(report)
}

fn load_average() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}
