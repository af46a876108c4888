//! "Transactions": the list, its parameters, and a single record.

use serde_json::json;
use testkit::http::elements;

use crate::covered::Covered;
use crate::desk::{Desk, assert_faulty, merged, text};
use crate::mobile_money;
use crate::parameters::Row;
use crate::shape::{Shape, assert_shape, member};

const TABLE: [Row; 6] = [
    ("page", "integer", ""),
    ("limit", "integer", ""),
    ("status", "string", ""),
    ("payment_link_id", "string", ""),
    ("dgs_reference", "string", ""),
    ("flw_reference", "string", ""),
];

const LIST: Shape<'_> = &[("status", "\"success\""), ("data", "[*]"), ("pagination", "{*}")];
/// The guide's seven, and which kind of payment it is.
const ROW: Shape<'_> = &[
    ("id", "\"*-*-7*-*-*\""),
    ("dgs_reference", "\"dgs_#\""),
    ("amount", "2000"),
    ("currency", "\"RWF\""),
    ("status", "\"success\""),
    ("payment_method_type", "\"mobile_money\""),
    ("created_at", "\"#-#-# #:#:#\""),
    ("type", "\"charge\""),
];
const PAGINATION: Shape<'_> = &[("page", "1"), ("limit", "20"), ("total", "1"), ("pages", "1")];

pub fn covered() -> Covered {
    Covered::calls(&["GET /transactions", "GET /transactions/{id}"])
        .table(&TABLE)
        .shape(LIST)
        .shape(ROW)
        .shape(PAGINATION)
}

/// One payment that succeeded, one that failed, one that waits; the first two references.
fn three(desk: &Desk) -> [String; 2] {
    let keys = ["issuer:approved", "issuer:do_not_honor", "scenario:auth_redirect"];
    let [good, bad, _] = keys.map(|key| {
        let body = merged(mobile_money::example(), json!({"scenario_key": key}));
        text(&desk.post("/charges", &body, &[]).json(), "dgs_reference")
    });
    desk.sandbox.advance_clock(3);
    [good, bad].map(|reference| {
        desk.receiver.wait_for_event(&reference);
        reference
    })
}

#[test]
fn the_list_and_its_parameters() {
    let desk = Desk::open();
    let [good, bad] = three(&desk);
    let get = |query: &str| {
        let answer = desk.sandbox.request("GET", &format!("/transactions{query}"), &[], "");
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer
    };
    // The guide's own query.
    let answer = get("?page=1&limit=20&status=success");
    assert_shape("list", &answer.text(), LIST);
    assert_shape("pagination", &member(&answer.text(), "pagination"), PAGINATION);
    let rows = elements(&member(&answer.text(), "data"));
    assert_eq!(rows.len(), 1);
    assert_shape("row", &rows[0], ROW);

    let flw = text(&desk.record(&bad), "flw_reference");
    for (query, total) in [
        (String::new(), 3),
        ("?page=2&limit=2".to_owned(), 3),
        ("?limit=1000".to_owned(), 3),
        ("?status=pending".to_owned(), 1),
        ("?status=failed".to_owned(), 1),
        (format!("?dgs_reference={good}"), 1),
        (format!("?flw_reference={flw}"), 1),
        ("?payment_link_id=018f5a4e-0000-7000-8000-000000000000".to_owned(), 0),
    ] {
        assert_eq!(get(&query).json()["pagination"]["total"], total, "{query}");
    }
    for (name, kind, _) in TABLE {
        for wrong in if kind == "integer" { &["0", "-1", "x", "1.5", ""][..] } else { &[] } {
            let path = format!("/transactions?{name}={wrong}");
            assert_faulty(&path, &desk.sandbox.request("GET", &path, &[], ""), &[name]);
        }
    }
    let unknown = desk.sandbox.request("GET", "/transactions?status=paid", &[], "");
    assert_faulty("an unknown status", &unknown, &["status"]);
}

#[test]
fn a_single_transaction_has_full_details() {
    let desk = Desk::open();
    let [good, _] = three(&desk);
    let record = desk.record(&good);
    for name in [text(&record, "id"), text(&record, "transaction_id")] {
        assert_eq!(text(&desk.record(&name), "dgs_reference"), good, "{name}");
    }
    // What the section's first lines promise, beyond a row.
    for (member, expected) in [
        ("/settlement_status", "unsettled"),
        ("/payment_method/network", "MTN"),
        ("/customer/email", "jane.doe@example.com"),
    ] {
        let found = record.pointer(member).and_then(|value| value.as_str());
        assert!(
            found == Some(expected) || (member == "/settlement_status" && found == Some("settled")),
            "{member}: {record}"
        );
    }
    assert!(record["payment_link_id"].is_null(), "{record}");
}
