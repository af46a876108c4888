//! `dgspay audit`: says whether the books of a data folder are right, those of each environment
//! in it, while it is in use or not.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use domain::Environment;
use serde::Serialize;
use store::audit::Finding;

use super::stores::{StoreFolder, stores_of};

/// Something is wrong in the books.
const EXIT_VIOLATED: u8 = 1;
/// The books could not be read; nothing is said about them.
const EXIT_NOT_AUDITED: u8 = 2;

/// One line per invariant, with examples of what violates it below; `json` makes each an object.
pub fn run(folder: &Path, json: bool) -> ExitCode {
    match audit(folder, json) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_VIOLATED),
        Err(error) => {
            eprintln!("dgspay audit: {}: {error:#}", folder.display());
            ExitCode::from(EXIT_NOT_AUDITED)
        }
    }
}

fn audit(data: &Path, json: bool) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    let mut is_right = true;
    for StoreFolder { environment, folder } in stores_of(data) {
        let findings = store::audit::run(&store::open_to_read(&folder)?)?;
        let environment = environment.map(Environment::word);
        if let Some(word) = environment.filter(|_| !json) {
            writeln!(out, "{word}:")?;
        }
        for finding in &findings {
            if json {
                write_object(&mut out, environment, finding)?;
            } else {
                write_line(&mut out, finding)?;
            }
        }
        is_right &= findings.iter().all(|finding| finding.violations == 0);
    }
    if let Some(people) = store::people::open_to_read(data)? {
        let finding = store::people::audit(&people)?;
        if json {
            write_object(&mut out, None, &finding)?;
        } else {
            write_line(&mut out, &finding)?;
        }
        is_right &= finding.violations == 0;
    }
    out.flush()?;
    Ok(is_right)
}

fn write_line(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let Finding { invariant, words, rows, violations, examples } = finding;
    let verdict = if *violations == 0 { "ok  " } else { "FAIL" };
    writeln!(out, "{verdict} {invariant}: {words} ({rows} rows, {violations} violations)")?;
    for example in examples {
        writeln!(
            out,
            "       account {}, {}: {}",
            example.account, example.reference, example.fault
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Object<'a> {
    /// Left out for a sandbox, which has but one.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'static str>,
    invariant: &'a str,
    words: &'a str,
    rows: u64,
    violations: u64,
    examples: Vec<ObjectExample<'a>>,
}

#[derive(Serialize)]
struct ObjectExample<'a> {
    account: i64,
    reference: &'a str,
    fault: &'a str,
}

fn write_object(
    out: &mut impl Write,
    environment: Option<&'static str>,
    finding: &Finding,
) -> anyhow::Result<()> {
    let examples = finding.examples.iter().map(|example| ObjectExample {
        account: example.account,
        reference: &example.reference,
        fault: &example.fault,
    });
    let object = Object {
        environment,
        invariant: finding.invariant,
        words: finding.words,
        rows: finding.rows,
        violations: finding.violations,
        examples: examples.collect(),
    };
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)?;
    Ok(())
}
