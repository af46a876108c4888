//! The guide's own text, where it lies beside the repository: whatever it names, the walk covers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::SECTIONS;
use crate::covered::Covered;

/// Lines that stand above a section's title.
const GROUPS: [&str; 10] = [
    "Overview",
    "Security",
    "Configuration",
    "Collections",
    "Disbursements",
    "Reference",
    "Wallet",
    "Reporting",
    "Notifications",
    "Need Help?",
];
/// How a table's first line begins; tables of calls and of scenarios are found by their words.
const HEADERS: [&str; 8] = [
    "ParameterType",
    "FieldType",
    "FieldRequired",
    "FieldDescription",
    "FieldLayer",
    "EventDescription",
    "CodeLabel",
    "auth_typeRequired",
];
/// What comes after a table where no blank line does.
const AFTER_TABLE: [&str; 3] = ["cURL", "JSON", "Example "];
const METHODS: [&str; 5] = ["POST", "GET", "PATCH", "PUT", "DELETE"];

/// What the guide names and the walk does not cover.
struct Finding {
    line: usize,
    what: String,
}

#[test]
fn the_walk_covers_whatever_the_guide_names() {
    let Some(folder) = sources() else {
        println!("skipped: the guide's text does not lie beside the repository");
        return;
    };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the text can be read");
    let mut findings = of_guide(&read("dgs-pay-api-v2.txt"));
    let webhooks = crate::webhooks::covered();
    for (line, text) in (1..).zip(read("dgs-pay-webhooks.txt").lines()) {
        let row = text.split_once(" | ").map(|(cell, _)| cell).filter(|cell| *cell != "| Field");
        let missing = missing_words(text, &webhooks);
        let row = row.filter(|row| !webhooks.rows.iter().any(|known| known == row));
        let missing = missing.into_iter().chain(row.map(|row| format!("row {row}")));
        findings.extend(missing.map(|what| Finding { line, what: format!("webhooks: {what}") }));
    }
    let shown: Vec<String> =
        findings.iter().map(|found| format!("line {}: {}", found.line, found.what)).collect();
    assert!(shown.is_empty(), "not covered:\n{}", shown.join("\n"));
}

/// The rule is worth nothing if it is blind.
#[test]
fn what_is_not_covered_is_found() {
    for (text, expected) in [
        ("Wallet\n\nMerchant Balances\n\nGET/balance\n", vec![]),
        ("Wallet\n\nMerchant Balances\n\nPOST /balance/freeze now\n", vec!["POST /balance/freeze"]),
        ("Wallet\n\nNew Things\n", vec!["section New Things"]),
        (
            "Wallet\n\nMerchant Balances\nFieldDescription\nheld_balanceFunds held\n",
            vec!["row held_balanceFunds held"],
        ),
        ("Wallet\n\nMerchant Balances\n  \"held_balance\": 5,\n", vec!["held_balance"]),
        ("Wallet\n\nMerchant Balances\nscenario:no_such\n", vec!["scenario:no_such"]),
        (
            "Wallet\n\nMerchant Balances\ncurl -X GET \\\n  https://x/generation/v2/rates \\\n",
            vec!["GET /rates"],
        ),
    ] {
        let found: Vec<String> = findings_of_lines(text).into_iter().map(|one| one.what).collect();
        assert_eq!(found, expected, "{text}");
    }
}

/// All findings, and the sections of ours that the text does not have.
fn of_guide(text: &str) -> Vec<Finding> {
    let mut findings = findings_of_lines(text);
    let titles: Vec<&str> = titles(text).into_iter().map(|(_, title)| title).collect();
    let ours: Vec<&str> = SECTIONS.iter().map(|(title, _)| *title).collect();
    if titles != ours {
        findings.push(Finding { line: 0, what: format!("its sections are {titles:?}") });
    }
    findings
}

fn findings_of_lines(text: &str) -> Vec<Finding> {
    let titles = titles(text);
    let (mut findings, mut section) = (Vec::new(), Covered::default());
    let (mut is_table, mut method) = (false, "GET");
    for (number, line) in text.lines().enumerate() {
        if let Some((_, title)) = titles.iter().find(|(at, _)| *at == number) {
            let ours = SECTIONS.iter().find(|(known, _)| known == title);
            section = ours.map_or_else(Covered::default, |(_, covered)| covered());
            is_table = false;
        }
        let mut missing = missing_words(line, &section);
        missing.extend(missing_section(number, &titles));
        let ends = line.is_empty() || AFTER_TABLE.iter().any(|start| line.starts_with(start));
        is_table &= !ends && !GROUPS.contains(&line);
        if is_table && !section.rows.iter().any(|row| line.starts_with(row)) {
            missing.push(format!("row {line}"));
        }
        is_table |= HEADERS.iter().any(|header| line.starts_with(header));
        if let Some((_, rest)) = line.split_once("curl -X ") {
            method = METHODS.into_iter().find(|word| rest.starts_with(word)).unwrap_or("GET");
        }
        let calls = calls(line, method);
        missing.extend(calls.into_iter().filter(|call| !is_covered(call, &section)));
        findings.extend(missing.into_iter().map(|what| Finding { line: number + 1, what }));
    }
    findings
}

fn missing_section(number: usize, titles: &[(usize, &str)]) -> Option<String> {
    let (_, title) = titles.iter().find(|(at, _)| *at == number)?;
    let is_ours = SECTIONS.iter().any(|(known, _)| known == title);
    (!is_ours).then(|| format!("section {title}"))
}

/// The titles with their lines: what stands below the name of a group and a blank line. Tiles look
/// the same, but for the blank line above them.
fn titles(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_title = |at: usize| {
        at >= 2
            && lines[at - 1].is_empty()
            && GROUPS[..9].contains(&lines[at - 2])
            && (at == 2 || !lines[at - 3].is_empty())
    };
    (0..lines.len()).filter(|at| is_title(*at)).map(|at| (at, lines[at])).collect()
}

/// Members of JSON, scenarios and events in a line that the section does not cover.
fn missing_words(line: &str, section: &Covered) -> Vec<String> {
    let mut words = Vec::new();
    for (at, _) in line.match_indices('"') {
        let word = word_at(&line[at + 1..], "_");
        let after = &line[at + 1 + word.len()..];
        if !word.is_empty() && after.starts_with("\":") {
            words.push(word);
        }
    }
    for start in ["scenario:", "issuer:"] {
        for (at, _) in line.match_indices(start) {
            let word = word_at(&line[at + start.len()..], "_0123456789");
            words.push(&line[at..at + start.len() + word.len()]);
        }
    }
    for start in ["payment.", "disbursement.", "conversion."] {
        for (at, _) in line.match_indices(start) {
            let word = word_at(&line[at + start.len()..], "");
            if ["success", "failed"].iter().any(|end| word.starts_with(end)) {
                let end = if word.starts_with("success") { "success" } else { "failed" };
                words.push(&line[at..at + start.len() + end.len()]);
            }
        }
    }
    words.into_iter().filter(|word| !section.words.contains(*word)).map(str::to_owned).collect()
}

/// The lower-case letters, and those of `more`, that a text begins with.
fn word_at<'t>(text: &'t str, more: &str) -> &'t str {
    let end = text.find(|letter: char| !letter.is_ascii_lowercase() && !more.contains(letter));
    &text[..end.unwrap_or(text.len())]
}

/// `POST /charges` and the like, and addresses below the base URL. A table runs its cells together.
fn calls(line: &str, method_of_address: &str) -> Vec<String> {
    let path = |text: &str| word_at(text, "/{}-").trim_end_matches('/').to_owned();
    let mut calls = Vec::new();
    for method in METHODS {
        for (at, _) in line.match_indices(method) {
            let rest = line[at + method.len()..].trim_start();
            if rest.starts_with('/') {
                calls.push(format!("{method} {}", path(rest)));
            }
        }
    }
    if let Some((_, rest)) = line.split_once("/generation/v2/") {
        // Banks are asked for by a country in capitals.
        let rest = rest.replace("/RW", "/rw");
        calls.push(format!("{method_of_address} /{}", path(&rest)));
    }
    calls
}

/// Whether the walk makes the call: `{}` and examples of it stand for each other.
fn is_covered(call: &str, section: &Covered) -> bool {
    let parts = |call: &str| call.split('/').map(str::to_owned).collect::<Vec<String>>();
    let wanted = parts(call);
    section.calls.iter().any(|known| {
        let known = parts(known);
        let fits = |(index, (one, other)): (usize, (&String, &String))| index == 2 || one == other;
        known.len() == wanted.len() && known.iter().zip(&wanted).enumerate().all(fits)
    })
}

/// The folder of the guide's text: in `shared/sources` beside the repository, or beside a folder
/// that it lies in.
fn sources() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders
        .map(|folder| folder.join("shared/sources"))
        .find(|folder| folder.join("dgs-pay-api-v2.txt").exists())
}
