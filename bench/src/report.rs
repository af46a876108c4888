//! What was measured, as medians over the rounds, and the goals beside it.
//! Whole numbers throughout: microseconds, kilobytes, hundredths.

use std::collections::BTreeMap;
use std::fmt;

use crate::goals::{Goals, megabytes, thousandths};
use crate::receiver::Manner;

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
    /// Charges followed until their event is delivered and the attempt is on record.
    Delivered { connections: usize },
    /// The same charges, with nobody to tell.
    Untold { connections: usize },
    /// Charges that all complete at the same moment, followed in the same way.
    DeliveredAtOnce,
    /// The same events posted by the HTTP client alone.
    BareClient { in_flight: usize },
    /// From the commit of an event to its receipt.
    Receipt { per_second: u32 },
    /// Charges accepted at a steady pace, while their events go to such a receiver.
    Paced { per_second: u32, receiver: Manner },
    /// From the commit of an event to its first receipt, among many receivers that all answer.
    FirstAttempt,
    /// The same, with one receiver among them that never answers.
    FirstAttemptBesideSilent,
}

impl Subject {
    pub const fn grouped(connections: usize) -> Subject {
        Subject::Accepted { commit: Commit::Grouped, connections }
    }

    pub const fn naive(connections: usize) -> Subject {
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
            Subject::Delivered { connections } => {
                write!(f, "delivered, connections: {connections}")
            }
            Subject::Untold { connections } => {
                write!(f, "nobody to tell, connections: {connections}")
            }
            Subject::DeliveredAtOnce => f.write_str("delivered, completed all at once"),
            Subject::BareClient { in_flight } => {
                write!(f, "bare HTTP client, in flight: {in_flight}")
            }
            Subject::Receipt { per_second } => {
                write!(f, "commit to receipt at {per_second}/s")
            }
            Subject::Paced { per_second, receiver: Manner::Prompt } => {
                write!(f, "accepted at {per_second}/s")
            }
            Subject::Paced { per_second, receiver: Manner::Down } => {
                write!(f, "accepted at {per_second}/s beside a backlog")
            }
            Subject::Paced { per_second, receiver: receiver @ (Manner::Slow | Manner::Silent) } => {
                write!(f, "accepted at {per_second}/s, receiver: {receiver:?}")
            }
            Subject::FirstAttempt => f.write_str("commit to receipt, all answer"),
            Subject::FirstAttemptBesideSilent => {
                f.write_str("commit to receipt, one never answers")
            }
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
    WorstUs,
    /// CPU time of the gateway for each charge.
    GatewayCpuUs,
    /// CPU time of the gateway for delivering the event of a charge, without the charge.
    WebhookCpuUs,
    /// CPU time of this program for each charge: the load generator, the receiver, or SQLite.
    BenchCpuUs,
    ResidentKb,
    ResidentPeakKb,
}

impl Figure {
    const ALL: [Figure; 10] = [
        Figure::PerSecond,
        Figure::P50Us,
        Figure::P99Us,
        Figure::P999Us,
        Figure::WorstUs,
        Figure::GatewayCpuUs,
        Figure::WebhookCpuUs,
        Figure::BenchCpuUs,
        Figure::ResidentKb,
        Figure::ResidentPeakKb,
    ];

    const fn title(self) -> &'static str {
        match self {
            Figure::PerSecond => "each/s",
            Figure::P50Us => "p50 ms",
            Figure::P99Us => "p99 ms",
            Figure::P999Us => "p99.9 ms",
            Figure::WorstUs => "worst ms",
            Figure::GatewayCpuUs => "gateway CPU ms",
            Figure::WebhookCpuUs => "webhook CPU ms",
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
            | Figure::WorstUs
            | Figure::GatewayCpuUs
            | Figure::WebhookCpuUs
            | Figure::BenchCpuUs => thousandths(value),
            Figure::ResidentKb | Figure::ResidentPeakKb => megabytes(value),
        }
    }
}

/// Everything that was measured, a sample of each for every round.
#[derive(Debug)]
pub struct Report {
    samples: BTreeMap<(Subject, Figure), Vec<u64>>,
    ready_us: Vec<u64>,
    idle_kb: Vec<u64>,
    pub binary_kb: u64,
    goals: Goals,
}

impl Report {
    pub fn new(goals: Goals, binary_kb: u64) -> Report {
        let samples = BTreeMap::new();
        Report { samples, ready_us: Vec::new(), idle_kb: Vec::new(), binary_kb, goals }
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
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_measured =
            |figure: &Figure| self.samples.keys().any(|(_, measured)| measured == figure);
        let figures: Vec<Figure> = Figure::ALL.into_iter().filter(is_measured).collect();
        write!(f, "{:<42}", "CPU is per charge")?;
        for figure in &figures {
            write!(f, "  {}", figure.title())?;
        }
        writeln!(f)?;
        let mut subjects: Vec<Subject> = self.samples.keys().map(|(subject, _)| *subject).collect();
        subjects.dedup();
        for subject in subjects {
            write!(f, "{:<42}", subject.to_string())?;
            for figure in &figures {
                let value = self.median(subject, *figure).map(|value| figure.text(value));
                let width = figure.title().len();
                write!(f, "  {:>width$}", value.as_deref().unwrap_or("-"))?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\n{:<66}  {:>10}  {:>10}  ok?", "goal", "wanted", "seen")?;
        for goal in (self.goals)(self) {
            writeln!(f, "{goal}")?;
        }
        Ok(())
    }
}

impl Report {
    pub fn median(&self, subject: Subject, figure: Figure) -> Option<u64> {
        self.samples.get(&(subject, figure)).map(|samples| median(samples))
    }

    pub fn median_idle_kb(&self) -> Option<u64> {
        (!self.idle_kb.is_empty()).then(|| median(&self.idle_kb))
    }

    pub fn median_ready_us(&self) -> Option<u64> {
        (!self.ready_us.is_empty()).then(|| median(&self.ready_us))
    }
}

/// The middle sample; of two middle ones the lesser.
fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_samples() {
        assert_eq!([median(&[]), median(&[3, 1, 2]), median(&[4, 1]), median(&[7])], [0, 2, 1, 7]);
    }

    #[test]
    fn only_what_was_measured_has_a_column() {
        let mut report = Report::new(|_| Vec::new(), 1);
        report.note(Subject::grouped(1), [(Figure::P50Us, 1500)]);
        report.note(Subject::naive(1), [(Figure::P99Us, 2500)]);
        let text = report.to_string();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.starts_with(&["CPU", "is", "per", "charge", "p50", "ms", "p99", "ms"]));
        assert!(text.contains("   1.500       -\n") && text.contains("       -   2.500\n"));
    }
}
