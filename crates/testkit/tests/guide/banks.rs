//! "List Banks & Providers"

use testkit::http::elements;

use crate::covered::Covered;
use crate::desk::{Desk, assert_refused};
use crate::shape::{Shape, assert_shape, member};

const LIST: Shape<'_> = &[("status", "\"success\""), ("country", "\"RW\""), ("data", "[*]")];
const BANK: Shape<'_> = &[
    ("bank_key", "\"bk_rw\""),
    ("name", "\"Banque de Kigali\""),
    ("type", "\"bank\""),
    ("code", "\"40\""),
    ("currency", "\"RWF\""),
    ("branch_required", "0"),
];
const MOBILE_MONEY: Shape<'_> = &[
    ("bank_key", "\"mtn_rw\""),
    ("name", "\"MTN Mobile Money\""),
    ("type", "\"mobile_money\""),
    ("network", "\"MTN\""),
    ("currency", "\"RWF\""),
    ("branch_required", "0"),
];

pub fn covered() -> Covered {
    Covered::calls(&["GET /banks/RW"]).shape(LIST).shape(BANK).shape(MOBILE_MONEY)
}

#[test]
fn banks_and_providers_of_rwanda() {
    let desk = Desk::open();
    for path in ["/banks/RW", "/banks/rw", "/banks/Rw"] {
        let answer = desk.sandbox.request("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_shape(path, &answer.text(), LIST);
        let rows = elements(&member(&answer.text(), "data"));
        for shape in [BANK, MOBILE_MONEY] {
            let (_, key) = shape[0];
            let row = rows.iter().find(|row| member(row, "bank_key") == key);
            assert_shape(key, row.unwrap_or_else(|| panic!("no {key}")), shape);
        }
        for key in ["kcb_rw", "airtel_rw"] {
            assert!(answer.text().contains(key), "{path}: {key}");
        }
        for row in rows {
            let kind = member(&row, "type");
            assert!(["\"bank\"", "\"mobile_money\""].contains(&kind.as_str()), "{row}");
            assert!(["0", "1"].contains(&member(&row, "branch_required").as_str()), "{row}");
        }
    }
    for path in ["/banks/XX", "/banks/RWA", "/banks/KE1", "/banks/%00"] {
        assert_refused(path, &desk.sandbox.request("GET", path, &[], ""), 404, "92");
    }
}
