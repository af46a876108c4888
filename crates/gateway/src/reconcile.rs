//! Compares a provider's statement with our payments, and lists what differs. Comparing reads
//! alone, beside a running gateway; listing goes through the lane of whoever has the folder open.

use std::io::{self, BufReader, Read, Seek};

use aws_lc_rs::digest;
use dialects::statement::{Form, Statement, StatementFault};
use domain::Timestamp;
use domain::calendar::Day;
use domain::decide::{Answer, Command, RecordReconciliation};
use domain::limits::DIFFERENCES_PER_COMMAND;
use domain::provider_call::Provider;
use domain::reconcile::{Difference, Matching, Outcome, Period, Run, TooManyDifferences};
use store::{Lane, Reader, StoreError, SubmitError};

/// A date of another century in one line would make all that we have part of the comparison.
const DAYS_MAX: Day = 366;

#[derive(Clone, Debug)]
pub struct Request {
    pub form: Form,
    /// For the record alone.
    pub file_name: String,
    /// The days of the period, both included; the statement's own where they are not given.
    pub first_day: Option<Day>,
    pub last_day: Option<Day>,
}

#[derive(Clone, Debug)]
pub struct Report {
    pub run: Run,
    pub differences: Vec<Difference>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("conversions at the operator's own rates have no statement")]
    NoStatement,
    #[error(transparent)]
    Statement(#[from] StatementFault),
    #[error("the statement has no payments: say the period with --from and --to")]
    NoPeriod,
    #[error("the period ends before it begins")]
    PeriodBackwards,
    #[error("the period is longer than {DAYS_MAX} days: limit it with --from and --to")]
    PeriodTooLong,
    #[error(transparent)]
    TooMany(#[from] TooManyDifferences),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the statement twice: to know that all of it can be read, and of what time it is; then line
/// by line, to compare. Changes nothing.
pub fn compare(
    reader: &Reader,
    statement: &mut (impl Read + Seek),
    request: &Request,
) -> Result<Report, ReconcileError> {
    let provider = request.form.provider;
    if provider == Provider::Treasury {
        return Err(ReconcileError::NoStatement);
    }
    let survey = survey(&mut *statement, request)?;
    let period = survey.period(request)?;
    let payments = store::query::reconciliation::list_payments(reader, provider, &period)?;
    let mut matching = Matching::new(provider, period, payments);
    statement.rewind().map_err(StatementFault::from)?;
    let mut lines = Statement::open(BufReader::new(statement), &request.form)?;
    while let Some(line) = lines.next_line()? {
        matching.take(line)?;
    }
    let Outcome { differences, counts } = matching.finish();
    let id = Run::id(provider, &survey.file_digest, &period);
    let (file_name, file_digest) = (request.file_name.clone(), survey.file_digest);
    let run = Run { id, provider, file_name, file_digest, period, counts };
    Ok(Report { run, differences })
}

/// Lists what was found and returns how much of it was not listed before. Moves no money. What is
/// listed when an error comes stays listed; recording once more lists the rest.
pub async fn record(lane: &Lane, report: &Report) -> Result<u64, SubmitError> {
    let mut groups: Vec<&[Difference]> =
        report.differences.chunks(DIFFERENCES_PER_COMMAND).collect();
    // A run without differences is worth a record too.
    if groups.is_empty() {
        groups.push(&[]);
    }
    let mut listed = 0;
    for group in groups {
        let record = RecordReconciliation { run: report.run.clone(), differences: group.to_vec() };
        let answer = lane.submit(Command::RecordReconciliation(Box::new(record))).await?;
        if let Answer::Listed(count) = answer {
            listed += count;
        }
    }
    Ok(listed)
}

struct Survey {
    file_digest: String,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

fn survey(statement: impl Read, request: &Request) -> Result<Survey, ReconcileError> {
    let mut digesting =
        Digesting { input: statement, context: digest::Context::new(&digest::SHA256) };
    let mut lines = Statement::open(BufReader::new(&mut digesting), &request.form)?;
    let (mut first, mut last) = (None, None);
    while let Some(line) = lines.next_line()? {
        first = Some(first.map_or(line.at, |first: Timestamp| first.min(line.at)));
        last = last.max(Some(line.at));
    }
    drop(lines);
    let file_digest = hex::encode(digesting.context.finish());
    Ok(Survey { file_digest, first, last })
}

impl Survey {
    fn period(&self, request: &Request) -> Result<Period, ReconcileError> {
        let offset = request.form.offset;
        let day = |given: Option<Day>, found: Option<Timestamp>| {
            given.or_else(|| found.map(|at| offset.day_of(at))).ok_or(ReconcileError::NoPeriod)
        };
        let first = day(request.first_day, self.first)?;
        let last = day(request.last_day, self.last)?;
        if last < first {
            return Err(ReconcileError::PeriodBackwards);
        }
        if last - first >= DAYS_MAX {
            return Err(ReconcileError::PeriodTooLong);
        }
        Ok(Period { from: offset.start_of(first), until: offset.start_of(last + 1), offset })
    }
}

/// Computes the SHA-256 of what is read through it.
struct Digesting<R> {
    input: R,
    context: digest::Context,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
