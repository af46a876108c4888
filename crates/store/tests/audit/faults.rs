//! The faults: which invariant must find it, and the SQL that plants it. Unless it says otherwise
//! a fault is in account 1. `PAYMENT(ok-1)` and its like are written out by [`sql`].

/// Names the rows of a payment by its reference, so that a fault fits on a line.
pub fn sql(fault: &str) -> String {
    let mut text = fault.replace("LAST_SEQ", "(select max(seq) from journal where account_id = 1)");
    for reference in ["ok-1", "ok-2", "ok-3", "no-1", "late-1", "wait-1"] {
        let id = format!(
            "(select payment_id from payment where account_id = 1
             and dgs_reference = '{reference}')"
        );
        let of = |table: &str, key: &str| {
            format!(
                "account_id = 1 and {key} = \
                 (select {key} from {table} where account_id = 1 and payment_id = {id})"
            )
        };
        text = text
            .replace(&format!("PAYMENT({reference})"), &of("payment", "payment_id"))
            .replace(&format!("JOURNAL({reference})"), &of("journal", "seq"))
            .replace(&format!("EVENT({reference})"), &of("event", "event_id"));
    }
    text
}

pub const FAULTS: [(&str, &str); 136] = [
    (
        "transfers_well_formed",
        "update transfer set amount_minor = 0 where JOURNAL(ok-1) and line = 1",
    ),
    (
        "transfers_well_formed",
        "update transfer set amount_minor = -4850 where JOURNAL(ok-1) and line = 1",
    ),
    (
        "transfers_well_formed",
        "update transfer set credit = 'nowhere' where JOURNAL(ok-1) and line = 1",
    ),
    (
        "transfers_well_formed",
        "update transfer set debit = credit where JOURNAL(ok-1) and line = 1",
    ),
    (
        "transfers_well_formed",
        "update transfer set currency = 'XYZ' where JOURNAL(ok-1) and line = 1",
    ),
    ("journals_complete", "delete from transfer where JOURNAL(ok-1) and line = 1"),
    ("journals_complete", "delete from transfer where JOURNAL(ok-1)"),
    ("journals_complete", "update transfer set line = 3 where JOURNAL(ok-1) and line = 2"),
    ("journal_facts", "update journal set fact = 'gift' where JOURNAL(ok-1)"),
    ("journal_facts", "update journal set payment_id = null where JOURNAL(ok-1)"),
    (
        "journal_facts",
        "update journal set payment_id = (select payment_id from payment where PAYMENT(ok-1))
         where account_id = 1 and seq = 1",
    ),
    ("opening_funds", "update account set environment = 'live' where account_id = 1"),
    (
        "opening_funds",
        "update journal set fact = 'opening_funds', payment_id = null where JOURNAL(ok-1)",
    ),
    (
        "opening_funds",
        "update transfer set credit = 'held' where account_id = 1 and seq = 1 and line = 1",
    ),
    (
        "chain_unbroken",
        "update transfer set amount_minor = amount_minor + 1 where JOURNAL(ok-1) and line = 1",
    ),
    ("chain_unbroken", "update journal set hash = zeroblob(32) where JOURNAL(ok-1)"),
    ("chain_unbroken", "update journal set hash = x'00' where JOURNAL(ok-1)"),
    ("chain_unbroken", "update journal set posted_at_us = posted_at_us + 1 where JOURNAL(ok-1)"),
    (
        "chain_unbroken",
        "update journal set seq = 99 where account_id = 1 and seq = 2;
         update journal set seq = 2 where account_id = 1 and seq = 3;
         update journal set seq = 3 where account_id = 1 and seq = 99;
         update transfer set seq = 99 where account_id = 1 and seq = 2;
         update transfer set seq = 2 where account_id = 1 and seq = 3;
         update transfer set seq = 3 where account_id = 1 and seq = 99",
    ),
    (
        "chain_unbroken",
        "delete from transfer where account_id = 1 and seq = 2;
         delete from journal where account_id = 1 and seq = 2",
    ),
    (
        "chain_heads",
        "delete from transfer where account_id = 1 and seq = LAST_SEQ;
         delete from journal where account_id = 1 and seq = LAST_SEQ",
    ),
    ("chain_heads", "update ledger_chain set hash = zeroblob(32) where account_id = 1"),
    ("chain_heads", "update ledger_chain set seq = seq + 1 where account_id = 1"),
    ("chain_heads", "delete from ledger_chain where account_id = 1"),
    (
        "wallets_follow_transfers",
        "update wallet set available_minor = available_minor + 1 where account_id = 1 and
         currency = 'RWF'",
    ),
    (
        "wallets_follow_transfers",
        "update wallet set pending_minor = 0, available_minor = available_minor +
         pending_minor where account_id = 1",
    ),
    ("wallets_follow_transfers", "delete from wallet where account_id = 1 and currency = 'RWF'"),
    ("wallets_follow_transfers", "insert into wallet values (1, 'KES', 0, 5, 0)"),
    (
        "wallets_follow_transfers",
        "update wallet set currency = 'XYZ' where account_id = 1 and currency = 'USD'",
    ),
    ("wallets_follow_transfers", "update transfer set currency = 'USD' where JOURNAL(ok-1)"),
    (
        "wallets_never_below_zero",
        "update transfer set debit = credit, credit = debit where JOURNAL(ok-1) and line = 1",
    ),
    (
        "wallets_never_below_zero",
        "update transfer set debit = 'held', credit = 'provider:simulator'
         where account_id = 1 and seq = 1 and line = 2",
    ),
    ("wallets_follow_payments", "update payment set fee_minor = fee_minor + 1 where PAYMENT(ok-1)"),
    (
        "wallets_follow_payments",
        "update wallet set held_minor = 5 where account_id = 2 and currency = 'USD'",
    ),
    ("wallets_follow_payments", "delete from wallet where account_id = 1 and currency = 'USD'"),
    ("charges_posted", "update payment set fee_minor = 0 where PAYMENT(ok-1)"),
    ("charges_posted", "delete from transfer where JOURNAL(ok-1) and line = 2"),
    ("charges_posted", "update transfer set credit = 'pending' where JOURNAL(ok-1) and line = 2"),
    (
        "charges_posted",
        "update journal set payment_id = (select payment_id from payment where PAYMENT(ok-2))
         where JOURNAL(ok-1)",
    ),
    ("charges_posted", "update payment set state = 'successful' where PAYMENT(no-1)"),
    // The whole story a second time, wallet and end of chain included.
    (
        "charges_posted",
        "insert into transfer select 1, LAST_SEQ + 1, line, debit, credit, amount_minor,
             currency from transfer where JOURNAL(ok-1);
         insert into journal select 1, LAST_SEQ + 1, fact, payment_id, posted_at_us, hash
             from journal where JOURNAL(ok-1);
         update ledger_chain set seq = LAST_SEQ where account_id = 1;
         update wallet set pending_minor = pending_minor + 4850 where account_id = 1
             and currency = 'RWF'",
    ),
    // As if the last journal had never been, wallet and end of chain included.
    (
        "charges_posted",
        "delete from transfer where account_id = 2 and seq = 2;
         delete from journal where account_id = 2 and seq = 2;
         update ledger_chain set seq = 1, hash = (select hash from journal
             where account_id = 2 and seq = 1) where account_id = 2;
         update wallet set pending_minor = 0 where account_id = 2",
    ),
    ("charges_posted", "update transfer set credit = 'pending' where JOURNAL(late-1)"),
    ("charges_posted", "update payment set state = 'failed' where PAYMENT(late-1)"),
    ("charges_posted", "update payment set state = 'confirmed_late' where PAYMENT(no-1)"),
    ("charges_posted", "update transfer set amount_minor = 1 where JOURNAL(late-1)"),
    ("settlements", "delete from settlement where PAYMENT(ok-1)"),
    ("settlements", "update settlement set is_done = 1 where PAYMENT(ok-1)"),
    ("settlements", "update payment set settled_at_us = finished_at_us where PAYMENT(ok-1)"),
    ("settlements", "update payment set settled_at_us = created_at_us where PAYMENT(no-1)"),
    ("settlements", "update settlement set due_at_us = 9223372036854775807 where PAYMENT(ok-1)"),
    (
        "settlements",
        "insert into settlement select account_id, payment_id, created_at_us, 0 from payment
         where PAYMENT(wait-1)",
    ),
    ("charges_posted", "update payment set settled_at_us = finished_at_us where PAYMENT(ok-1)"),
    ("wallets_follow_payments", "update payment set settled_at_us = 1 where PAYMENT(ok-1)"),
    ("wallets_follow_payments", "update payment set kind = 'refund' where PAYMENT(wait-1)"),
    ("refunds", "update payment set refunded_minor = 1 where PAYMENT(ok-1)"),
    ("refunds", "update payment set refunded_minor = -1 where PAYMENT(ok-1)"),
    ("details", "update payment set kind = 'refund' where PAYMENT(wait-1)"),
    (
        "details",
        "insert into refund (account_id, payment_id, charge_id, charge_reference)
         select account_id, payment_id, 1, 'x' from payment where PAYMENT(wait-1)",
    ),
    ("disbursements_posted", "update payment set kind = 'disbursement' where PAYMENT(wait-1)"),
    ("conversions_posted", "update payment set kind = 'conversion' where PAYMENT(wait-1)"),
    ("refunds_posted", "update payment set kind = 'refund' where PAYMENT(wait-1)"),
    ("references", "update settlement set account_id = 2 where PAYMENT(ok-1)"),
    ("references", "update payment set link_id = 7 where PAYMENT(ok-1)"),
    (
        "references",
        "update payment_tally set link_id = 7 where account_id = 1 and state = 'failed' and link_id = 0",
    ),
    (
        "tally",
        "update payment_tally set link_id = 7 where account_id = 1 and state = 'failed' and link_id = 0",
    ),
    ("amounts", "update payment set amount_minor = 0, fee_minor = 0 where PAYMENT(wait-1)"),
    ("amounts", "update payment set fee_minor = amount_minor + 1 where PAYMENT(wait-1)"),
    ("amounts", "update payment set fee_minor = -1 where PAYMENT(wait-1)"),
    ("amounts", "update payment set currency = 'XYZ' where PAYMENT(wait-1)"),
    ("states", "update payment set state = 'done' where PAYMENT(ok-1)"),
    ("states", "update payment set kind = 'gift' where PAYMENT(ok-1)"),
    ("states", "update payment set provider = 'nobody' where PAYMENT(ok-1)"),
    ("states", "update payment set version = 0 where PAYMENT(wait-1)"),
    ("states", "update payment set version = 1 where PAYMENT(ok-1)"),
    ("states", "update payment set finished_at_us = null where PAYMENT(ok-1)"),
    ("states", "update payment set finished_at_us = created_at_us where PAYMENT(wait-1)"),
    (
        "tally",
        "update payment_tally set count = count + 1 where account_id = 1 and state =
         'success'",
    ),
    ("tally", "delete from payment_tally where account_id = 1 and state = 'failed'"),
    ("tally", "update payment_tally set day = day + 1 where account_id = 1 and state = 'pending'"),
    ("tally", "update payment set state = 'failed' where PAYMENT(wait-1)"),
    ("calls", "delete from provider_call where PAYMENT(wait-1)"),
    ("calls", "update provider_call set state = 'answered' where PAYMENT(wait-1)"),
    ("calls", "update provider_call set state = 'open' where PAYMENT(ok-1)"),
    ("calls", "update provider_call set state = 'lost' where PAYMENT(ok-1)"),
    ("calls", "update provider_call set due_at_us = 9223372036854775807 where PAYMENT(wait-1)"),
    ("calls", "update provider_call set provider = 'nobody' where PAYMENT(ok-1)"),
    ("calls", "update provider_call set client_reference = '' where PAYMENT(ok-1)"),
    (
        "keys",
        "update idempotency set body = replace(body, 'ok-1', 'ok-2') where account_id = 1 and
         idempotency_key = 'key-ok-1'",
    ),
    (
        "keys",
        "update idempotency set body = replace(body, 'ok-1', 'ok-9') where account_id = 1 and
         idempotency_key = 'key-ok-1'",
    ),
    (
        "keys",
        "update idempotency set body = '' where account_id = 1 and idempotency_key =
         'key-ok-1'",
    ),
    (
        "keys",
        "update idempotency set account_id = 2 where account_id = 1 and idempotency_key =
         'key-ok-2'",
    ),
    (
        "keys",
        "insert into idempotency select account_id, 'another', operation, fingerprint, body, payment_id,
         created_at_us from idempotency where idempotency_key = 'key-ok-2'",
    ),
    ("terminal_events", "update payment set state = 'pending' where PAYMENT(ok-1)"),
    ("terminal_events", "update payment set state = 'failed' where PAYMENT(ok-1)"),
    ("terminal_events", "delete from event where PAYMENT(ok-1)"),
    (
        "terminal_events",
        "insert into event select account_id, event_id + 1000000000, kind, payment_id, body,
         created_at_us from event where PAYMENT(ok-1)",
    ),
    ("terminal_events", "update event set kind = 'payment.failed' where PAYMENT(ok-1)"),
    ("terminal_events", "update event set kind = 'payment.maybe' where PAYMENT(ok-1)"),
    (
        "terminal_events",
        "insert into event select account_id, event_id + 1000000000, kind, (select payment_id
         from payment where PAYMENT(wait-1)), body, created_at_us from event where
         PAYMENT(ok-1)",
    ),
    (
        "event_bodies",
        r#"update event set body = replace(body, '"amount":5000', '"amount":50000') where
         PAYMENT(ok-1)"#,
    ),
    (
        "event_bodies",
        r#"update event set body = replace(body, '"dgs_reference":"ok-1"',
         '"dgs_reference":"ok-2"') where PAYMENT(ok-1)"#,
    ),
    (
        "event_bodies",
        r#"update event set body = replace(body, '"net_amount":4850', '"net_amount":5000')
         where PAYMENT(ok-1)"#,
    ),
    (
        "event_bodies",
        "update event set body = replace(body, 'payment.success', 'payment.failed') where
         PAYMENT(ok-1)",
    ),
    ("event_bodies", "update event set body = replace(body, 'RWF', 'USD') where PAYMENT(ok-1)"),
    ("event_bodies", "update event set body = '' where PAYMENT(ok-1)"),
    (
        "deliveries_scheduled",
        "update delivery set due_at_us = 9223372036854775807 where EVENT(no-1)",
    ),
    ("deliveries_scheduled", "update delivery set due_at_us = -1 where EVENT(no-1)"),
    ("deliveries_scheduled", "update delivery set is_leased = 1 where EVENT(ok-1)"),
    ("deliveries_scheduled", "update delivery set state = 'lost' where EVENT(ok-1)"),
    ("deliveries_scheduled", "delete from delivery where EVENT(ok-2)"),
    (
        "deliveries_scheduled",
        "update delivery set url = 'https://elsewhere.example' where EVENT(ok-2)",
    ),
    ("deliveries_attempted", "update delivery set state = 'delivered' where EVENT(no-1)"),
    ("deliveries_attempted", "delete from attempt where EVENT(ok-1) and number = 2"),
    (
        "deliveries_attempted",
        "delete from attempt where EVENT(ok-1) and number = 1;
         update delivery set attempts_made = 1 where EVENT(ok-1)",
    ),
    ("deliveries_attempted", "update attempt set status = 500 where EVENT(ok-1)"),
    (
        "deliveries_attempted",
        "update delivery set attempts_made = attempts_made + 1 where EVENT(no-1)",
    ),
    (
        "bodies_in_dialect",
        "update delivery set body = replace(body, 'ok-1', 'ok-2') where EVENT(ok-1)",
    ),
    ("references", "update charge set account_id = 2 where PAYMENT(ok-1)"),
    ("details", "delete from charge where PAYMENT(ok-1)"),
    ("references", "update provider_call set account_id = 2 where PAYMENT(ok-1)"),
    ("references", "update provider_call set payment_id = 5 where PAYMENT(ok-1)"),
    ("references", "update event set account_id = 2 where PAYMENT(ok-1)"),
    ("references", "update delivery set account_id = 2 where EVENT(ok-1)"),
    ("references", "update delivery set endpoint_id = 9 where EVENT(no-1)"),
    ("references", "update attempt set account_id = 2 where EVENT(ok-1)"),
    ("references", "update attempt set endpoint_id = 9 where EVENT(ok-1)"),
    ("references", "update journal set account_id = 3 where JOURNAL(ok-1)"),
    ("references", "update transfer set seq = 99 where JOURNAL(ok-1)"),
    ("references", "update payment set account_id = 2 where PAYMENT(wait-1)"),
    ("references", "delete from payment where PAYMENT(ok-1)"),
    ("references", "delete from account where account_id = 2"),
    ("references", "update wallet set account_id = 3 where account_id = 2"),
    ("references", "update idempotency set account_id = 3 where account_id = 2"),
    ("references", "update api_key set account_id = 3 where account_id = 2"),
    ("bodies_in_dialect", "update delivery set body = '{}' where EVENT(ok-1) and endpoint_id = 1"),
];
