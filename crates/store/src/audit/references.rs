//! Who refers to whom. Keys lead with the account, so a reference that is found is also one
//! within the account, and thereby within one environment.

use super::Finding;
use crate::{Reader, StoreError};

/// Each row of `table`, where `when` holds, must have a row in `parent` with the same account and
/// the same `columns`. `name` is how a row is called to a person. All are SQL over `c`, the row.
struct Relation {
    table: &'static str,
    name: &'static str,
    when: &'static str,
    parent: &'static str,
    /// Column of the row, column of the parent.
    columns: &'static [(&'static str, &'static str)],
}

const PAYMENT: &str = "'payment ' || c.payment_id";
const DEPOSIT: &str = "'deposit ' || c.settlement_id";
const EVENT: &str = "'event ' || c.event_id";
const JOURNAL: &str = "'journal ' || c.seq";
const BY_PAYMENT: &[(&str, &str)] = &[("payment_id", "payment_id")];
const BY_LINK: &[(&str, &str)] = &[("link_id", "link_id")];

const fn to(
    table: &'static str,
    name: &'static str,
    parent: &'static str,
    columns: &'static [(&'static str, &'static str)],
) -> Relation {
    Relation { table, name, when: "true", parent, columns }
}

const RELATIONS: [Relation; 29] = [
    to("api_key", "'api key ' || hex(c.key_hash)", "account", &[]),
    to("secret", "c.kind", "account", &[]),
    to("endpoint", "'endpoint ' || c.endpoint_id", "account", &[]),
    to("payment", "c.dgs_reference", "account", &[]),
    to("payment_tally", "'tally of day ' || c.day", "account", &[]),
    to("payment_link", "'link ' || c.slug", "account", &[]),
    to("card_nonce", "'nonce ' || c.nonce", "account", &[]),
    to("wallet", "'wallet ' || c.currency", "account", &[]),
    to("ledger_chain", "'end of chain at ' || c.seq", "account", &[]),
    to("journal", JOURNAL, "account", &[]),
    to("idempotency", "'key ' || c.idempotency_key", "account", &[]),
    to("virtual_account", "'virtual account ' || c.number", "account", &[]),
    to("deposit", DEPOSIT, "virtual_account", &[("virtual_account_id", "virtual_account_id")]),
    Relation { when: "c.payment_id is not null", ..to("deposit", DEPOSIT, "payment", BY_PAYMENT) },
    to("charge", PAYMENT, "payment", BY_PAYMENT),
    to("disbursement", PAYMENT, "payment", BY_PAYMENT),
    to("conversion", PAYMENT, "payment", BY_PAYMENT),
    to("refund", PAYMENT, "payment", BY_PAYMENT),
    to("refund", PAYMENT, "charge", &[("charge_id", "payment_id")]),
    to("settlement", PAYMENT, "payment", BY_PAYMENT),
    to("provider_call", PAYMENT, "payment", BY_PAYMENT),
    to("event", EVENT, "payment", BY_PAYMENT),
    to("transfer", JOURNAL, "journal", &[("seq", "seq")]),
    to("delivery", EVENT, "event", &[("event_id", "event_id")]),
    to("attempt", EVENT, "delivery", &[("event_id", "event_id"), ("endpoint_id", "endpoint_id")]),
    Relation { when: "c.payment_id is not null", ..to("journal", JOURNAL, "payment", BY_PAYMENT) },
    Relation {
        when: "c.payment_id is not null",
        ..to("reconciliation_item", "'difference ' || c.item_id", "payment", BY_PAYMENT)
    },
    Relation {
        when: "c.link_id is not null",
        ..to("payment", "c.dgs_reference", "payment_link", BY_LINK)
    },
    // Link 0 stands for payments that came through none.
    Relation {
        when: "c.link_id <> 0",
        ..to("payment_tally", "'tally of day ' || c.day", "payment_link", BY_LINK)
    },
];

pub(super) fn references(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    for relation in RELATIONS {
        let Relation { table, name, when, parent, columns } = relation;
        let sql = format!("select count(*) from {table} c where {when}");
        let count = reader.row(&sql, &[], |cells| cells.int())?.unwrap_or(0);
        finding.rows += count.unsigned_abs();
        let same: String = columns
            .iter()
            .map(|(of_row, of_parent)| format!(" and p.{of_parent} = c.{of_row}"))
            .collect();
        let sql = format!(
            "select c.account_id, {name} from {table} c
             where {when} and not exists (
                 select 1 from {parent} p where p.account_id = c.account_id{same})"
        );
        reader.each(&sql, &[], |cells| {
            let (account, row) = (cells.int()?, cells.text()?);
            finding.violation(account, row, format!("{table}: it has no {parent}"));
            Ok(())
        })?;
    }
    Ok(())
}
