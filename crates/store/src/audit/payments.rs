//! Payments, the counts of them, the provider calls behind them and the keys in front of them.

use std::collections::{BTreeMap, HashSet};

use domain::book::DAY_US;
use domain::payment::{Method, PaymentKind, PaymentState};
use domain::provider_call::{CallState, Provider};
use domain::{Currency, Money};

use super::Finding;
use super::deliveries::{is_due_time, member};
use crate::{Reader, StoreError};

pub(super) fn amounts(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select account_id, dgs_reference, amount_minor, fee_minor, currency from payment";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference) = (cells.int()?, cells.text()?);
        let (minor, fee_minor, currency) = (cells.int()?, cells.int()?, cells.text()?);
        if !(1..=Money::MINOR_MAX).contains(&minor) {
            finding.violation(account, &reference, format!("its amount is {minor}"));
        }
        if !(0..=minor).contains(&fee_minor) {
            finding.violation(account, &reference, format!("its fee is {fee_minor} of {minor}"));
        }
        if Currency::parse(&currency).is_none() {
            finding.violation(account, &reference, format!("its currency is {currency:?}"));
        }
        Ok(())
    })
}

pub(super) fn states(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select account_id, dgs_reference, kind, method, provider, state, version,
             finished_at_us is not null from payment";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference) = (cells.int()?, cells.text()?);
        let (kind, method, provider) = (cells.text()?, cells.text()?, cells.text()?);
        let (state, version, is_finished) = (cells.text()?, cells.int()?, cells.flag()?);
        if PaymentKind::parse(&kind).is_none()
            || Method::parse(&method).is_none()
            || Provider::parse(&provider).is_none()
        {
            let fault = format!("{kind:?}, {method:?} or {provider:?} is unknown");
            finding.violation(account, &reference, fault);
        }
        let Some(state) = PaymentState::parse(&state) else {
            finding.violation(account, &reference, format!("its state is {state:?}"));
            return Ok(());
        };
        // Made, then ended, then ended otherwise: each is a change.
        let (least, ends) = match state {
            PaymentState::Pending => (1, false),
            PaymentState::Successful | PaymentState::Failed => (2, true),
            PaymentState::ConfirmedLate => (3, true),
        };
        if version < least {
            let fault = format!("{} at version {version}", state.word());
            finding.violation(account, &reference, fault);
        }
        if is_finished != ends {
            let fault = if ends { "it ended at no time" } else { "it has an end and is pending" };
            finding.violation(account, &reference, fault);
        }
        Ok(())
    })
}

/// How many of the four tables of details have a row for the payment, and whether its own has.
pub(super) fn details(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let kinds = PaymentKind::ALL.map(PaymentKind::word);
    let exists = kinds.map(|table| {
        format!(
            "exists (select 1 from {table} d
                     where d.account_id = p.account_id and d.payment_id = p.payment_id)"
        )
    });
    let sql = format!(
        "select p.account_id, p.dgs_reference, p.kind, {} from payment p
         order by p.account_id, p.payment_id",
        exists.join(", ")
    );
    reader.each(&sql, &[], |cells| {
        finding.row();
        let (account, reference, kind) = (cells.int()?, cells.text()?, cells.text()?);
        for table in kinds {
            let fault = match (cells.flag()?, table == kind) {
                (false, true) => format!("it is a {kind} without its details"),
                (true, false) => format!("it is a {kind} with the details of a {table}"),
                (true, true) | (false, false) => continue,
            };
            finding.violation(account, &reference, fault);
        }
        Ok(())
    })
}

/// account, day, link, then kind, method, currency, state as records say it.
type Sort = (i64, i64, i64, [String; 4]);

fn sort_name((_, day, link, words): &Sort) -> String {
    let through = if *link == 0 { String::new() } else { format!(", link {link}") };
    format!("day {day}, {}{through}", words.join(" "))
}

pub(super) fn tally(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let mut counts: BTreeMap<Sort, i64> = BTreeMap::new();
    let sql = "select account_id, created_at_us, coalesce(link_id, 0), kind, method, currency,
             state from payment";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, day) = (cells.int()?, cells.int()?.div_euclid(DAY_US));
        let (link, kind, method) = (cells.int()?, cells.text()?, cells.text()?);
        let (currency, stored) = (cells.text()?, cells.text()?);
        let state = match PaymentState::parse(&stored) {
            Some(state) => state.record_word().to_owned(),
            None => stored,
        };
        *counts.entry((account, day, link, [kind, method, currency, state])).or_default() += 1;
        Ok(())
    })?;
    let sql = "select account_id, day, link_id, kind, method, currency, state, count
         from payment_tally";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, day, link) = (cells.int()?, cells.int()?, cells.int()?);
        let words = [cells.text()?, cells.text()?, cells.text()?, cells.text()?];
        let tallied = cells.int()?;
        let sort = (account, day, link, words);
        let counted = counts.remove(&sort).unwrap_or(0);
        if tallied != counted {
            let fault = format!("tallied {tallied}, there are {counted}");
            finding.violation(account, sort_name(&sort), fault);
        }
        Ok(())
    })?;
    for (sort, counted) in counts {
        let fault = format!("not tallied, there are {counted}");
        finding.violation(sort.0, sort_name(&sort), fault);
    }
    Ok(())
}

pub(super) fn calls(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select p.account_id, p.dgs_reference, p.state, c.state, c.due_at_us,
             c.provider = p.provider, c.client_reference <> ''
         from payment p
         left join provider_call c
             on c.account_id = p.account_id and c.payment_id = p.payment_id
         order by p.account_id, p.payment_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference) = (cells.int()?, cells.text()?);
        let (payment, call) = (cells.text()?, cells.maybe_text()?);
        let Some(call) = call else {
            finding.violation(account, &reference, "it has no provider call");
            return Ok(());
        };
        let (due_at_us, is_same_provider, is_named) = (cells.int()?, cells.flag()?, cells.flag()?);
        let fault = match (CallState::parse(&call), payment == PaymentState::Pending.word()) {
            (None, _) => "the state of its call is unknown",
            (Some(CallState::Open), false) => "it ended, and its call is still open",
            (Some(CallState::Answered | CallState::Recheck), true) => {
                "it is pending, and its call was answered"
            }
            (Some(CallState::Open), true) if !is_due_time(due_at_us) => "its call is never due",
            _ if !is_same_provider => "its call goes to another provider",
            _ if !is_named => "its call has no reference of ours",
            (Some(CallState::Open | CallState::NeedsReview), true)
            | (Some(CallState::Answered | CallState::Recheck | CallState::NeedsReview), false) => {
                return Ok(());
            }
        };
        finding.violation(account, &reference, fault);
        Ok(())
    })
}

const PAY_LINK: &str = "POST /pay/{slug}/charges";

/// Whether an answer names an account that a payer of a link was told to pay into.
fn is_expected(reader: &Reader, account: i64, body: &str) -> Result<bool, StoreError> {
    let Some(number) = member(body, "account_number") else { return Ok(false) };
    let sql = "select count(*) from expected_deposit e
         join virtual_account v
             on v.account_id = e.account_id and v.virtual_account_id = e.virtual_account_id
         where e.account_id = $1 and v.number = $2";
    let count = reader.row(sql, &[account.into(), number.into()], |cells| cells.int())?;
    Ok(count.is_some_and(|count| count > 0))
}

/// What an answer kept under a key says of a payment.
struct Naming {
    /// The member of the answer that names it.
    member: &'static str,
    /// Whether the request made the payment, or took it a step further.
    is_making: bool,
}

/// `None` for what is done without a payment.
fn naming(operation: &str) -> Option<Naming> {
    let (member, is_making) = match operation {
        "POST /charges" | PAY_LINK | "POST /disburse" => ("dgs_reference", true),
        // The first of its lines that was done.
        "POST /disburse/bulk" => ("dgs_reference", true),
        "POST /convert" => ("dgs_conversion_ref", true),
        "POST /refunds" => ("refund_reference", true),
        "POST /authorize" => ("dgs_reference", false),
        _ => return None,
    };
    Some(Naming { member, is_making })
}

/// Holds the payments of one account at a time that were made under a key; retention bounds them.
/// A payment may have further keys for the steps after the one that made it.
pub(super) fn keys(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let mut account_in_hand = None;
    let mut seen: HashSet<i64> = HashSet::new();
    let sql = "select account_id, idempotency_key, operation, body from idempotency
         order by account_id, idempotency_key, operation";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, key) = (cells.int()?, cells.text()?);
        let (operation, body) = (cells.text()?, cells.text()?);
        if account_in_hand.replace(account) != Some(account) {
            seen.clear();
        }
        let name = format!("key {key}");
        let Some(naming) = naming(&operation) else { return Ok(()) };
        let Some(reference) = member(&body, naming.member) else {
            if operation == PAY_LINK && is_expected(reader, account, &body)? {
                return Ok(());
            }
            finding.violation(account, name, "its answer names no payment");
            return Ok(());
        };
        let sql = "select payment_id from payment where account_id = $1 and dgs_reference = $2";
        match reader.row(sql, &[account.into(), reference.into()], |cells| cells.int())? {
            None => finding.violation(account, name, format!("there is no payment {reference}")),
            Some(payment) if naming.is_making && !seen.insert(payment) => {
                finding.violation(account, reference, format!("{name} is its second key"));
            }
            Some(_) => {}
        }
        Ok(())
    })
}
