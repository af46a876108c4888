//! The ledger by itself: its form, its chains, and the balances that follow from it.

use std::collections::HashMap;

use domain::Currency;
use domain::ledger::audit::{ChainFault, Replay, check_chain};
use domain::ledger::owed::kind_of;
use domain::ledger::{Chain, Fact, Place};
use domain::provider_call::Provider;

use super::journals::{Stored, each_journal, each_line};
use super::{Finding, if_meaningful};
use crate::engine::wallet_row;
use crate::{Reader, StoreError};

pub(super) fn transfers_well_formed(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    each_line(reader, |line| {
        finding.row();
        if let Err(fault) = line.transfer {
            let name = format!("journal {}, transfer {}", line.seq, line.number);
            finding.violation(line.account, name, fault);
        }
        Ok(())
    })
}

pub(super) fn journals_complete(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    each_journal(reader, None, |stored| {
        finding.row();
        if stored.lines.is_empty() {
            finding.violation(stored.account, stored.name(), "it has no transfers");
        } else if (1_i64..).zip(&stored.lines).any(|(number, line)| line.number != number) {
            finding.violation(stored.account, stored.name(), "a transfer of it is missing");
        }
        Ok(())
    })
}

pub(super) fn journal_facts(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select account_id, seq, fact, payment_id is not null from journal";
    reader.each(sql, &[], |cells| {
        finding.row();
        let (account, seq) = (cells.int()?, cells.int()?);
        let (fact, names_payment) = (Fact::parse(&cells.text()?), cells.flag()?);
        let is_about_payment = fact.is_none_or(|fact| kind_of(fact).is_some());
        let fault = match fact {
            None => "its fact is unknown",
            Some(_) if names_payment && !is_about_payment => "opening funds are about no payment",
            Some(_) if !names_payment && is_about_payment => {
                "it is about a payment, and names none"
            }
            Some(_) => return Ok(()),
        };
        finding.violation(account, format!("journal {seq}"), fault);
        Ok(())
    })
}

pub(super) fn opening_funds(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    each_journal(reader, Some(&[Fact::OpeningFunds]), |stored| {
        finding.row();
        let sql = "select environment from account where account_id = $1";
        let environment = reader.row(sql, &[stored.account.into()], |cells| cells.text())?;
        if environment.as_deref() != Some("test") {
            finding.violation(stored.account, stored.name(), "the account is not a test account");
        }
        if stored.seq != 1 {
            finding.violation(stored.account, stored.name(), "it is not the account's first");
        }
        if !is_gift(&stored) {
            let fault = "it moves other money than the simulator's to available";
            finding.violation(stored.account, stored.name(), fault);
        }
        Ok(())
    })
}

fn is_gift(stored: &Stored) -> bool {
    stored.transfers().is_some_and(|transfers| {
        transfers.iter().all(|transfer| {
            transfer.debit == Place::Provider(Provider::Simulator)
                && transfer.credit == Place::Available
        })
    })
}

pub(super) fn chain_unbroken(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let mut account = None;
    let mut last = Chain::default();
    each_journal(reader, None, |stored| {
        finding.row();
        if account.replace(stored.account) != Some(stored.account) {
            last = Chain::default();
        }
        let fault = match stored.journal() {
            Some(journal) => check_chain(&last, &journal).err(),
            // Nothing was ever sealed that means nothing.
            None => Some(ChainFault::NotSealed),
        };
        if let Some(fault) = fault {
            finding.violation(stored.account, stored.name(), fault);
        }
        // Go on from what is there: one fault is one violation.
        last = Chain { seq: stored.seq, hash: stored.hash().unwrap_or_default() };
        Ok(())
    })
}

pub(super) fn chain_heads(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    let sql = "select c.account_id, c.seq,
             coalesce((select max(j.seq) from journal j where j.account_id = c.account_id), 0),
             exists (select 1 from journal j
                     where j.account_id = c.account_id and j.seq = c.seq and j.hash = c.hash)
         from ledger_chain c order by c.account_id";
    reader.each(sql, &[], |cells| {
        finding.row();
        let account = cells.int()?;
        let (seq, last_seq, is_its_hash) = (cells.int()?, cells.int()?, cells.flag()?);
        let name = format!("end of chain at {seq}");
        if seq != last_seq {
            finding.violation(account, name, format!("the last journal is {last_seq}"));
        } else if !is_its_hash {
            finding.violation(account, name, "its hash is not the last journal's");
        }
        Ok(())
    })?;
    let sql = "select distinct j.account_id from journal j
         where not exists (select 1 from ledger_chain c where c.account_id = j.account_id)";
    reader.each(sql, &[], |cells| {
        finding.violation(cells.int()?, "end of chain", "there are journals and no end");
        Ok(())
    })
}

type Replays = HashMap<(i64, Currency), Replay>;

pub(super) fn wallets_follow_transfers(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    let mut replays = Replays::new();
    each_line(reader, |line| {
        finding.row();
        if let Ok(transfer) = line.transfer
            && (transfer.debit.is_wallet() || transfer.credit.is_wallet())
        {
            let key = (line.account, transfer.amount.currency());
            replays.entry(key).or_default().post(&transfer);
        }
        Ok(())
    })?;
    let sql = "select account_id, currency, pending_minor, available_minor, held_minor from wallet
         order by account_id, currency";
    reader.each(sql, &[], |cells| {
        finding.row();
        let account = cells.int()?;
        let Some((currency, wallet)) = if_meaningful(wallet_row(cells))? else {
            finding.violation(account, "wallet", "its currency is unknown");
            return Ok(());
        };
        // A wallet that no transfer touched stands at zero.
        let replay = replays.remove(&(account, currency)).unwrap_or_default();
        let stored = Replay::from(wallet);
        if stored != replay {
            let fault = format!("it says {stored}; the transfers say {replay}");
            finding.violation(account, format!("wallet {currency}"), fault);
        }
        Ok(())
    })?;
    for ((account, currency), replay) in replays {
        let fault = format!("it is missing; the transfers say {replay}");
        finding.violation(account, format!("wallet {currency}"), fault);
    }
    Ok(())
}

pub(super) fn wallets_never_below_zero(
    reader: &Reader,
    finding: &mut Finding,
) -> Result<(), StoreError> {
    let mut replays = Replays::new();
    each_line(reader, |line| {
        finding.row();
        let Ok(transfer) = line.transfer else { return Ok(()) };
        let currency = transfer.amount.currency();
        let replay = replays.entry((line.account, currency)).or_default();
        let was_below_zero = replay.is_below_zero();
        replay.post(&transfer);
        if replay.is_below_zero() && !was_below_zero {
            let name = format!("journal {}, transfer {}", line.seq, line.number);
            finding.violation(line.account, name, format!("{currency} fell to {replay}"));
        }
        Ok(())
    })
}
