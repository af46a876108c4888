//! The answers to `/virtual-accounts` and `/deposits`.

use domain::deposit::{Deposit, ReviewReason};
use domain::virtual_account::VirtualAccount;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::link::LinkPage;
use crate::object::transaction::Pagination;
use crate::object::{amount, record_time, to_text};

#[derive(Serialize)]
struct SingleAnswer<T> {
    status: &'static str,
    data: T,
}

#[derive(Serialize)]
struct ListAnswer<T> {
    status: &'static str,
    data: Vec<T>,
    pagination: Pagination,
}

#[derive(Serialize)]
struct VirtualAccountObject<'a> {
    id: String,
    provider: &'static str,
    r#type: &'static str,
    account_number: &'a str,
    account_name: &'a str,
    bank_name: &'a str,
    currency: &'static str,
    state: &'static str,
    created_at: String,
}

#[derive(Serialize)]
struct DepositObject<'a> {
    id: String,
    state: &'static str,
    review_reason: Option<&'static str>,
    /// Of the charge that it was credited as.
    dgs_reference: Option<&'a str>,
    virtual_account_id: String,
    account_number: &'a str,
    provider: &'static str,
    settlement_id: &'a str,
    session_id: &'a str,
    amount: Box<RawValue>,
    settled_amount: Box<RawValue>,
    fee_amount: Box<RawValue>,
    vat_amount: Box<RawValue>,
    currency: &'static str,
    sender: SenderObject<'a>,
    remarks: Option<&'a str>,
    paid_at: Option<String>,
    received_at: String,
}

#[derive(Serialize)]
struct SenderObject<'a> {
    account_number: &'a str,
    account_name: &'a str,
    bank_name: &'a str,
}

#[derive(Serialize)]
struct HeldAnswer<'a> {
    status: &'static str,
    deposits: Vec<HeldDeposit<'a>>,
}

#[derive(Serialize)]
struct JudgedAnswer<'a> {
    status: &'static str,
    deposit: HeldDeposit<'a>,
}

#[derive(Serialize)]
struct HeldDeposit<'a> {
    environment: &'static str,
    #[serde(flatten)]
    deposit: DepositObject<'a>,
}

#[derive(Serialize)]
struct SandboxDeposit<'a> {
    settlement_id: &'a str,
    session_id: &'a str,
    /// What the gateway answered to its notice.
    notice_answer: Option<&'a RawValue>,
}

pub fn virtual_account_answer(account: &VirtualAccount) -> String {
    to_text(&SingleAnswer { status: "success", data: object(account) })
}

pub fn virtual_account_list_answer(accounts: &[VirtualAccount], page: LinkPage) -> String {
    to_text(&ListAnswer {
        status: "success",
        data: accounts.iter().map(object).collect(),
        pagination: Pagination::of(page.page, page.limit, page.total),
    })
}

/// Deposits with the `dgs_reference` of the charges that they were credited as.
pub fn deposit_list_answer(deposits: &[(Deposit, Option<String>)], page: LinkPage) -> String {
    let data =
        deposits.iter().map(|(deposit, reference)| of_deposit(deposit, reference.as_deref()));
    to_text(&ListAnswer {
        status: "success",
        data: data.collect(),
        pagination: Pagination::of(page.page, page.limit, page.total),
    })
}

/// Deposits that wait for a person, each with its environment; for the operator.
pub fn held_deposits_answer(held: &[(&'static str, Deposit)]) -> String {
    let deposits = held.iter().map(|(environment, deposit)| held_deposit(environment, deposit));
    to_text(&HeldAnswer { status: "success", deposits: deposits.collect() })
}

/// What a person has decided.
pub fn judged_deposit_answer(environment: &'static str, deposit: &Deposit) -> String {
    to_text(&JudgedAnswer { status: "success", deposit: held_deposit(environment, deposit) })
}

fn held_deposit<'a>(environment: &'static str, deposit: &'a Deposit) -> HeldDeposit<'a> {
    HeldDeposit { environment, deposit: of_deposit(deposit, None) }
}

/// `answer` is JSON.
pub fn sandbox_deposit_answer(settlement_id: &str, session_id: &str, answer: &str) -> String {
    let notice_answer = serde_json::from_str(answer).ok();
    let data = SandboxDeposit { settlement_id, session_id, notice_answer };
    to_text(&SingleAnswer { status: "success", data })
}

fn object(account: &VirtualAccount) -> VirtualAccountObject<'_> {
    VirtualAccountObject {
        id: account.id.text(),
        provider: account.provider.word(),
        r#type: account.kind.word(),
        account_number: &account.number,
        account_name: &account.name,
        bank_name: &account.bank_name,
        currency: VirtualAccount::CURRENCY.code(),
        state: "active",
        created_at: record_time(account.created_at),
    }
}

fn of_deposit<'a>(deposit: &'a Deposit, reference: Option<&'a str>) -> DepositObject<'a> {
    let notice = &deposit.notice;
    let sums = notice.sums;
    DepositObject {
        id: deposit.id.text(),
        state: deposit.state.word(),
        review_reason: deposit.review.map(ReviewReason::word),
        dgs_reference: reference,
        virtual_account_id: deposit.virtual_account.text(),
        account_number: &notice.account_number,
        provider: notice.provider.word(),
        settlement_id: &notice.settlement_id,
        session_id: &notice.session_id,
        amount: amount(sums.transaction_minor, sums.currency),
        settled_amount: amount(sums.settled_minor, sums.currency),
        fee_amount: amount(sums.fee_minor, sums.currency),
        vat_amount: amount(sums.vat_minor, sums.currency),
        currency: sums.currency.code(),
        sender: SenderObject {
            account_number: &notice.sender.account_number,
            account_name: &notice.sender.account_name,
            bank_name: &notice.sender.bank_name,
        },
        remarks: notice.remarks.as_deref(),
        paid_at: notice.paid_at.map(record_time),
        received_at: record_time(deposit.received_at),
    }
}
