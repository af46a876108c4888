//! What Linux says a process has used: CPU time and resident memory, read from `/proc`.

use std::{fs, io};

/// `/proc` counts CPU time in hundredths of a second on every Linux that Rust runs on.
const TICK_US: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub cpu_us: u64,
    pub resident_kb: u64,
    pub resident_peak_kb: u64,
}

pub fn of_process(pid: u32) -> io::Result<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    parse(&stat, &status)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc is not as expected"))
}

pub fn of_this_process() -> io::Result<Usage> {
    of_process(std::process::id())
}

fn parse(stat: &str, status: &str) -> Option<Usage> {
    // The name in brackets may hold spaces and brackets itself; after it, utime and stime are the
    // 12th and 13th field.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> =
        fields.split_whitespace().skip(11).take(2).map_while(|field| field.parse().ok()).collect();
    let [user, system] = ticks.try_into().ok()?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Usage {
        cpu_us: (user + system) * TICK_US,
        resident_kb: kilobytes("VmRSS:")?,
        resident_peak_kb: kilobytes("VmHWM:")?,
    })
}

impl Usage {
    /// CPU time since `earlier`, for each of `count` charges.
    pub fn cpu_us_each_since(self, earlier: Usage, count: usize) -> u64 {
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        self.cpu_us.saturating_sub(earlier.cpu_us) / count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_does_not_shift_the_fields() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 100";
        let status = "Name:\tbench\nVmHWM:\t   90000 kB\nVmRSS:\t   80000 kB\n";
        assert_eq!(
            parse(stat, status),
            Some(Usage { cpu_us: 2_000_000, resident_kb: 80_000, resident_peak_kb: 90_000 })
        );
        assert_eq!(parse("42 (a) S 1", status), None);
    }
}
