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
    columns: &'static [&'static str],
}

const PAYMENT: &str = "'payment ' || c.payment_id";
const EVENT: &str = "'event ' || c.event_id";
const JOURNAL: &str = "'journal ' || c.seq";

const fn to(
    table: &'static str,
    name: &'static str,
    parent: &'static str,
    columns: &'static [&'static str],
) -> Relation {
    Relation { table, name, when: "true", parent, columns }
}

const RELATIONS: [Relation; 17] = [
    to("api_key", "'api key ' || hex(c.key_hash)", "account", &[]),
    to("secret", "c.kind", "account", &[]),
    to("endpoint", "'endpoint ' || c.endpoint_id", "account", &[]),
    to("payment", "c.dgs_reference", "account", &[]),
    to("payment_tally", "'tally of day ' || c.day", "account", &[]),
    to("wallet", "'wallet ' || c.currency", "account", &[]),
    to("ledger_chain", "'end of chain at ' || c.seq", "account", &[]),
    to("journal", JOURNAL, "account", &[]),
    to("idempotency", "'key ' || c.idempotency_key", "account", &[]),
    to("charge", PAYMENT, "payment", &["payment_id"]),
    to("provider_call", PAYMENT, "payment", &["payment_id"]),
    to("event", EVENT, "payment", &["payment_id"]),
    to("transfer", JOURNAL, "journal", &["seq"]),
    to("delivery", EVENT, "event", &["event_id"]),
    to("attempt", EVENT, "delivery", &["event_id", "endpoint_id"]),
    // A payment is whole only with what its kind adds.
    Relation {
        when: "c.kind = 'charge'",
        ..to("payment", "c.dgs_reference", "charge", &["payment_id"])
    },
    Relation {
        when: "c.payment_id is not null",
        ..to("journal", JOURNAL, "payment", &["payment_id"])
    },
];

pub(super) fn references(reader: &Reader, finding: &mut Finding) -> Result<(), StoreError> {
    for relation in RELATIONS {
        let Relation { table, name, when, parent, columns } = relation;
        let sql = format!("select count(*) from {table} c where {when}");
        let count = reader.row(&sql, &[], |cells| cells.int())?.unwrap_or(0);
        finding.rows += count.unsigned_abs();
        let same: String =
            columns.iter().map(|column| format!(" and p.{column} = c.{column}")).collect();
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
