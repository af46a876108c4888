//! What follows from a payment elsewhere: its settlement, the refunds of a charge, the counts of
//! the link it came through.

use domain::payment::{PaymentKind, PaymentState};

use super::Finding;
use super::deliveries::is_due_time;
use crate::{Reader, StoreError};

pub(super) fn settlements(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select p.account_id, p.dgs_reference, p.kind, p.state,
             p.settled_at_us is not null, s.due_at_us, coalesce(s.is_done, 0)
         from payment p
         left join settlement s on s.account_id = p.account_id and s.payment_id = p.payment_id
         order by p.account_id, p.payment_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference) = (cells.int()?, cells.text()?);
        let (kind, state, is_settled) = (cells.text()?, cells.text()?, cells.flag()?);
        let (due_at_us, is_done) = (cells.maybe_int()?, cells.flag()?);
        let is_owed =
            kind == PaymentKind::Charge.word() && state == PaymentState::Successful.word();
        let fault = match due_at_us {
            None if is_owed => "it is a successful charge without a settlement",
            Some(_) if !is_owed => "it has a settlement, and is no successful charge",
            None if is_settled => "it is settled, and no charge that could be",
            Some(at_us) if !is_due_time(at_us) => "its settlement is never due",
            Some(_) if is_done && !is_settled => "its settlement is done, and it is not settled",
            Some(_) if !is_done && is_settled => "it is settled, and its settlement is not done",
            Some(_) | None => return Ok(()),
        };
        finding.violation(account, &reference, fault);
        Ok(())
    })
}

pub(super) fn refunds(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    // A refund that failed has given back to the charge; one confirmed after that is the
    // operator's to mend.
    let sql = "select c.account_id, c.dgs_reference, c.kind, c.amount_minor, c.refunded_minor,
             coalesce((select sum(p.amount_minor) from refund r
                       join payment p
                           on p.account_id = r.account_id and p.payment_id = r.payment_id
                       where r.account_id = c.account_id and r.charge_id = c.payment_id
                           and p.state in ('pending', 'successful')), 0)
         from payment c order by c.account_id, c.payment_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, reference, kind) = (cells.int()?, cells.text()?, cells.text()?);
        let (gross, refunded, summed) = (cells.int()?, cells.int()?, cells.int()?);
        if refunded != summed {
            let fault = format!("{refunded} of it is refunded; its refunds make {summed}");
            finding.violation(account, &reference, fault);
        } else if refunded > gross {
            let fault = format!("{refunded} of it is refunded, and it was {gross}");
            finding.violation(account, &reference, fault);
        } else if refunded != 0 && kind != PaymentKind::Charge.word() {
            finding.violation(account, &reference, format!("it is refunded, and is a {kind}"));
        }
        Ok(())
    })?;
    refunds_fit_charges(reader, finding)
}

/// Each refund is of a successful charge in its currency, under the charge's own name.
fn refunds_fit_charges(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select r.account_id, p.dgs_reference from refund r
         join payment p on p.account_id = r.account_id and p.payment_id = r.payment_id
         join payment c on c.account_id = r.account_id and c.payment_id = r.charge_id
         where c.kind <> 'charge' or c.state <> 'successful' or c.currency <> p.currency
             or c.dgs_reference <> r.charge_reference
         order by r.account_id, r.payment_id";
    reader.each(sql, &[], |cells| {
        let (account, reference) = (cells.int()?, cells.text()?);
        finding.violation(account, reference, "it is not a refund of the charge it names");
        Ok(())
    })
}

pub(super) fn links(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select l.account_id, l.slug, l.uses_max, l.uses, l.pending, l.failed,
             l.collected_minor,
             coalesce(sum(p.state = 'successful'), 0),
             coalesce(sum(p.state = 'pending'), 0),
             coalesce(sum(p.state in ('failed', 'confirmed_late')), 0),
             coalesce(sum(case when p.state = 'successful' then p.amount_minor else 0 end), 0),
             coalesce(sum(p.kind <> 'charge' or p.currency <> l.currency), 0)
         from payment_link l
         left join payment p on p.account_id = l.account_id and p.link_id = l.link_id
         group by l.account_id, l.link_id order by l.account_id, l.link_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, slug, uses_max) = (cells.int()?, cells.text()?, cells.maybe_int()?);
        let name = format!("link {slug}");
        let counted = Counts::read(cells)?;
        let recounted = Counts::read(cells)?;
        let strangers = cells.int()?;
        if counted != recounted {
            let fault = format!("it counts {counted:?}, its payments make {recounted:?}");
            finding.violation(account, &name, fault);
        }
        if uses_max.is_some_and(|max| counted.uses > max) {
            finding.violation(account, &name, format!("it was used {} times", counted.uses));
        }
        if strangers > 0 {
            let fault = format!("{strangers} payments of it are no charges in its currency");
            finding.violation(account, &name, fault);
        }
        Ok(())
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Counts {
    uses: i64,
    pending: i64,
    failed: i64,
    collected_minor: i64,
}

impl Counts {
    fn read(cells: &mut crate::Cells<'_>) -> Result<Counts, StoreError> {
        Ok(Counts {
            uses: cells.int()?,
            pending: cells.int()?,
            failed: cells.int()?,
            collected_minor: cells.int()?,
        })
    }
}
