//! Lists in what a provider's statement differs from our payments, and takes note of what came of
//! it. No money moves: what is to be done about a difference is for a person to decide.

use crate::book::Book;
use crate::decide::{Answer, Refusal};
use crate::id::AccountId;
use crate::reconcile::{Difference, DifferenceId, ReconciliationItem, Resolution, Run};
use crate::time::Timestamp;

/// At most [`DIFFERENCES_PER_COMMAND`](crate::limits::DIFFERENCES_PER_COMMAND) of a run's
/// differences; a run that has none is recorded with none.
#[derive(Debug)]
pub struct RecordReconciliation {
    pub run: Run,
    pub differences: Vec<Difference>,
}

#[derive(Debug)]
pub struct ResolveDifference {
    /// The account it is listed under; 0 where it is about no payment of ours.
    pub account: AccountId,
    pub difference: DifferenceId,
    pub note: String,
}

/// What is listed already, by this file or another, stays as it is, resolved or not.
pub(super) fn record(record: RecordReconciliation, book: &mut Book, now: Timestamp) -> Answer {
    let RecordReconciliation { run, differences } = record;
    let mut listed = 0_u64;
    for difference in differences {
        let (provider, run) = (run.provider, run.id.clone());
        let item =
            ReconciliationItem { provider, run, difference, listed_at: now, resolution: None };
        let key = item.key();
        if book.reconciliation_items.find(&key).is_none() {
            book.reconciliation_items.insert(key, item);
            listed = listed.saturating_add(1);
        }
    }
    book.runs.push((run, now));
    Answer::Listed(listed)
}

pub(super) fn resolve(
    resolve: ResolveDifference,
    book: &mut Book,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let key = (resolve.account, resolve.difference);
    let item = book.reconciliation_items.find(&key).ok_or(Refusal::DifferenceUnknown)?;
    if item.resolution.is_some() {
        return Err(Refusal::DifferenceResolved);
    }
    if let Some(item) = book.reconciliation_items.change(&key) {
        item.resolution = Some(Resolution { note: resolve.note, at: now });
    }
    Ok(Answer::Done)
}
