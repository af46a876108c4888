//! Faults in disbursements, conversions, refunds, settlements and links, written as in [`crate::faults`].
//! `FIRST(refund, failed)` names the rows of the first payment of a kind and state, and
//! `POSTED(refund_failed)` those of the first journal of a fact, all of account 1.

use domain::ledger::Fact;
use domain::payment::{PaymentKind, PaymentState};

pub fn sql(fault: &str) -> String {
    let mut text = fault.to_owned();
    for kind in PaymentKind::ALL.map(PaymentKind::word) {
        for state in PaymentState::ALL.map(PaymentState::word) {
            let first = format!(
                "account_id = 1 and payment_id = (select min(payment_id) from payment
                 where account_id = 1 and kind = '{kind}' and state = '{state}')"
            );
            text = text.replace(&format!("FIRST({kind}, {state})"), &first);
        }
    }
    for fact in Fact::ALL.map(Fact::word) {
        let first = format!(
            "account_id = 1 and seq = (select min(seq) from journal
             where account_id = 1 and fact = '{fact}')"
        );
        text = text.replace(&format!("POSTED({fact})"), &first);
    }
    text
}

pub const FAULTS: [(&str, &str); 75] = [
    // Money in a wrong place, of a wrong amount, or none.
    (
        "disbursements_posted",
        "update transfer set credit = 'suspense' where POSTED(disbursement_accepted)",
    ),
    (
        "disbursements_posted",
        "update transfer set amount_minor = 1 where POSTED(disbursement_accepted)",
    ),
    (
        "disbursements_posted",
        "update transfer set credit = 'fees' where POSTED(disbursement_succeeded) and line = 1",
    ),
    (
        "disbursements_posted",
        "delete from transfer where POSTED(disbursement_succeeded) and line = 2",
    ),
    (
        "disbursements_posted",
        "update transfer set credit = 'fees' where POSTED(disbursement_failed)",
    ),
    (
        "disbursements_posted",
        "update transfer set debit = 'held' where POSTED(disbursement_confirmed_late)",
    ),
    (
        "disbursements_posted",
        "update payment set fee_minor = 0 where FIRST(disbursement, successful)",
    ),
    // A state that its journals do not make.
    (
        "disbursements_posted",
        "update payment set state = 'pending' where FIRST(disbursement, successful)",
    ),
    (
        "disbursements_posted",
        "update payment set state = 'successful' where FIRST(disbursement, pending)",
    ),
    (
        "disbursements_posted",
        "update payment set state = 'failed' where FIRST(disbursement, successful)",
    ),
    (
        "disbursements_posted",
        "update payment set state = 'failed' where FIRST(disbursement, confirmed_late)",
    ),
    // A step twice, never, of another payment or of another kind.
    (
        "disbursements_posted",
        "update journal set fact = 'disbursement_succeeded' where POSTED(disbursement_accepted)",
    ),
    ("disbursements_posted", "delete from journal where POSTED(disbursement_failed)"),
    (
        "disbursements_posted",
        "update journal set payment_id = (select payment_id from payment where
         FIRST(disbursement, pending)) where POSTED(disbursement_succeeded)",
    ),
    (
        "disbursements_posted",
        "update journal set payment_id = (select payment_id from payment where
         FIRST(refund, pending)) where POSTED(disbursement_accepted)",
    ),
    (
        "disbursements_posted",
        "update journal set fact = 'refund_failed' where POSTED(disbursement_failed)",
    ),
    ("conversions_posted", "update transfer set debit = 'held' where POSTED(conversion_accepted)"),
    (
        "conversions_posted",
        "update transfer set currency = 'EUR' where POSTED(conversion_succeeded)",
    ),
    (
        "conversions_posted",
        "update transfer set amount_minor = amount_minor + 1 where POSTED(conversion_succeeded)",
    ),
    (
        "conversions_posted",
        "update conversion set target_minor = target_minor + 1 where FIRST(conversion, successful)",
    ),
    (
        "conversions_posted",
        "update conversion set target_currency = 'EUR' where FIRST(conversion, successful)",
    ),
    ("conversions_posted", "update transfer set amount_minor = 1 where POSTED(conversion_failed)"),
    (
        "conversions_posted",
        "update transfer set credit = 'available' where POSTED(conversion_confirmed_late)",
    ),
    (
        "conversions_posted",
        "update payment set state = 'failed' where FIRST(conversion, successful)",
    ),
    ("conversions_posted", "delete from journal where POSTED(conversion_accepted)"),
    ("refunds_posted", "update transfer set debit = 'pending' where POSTED(refund_accepted)"),
    ("refunds_posted", "update transfer set credit = 'available' where POSTED(refund_succeeded)"),
    ("refunds_posted", "update transfer set amount_minor = 1 where POSTED(refund_failed)"),
    ("refunds_posted", "update transfer set debit = 'held' where POSTED(refund_confirmed_late)"),
    ("refunds_posted", "update payment set state = 'successful' where FIRST(refund, failed)"),
    ("refunds_posted", "delete from journal where POSTED(refund_succeeded)"),
    // The same through the wallet.
    (
        "wallets_follow_payments",
        "update payment set state = 'failed' where FIRST(disbursement, pending)",
    ),
    (
        "wallets_follow_payments",
        "update payment set state = 'pending' where FIRST(disbursement, successful)",
    ),
    (
        "wallets_follow_payments",
        "update payment set amount_minor = amount_minor + 1 where FIRST(conversion, pending)",
    ),
    (
        "wallets_follow_payments",
        "update conversion set target_minor = target_minor + 1 where FIRST(conversion, successful)",
    ),
    ("wallets_follow_payments", "update payment set state = 'failed' where FIRST(refund, pending)"),
    (
        "wallets_follow_payments",
        "update wallet set held_minor = held_minor - 1, available_minor = available_minor + 1
         where account_id = 1 and currency = 'RWF'",
    ),
    // Settled charges.
    ("charges_posted", "delete from journal where POSTED(charge_settled)"),
    ("charges_posted", "update transfer set amount_minor = 1 where POSTED(charge_settled)"),
    (
        "charges_posted",
        "update payment set settled_at_us = null where account_id = 1 and settled_at_us > 0",
    ),
    (
        "settlements",
        "update payment set settled_at_us = null where account_id = 1 and settled_at_us > 0",
    ),
    ("settlements", "update settlement set is_done = 0 where account_id = 1 and is_done = 1"),
    (
        "wallets_follow_payments",
        "update payment set settled_at_us = null where account_id = 1 and settled_at_us > 0",
    ),
    (
        "settlements",
        "insert into settlement select account_id, payment_id, created_at_us, 0 from payment
         where FIRST(disbursement, successful)",
    ),
    // What is refunded of a charge.
    (
        "refunds",
        "update payment set refunded_minor = refunded_minor + 1
         where account_id = 1 and refunded_minor > 0",
    ),
    ("refunds", "update payment set state = 'failed' where FIRST(refund, pending)"),
    ("refunds", "update payment set amount_minor = 1 where FIRST(refund, successful)"),
    ("refunds", "update payment set amount_minor = 1 where account_id = 1 and refunded_minor > 0"),
    (
        "refunds",
        "update payment set amount_minor = 100000 where FIRST(refund, successful);
         update payment set refunded_minor = 100101 where account_id = 1 and refunded_minor > 0",
    ),
    (
        "refunds",
        "update refund set charge_id = (select payment_id from payment where account_id = 1 and
         dgs_reference = 'ok-3') where FIRST(refund, pending)",
    ),
    ("refunds", "update refund set charge_reference = 'ok-3' where FIRST(refund, pending)"),
    ("refunds", "update payment set currency = 'USD' where FIRST(refund, failed)"),
    ("references", "update refund set charge_id = 5 where FIRST(refund, pending)"),
    ("references", "update disbursement set account_id = 2 where FIRST(disbursement, pending)"),
    ("details", "delete from disbursement where FIRST(disbursement, pending)"),
    ("details", "delete from conversion where FIRST(conversion, failed)"),
    ("details", "delete from refund where FIRST(refund, failed)"),
    // What is counted of links.
    ("links", "update payment_link set uses = uses + 1"),
    ("links", "update payment_link set pending = 0"),
    ("links", "update payment_link set failed = failed - 1"),
    ("links", "update payment_link set collected_minor = collected_minor + 1"),
    ("links", "update payment_link set uses_max = 0"),
    ("links", "update payment_link set currency = 'USD'"),
    (
        "links",
        "update payment set link_id = null where account_id = 1 and dgs_reference = 'sold-2'",
    ),
    (
        "links",
        "update payment set amount_minor = 1 where account_id = 1 and dgs_reference = 'sold-2'",
    ),
    (
        "links",
        "update payment set kind = 'refund' where account_id = 1 and dgs_reference = 'sold-1'",
    ),
    (
        "links",
        "update payment set link_id = (select link_id from payment_link)
         where account_id = 1 and dgs_reference = 'ok-1'",
    ),
    ("references", "delete from payment_link"),
    ("references", "update payment_link set account_id = 3"),
    (
        "tally",
        "update payment_tally set link_id = link_id + 1 where account_id = 1 and link_id > 0",
    ),
    // What was told.
    (
        "terminal_events",
        "update event set kind = 'payment.failed' where FIRST(disbursement, failed)",
    ),
    ("terminal_events", "delete from event where FIRST(refund, successful)"),
    (
        "event_bodies",
        r#"update event set body = replace(body, '"recipient_gets":', '"recipient_gets":9')
         where FIRST(disbursement, successful)"#,
    ),
    (
        "event_bodies",
        r#"update event set body = replace(body, '"to_amount":', '"to_amount":9')
         where FIRST(conversion, successful)"#,
    ),
    (
        "keys",
        "update idempotency set body = replace(body, 'refund_reference', 'dgs_reference')
         where account_id = 1 and idempotency_key = 'key-back-1'",
    ),
];
