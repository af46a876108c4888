//! Virtual accounts and deposits as the domain's values, and their way into the tables.

use domain::book::Book;
use domain::deposit::{Deposit, DepositState, Notice, ReviewReason, Sender, Sums};
use domain::provider_call::Provider;
use domain::virtual_account::{VirtualAccount, VirtualAccountKind};
use domain::{AccountId, Currency, DepositId, PaymentId, VirtualAccountId};
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::engine::Cells;
use crate::engine::save::execute;

pub(crate) const VIRTUAL_ACCOUNT_COLUMNS: &str =
    "account_id, virtual_account_id, provider, kind, number, name, bank_name, created_at_us";

pub(crate) fn virtual_account_row(cells: &mut Cells<'_>) -> Result<VirtualAccount, StoreError> {
    Ok(VirtualAccount {
        account: AccountId(cells.int()?),
        id: VirtualAccountId(cells.int()?),
        provider: cells.word("virtual_account", "provider", Provider::parse)?,
        kind: cells.word("virtual_account", "kind", VirtualAccountKind::parse)?,
        number: cells.text()?,
        name: cells.text()?,
        bank_name: cells.text()?,
        created_at: cells.time()?,
    })
}

pub(crate) const DEPOSIT_COLUMNS: &str = "account_id, deposit_id, virtual_account_id, provider, \
     settlement_id, session_id, account_number, currency, transaction_minor, settled_minor, \
     fee_minor, vat_minor, sender_account_number, sender_account_name, sender_bank_name, remarks, \
     paid_at_us, state, review, payment_id, due_at_us, polls_made, received_at_us";

pub(crate) fn deposit_row(cells: &mut Cells<'_>) -> Result<Deposit, StoreError> {
    Ok(Deposit {
        account: AccountId(cells.int()?),
        id: DepositId(cells.int()?),
        virtual_account: VirtualAccountId(cells.int()?),
        notice: notice(cells)?,
        state: cells.word("deposit", "state", DepositState::parse)?,
        review: cells.maybe_word("deposit", "review", ReviewReason::parse)?,
        payment: cells.maybe_int()?.map(PaymentId),
        due_at: cells.time()?,
        polls_made: cells.int()?.try_into().unwrap_or(u32::MAX),
        received_at: cells.time()?,
    })
}

fn notice(cells: &mut Cells<'_>) -> Result<Notice, StoreError> {
    Ok(Notice {
        provider: cells.word("deposit", "provider", Provider::parse)?,
        settlement_id: cells.text()?,
        session_id: cells.text()?,
        account_number: cells.text()?,
        sums: Sums {
            currency: cells.word("deposit", "currency", Currency::parse)?,
            transaction_minor: cells.int()?,
            settled_minor: cells.int()?,
            fee_minor: cells.int()?,
            vat_minor: cells.int()?,
        },
        sender: Sender {
            account_number: cells.text()?,
            account_name: cells.text()?,
            bank_name: cells.text()?,
        },
        remarks: cells.maybe_text()?,
        paid_at: cells.maybe_time()?,
    })
}

pub(super) fn save(connection: &Connection, book: &Book) -> Result<(), StoreError> {
    for (_, row) in book.virtual_accounts.new_rows() {
        execute(
            connection,
            "insert into virtual_account (account_id, virtual_account_id, provider, kind, number,
                 name, bank_name, created_at_us) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                row.account.0,
                row.id.0,
                row.provider.word(),
                row.kind.word(),
                row.number,
                row.name,
                row.bank_name,
                row.created_at.as_micros(),
            ],
        )?;
    }
    for (_, deposit) in book.deposits.new_rows() {
        insert_deposit(connection, deposit)?;
    }
    for (_, _, deposit) in book.deposits.changed_rows() {
        execute(
            connection,
            "update deposit set state = ?3, review = ?4, payment_id = ?5, due_at_us = ?6,
                 polls_made = ?7
             where account_id = ?1 and deposit_id = ?2",
            params![
                deposit.account.0,
                deposit.id.0,
                deposit.state.word(),
                deposit.review.map(ReviewReason::word),
                deposit.payment.map(|payment| payment.0),
                deposit.due_at.as_micros(),
                deposit.polls_made,
            ],
        )?;
    }
    Ok(())
}

fn insert_deposit(connection: &Connection, deposit: &Deposit) -> Result<(), StoreError> {
    let Notice { sums, sender, .. } = &deposit.notice;
    execute(
        connection,
        "insert into deposit (account_id, deposit_id, virtual_account_id, provider, settlement_id,
             session_id, account_number, currency, transaction_minor, settled_minor, fee_minor,
             vat_minor, sender_account_number, sender_account_name, sender_bank_name, remarks,
             paid_at_us, state, review, payment_id, due_at_us, polls_made, received_at_us)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19, ?20, ?21, ?22, ?23)",
        params![
            deposit.account.0,
            deposit.id.0,
            deposit.virtual_account.0,
            deposit.notice.provider.word(),
            deposit.notice.settlement_id,
            deposit.notice.session_id,
            deposit.notice.account_number,
            sums.currency.code(),
            sums.transaction_minor,
            sums.settled_minor,
            sums.fee_minor,
            sums.vat_minor,
            sender.account_number,
            sender.account_name,
            sender.bank_name,
            deposit.notice.remarks,
            deposit.notice.paid_at.map(|at| at.as_micros()),
            deposit.state.word(),
            deposit.review.map(ReviewReason::word),
            deposit.payment.map(|payment| payment.0),
            deposit.due_at.as_micros(),
            deposit.polls_made,
            deposit.received_at.as_micros(),
        ],
    )
}
