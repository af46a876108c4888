//! `GET /transactions` and `GET /transactions/{id}`: shapes, pages, filters.

use testkit::Options;

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, assert_members, assert_refused, assert_values, faulty_fields, unquoted};

const ROW_MEMBERS: [&str; 8] = [
    "id",
    "dgs_reference",
    "amount",
    "currency",
    "status",
    "payment_method_type",
    "created_at",
    "type",
];

/// What a single record has beyond a row.
const RECORD_MEMBERS: [&str; 10] = [
    "transaction_id",
    "fee",
    "net_amount",
    "settlement_status",
    "payment_method",
    "customer",
    "payment_link_id",
    "flw_reference",
    "processor_response",
    "timeline",
];

#[test]
fn a_record_is_found_by_each_of_its_names() {
    // Nothing may change between one look and the next.
    let day = "86400000";
    let shop = Shop::open_with(Options::default().variable("DGSPAY_SETTLEMENT_DELAY_MS", day));
    let reference = shop.charge(&ChargeBody::guide());
    shop.finish(&reference);
    // The timeline ends with the delivery; the fence sees to it that it has.
    shop.fence("delivered");
    let (rows, _) = shop.list(&format!("?dgs_reference={reference}"));
    let id = unquoted(&rows[0]["id"]);
    let by_reference = shop.record(&reference);
    let transaction_id = unquoted(&by_reference["transaction_id"]);
    assert_eq!(format!("dgs_{transaction_id}"), reference);
    for name in [&id, &transaction_id] {
        assert_eq!(shop.record(name), by_reference, "{name}");
    }
    assert_members("record", &by_reference, &[&ROW_MEMBERS[..], &RECORD_MEMBERS[..]].concat());
    let expected = [
        ("amount", "2000"),
        ("fee", "60"),
        ("net_amount", "1940"),
        ("status", r#""success""#),
        ("settlement_status", r#""unsettled""#),
        ("payment_link_id", "null"),
    ];
    assert_values("record", &by_reference, &expected);
    for (member, part) in [
        ("customer", "jane.doe@example.com"),
        ("customer", "Jane"),
        ("customer", "+250789654321"),
        ("payment_method", "MTN"),
        ("payment_method", "+250789654321"),
    ] {
        assert!(by_reference[member].contains(part), "{member}: {}", by_reference[member]);
    }
    assert!(testkit::http::elements(&by_reference["timeline"]).len() >= 2, "{by_reference:#?}");
}

#[test]
fn what_is_not_there_is_92() {
    let shop = Shop::open();
    let long = "9".repeat(500);
    for id in [
        "dgs_1",
        "1",
        "0",
        "-1",
        "99999999999999999999999999",
        "018f5a4e-0000-7000-8000-000000000000",
        "dgs-reference",
        "%20",
        "%27%20or%201%3D1",
        "%F0%9F%92%B0",
        long.as_str(),
    ] {
        let answer = shop.get(&format!("/transactions/{id}"));
        assert_refused(id, &answer, 404, "92");
    }
}

#[test]
fn pages_are_cut_newest_first() {
    let shop = Shop::open();
    let mut made: Vec<String> = (0..7).map(|_| shop.charge(&ChargeBody::guide())).collect();
    made.reverse();
    for (query, page, limit, pages, expected) in [
        ("?limit=3", "1", "3", "3", &made[0..3]),
        ("?limit=3&page=2", "2", "3", "3", &made[3..6]),
        ("?limit=3&page=3", "3", "3", "3", &made[6..7]),
        ("?limit=3&page=4", "4", "3", "3", &[]),
        ("?limit=7", "1", "7", "1", &made[..]),
        ("?limit=100", "1", "100", "1", &made[..]),
        ("?limit=101", "1", "100", "1", &made[..]),
        ("?limit=1000000", "1", "100", "1", &made[..]),
        ("?page=1", "1", "20", "1", &made[..]),
        ("?page=1000000000", "1000000000", "20", "1", &[]),
        ("?x_unknown=1", "1", "20", "1", &made[..]),
    ] {
        let (rows, pagination) = shop.list(query);
        let found: Vec<String> = rows.iter().map(|row| unquoted(&row["dgs_reference"])).collect();
        assert_eq!(found, expected, "{query}");
        let shown = [("page", page), ("limit", limit), ("total", "7"), ("pages", pages)];
        assert_values(query, &pagination, &shown);
    }
}

#[test]
fn filters_narrow_the_list() {
    let shop = Shop::open();
    let failing = ChargeBody::guide().with_text("scenario_key", "issuer:insufficient_funds");
    let good = shop.charge(&ChargeBody::guide());
    let bad = shop.charge(&failing);
    shop.finish(&good);
    shop.receiver.wait_for_event(&bad);
    let open =
        shop.charge(&ChargeBody::guide().with_text("scenario_key", "scenario:auth_redirect"));
    let flw = unquoted(&shop.record(&good)["flw_reference"]);
    let by_reference = format!("?dgs_reference={bad}");
    let by_flw = format!("?flw_reference={flw}");
    let by_both = format!("?status=success&dgs_reference={bad}");
    for (query, expected) in [
        ("?status=success", vec![&good]),
        ("?status=successful", vec![&good]),
        ("?status=failed", vec![&bad]),
        ("?status=pending", vec![&open]),
        (by_reference.as_str(), vec![&bad]),
        (by_flw.as_str(), vec![&good]),
        (by_both.as_str(), vec![]),
        ("?dgs_reference=none", vec![]),
        ("?flw_reference=none", vec![]),
        ("?payment_method_type=mobile_money", vec![&open, &bad, &good]),
        ("?payment_method_type=card", vec![]),
        ("?currency=RWF", vec![&open, &bad, &good]),
        ("?currency=USD", vec![]),
        ("?payment_link_id=018f5a4e-0000-7000-8000-000000000000", vec![]),
    ] {
        let (rows, pagination) = shop.list(query);
        let found: Vec<String> = rows.iter().map(|row| unquoted(&row["dgs_reference"])).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        assert_eq!(pagination["total"], expected.len().to_string(), "{query}");
    }
}

#[test]
fn a_bad_query_is_90_naming_its_parameter() {
    let shop = Shop::open();
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=-1", "limit"),
        ("?limit=x", "limit"),
        ("?limit=1.5", "limit"),
        ("?limit=1e1", "limit"),
        ("?limit=", "limit"),
        ("?page=0", "page"),
        ("?page=-1", "page"),
        ("?page=x", "page"),
        ("?page=99999999999999999999999", "page"),
        ("?status=unknown", "status"),
        ("?status=SUCCESS%20", "status"),
        ("?status=", "status"),
    ] {
        let answer = shop.get(&format!("/transactions{query}"));
        assert_refused(query, &answer, 400, "90");
        assert_eq!(faulty_fields(&answer), [field], "{query}: {}", answer.text());
    }
}
