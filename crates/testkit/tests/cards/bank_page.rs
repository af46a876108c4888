//! The simulated bank's page: refused, repeated, and in three languages.

use serde_json::json;

use crate::desk::{Desk, card, text};

#[test]
fn the_bank_page_can_be_refused_and_speaks_three_languages() {
    let desk = Desk::open();
    let charged = desk.charge_as("scenario:auth_3ds");
    let path = desk.page(&charged);
    for (language, title) in
        [("en", "Simulated bank"), ("fr", "Banque simulée"), ("rw", "Banki y’igerageza")]
    {
        let wish = [("Accept-Language", language)];
        let page = desk.sandbox.api.bare_request("GET", &path, &wish, "");
        assert!(page.text().contains(title), "{language}: {}", page.text());
        assert!(page.header("content-security-policy").is_some());
    }
    assert_eq!(desk.answer_at_bank(&path, "perhaps").status, 400);
    // The phone's page is not a way around the bank.
    let phone = path.replace("/pay/bank/", "/pay/status/");
    assert_eq!(desk.answer_at_bank(&phone, "approve").status, 404);
    assert_eq!(desk.answer_at_bank(&path, "refuse").status, 303);
    assert_eq!(desk.answer_at_bank(&path, "approve").status, 303);
    let reference = text(&charged, "dgs_reference");
    let record = desk.record(&reference);
    assert_eq!(record["status"], "failed", "{record}");
    assert_eq!(record["processor_response"], "Declined by cardholder", "{record}");

    let nowhere = json!({"scenario_key": "scenario:auth_3ds", "redirect_url": null});
    let other = desk.charge(desk.browse_one(card()), nowhere).json();
    let sent = desk.answer_at_bank(&desk.page(&other), "approve");
    let status_page = desk.page(&other).replace("/pay/bank/", "/pay/status/");
    assert_eq!((sent.status, sent.header("location")), (303, Some(status_page.as_str())));
    desk.assert_each_told_once(&[reference, text(&other, "dgs_reference")]);
    desk.assert_audit_is_clean();
}
