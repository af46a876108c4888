//! Lists of payments equal what a naive model of the same rows says: for every subset of filters,
//! every page and every cursor, and while payments go on being made.
#![expect(clippy::unwrap_used, reason = "a test whose world cannot be made has failed")]

mod chance;
mod model;
mod world;

use chance::Chance;
use domain::PaymentId;
use domain::payment::{Payment, PaymentKind};
use model::Model;
use store::query::payments::{Filter, Listing, Page, list_payments};
use store::{Reader, open_to_read};
use world::{ONE, World};

fn list(reader: &Reader, filter: &Filter, page: Page) -> Listing {
    reader.snapshot(|reader| list_payments(reader, ONE, filter, page)).unwrap()
}

fn page(limit: u32, skip: u64) -> Page {
    Page { limit, skip, starting_after: None }
}

fn ids(payments: &[Payment]) -> Vec<PaymentId> {
    payments.iter().map(|payment| payment.id).collect()
}

/// The class of faults that four fuzzers missed in another ledger: filters that are right alone
/// and wrong together.
#[test]
fn every_subset_of_filters_lists_what_the_model_lists() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with_payments(folder.path(), 400);
    let reader = open_to_read(folder.path()).unwrap();
    let model = Model::of(folder.path());
    for kind in PaymentKind::ALL {
        assert!(model.rows.iter().filter(|row| row.kind == kind).count() > 10, "{kind:?}");
    }
    let mut chance = Chance::from_seed(7);
    let mut found = 0;
    for subset in 0..1_u32 << model::FILTERS {
        for _ in 0..2 {
            let filter = model.filter(subset, &mut chance);
            found += check_pages(&reader, &model, &filter, &mut chance);
        }
    }
    // Filters that never find anything would prove nothing.
    assert!(found > 10_000, "{found} rows");
    world.close();
}

/// Compares some pages of a filter with the model; returns how many rows they had.
fn check_pages(reader: &Reader, model: &Model, filter: &Filter, chance: &mut Chance) -> usize {
    let expected = model.list(filter);
    let total = u64::try_from(expected.len()).unwrap();
    let some_id = model.rows[chance.below(model.rows.len())].id;
    let between = PaymentId(some_id.0 + 1);
    let mut rows = 0;
    for starting_after in [None, Some(some_id), Some(between), Some(PaymentId(1))] {
        for limit in [3, 100] {
            let some_skip = u64::try_from(chance.below(expected.len() + 1)).unwrap();
            for skip in [0, some_skip, u64::MAX] {
                let part = Page { limit, skip, starting_after };
                let listing = list(reader, filter, part);
                let wanted = model::page(&expected, part);
                assert_eq!(listing.total, total, "{filter:?}");
                assert_eq!(ids(&listing.payments), wanted, "{filter:?} {part:?}");
                rows += wanted.len();
            }
        }
    }
    rows
}

#[test]
fn whole_payments_are_listed_as_they_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with_payments(folder.path(), 40);
    let reader = open_to_read(folder.path()).unwrap();
    for payment in list(&reader, &Filter::default(), page(100, 0)).payments {
        let name = store::query::payments::Name::Id(payment.id);
        let stored = store::query::payments::find_payment(&reader, ONE, &name).unwrap();
        assert_eq!(stored, Some(payment));
    }
    world.close();
}

/// New payments push the old ones to later pages: some are seen twice, none is passed over. A
/// cursor stands still, and each is seen once.
#[test]
fn paging_while_payments_are_made_passes_over_none() {
    for by_cursor in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::with_payments(folder.path(), 60);
        let reader = open_to_read(folder.path()).unwrap();
        for filter in [Filter::default(), Filter { status: Some("success"), ..Filter::default() }] {
            let at_start = ids(&list(&reader, &filter, page(100, 0)).payments);
            let mut seen: Vec<PaymentId> = Vec::new();
            loop {
                let read = u64::try_from(seen.len()).unwrap();
                let part = match seen.last() {
                    Some(last) if by_cursor => Page { starting_after: Some(*last), ..page(7, 0) },
                    Some(_) | None => page(7, read),
                };
                let next = ids(&list(&reader, &filter, part).payments);
                if next.is_empty() {
                    break;
                }
                seen.extend(next);
                world.make_payments(3);
            }
            let known = |id: &PaymentId| at_start.contains(id);
            assert!(seen.len() >= at_start.len() && at_start.len() > 20);
            if by_cursor {
                assert_eq!(seen, at_start);
            } else {
                let mut kept: Vec<PaymentId> = seen.iter().copied().filter(known).collect();
                kept.dedup();
                kept.sort_unstable();
                kept.dedup();
                kept.reverse();
                assert_eq!(kept, at_start);
            }
        }
        world.close();
    }
}
