//! Virtual accounts, what is expected there and deposits as the domain's values, and their way
//! into the tables.

use domain::book::Book;
use domain::charge::Customer;
use domain::deposit::{Deposit, DepositState, Notice, ReviewReason, Sender, Sums};
use domain::expected_deposit::ExpectedDeposit;
use domain::phone::Phone;
use domain::provider_call::Provider;
use domain::virtual_account::{VirtualAccount, VirtualAccountKind};
use domain::{AccountId, Currency, DepositId, LinkId, Money, PaymentId, VirtualAccountId};
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

pub(crate) const EXPECTED_DEPOSIT_COLUMNS: &str = "account_id, virtual_account_id, link_id, \
     currency, amount_minor, customer_email, customer_first_name, customer_last_name, \
     customer_phone, customer_address, expires_at_us, payment_id";

pub(crate) fn expected_deposit_row(cells: &mut Cells<'_>) -> Result<ExpectedDeposit, StoreError> {
    let (account, virtual_account) = (AccountId(cells.int()?), VirtualAccountId(cells.int()?));
    let link = LinkId(cells.int()?);
    let currency = cells.word("expected_deposit", "currency", Currency::parse)?;
    let minor = cells.int()?;
    let amount = Money::from_minor(minor, currency).map_err(|_| StoreError::Meaningless {
        table: "expected_deposit",
        column: "amount_minor",
        value: minor.to_string(),
    })?;
    Ok(ExpectedDeposit {
        account,
        virtual_account,
        link,
        amount,
        customer: Customer {
            email: cells.text()?,
            first_name: cells.text()?,
            last_name: cells.text()?,
            phone: Phone::from_stored(cells.text()?),
            address: cells.maybe_text()?,
        },
        expires_at: cells.time()?,
        payment: cells.maybe_int()?.map(PaymentId),
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
    for (_, expected) in book.expected_deposits.new_rows() {
        insert_expected_deposit(connection, expected)?;
    }
    for (_, _, expected) in book.expected_deposits.changed_rows() {
        execute(
            connection,
            "update expected_deposit set payment_id = ?3
             where account_id = ?1 and virtual_account_id = ?2",
            params![
                expected.account.0,
                expected.virtual_account.0,
                expected.payment.map(|payment| payment.0),
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

fn insert_expected_deposit(
    connection: &Connection,
    expected: &ExpectedDeposit,
) -> Result<(), StoreError> {
    let customer = &expected.customer;
    execute(
        connection,
        "insert into expected_deposit (account_id, virtual_account_id, link_id, currency,
             amount_minor, customer_email, customer_first_name, customer_last_name, customer_phone,
             customer_address, expires_at_us, payment_id)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            expected.account.0,
            expected.virtual_account.0,
            expected.link.0,
            expected.amount.currency().code(),
            expected.amount.minor(),
            customer.email,
            customer.first_name,
            customer.last_name,
            customer.phone.e164(),
            customer.address,
            expected.expires_at.as_micros(),
            expected.payment.map(|payment| payment.0),
        ],
    )
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
