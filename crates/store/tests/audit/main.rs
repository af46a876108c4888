//! The audit finds nothing wrong in a store that only the lane has written, and finds every
//! fault that is planted into a copy of it. An audit that misses one is itself broken.
#![expect(clippy::unwrap_used, reason = "a test whose world cannot be made has failed")]

mod bank;
mod faults;
mod faults_outgoing;
mod outgoing;
mod reconciliation;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;
use store::audit::{Finding, run};
use store::open_to_read;

/// The invariant that must find it, and the SQL that plants it.
fn all_faults() -> Vec<(&'static str, String)> {
    let incoming = faults::FAULTS.map(|(invariant, fault)| (invariant, faults::sql(fault)));
    let outgoing =
        faults_outgoing::FAULTS.map(|(invariant, fault)| (invariant, faults_outgoing::sql(fault)));
    let of_bank = bank::FAULTS.map(|(invariant, fault)| (invariant, fault.to_owned()));
    let compared = reconciliation::FAULTS.map(|(invariant, fault)| (invariant, fault.to_owned()));
    incoming.into_iter().chain(outgoing).chain(of_bank).chain(compared).collect()
}

fn audit(folder: &Path) -> Vec<Finding> {
    run(&open_to_read(folder).unwrap()).unwrap()
}

fn assert_clean(findings: &[Finding]) {
    for finding in findings {
        assert!(finding.rows > 0, "{} looked at nothing", finding.invariant);
        assert_eq!(finding.violations, 0, "{}: {:?}", finding.invariant, finding.examples);
    }
}

/// Edits a closed copy of the store behind the back of everything that protects it.
fn plant(folder: &Path, sql: &str) -> usize {
    let database = Connection::open(folder.join("dgspay.db")).unwrap();
    database
        .execute_batch(
            "pragma ignore_check_constraints = on;
             drop trigger journal_is_final_update; drop trigger journal_is_final_delete;
             drop trigger transfer_is_final_update; drop trigger transfer_is_final_delete;",
        )
        .unwrap();
    sql.split(';')
        .map(|one| database.execute(one, []).unwrap_or_else(|e| panic!("{e}: {one}")))
        .sum()
}

#[test]
fn a_store_that_only_the_lane_has_written_is_clean_open_and_closed() {
    let folder = tempfile::tempdir().unwrap();
    world::with_store(folder.path(), || assert_clean(&audit(folder.path())));
    assert_clean(&audit(folder.path()));
}

#[test]
fn every_planted_fault_is_found_by_the_invariant_it_breaks() {
    let origin = tempfile::tempdir().unwrap();
    world::with_store(origin.path(), || {});
    let mut missed = Vec::new();
    for (invariant, fault) in all_faults() {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(origin.path().join("dgspay.db"), copy.path().join("dgspay.db")).unwrap();
        assert!(plant(copy.path(), &fault) > 0, "nothing was planted by {fault}");
        let findings = audit(copy.path());
        let finding = findings.iter().find(|one| one.invariant == invariant).unwrap();
        let is_named = finding.examples.iter().all(|example| !example.reference.is_empty());
        if finding.violations == 0 || finding.examples.is_empty() || !is_named {
            missed.push((invariant, fault));
        }
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
}

#[test]
fn every_invariant_has_a_fault_that_proves_it() {
    let folder = tempfile::tempdir().unwrap();
    world::with_store(folder.path(), || {});
    let all: BTreeSet<&str> = audit(folder.path()).iter().map(|one| one.invariant).collect();
    let proven: BTreeSet<&str> = all_faults().into_iter().map(|(invariant, _)| invariant).collect();
    assert_eq!(all, proven);
}

#[test]
fn examples_name_account_and_payment_and_stop_at_ten() {
    let folder = tempfile::tempdir().unwrap();
    world::with_store(folder.path(), || {});
    plant(
        folder.path(),
        "update payment set fee_minor = -1 where account_id = 2;
         update payment set fee_minor = amount_minor + 1, amount_minor = 0
             where account_id = 1 and kind = 'charge' and link_id is null",
    );
    let findings = audit(folder.path());
    let amounts = findings.iter().find(|one| one.invariant == "amounts").unwrap();
    // Eight of account one, twice each, and one of account two.
    assert_eq!((amounts.violations, amounts.examples.len()), (17, 10));
    let found = &amounts.examples[0];
    assert_eq!((found.account, found.reference.as_str()), (1, "ok-1"));
    assert_eq!(found.fault, "its amount is 0");
}

#[test]
fn a_folder_without_a_store_is_an_error_and_not_a_clean_audit() {
    let folder = tempfile::tempdir().unwrap();
    assert!(open_to_read(folder.path()).is_err());
}
