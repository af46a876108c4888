//! What banks told of, against the charges that it was credited as.

use domain::deposit::{DepositState, ReviewReason};
use domain::provider_call::Provider;
use domain::virtual_account::VirtualAccountKind;

use super::Finding;
use super::deliveries::is_due_time;
use crate::{Reader, StoreError};

pub(super) fn virtual_accounts(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select account_id, number, provider, kind, name <> '' and bank_name <> ''
         from virtual_account";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, number) = (cells.int()?, cells.text()?);
        let (provider, kind, is_named) = (cells.text()?, cells.text()?, cells.flag()?);
        let name = format!("virtual account {number}");
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            finding.violation(account, &name, "its number is not of digits");
        }
        if Provider::parse(&provider).is_none() || VirtualAccountKind::parse(&kind).is_none() {
            finding.violation(account, &name, format!("{provider:?} or {kind:?} is unknown"));
        }
        if !is_named {
            finding.violation(account, &name, "it has no name, or none of its bank");
        }
        Ok(())
    })
}

pub(super) fn deposits(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select d.account_id, d.settlement_id, d.state, d.review, d.due_at_us,
             d.transaction_minor = d.settled_minor + d.fee_minor + d.vat_minor,
             coalesce(v.provider = d.provider and v.number = d.account_number, 0)
         from deposit d
         left join virtual_account v
             on v.account_id = d.account_id and v.virtual_account_id = d.virtual_account_id
         order by d.account_id, d.deposit_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, settlement) = (cells.int()?, cells.text()?);
        let (state, review) = (cells.text()?, cells.maybe_text()?);
        let (due_at_us, adds_up, fits) = (cells.int()?, cells.flag()?, cells.flag()?);
        let review = review.map(|word| ReviewReason::parse(&word));
        let fault = match (DepositState::parse(&state), review) {
            (None, _) | (_, Some(None)) => "its state or the reason of its review is unknown",
            (Some(DepositState::NeedsReview), None) => "a person must look, and nobody knows why",
            (Some(DepositState::Unverified), Some(_)) => "it waits for the bank and for a person",
            (Some(DepositState::Unverified), None) if !is_due_time(due_at_us) => {
                "the bank is never asked about it"
            }
            (Some(DepositState::Unverified | DepositState::Credited), None) if !adds_up => {
                "its sums do not add up, and no person looked"
            }
            _ if !fits => "it came to another number than that of its virtual account",
            (Some(_), _) => return Ok(()),
        };
        finding.violation(account, format!("deposit {settlement}"), fault);
        Ok(())
    })
}

/// From both sides: a credited deposit has its charge, and a charge by bank transfer its deposit.
pub(super) fn deposits_credited(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql =
        "select d.account_id, d.settlement_id, d.state = 'credited', d.payment_id is not null,
             coalesce(p.kind = 'charge' and p.method = 'bank_transfer'
                 and p.provider = d.provider and p.currency = d.currency
                 and p.amount_minor = d.settled_minor
                 and p.provider_reference = d.settlement_id, 0)
         from deposit d
         left join payment p on p.account_id = d.account_id and p.payment_id = d.payment_id
         order by d.account_id, d.deposit_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, settlement) = (cells.int()?, cells.text()?);
        let (is_credited, has_charge, fits) = (cells.flag()?, cells.flag()?, cells.flag()?);
        let fault = match (is_credited, has_charge) {
            (true, false) => "it is credited without a charge",
            (false, true) => "it has a charge and is not credited",
            (true, true) if !fits => "its charge is not what the bank settled",
            (true, true) | (false, false) => return Ok(()),
        };
        finding.violation(account, format!("deposit {settlement}"), fault);
        Ok(())
    })?;
    let sql = "select p.account_id, p.dgs_reference,
             (select count(*) from deposit d
              where d.account_id = p.account_id and d.payment_id = p.payment_id)
         from payment p where p.method = 'bank_transfer' and p.kind = 'charge'
         order by p.account_id, p.payment_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference, count) = (cells.int()?, cells.text()?, cells.int()?);
        if count != 1 {
            finding.violation(account, reference, format!("{count} deposits were credited as it"));
        }
        Ok(())
    })
}

/// From both sides: the payment that was expected came by a deposit to its own account, and a
/// link's charge by bank transfer is of the very amount that was expected.
pub(super) fn deposits_expected(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select e.account_id, e.virtual_account_id, v.kind = 'dynamic', e.amount_minor > 0,
             e.payment_id is not null,
             (select count(*) from deposit d where d.account_id = e.account_id
                  and d.virtual_account_id = e.virtual_account_id
                  and d.payment_id = e.payment_id),
             (select count(*) from deposit d where d.account_id = e.account_id
                  and d.virtual_account_id = e.virtual_account_id and d.state = 'credited')
         from expected_deposit e
         join virtual_account v
             on v.account_id = e.account_id and v.virtual_account_id = e.virtual_account_id
         order by e.account_id, e.virtual_account_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, id) = (cells.int()?, cells.int()?);
        let (is_dynamic, is_money, is_paid) = (cells.flag()?, cells.flag()?, cells.flag()?);
        let (own_count, credited_count) = (cells.int()?, cells.int()?);
        let fault = match (is_paid, own_count) {
            _ if !is_dynamic => "its account is not for one occasion",
            _ if !is_money => "nothing is expected",
            (false, _) if credited_count > 0 => "it is not paid, and a deposit was credited",
            (true, count) if count != 1 => "its payment came by no deposit to its account",
            (true | false, _) => return Ok(()),
        };
        finding.violation(account, format!("deposit expected at {id}"), fault);
        Ok(())
    })?;
    let sql = "select p.account_id, p.dgs_reference from payment p
         where p.kind = 'charge' and p.method = 'bank_transfer' and p.link_id is not null
             and not exists (
                 select 1 from expected_deposit e
                 join deposit d on d.account_id = e.account_id
                     and d.virtual_account_id = e.virtual_account_id
                     and d.payment_id = e.payment_id
                 where e.account_id = p.account_id and e.payment_id = p.payment_id
                     and e.link_id = p.link_id and e.currency = d.currency
                     and e.amount_minor = d.transaction_minor)
         order by p.account_id, p.payment_id";
    reader.each(sql, &[], |cells| {
        let (account, reference) = (cells.int()?, cells.text()?);
        finding.violation(account, reference, "its link expected no such deposit");
        Ok(())
    })
}
