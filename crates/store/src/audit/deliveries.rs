//! What merchants are told: one event per end, saying what the payment says, delivered or owed.

use domain::delivery::DeliveryState;
use domain::endpoint::DialectName;
use domain::event::EventKind;
use domain::money::amount_text;
use domain::payment::{Detail, Payment, PaymentKind, PaymentState};

use super::{Finding, find_detail, if_meaningful};
use crate::engine::{PAYMENT_COLUMNS, payment_row};
use crate::{Reader, StoreError};

pub(super) fn terminal_events(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select p.account_id, p.dgs_reference, p.kind, p.state,
             (select count(*) from event e
              where e.account_id = p.account_id and e.payment_id = p.payment_id
                  and e.kind <> 'transaction.processing'),
             (select kind from event told where told.account_id = p.account_id and told.event_id =
                  (select min(e.event_id) from event e
                   where e.account_id = p.account_id and e.payment_id = p.payment_id
                       and e.kind <> 'transaction.processing'))
         from payment p order by p.account_id, p.payment_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference) = (cells.int()?, cells.text()?);
        let (kind, state) = (cells.text()?, cells.text()?);
        let (count, told) = (cells.int()?, cells.maybe_text()?);
        let owed = PaymentKind::parse(&kind)
            .zip(PaymentState::parse(&state))
            .and_then(|(kind, state)| event_of(kind, state));
        if count != i64::from(owed.is_some()) {
            finding.violation(account, reference, format!("{state}, with {count} events"));
        } else if told.as_deref() != owed.map(EventKind::word) {
            let told = told.unwrap_or_default();
            let fault = format!("{kind} {state}, and its event is {told}");
            finding.violation(account, reference, fault);
        }
        Ok(())
    })
}

/// The event that tells the end. A late confirmation is not told: the merchant knows a failure.
const fn event_of(kind: PaymentKind, state: PaymentState) -> Option<EventKind> {
    use {EventKind as E, PaymentKind as K, PaymentState as S};
    match (kind, state) {
        (K::Charge | K::Disbursement | K::Conversion | K::Refund, S::Pending) => None,
        (K::Charge, S::Successful) => Some(E::PaymentSuccess),
        (K::Charge, S::Failed | S::ConfirmedLate) => Some(E::PaymentFailed),
        (K::Disbursement, S::Successful) => Some(E::DisbursementSuccess),
        (K::Disbursement, S::Failed | S::ConfirmedLate) => Some(E::DisbursementFailed),
        (K::Conversion, S::Successful) => Some(E::ConversionSuccess),
        (K::Conversion, S::Failed | S::ConfirmedLate) => Some(E::ConversionFailed),
        (K::Refund, S::Successful) => Some(E::PaymentRefunded),
        (K::Refund, S::Failed | S::ConfirmedLate) => Some(E::RefundFailed),
    }
}

pub(super) fn event_bodies(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = format!(
        "select e.event_kind, e.body, {PAYMENT_COLUMNS}
         from (select account_id as event_account, event_id, payment_id as event_payment,
                   kind as event_kind, body from event where kind <> 'transaction.processing') e
         join payment on account_id = e.event_account and payment_id = e.event_payment
         order by e.event_account, e.event_id"
    );
    reader.each(&sql, &[], |cells| {
        finding.row();
        let (kind, body) = (cells.text()?, cells.text()?);
        let Some(payment) = if_meaningful(payment_row(cells))? else { return Ok(()) };
        // Those of a charge are all in the payment; a missing detail is found by `details`.
        let detail = match payment.kind {
            PaymentKind::Charge => None,
            PaymentKind::Disbursement | PaymentKind::Conversion | PaymentKind::Refund => {
                find_detail(reader, &payment)?
            }
        };
        for (name, expected) in told(&kind, &payment, detail.as_ref()) {
            if member(&body, name) != Some(&expected) {
                let fault = format!("the body of its event does not say {name} {expected}");
                finding.violation(payment.account.0, &payment.dgs_reference, fault);
            }
        }
        Ok(())
    })
}

/// What the body must say, by the guide's names.
fn told(kind: &str, payment: &Payment, detail: Option<&Detail>) -> Vec<(&'static str, String)> {
    let currency = payment.gross.currency();
    let amount = |minor| amount_text(minor, currency);
    let gross = || amount(payment.gross.minor());
    let code = || currency.code().to_owned();
    let is_success = payment.state == PaymentState::Successful;
    let mut told =
        vec![("event", kind.to_owned()), ("dgs_reference", payment.dgs_reference.clone())];
    match detail {
        // A charge that failed has no fee and no net.
        Some(Detail::Charge(_)) | None if payment.kind == PaymentKind::Charge => {
            let parts = (payment.fee_minor, payment.net_minor());
            let (fee, net) = if is_success { parts } else { (0, 0) };
            told.extend([("amount", gross()), ("currency", code())]);
            told.extend([("merchant_fee", amount(fee)), ("net_amount", amount(net))]);
        }
        Some(Detail::Disbursement(disbursement)) => {
            let destination = disbursement.recipient.destination_type();
            told.extend([("amount", gross()), ("currency", code())]);
            told.extend([("fee", amount(payment.fee_minor))]);
            told.extend([("recipient_gets", amount(payment.net_minor()))]);
            told.extend([("destination_type", destination.to_owned())]);
        }
        Some(Detail::Conversion(conversion)) => {
            let target = conversion.target;
            told.extend([("from_amount", gross()), ("from_currency", code())]);
            told.extend([("to_currency", target.currency().code().to_owned())]);
            told.extend(if is_success {
                vec![("to_amount", amount_text(target.minor(), target.currency()))]
            } else {
                vec![("refund_amount", gross()), ("refund_currency", code())]
            });
        }
        Some(Detail::Refund(refund)) => {
            told.extend([("amount", gross()), ("currency", code())]);
            told.extend([("charge_reference", refund.charge_reference.clone())]);
        }
        Some(Detail::Charge(_)) | None => {}
    }
    told
}

/// The text or number under a name in a flat body of ours, which has no spaces and no escapes in
/// what is looked for. A quotation of the name inside a text has backslashes and is not met.
pub(super) fn member<'b>(body: &'b str, name: &str) -> Option<&'b str> {
    let (_, rest) = body.split_once(&format!("\"{name}\":"))?;
    let end = match rest.strip_prefix('"') {
        Some(text) => return text.split_once('"').map(|(value, _)| value),
        None => rest.find([',', '}'])?,
    };
    rest.get(..end)
}

/// Beyond the year 2100 is never; zero is at once, for what a dead process had in hand.
const DUE_AT_US_MAX: i64 = 4_102_444_800_000_000;

pub(super) fn is_due_time(at_us: i64) -> bool {
    (0..DUE_AT_US_MAX).contains(&at_us)
}

pub(super) fn scheduled(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select account_id, event_id, state, due_at_us, is_leased from delivery";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, event, state) = (cells.int()?, cells.int()?, cells.text()?);
        let (due_at_us, is_leased) = (cells.int()?, cells.flag()?);
        let fault = match DeliveryState::parse(&state) {
            None => "the state of its delivery is unknown",
            Some(DeliveryState::Pending) if !is_due_time(due_at_us) => "its delivery is never due",
            Some(DeliveryState::Delivered | DeliveryState::Parked) if is_leased => {
                "its delivery is finished, and still leased"
            }
            Some(DeliveryState::Pending | DeliveryState::Delivered | DeliveryState::Parked) => {
                return Ok(());
            }
        };
        finding.violation(account, reference_of(reader, account, event)?, fault);
        Ok(())
    })?;
    callback_urls_served(reader, finding)
}

/// The event of a payment with a callback_url is owed to that address, under endpoint 0.
fn callback_urls_served(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select p.account_id, p.dgs_reference from event e
         join payment p on p.account_id = e.account_id and p.payment_id = e.payment_id
         where p.callback_url is not null and not exists (
             select 1 from delivery d
             where d.account_id = e.account_id and d.event_id = e.event_id
                 and d.endpoint_id = 0 and d.url = p.callback_url)
         order by e.account_id, e.event_id";
    reader.each(sql, &[], |cells| {
        let (account, reference) = (cells.int()?, cells.text()?);
        finding.violation(account, reference, "its event is not owed to its callback_url");
        Ok(())
    })
}

pub(super) fn attempted(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select d.account_id, d.event_id, d.state, d.attempts_made, count(distinct a.number),
             coalesce(min(a.number), 1), coalesce(max(a.number), 0),
             coalesce(max(a.status = 200 or (coalesce(n.dialect, 'standard') = 'standard'
                 and a.status between 200 and 299)), 0)
         from delivery d
         left join endpoint n on n.account_id = d.account_id and n.endpoint_id = d.endpoint_id
         left join attempt a on a.account_id = d.account_id and a.event_id = d.event_id
             and a.endpoint_id = d.endpoint_id
         group by d.account_id, d.event_id, d.endpoint_id
         order by d.account_id, d.event_id, d.endpoint_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, event, state) = (cells.int()?, cells.int()?, cells.text()?);
        let (made, stored) = (cells.int()?, cells.int()?);
        let (first, last, was_answered) = (cells.int()?, cells.int()?, cells.flag()?);
        let fault = if made != stored {
            format!("its delivery counts {made} attempts, there are {stored}")
        } else if first != 1 || last != stored {
            format!("its {stored} attempts are numbered {first} to {last}")
        } else if state == DeliveryState::Delivered.word() && !was_answered {
            "it is delivered, and no attempt was acknowledged".to_owned()
        } else {
            return Ok(());
        };
        finding.violation(account, reference_of(reader, account, event)?, fault);
        Ok(())
    })
}

/// The reference of an event's payment, or the event's own number where there is none.
fn reference_of(reader: &Reader, account: i64, event: i64) -> Result<String, StoreError> {
    let sql = "select p.dgs_reference from event e
         join payment p on p.account_id = e.account_id and p.payment_id = e.payment_id
         where e.account_id = $1 and e.event_id = $2";
    let found = reader.row(sql, &[account.into(), event.into()], |cells| cells.text())?;
    Ok(found.unwrap_or_else(|| format!("event {event}")))
}

/// Bodies in the `dusupay` dialect, those of deliveries and of events that are told in it alone.
pub(super) fn bodies_in_dialect(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = format!(
        "select e.event_kind, d.body, e.event_body, n.dialect, {PAYMENT_COLUMNS}
         from (select account_id as event_account, event_id, payment_id as event_payment,
                   kind as event_kind, body as event_body from event) e
         join delivery d on d.account_id = e.event_account and d.event_id = e.event_id
         join endpoint n on n.account_id = d.account_id and n.endpoint_id = d.endpoint_id
         join payment p on p.account_id = e.event_account and p.payment_id = e.event_payment
         where d.body is not null or n.dialect = 'dusupay'
         order by e.event_account, e.event_id",
        PAYMENT_COLUMNS = of_payment()
    );
    reader.each(&sql, &[], |cells| {
        finding.row();
        let (kind, own, events) = (cells.text()?, cells.maybe_text()?, cells.text()?);
        let dialect = DialectName::parse(&cells.text()?);
        let Some(payment) = if_meaningful(payment_row(cells))? else { return Ok(()) };
        let mut fault =
            |fault: String| finding.violation(payment.account.0, &payment.dgs_reference, fault);
        if dialect != Some(DialectName::DusuPay) {
            fault("a delivery in the guide's words has a body of its own".to_owned());
            return Ok(());
        }
        let word = EventKind::parse(&kind).and_then(|kind| DialectName::DusuPay.event_word(kind));
        let amount = amount_text(payment.gross.minor(), payment.gross.currency());
        for (name, expected) in [
            ("event", word.unwrap_or_default().to_owned()),
            ("merchant_reference", payment.dgs_reference.clone()),
            ("internal_reference", payment.id.0.to_string()),
            ("transaction_amount", amount),
        ] {
            if member(own.as_deref().unwrap_or(&events), name) != Some(&expected) {
                fault(format!("the body in its dialect does not say {name} {expected}"));
            }
        }
        Ok(())
    })
}

fn of_payment() -> String {
    let columns: Vec<String> =
        PAYMENT_COLUMNS.split(", ").map(|column| format!("p.{}", column.trim())).collect();
    columns.join(", ")
}
