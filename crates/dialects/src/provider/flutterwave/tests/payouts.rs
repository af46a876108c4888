//! Money out: transfers and refunds.

use super::*;

#[test]
fn a_transfer_is_what_the_recipient_gets() {
    let case = Case::to_phone();
    let (target, body) = case.request(Task::Submit(None), &[]);
    assert_eq!(target, "Post /direct-transfers");
    let instruction = &body["payment_instruction"];
    assert_eq!(instruction["amount"]["value"], 4900);
    assert_eq!(
        instruction["recipient"],
        json!({"name": {"first": "Account", "last": "Holder"},
            "mobile_money": {"network": "AIRTEL", "msisdn": "250738000111"}})
    );
    let word = case.word(Task::Submit(None), &[data(&transfer("NEW"))]);
    assert_eq!((word.verdict, word.stated), (Verdict::Pending, rwf(4900)));
    let mut case = Case::to_phone();
    case.payment.fee_minor = 5000;
    assert_eq!(case.word(Task::Submit(None), &[]).verdict, Verdict::NotSent);
}

#[test]
fn a_bank_needs_its_code_and_a_branch() {
    let (target, body) = Case::to_bank(Some("X1")).request(Task::Submit(None), &[]);
    assert_eq!(target, "Post /direct-transfers");
    let bank = json!({"account_number": "000400012345678", "code": "11290001", "branch": "X1"});
    assert_eq!(body["payment_instruction"]["recipient"]["bank"], bank);

    let case = Case::to_bank(None);
    let banks = data(&json!([{"id": "bnk_1", "code": "11290001", "name": "BK"}]));
    let branches = data(&json!([{"id": "brh_1", "code": "B7", "name": "Head office"}]));
    let task = Task::Submit(None);
    assert_eq!(case.request(task, &[]).0, "Get /banks?country=RW");
    assert_eq!(case.request(task, std::slice::from_ref(&banks)).0, "Get /banks/bnk_1/branches");
    let (_, body) = case.request(task, &[banks.clone(), branches]);
    assert_eq!(body["payment_instruction"]["recipient"]["bank"]["branch"], "B7");
    assert_eq!(case.word(task, &[Reply::Lost]).verdict, Verdict::NotSent);
    assert_eq!(case.word(task, &[banks, data(&json!([]))]).verdict, Verdict::NotSent);
    let mut nowhere = Case::to_bank(Some("X1"));
    nowhere.bank_code = None;
    assert_eq!(nowhere.word(task, &[]).verdict, Verdict::NotSent);
    assert_eq!(nowhere.word(Task::Enquire, &[]).verdict, Verdict::Unknown);
}

#[test]
fn a_lost_transfer_is_sent_again_and_looked_for_where_it_exists() {
    let case = Case::to_phone();
    assert_eq!(case.request(Task::Enquire, &[]), case.request(Task::Submit(None), &[]));
    let exists = error(409, "201409");
    let (target, _) = case.request(Task::Enquire, std::slice::from_ref(&exists));
    assert!(target.starts_with("Get /transfers?from=2026-"), "{target}");
    let page = |transfers: Value, next: Option<&str>| {
        let cursor = json!({"next": next, "has_more_items": next.is_some()});
        data(&json!({"cursor": cursor, "transfers": transfers}))
    };
    let first = page(json!([]), Some("a b"));
    let (target, _) = case.request(Task::Enquire, &[exists.clone(), first.clone()]);
    assert!(target.ends_with("&size=50&next=a+b"), "{target}");
    let second = page(json!([transfer("SUCCESSFUL")]), None);
    let word = case.word(Task::Enquire, &[exists.clone(), first, second]);
    assert_eq!((word.verdict, word.stated), (Verdict::Succeeded, rwf(4900)));
    let word = case.word(Task::Enquire, &[exists, page(json!([]), None)]);
    assert_eq!(word.verdict, Verdict::Unknown);
    let mut over = Case::to_phone();
    over.payment.state = PaymentState::Failed;
    assert!(over.request(Task::Enquire, &[]).0.starts_with("Get /transfers?"));
}

#[test]
fn a_known_transfer_is_asked_by_its_id() {
    let case = Case::to_phone().known("trf_SIM1");
    assert_eq!(case.request(Task::Enquire, &[]).0, "Get /transfers/trf_SIM1");
    let mut made = transfer("SUCCESSFUL");
    made["payment_information"] = json!({"proof": "0001"});
    let word = case.word(Task::Enquire, &[data(&made)]);
    assert_eq!((word.verdict, word.proof.as_deref()), (Verdict::Succeeded, Some("0001")));
    made["reversal"] = json!({"reconciliation_status": "REVERSED"});
    assert!(matches!(case.word(Task::Enquire, &[data(&made)]).verdict, Verdict::Declined(_)));
    let mut failed = transfer("FAILED");
    failed["provider_response"] = json!({"type": "insufficient_balance", "code": "0307"});
    let Verdict::Declined(reason) = case.word(Task::Enquire, &[data(&failed)]).verdict else {
        panic!("declined")
    };
    assert_eq!((reason.code.as_str(), reason.text.as_str()), ("0307", "Insufficient balance"));
    let mut other = transfer("SUCCESSFUL");
    other["reference"] = json!("999999");
    let word = case.word(Task::Enquire, &[data(&other)]);
    assert_eq!(word.verdict, Verdict::Contradicts("reference"));
    assert_eq!(case.word(Task::Enquire, &[error(404, "301404")]).verdict, Verdict::Unknown);
}

#[test]
fn a_refund_is_never_sent_twice() {
    let case = Case::refund();
    let (target, body) = case.request(Task::Submit(None), &[]);
    assert_eq!(target, "Post /refunds");
    assert_eq!(
        body,
        json!({"amount": 5000, "charge_id": "chg_SIM1", "reason": "requested_by_customer",
            "meta": {"reference": REFERENCE}})
    );
    let refund = |status: &str| {
        json!({"id": "ref_SIM1", "amount_refunded": 5000, "charge_id": "chg_SIM1",
            "status": status, "meta": {"reference": REFERENCE}})
    };
    let word = case.word(Task::Submit(None), &[data(&refund("new"))]);
    assert_eq!((word.verdict, word.stated), (Verdict::Pending, rwf(5000)));
    assert!(case.request(Task::Enquire, &[]).0.starts_with("Get /refunds?from="));
    let word = case.word(Task::Enquire, &[data(&json!([refund("completed")]))]);
    assert_eq!(word.verdict, Verdict::Succeeded);
    assert_eq!(case.word(Task::Enquire, &[data(&json!([]))]).verdict, Verdict::Unheard);
    let case = Case::refund().known("ref_SIM1");
    assert_eq!(case.request(Task::Enquire, &[]).0, "Get /refunds/ref_SIM1");
    let word = case.word(Task::Enquire, &[data(&refund("failed"))]);
    assert!(matches!(word.verdict, Verdict::Declined(_)));
}
