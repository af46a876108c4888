//! What is hoped for, per measure, and whether what was seen meets it.
//! Ratios are in hundredths.

use std::fmt;

use crate::receiver::Manner;
use crate::report::{Figure, Report, Subject};

/// The goals of a measure.
pub type Goals = fn(&Report) -> Vec<Goal>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    AtLeast,
    AtMost,
}

#[derive(Debug)]
pub struct Goal {
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

pub fn of_charges(report: &Report) -> Vec<Goal> {
    use {Figure as F, Subject as S};
    let mut goals = Vec::new();
    for connections in [64, 256] {
        goals.push(ratio(
            report,
            format!("rate at {connections} connections to bare SQLite in groups of as many"),
            (Limit::AtLeast, 50),
            (S::grouped(connections), S::Bare { group: connections }, F::PerSecond),
        ));
    }
    goals.push(ratio(
        report,
        "rate at 128 connections to the naive way".to_owned(),
        (Limit::AtLeast, 250),
        (S::grouped(128), S::naive(128), F::PerSecond),
    ));
    goals.push(ratio(
        report,
        "p50 of a lone request to a lone naive one".to_owned(),
        (Limit::AtMost, 120),
        (S::grouped(1), S::naive(1), F::P50Us),
    ));
    for connections in [64, 256] {
        goals.push(Goal {
            name: format!("gateway CPU per accepted charge at {connections} connections, ms"),
            limit: Limit::AtMost,
            wanted: 150,
            seen: report.median(S::grouped(connections), F::GatewayCpuUs),
            text: thousandths,
        });
    }
    let mut at_most = |name: &str, wanted, seen, text| {
        goals.push(Goal { name: name.to_owned(), limit: Limit::AtMost, wanted, seen, text });
    };
    at_most("idle memory, MB", 25 * 1024, report.median_idle_kb(), megabytes);
    at_most("binary, with the bench in it, MB", 25 * 1024, Some(report.binary_kb), megabytes);
    at_most("ready on an empty store, ms", 50_000, report.median_ready_us(), thousandths);
    goals
}

/// The pace at which webhooks are timed.
pub const PACE: u32 = 200;

/// By how much two runs of the same thing differ on a quiet machine.
const NOISE_US: u64 = 500;

pub fn of_webhooks(report: &Report) -> Vec<Goal> {
    use {Figure as F, Subject as S};
    let goal = |name: &str, (limit, wanted), (subject, figure), text| Goal {
        name: name.to_owned(),
        limit,
        wanted,
        seen: report.median(subject, figure),
        text,
    };
    let delivered = S::Delivered { connections: 64 };
    let receipt = S::Receipt { per_second: PACE };
    let paced = |receiver| S::Paced { per_second: PACE, receiver };
    let prompt_us = report.median(paced(Manner::Prompt), F::P99Us).unwrap_or_default();
    vec![
        goal(
            "created, completed, delivered and recorded, each second",
            (Limit::AtLeast, 4_000),
            (delivered, F::PerSecond),
            whole,
        ),
        goal(
            "completed at once, delivered and recorded, each second",
            (Limit::AtLeast, 5_000),
            (S::DeliveredAtOnce, F::PerSecond),
            whole,
        ),
        goal(
            "gateway CPU per delivered webhook, ms",
            (Limit::AtMost, 300),
            (delivered, F::WebhookCpuUs),
            thousandths,
        ),
        goal(
            "commit to receipt at 200/s, p50, ms",
            (Limit::AtMost, 3_000),
            (receipt, F::P50Us),
            thousandths,
        ),
        goal(
            "commit to receipt at 200/s, p99, ms",
            (Limit::AtMost, 10_000),
            (receipt, F::P99Us),
            thousandths,
        ),
        Goal {
            name: "p99 of a charge, receiver takes 2 s: as if prompt + 10 % + 0.5, ms".to_owned(),
            limit: Limit::AtMost,
            wanted: prompt_us.saturating_add(prompt_us / 10).saturating_add(NOISE_US),
            seen: report.median(paced(Manner::Slow), F::P99Us),
            text: thousandths,
        },
        ratio(
            report,
            "p99 of a charge: beside a backlog that goes out to without".to_owned(),
            (Limit::AtMost, 150),
            (paced(Manner::Down), paced(Manner::Prompt), F::P99Us),
        ),
    ]
}

pub fn of_fairness(report: &Report) -> Vec<Goal> {
    use {Figure as F, Subject as S};
    let beside = S::FirstAttemptBesideSilent;
    vec![
        Goal {
            name: "first attempt beside a receiver that never answers, p99, ms".to_owned(),
            limit: Limit::AtMost,
            wanted: 1_000_000,
            seen: report.median(beside, F::P99Us),
            text: thousandths,
        },
        ratio(
            report,
            "p99 of the first attempt: with that receiver to without".to_owned(),
            (Limit::AtMost, 110),
            (beside, S::FirstAttempt, F::P99Us),
        ),
    ]
}

/// A figure of one subject in hundredths of the same figure of another.
fn ratio(
    report: &Report,
    name: String,
    (limit, wanted): (Limit, u64),
    (of, to, figure): (Subject, Subject, Figure),
) -> Goal {
    let seen = report
        .median(of, figure)
        .zip(report.median(to, figure))
        .and_then(|(of, to)| (of * 100).checked_div(to));
    Goal { name, limit, wanted, seen, text: hundredths }
}

fn whole(value: u64) -> String {
    value.to_string()
}

pub fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1000, value % 1000)
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

pub fn megabytes(kilobytes: u64) -> String {
    let tenths = kilobytes * 10 / 1024;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_over_the_rounds_meet_or_miss_the_goals() {
        let mut report = Report::new(of_charges, 20 * 1024);
        for (fast, slow) in [(1000, 400), (9000, 300), (1100, 500)] {
            report.note(Subject::grouped(128), [(Figure::PerSecond, fast)]);
            report.note(Subject::naive(128), [(Figure::PerSecond, slow)]);
        }
        report.note_start(50_001, 24 * 1024);
        let verdicts: Vec<String> = of_charges(&report)
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
        let report = Report::new(of_charges, 1);
        assert!(report.to_string().contains("  -  -\n"));
    }

    #[test]
    fn figures_are_printed_in_the_units_of_their_titles() {
        assert_eq!(thousandths(84), "0.084");
        assert_eq!(hundredths(305), "3.05");
        assert_eq!(megabytes(25_652), "25.0");
    }
}
