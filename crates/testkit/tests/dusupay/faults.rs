//! What is said when answers are lost, broken or late.

use domain::provider_call::Verdict;
use testkit::providers::world::Wishes;
use testkit::providers::{Callbacks, Fault, Plan};

use crate::PHONE;
use crate::case::{Bench, Case};

fn bench(plan: Plan) -> Bench {
    Bench::with("/ok/x", Wishes { plan, callbacks: Callbacks::None, ..Wishes::default() })
}

#[test]
fn what_was_done_and_not_answered_is_found_out() {
    for fault in [
        Fault::LostAfterExecute,
        Fault::ErrorAfterExecute,
        Fault::Html,
        Fault::EmptyOk,
        Fault::Truncated,
        Fault::Huge,
    ] {
        for (operation, case) in
            [("charge", Case::collect(PHONE)), ("transfer", Case::pay_phone(PHONE))]
        {
            let bench = bench(Plan::Script(vec![(operation, 0, fault)]));
            assert_eq!(bench.submit(&case).verdict, Verdict::Unknown, "{fault:?}");
            assert_eq!(bench.enquire(&case).verdict, Verdict::Succeeded, "{fault:?}");
            // Even if we were to ask for it again, it is done once.
            assert_eq!(bench.submit(&case).verdict, Verdict::Succeeded, "{fault:?}");
            assert_eq!(bench.server.world.entries()[0].executions, 1, "{fault:?}");
        }
    }
}

#[test]
fn what_was_not_done_is_unknown_and_then_unheard_of() {
    let bench = bench(Plan::Script(vec![("charge", 0, Fault::ErrorBefore)]));
    let case = Case::collect(PHONE);
    assert_eq!(bench.submit(&case).verdict, Verdict::Unknown);
    assert_eq!(bench.enquire(&case).verdict, Verdict::Unheard);
}

#[test]
fn a_broken_status_answer_says_nothing() {
    for fault in [Fault::LostAfterExecute, Fault::ErrorBefore, Fault::Html, Fault::EmptyOk] {
        let bench = bench(Plan::Script(vec![("enquiry", 0, fault)]));
        let case = Case::pay_bank();
        bench.submit(&case);
        assert_eq!(bench.enquire(&case).verdict, Verdict::Unknown, "{fault:?}");
        assert_eq!(bench.enquire(&case).verdict, Verdict::Succeeded, "{fault:?}");
    }
}

/// Many payments through a bad line: none fails that was done, none is done twice.
#[test]
fn a_bad_line_never_makes_a_failure() {
    for seed in 0..40 {
        let faults = vec![
            Fault::LostAfterExecute,
            Fault::ErrorAfterExecute,
            Fault::ErrorBefore,
            Fault::Html,
            Fault::EmptyOk,
            Fault::Truncated,
        ];
        let bench = bench(Plan::Seeded { seed, per_mille: 500, faults });
        let case = if seed % 2 == 0 { Case::collect(PHONE) } else { Case::pay_phone(PHONE) };
        let mut verdict = bench.submit(&case).verdict;
        for _ in 0..30 {
            assert!(!matches!(verdict, Verdict::Declined(_) | Verdict::Contradicts(_)), "{seed}");
            verdict = match verdict {
                Verdict::Succeeded => break,
                // The gateway believes this only some time later; here nothing is under way.
                Verdict::Unheard | Verdict::NotSent => bench.submit(&case).verdict,
                Verdict::Declined(_)
                | Verdict::NextAction(_)
                | Verdict::Pending
                | Verdict::Unknown
                | Verdict::Contradicts(_) => bench.enquire(&case).verdict,
            };
        }
        assert_eq!(verdict, Verdict::Succeeded, "{seed}");
        assert_eq!(bench.server.world.entries()[0].executions, 1, "{seed}");
    }
}
