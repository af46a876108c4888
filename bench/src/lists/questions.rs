//! What is asked: each filter, some together, deep pages, cursors and single payments.

use domain::PaymentId;

use crate::lists::fill::Filled;
use crate::request::scatter;

/// Rows of a page unless the question says otherwise.
const LIMIT: usize = 20;

/// What follows `/transactions`, the given time that it is asked.
type Path = fn(&Filled, usize) -> String;

pub struct Question {
    pub name: &'static str,
    pub path: Path,
}

pub fn all() -> Vec<Question> {
    let all = USUAL.into_iter().chain(RARE);
    all.map(|(name, path)| Question { name, path }).collect()
}

const USUAL: [(&str, Path); 24] = [
    ("first page", |_, _| String::new()),
    ("first page of 100", |_, _| "?limit=100".into()),
    ("status=success", |_, _| "?status=success".into()),
    ("status=failed", |_, _| "?status=failed".into()),
    ("status=pending", |_, _| "?status=pending".into()),
    ("status=pending, 100", |_, _| "?status=pending&limit=100".into()),
    ("type=disbursement", |_, _| "?type=disbursement".into()),
    ("type=refund", |_, _| "?type=refund".into()),
    ("type=conversion, 100", |_, _| "?type=conversion&limit=100".into()),
    ("payment_method_type=card", |_, _| "?payment_method_type=card".into()),
    ("currency=EUR", |_, _| "?currency=EUR".into()),
    ("currency=EUR, 100", |_, _| "?currency=EUR&limit=100".into()),
    ("status=failed&currency=USD&payment_method_type=card", |_, _| {
        "?status=failed&currency=USD&payment_method_type=card".into()
    }),
    ("payment_link_id", |filled, number| {
        format!("?payment_link_id={}", one(&filled.links[..50], number).text())
    }),
    ("payment_link_id&status=success", |filled, number| {
        format!("?payment_link_id={}&status=success", one(&filled.links[..50], number).text())
    }),
    ("from, to: a month, cut within days", |_, number| {
        let month = scatter(as_u64(number)) % 12 + 1;
        format!("?from=2026-{month:02}-02 10:30:00&to=2026-{month:02}-27 15:45:10")
            .replace(' ', "%20")
    }),
    ("dgs_reference", |filled, number| {
        format!("?dgs_reference=dgs_{}", one(&filled.payments, number).0)
    }),
    ("flw_reference", |filled, number| {
        format!("?flw_reference=sim_{}", one(&filled.payments, number).0)
    }),
    ("any page", |filled, number| page(filled.payments.len(), number, "")),
    ("page 100000, or the last", |filled, _| {
        format!("?page={}", (filled.payments.len() / LIMIT).clamp(1, 100_000))
    }),
    ("any page of status=failed", |filled, number| {
        page(filled.payments.len() / 15, number, "&status=failed")
    }),
    ("any cursor", |filled, number| {
        format!("?starting_after={}", one(&filled.payments[LIMIT..], number).0)
    }),
    ("one by transaction_id", |filled, number| format!("/{}", one(&filled.payments, number).0)),
    ("one by record id", |filled, number| {
        format!("/{}", PaymentId::record_id(*one(&filled.payments, number)))
    }),
];

/// Few of each day, from many days, in places that nobody has read lately.
const RARE: [(&str, Path); 9] = [
    ("any page of status=pending, 100", |filled, number| {
        page_of_100(filled.payments.len() / 2500, number, "status=pending")
    }),
    ("any page of type=refund, 100", |filled, number| {
        page_of_100(filled.payments.len() / 200, number, "type=refund")
    }),
    ("any page of type=conversion, 100", |filled, number| {
        page_of_100(filled.payments.len() / 500, number, "type=conversion")
    }),
    ("any page of payment_method_type=bank, 100", |filled, number| {
        page_of_100(filled.payments.len() / 100, number, "payment_method_type=bank")
    }),
    ("any page of currency=EUR, 100", |filled, number| {
        page_of_100(filled.payments.len() / 100, number, "currency=EUR")
    }),
    ("any page of failed, EUR, card, 100", |filled, number| {
        let filter = "status=failed&currency=EUR&payment_method_type=card";
        page_of_100(filled.payments.len() / 1200, number, filter)
    }),
    ("any page of type=conversion&status=failed", |filled, number| {
        page(filled.payments.len() / 6000, number, "&type=conversion&status=failed")
    }),
    ("payment_link_id&status=failed, 100", |filled, number| {
        // The first links were in use for fewer days.
        let link = one(&filled.links[5..50], number).text();
        format!("?payment_link_id={link}&status=failed&limit=100")
    }),
    ("from, to: a month, cut; status=failed, 100", |_, number| {
        let month = scatter(as_u64(number)) % 12 + 1;
        format!(
            "?from=2026-{month:02}-02%2010:30:00&to=2026-{month:02}-27%2015:45:10\
                 &status=failed&limit=100"
        )
    }),
];

/// A page of a list of at least `rows`.
fn page(rows: usize, number: usize, filter: &str) -> String {
    let pages = as_u64(rows / LIMIT).max(1);
    format!("?page={}{filter}", scatter(as_u64(number)) % pages + 1)
}

/// The same, with a hundred rows to the page.
fn page_of_100(rows: usize, number: usize, filter: &str) -> String {
    let pages = as_u64(rows / 100).max(1);
    format!("?limit=100&page={}&{filter}", scatter(as_u64(number)) % pages + 1)
}

fn one<T>(all: &[T], number: usize) -> &T {
    let index = scatter(as_u64(number)) % as_u64(all.len()).max(1);
    &all[usize::try_from(index).unwrap_or(0)]
}

fn as_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
