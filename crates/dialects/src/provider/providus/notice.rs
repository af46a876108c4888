//! The fields of a settlement notice, which the answer to a verification has too.

use domain::deposit::{Notice, Sender, Sums};
use domain::money::{Money, MoneyError, amount_text};
use domain::provider_call::Provider;
use domain::{Currency, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;

use super::text;
use crate::json::{JsonFault, Object};
use crate::object::to_text;

/// The longest text that is kept of a notice.
const CHARS_MAX: usize = 255;

/// Nigeria keeps UTC+1 all year round (`Africa/Lagos`).
const LAGOS: i8 = 1;

const DATE_FORMS: [&str; 3] =
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%m/%d/%Y %I:%M:%S %p"];

/// Why a notice is rejected. For the log; the bank is told the code alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    #[error("the signature or the client id is missing or wrong")]
    Forged,
    #[error(transparent)]
    Json(#[from] JsonFault),
    #[error("{0} is missing or cannot be read")]
    Field(&'static str),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    session_id: &'a str,
    account_number: &'a str,
    tran_remarks: &'a str,
    transaction_amount: String,
    settled_amount: String,
    fee_amount: String,
    vat_amount: String,
    currency: &'static str,
    initiation_tran_ref: &'static str,
    settlement_id: &'a str,
    source_account_number: &'a str,
    source_account_name: &'a str,
    source_bank_name: &'a str,
    channel_id: &'static str,
    tran_date_time: String,
}

pub(super) fn read(object: &Object) -> Result<Notice, NoticeFault> {
    let code = text(object, "currency");
    let currency = Currency::parse(&code).ok_or(NoticeFault::Field("currency"))?;
    let amount = |name| minor(&text(object, name), currency).ok_or(NoticeFault::Field(name));
    let remarks = kept(object, "tranRemarks");
    let notice = Notice {
        provider: Provider::Providus,
        settlement_id: named(object, "settlementId")?,
        session_id: kept(object, "sessionId"),
        account_number: named(object, "accountNumber")?,
        sums: Sums {
            currency,
            transaction_minor: amount("transactionAmount")?,
            settled_minor: amount("settledAmount")?,
            fee_minor: amount("feeAmount")?,
            vat_minor: amount("vatAmount")?,
        },
        sender: Sender {
            account_number: kept(object, "sourceAccountNumber"),
            account_name: kept(object, "sourceAccountName"),
            bank_name: kept(object, "sourceBankName"),
        },
        remarks: (!remarks.is_empty()).then_some(remarks),
        paid_at: time(&text(object, "tranDateTime")),
    };
    // Nobody paid.
    if notice.sums.transaction_minor == 0 {
        return Err(NoticeFault::Field("transactionAmount"));
    }
    Ok(notice)
}

pub(super) fn write(notice: &Notice) -> String {
    let Sums { currency, transaction_minor, settled_minor, fee_minor, vat_minor } = notice.sums;
    let amount = |minor| amount_text(minor, currency);
    to_text(&Body {
        session_id: &notice.session_id,
        account_number: &notice.account_number,
        tran_remarks: notice.remarks.as_deref().unwrap_or_default(),
        transaction_amount: amount(transaction_minor),
        settled_amount: amount(settled_minor),
        fee_amount: amount(fee_minor),
        vat_amount: amount(vat_minor),
        currency: currency.code(),
        initiation_tran_ref: "",
        settlement_id: &notice.settlement_id,
        source_account_number: &notice.sender.account_number,
        source_account_name: &notice.sender.account_name,
        source_bank_name: &notice.sender.bank_name,
        channel_id: "1",
        tran_date_time: notice.paid_at.map(time_text).unwrap_or_default(),
    })
}

/// A name that must be there, whole.
fn named(object: &Object, name: &'static str) -> Result<String, NoticeFault> {
    let text = text(object, name);
    let is_fit =
        (1..=CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if is_fit { Ok(text) } else { Err(NoticeFault::Field(name)) }
}

/// A text for people: without control characters, cut where it is too long.
fn kept(object: &Object, name: &str) -> String {
    text(object, name).chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

/// An amount that may be zero, in minor units.
fn minor(text: &str, currency: Currency) -> Option<i64> {
    match Money::from_decimal_text(text, currency) {
        Ok(money) => Some(money.minor()),
        Err(MoneyError::AmountMustBePositive) if !text.starts_with('-') => Some(0),
        Err(_) => None,
    }
}

/// The bank writes its local time, in more forms than one.
fn time(text: &str) -> Option<Timestamp> {
    let at = DATE_FORMS.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    let at = at.to_zoned(TimeZone::fixed(Offset::constant(LAGOS))).ok()?.timestamp();
    Some(Timestamp::from_micros(at.as_microsecond()))
}

fn time_text(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX);
    let local = at.to_zoned(TimeZone::fixed(Offset::constant(LAGOS)));
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
