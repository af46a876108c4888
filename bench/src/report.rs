//! What was measured, as medians over the rounds, and the goals beside it.
//! Whole numbers throughout: microseconds, kilobytes, hundredths.

use std::collections::BTreeMap;
use std::fmt;

/// How the gateway commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Commit {
    /// What waits is committed together.
    Grouped,
    /// A transaction for each request.
    Naive,
}

/// What is measured. The order is that of the rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Charges accepted over HTTP.
    Accepted { commit: Commit, connections: usize },
    /// Charges followed until their event is delivered.
    Completed { connections: usize },
    /// The rows of accepted charges, written by SQLite alone.
    Bare { group: usize },
}

impl Subject {
    const fn grouped(connections: usize) -> Subject {
        Subject::Accepted { commit: Commit::Grouped, connections }
    }

    const fn naive(connections: usize) -> Subject {
        Subject::Accepted { commit: Commit::Naive, connections }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Accepted { commit: Commit::Grouped, connections } => {
                write!(f, "accepted, connections: {connections}")
            }
            Subject::Accepted { commit: Commit::Naive, connections } => {
                write!(f, "accepted naively, connections: {connections}")
            }
            Subject::Completed { connections } => {
                write!(f, "completed, connections: {connections}")
            }
            Subject::Bare { group } => write!(f, "bare SQLite, group: {group}"),
        }
    }
}

/// A figure about a subject. The order is that of the columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    PerSecond,
    P50Us,
    P99Us,
    P999Us,
    /// CPU time of the gateway for each charge.
    GatewayCpuUs,
    /// CPU time of this program for each charge: the load generator, the receiver, or SQLite.
    BenchCpuUs,
    ResidentKb,
    ResidentPeakKb,
}

impl Figure {
    const ALL: [Figure; 8] = [
        Figure::PerSecond,
        Figure::P50Us,
        Figure::P99Us,
        Figure::P999Us,
        Figure::GatewayCpuUs,
        Figure::BenchCpuUs,
        Figure::ResidentKb,
        Figure::ResidentPeakKb,
    ];

    const fn title(self) -> &'static str {
        match self {
            Figure::PerSecond => "charges/s",
            Figure::P50Us => "p50 ms",
            Figure::P99Us => "p99 ms",
            Figure::P999Us => "p99.9 ms",
            Figure::GatewayCpuUs => "gateway CPU ms",
            Figure::BenchCpuUs => "bench CPU ms",
            Figure::ResidentKb => "RSS MB",
            Figure::ResidentPeakKb => "peak MB",
        }
    }

    fn text(self, value: u64) -> String {
        match self {
            Figure::PerSecond => value.to_string(),
            Figure::P50Us
            | Figure::P99Us
            | Figure::P999Us
            | Figure::GatewayCpuUs
            | Figure::BenchCpuUs => thousandths(value),
            Figure::ResidentKb | Figure::ResidentPeakKb => megabytes(value),
        }
    }
}

/// Everything that was measured, a sample of each for every round.
#[derive(Debug, Default)]
pub struct Report {
    samples: BTreeMap<(Subject, Figure), Vec<u64>>,
    ready_us: Vec<u64>,
    idle_kb: Vec<u64>,
    binary_kb: u64,
}

impl Report {
    pub fn new(binary_kb: u64) -> Report {
        Report { binary_kb, ..Report::default() }
    }

    pub fn note<const N: usize>(&mut self, subject: Subject, figures: [(Figure, u64); N]) {
        for (figure, value) in figures {
            self.samples.entry((subject, figure)).or_default().push(value);
        }
    }

    pub fn note_start(&mut self, ready_us: u64, idle_kb: u64) {
        self.ready_us.push(ready_us);
        self.idle_kb.push(idle_kb);
    }

    fn median(&self, subject: Subject, figure: Figure) -> Option<u64> {
        self.samples.get(&(subject, figure)).map(|samples| median(samples))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<34}", "CPU is per charge")?;
        for figure in Figure::ALL {
            write!(f, "  {}", figure.title())?;
        }
        writeln!(f)?;
        let mut subjects: Vec<Subject> = self.samples.keys().map(|(subject, _)| *subject).collect();
        subjects.dedup();
        for subject in subjects {
            write!(f, "{:<34}", subject.to_string())?;
            for figure in Figure::ALL {
                let value = self.median(subject, figure).map(|value| figure.text(value));
                let width = figure.title().len();
                write!(f, "  {:>width$}", value.as_deref().unwrap_or("-"))?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\n{:<66}  {:>10}  {:>10}  ok?", "goal", "wanted", "seen")?;
        for goal in self.goals() {
            writeln!(f, "{goal}")?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    AtLeast,
    AtMost,
}

#[derive(Debug)]
struct Goal {
    name: String,
    limit: Limit,
    wanted: u64,
    /// `None` when what it speaks of was not measured.
    seen: Option<u64>,
    text: fn(u64) -> String,
}

impl Goal {
    fn is_met(&self) -> Option<bool> {
        let seen = self.seen?;
        Some(match self.limit {
            Limit::AtLeast => seen >= self.wanted,
            Limit::AtMost => seen <= self.wanted,
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.limit {
            Limit::AtLeast => "≥",
            Limit::AtMost => "≤",
        };
        let wanted = format!("{sign} {}", (self.text)(self.wanted));
        let seen = self.seen.map_or("-".to_owned(), self.text);
        let verdict = self.is_met().map_or("-", |is_met| if is_met { "yes" } else { "NO" });
        write!(f, "{:<66}  {wanted:>10}  {seen:>10}  {verdict}", self.name)
    }
}

impl Report {
    fn goals(&self) -> Vec<Goal> {
        use {Figure as F, Subject as S};
        let mut goals = Vec::new();
        for connections in [64, 256] {
            goals.push(self.ratio(
                format!("rate at {connections} connections to bare SQLite in groups of as many"),
                (Limit::AtLeast, 50),
                (S::grouped(connections), S::Bare { group: connections }, F::PerSecond),
            ));
        }
        goals.push(self.ratio(
            "rate at 128 connections to the naive way".to_owned(),
            (Limit::AtLeast, 250),
            (S::grouped(128), S::naive(128), F::PerSecond),
        ));
        goals.push(self.ratio(
            "p50 of a lone request to a lone naive one".to_owned(),
            (Limit::AtMost, 120),
            (S::grouped(1), S::naive(1), F::P50Us),
        ));
        for connections in [64, 256] {
            goals.push(Goal {
                name: format!("gateway CPU per accepted charge at {connections} connections, ms"),
                limit: Limit::AtMost,
                wanted: 150,
                seen: self.median(S::grouped(connections), F::GatewayCpuUs),
                text: thousandths,
            });
        }
        let mut at_most = |name: &str, wanted, seen, text| {
            goals.push(Goal { name: name.to_owned(), limit: Limit::AtMost, wanted, seen, text });
        };
        at_most("idle memory, MB", 25 * 1024, sampled(&self.idle_kb), megabytes);
        at_most("binary, with the bench in it, MB", 25 * 1024, Some(self.binary_kb), megabytes);
        at_most("ready on an empty store, ms", 50_000, sampled(&self.ready_us), thousandths);
        goals
    }

    /// A figure of one subject in hundredths of the same figure of another.
    fn ratio(
        &self,
        name: String,
        (limit, wanted): (Limit, u64),
        (of, to, figure): (Subject, Subject, Figure),
    ) -> Goal {
        let seen = self
            .median(of, figure)
            .zip(self.median(to, figure))
            .and_then(|(of, to)| (of * 100).checked_div(to));
        Goal { name, limit, wanted, seen, text: hundredths }
    }
}

fn sampled(samples: &[u64]) -> Option<u64> {
    (!samples.is_empty()).then(|| median(samples))
}

/// The middle sample; of two middle ones the lesser.
fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

pub fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1000, value % 1000)
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

fn megabytes(kilobytes: u64) -> String {
    let tenths = kilobytes * 10 / 1024;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_over_the_rounds_meet_or_miss_the_goals() {
        let mut report = Report::new(20 * 1024);
        for (fast, slow) in [(1000, 400), (9000, 300), (1100, 500)] {
            report.note(Subject::grouped(128), [(Figure::PerSecond, fast)]);
            report.note(Subject::naive(128), [(Figure::PerSecond, slow)]);
        }
        report.note_start(50_001, 24 * 1024);
        let verdicts: Vec<String> = report
            .goals()
            .iter()
            .filter(|goal| goal.seen.is_some())
            .map(|goal| goal.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            verdicts,
            [
                "rate at 128 connections to the naive way ≥ 2.50 2.75 yes",
                "idle memory, MB ≤ 25.0 24.0 yes",
                "binary, with the bench in it, MB ≤ 25.0 20.0 yes",
                "ready on an empty store, ms ≤ 50.000 50.001 NO",
            ]
        );
    }

    #[test]
    fn what_was_not_measured_is_left_open() {
        let report = Report::new(1);
        assert!(report.to_string().contains("  -  -\n"));
        assert_eq!(median(&[]), 0);
        assert_eq!([median(&[3, 1, 2]), median(&[4, 1]), median(&[7])], [2, 1, 7]);
    }

    #[test]
    fn figures_are_printed_in_the_units_of_their_titles() {
        assert_eq!(thousandths(84), "0.084");
        assert_eq!(hundredths(305), "3.05");
        assert_eq!(megabytes(25_652), "25.0");
    }
}
