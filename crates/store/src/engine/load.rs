//! Fetches the rows that a group of commands must see.

use domain::book::Book;
use domain::decide::Needs;
use domain::idempotency::KeyScope;
use domain::payment::{Detail, PaymentKind};
use domain::{AccountId, EventId, LinkId, PaymentId};
use rusqlite::{Connection, ToSql};

use std::sync::LazyLock;

use crate::StoreError;
use crate::engine::rows::{
    ACCOUNT_COLUMNS, CALL_COLUMNS, DELIVERY_COLUMNS, ENDPOINT_COLUMNS, EVENT_COLUMNS,
    PAYMENT_COLUMNS, SETTLEMENT_COLUMNS, account_row, call_row, callback_row, chain_row,
    delivery_row, endpoint_row, event_row, first_use_row, payment_row, settlement_row, wallet_row,
};
use crate::engine::{
    Cells, DEPOSIT_COLUMNS, ITEM_COLUMNS, LINK_COLUMNS, VIRTUAL_ACCOUNT_COLUMNS, deposit_row,
    detail_row, detail_source, item_row, link_row, virtual_account_row,
};

/// Text that is put together once.
macro_rules! sql {
    ($name:ident, $($text:tt)*) => {
        static $name: LazyLock<String> = LazyLock::new(|| format!($($text)*));
    };
}
sql!(ACCOUNT, "select {ACCOUNT_COLUMNS} from account where account_id = ?1");
sql!(ENDPOINTS, "select {ENDPOINT_COLUMNS} from endpoint where account_id = ?1");
sql!(PAYMENT, "select {PAYMENT_COLUMNS} from payment where account_id = ?1 and payment_id = ?2");
sql!(LINK, "select {LINK_COLUMNS} from payment_link where account_id = ?1 and link_id = ?2");
sql!(
    SETTLEMENT,
    "select {SETTLEMENT_COLUMNS} from settlement where account_id = ?1 and payment_id = ?2"
);
const SLUG: &str = "select 1 from payment_link where slug = ?1";
const NONCE: &str = "select used_at_us from card_nonce where account_id = ?1 and nonce = ?2";
sql!(CALL, "select {CALL_COLUMNS} from provider_call where account_id = ?1 and payment_id = ?2");
const CALLBACK: &str = "select account_id, payment_id, body, received_at_us from inbound_callback
     where provider = ?1 and name = ?2";
sql!(
    DELIVERY,
    "select {DELIVERY_COLUMNS} from delivery
     where account_id = ?1 and event_id = ?2 and endpoint_id = ?3"
);
sql!(ITEM, "select {ITEM_COLUMNS} from reconciliation_item where account_id = ?1 and item_id = ?2");
sql!(EVENT, "select {EVENT_COLUMNS} from event where account_id = ?1 and event_id = ?2");
sql!(
    DELIVERIES_OF_EVENT,
    "select {DELIVERY_COLUMNS} from delivery where account_id = ?1 and event_id = ?2"
);
sql!(DEPOSIT, "select {DEPOSIT_COLUMNS} from deposit where provider = ?1 and settlement_id = ?2");
sql!(
    VIRTUAL_ACCOUNT,
    "select {VIRTUAL_ACCOUNT_COLUMNS} from virtual_account where provider = ?1 and number = ?2"
);
const WALLETS: &str = "select currency, pending_minor, available_minor, held_minor
     from wallet where account_id = ?1";
const CHAIN: &str = "select seq, hash from ledger_chain where account_id = ?1";
const FIRST_USE: &str = "select fingerprint, body, payment_id, created_at_us from idempotency
     where account_id = ?1 and idempotency_key = ?2 and operation = ?3";
const REFERENCE: &str = "select 1 from payment where account_id = ?1 and dgs_reference = ?2";

pub(super) fn book(connection: &Connection, needs: &Needs) -> Result<Book, StoreError> {
    let mut book = Book::default();
    for id in &needs.accounts {
        account(connection, *id, &mut book)?;
    }
    for (account, payment) in &needs.payments {
        payment_and_call(connection, (*account, *payment), &mut book)?;
    }
    for key in &needs.charge_details {
        detail(connection, *key, PaymentKind::Charge, &mut book)?;
    }
    for key in &needs.settlements {
        each(connection, &SETTLEMENT, &[&key.0.0, &key.1.0], |cells| {
            book.settlements.load(*key, settlement_row(cells)?);
            Ok(())
        })?;
    }
    for key in &needs.links {
        link(connection, *key, &mut book)?;
    }
    for slug in &needs.slugs {
        each(connection, SLUG, &[slug], |_| {
            book.taken_slugs.insert(slug.clone());
            Ok(())
        })?;
    }
    for (account, nonce) in &needs.nonces {
        each(connection, NONCE, &[&account.0, nonce], |cells| {
            book.nonces.load((*account, nonce.clone()), cells.time()?);
            Ok(())
        })?;
    }
    for id in &needs.wallets {
        wallets_and_chain(connection, *id, &mut book)?;
    }
    for scope in &needs.first_uses {
        first_use(connection, scope, &mut book)?;
    }
    for (account, reference) in &needs.references {
        each(connection, REFERENCE, &[&account.0, reference], |_| {
            book.taken_references.insert((*account, reference.clone()));
            Ok(())
        })?;
    }
    bank_transfers(connection, needs, &mut book)?;
    calls_and_callbacks(connection, needs, &mut book)?;
    for key in &needs.events {
        past_event(connection, *key, &mut book)?;
    }
    for key in &needs.deliveries {
        each(connection, &DELIVERY, &[&key.account.0, &key.event.0, &key.endpoint.0], |cells| {
            book.deliveries.load(*key, delivery_row(cells)?);
            Ok(())
        })?;
    }
    for key in &needs.reconciliation_items {
        each(connection, &ITEM, &[&key.0.0, &key.1.0], |cells| {
            book.reconciliation_items.load(key.clone(), item_row(cells)?);
            Ok(())
        })?;
    }
    Ok(book)
}

fn calls_and_callbacks(
    connection: &Connection,
    needs: &Needs,
    book: &mut Book,
) -> Result<(), StoreError> {
    for key in &needs.calls {
        each(connection, &CALL, &[&key.0.0, &key.1.0], |cells| {
            book.calls.load(*key, call_row(cells)?);
            Ok(())
        })?;
    }
    for key in &needs.callbacks {
        each(connection, CALLBACK, &[&key.provider.word(), &key.name], |cells| {
            book.callbacks.load(key.clone(), callback_row(cells)?);
            Ok(())
        })?;
    }
    Ok(())
}

fn bank_transfers(
    connection: &Connection,
    needs: &Needs,
    book: &mut Book,
) -> Result<(), StoreError> {
    for key in &needs.deposits {
        each(connection, &DEPOSIT, &[&key.0.word(), &key.1], |cells| {
            book.deposits.load(key.clone(), deposit_row(cells)?);
            Ok(())
        })?;
    }
    for key in &needs.virtual_accounts {
        each(connection, &VIRTUAL_ACCOUNT, &[&key.0.word(), &key.1], |cells| {
            book.virtual_accounts.load(key.clone(), virtual_account_row(cells)?);
            Ok(())
        })?;
        if let Some(id) = book.virtual_accounts.find(key).map(|found| found.account) {
            account(connection, id, book)?;
            wallets_and_chain(connection, id, book)?;
        }
    }
    Ok(())
}

fn account(connection: &Connection, id: AccountId, book: &mut Book) -> Result<(), StoreError> {
    each(connection, &ACCOUNT, &[&id.0], |cells| {
        book.accounts.load(id, account_row(cells)?);
        Ok(())
    })?;
    each(connection, &ENDPOINTS, &[&id.0], |cells| {
        let endpoint = endpoint_row(cells)?;
        book.endpoints.load((id, endpoint.id), endpoint);
        Ok(())
    })
}

fn payment_and_call(
    connection: &Connection,
    key: (AccountId, PaymentId),
    book: &mut Book,
) -> Result<(), StoreError> {
    let args: [&dyn ToSql; 2] = [&key.0.0, &key.1.0];
    each(connection, &PAYMENT, &args, |cells| {
        book.payments.load(key, payment_row(cells)?);
        Ok(())
    })?;
    each(connection, &CALL, &args, |cells| {
        book.calls.load(key, call_row(cells)?);
        Ok(())
    })?;
    let Some(payment) = book.payments.find(&key) else { return Ok(()) };
    let (kind, through) = (payment.kind, payment.link);
    if kind != PaymentKind::Charge || book.tells_of_details(key.0) {
        detail(connection, key, kind, book)?;
    }
    // The end of a refund gives back to its charge.
    if let Some(Detail::Refund(refund)) = book.details.find(&key) {
        let charge = (key.0, refund.charge);
        payment_and_call(connection, charge, book)?;
    }
    match through {
        Some(id) => link(connection, (key.0, id), book),
        None => Ok(()),
    }
}

/// An event that is to be told again, with all that its bodies are made of and its deliveries.
fn past_event(
    connection: &Connection,
    key: (AccountId, EventId),
    book: &mut Book,
) -> Result<(), StoreError> {
    let args: [&dyn ToSql; 2] = [&key.0.0, &key.1.0];
    each(connection, &EVENT, &args, |cells| {
        book.past_events.insert(key, event_row(cells)?);
        Ok(())
    })?;
    each(connection, &DELIVERIES_OF_EVENT, &args, |cells| {
        let delivery = delivery_row(cells)?;
        book.deliveries.load(delivery.key, delivery);
        Ok(())
    })?;
    match book.past_events.get(&key).map(|event| event.payment) {
        Some(payment) => payment_and_call(connection, (key.0, payment), book),
        None => Ok(()),
    }
}

fn detail(
    connection: &Connection,
    key: (AccountId, PaymentId),
    kind: PaymentKind,
    book: &mut Book,
) -> Result<(), StoreError> {
    let (columns, table) = detail_source(kind);
    let sql = format!("select {columns} from {table} where account_id = ?1 and payment_id = ?2");
    each(connection, &sql, &[&key.0.0, &key.1.0], |cells| {
        book.details.load(key, detail_row(kind, cells)?);
        Ok(())
    })
}

fn link(
    connection: &Connection,
    key: (AccountId, LinkId),
    book: &mut Book,
) -> Result<(), StoreError> {
    each(connection, &LINK, &[&key.0.0, &key.1.0], |cells| {
        book.links.load(key, link_row(cells)?);
        Ok(())
    })
}

fn wallets_and_chain(
    connection: &Connection,
    id: AccountId,
    book: &mut Book,
) -> Result<(), StoreError> {
    each(connection, WALLETS, &[&id.0], |cells| {
        let (currency, wallet) = wallet_row(cells)?;
        book.wallets.load((id, currency), wallet);
        Ok(())
    })?;
    each(connection, CHAIN, &[&id.0], |cells| {
        book.chains.load(id, chain_row(cells)?);
        Ok(())
    })
}

fn first_use(connection: &Connection, scope: &KeyScope, book: &mut Book) -> Result<(), StoreError> {
    let args: [&dyn ToSql; 3] = [&scope.account.0, &scope.key, &scope.operation];
    each(connection, FIRST_USE, &args, |cells| {
        book.first_uses.load(scope.clone(), first_use_row(cells)?);
        Ok(())
    })
}

fn each(
    connection: &Connection,
    sql: &str,
    args: &[&dyn ToSql],
    mut read: impl FnMut(&mut Cells<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(args)?;
    while let Some(row) = rows.next()? {
        read(&mut Cells::of(row))?;
    }
    Ok(())
}
