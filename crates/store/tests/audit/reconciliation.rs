//! The part of the world where a provider's statement is compared, which has nothing in it.

use std::time::Duration;

use domain::calendar::UtcOffset;
use domain::decide::{Command, RecordReconciliation};
use domain::provider_call::Provider;
use domain::reconcile::{Matching, Period, Run};
use store::query::reconciliation::list_payments;

use crate::world::{NOW, World};

impl World<'_> {
    pub fn reconcile(&self) {
        let day = Duration::from_secs(24 * 3600);
        let offset = UtcOffset::KIGALI;
        let period = Period { from: NOW.minus(day), until: NOW.plus(day * 30), offset };
        let provider = Provider::Simulator;
        let payments = list_payments(&self.reader(), provider, &period).unwrap();
        let outcome = Matching::new(provider, period, payments).finish();
        let file_digest = "00".repeat(32);
        let run = Run {
            id: Run::id(provider, &file_digest, &period),
            provider,
            file_name: "november.csv".to_owned(),
            file_digest,
            period,
            counts: outcome.counts,
        };
        let record = RecordReconciliation { run, differences: outcome.differences };
        self.submit(Command::RecordReconciliation(Box::new(record)));
    }
}

pub const FAULTS: [(&str, &str); 2] = [
    ("references", "update reconciliation_item set payment_id = 5 where account_id = 1"),
    ("references", "update reconciliation_item set account_id = 3 where account_id = 1"),
];
