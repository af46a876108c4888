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
