//! Rows as the domain's values. The column lists and the readers beside them go together.

use domain::account::Account;
use domain::delivery::{Delivery, DeliveryKey, DeliveryState};
use domain::endpoint::{DialectName, Endpoint, EndpointState, OldSecret};
use domain::event::{Event, EventKind};
use domain::fee::FeeRule;
use domain::idempotency::{Fingerprint, FirstUse};
use domain::ledger::{Chain, Wallet};
use domain::payment::{Method, NextAction, Payment, PaymentKind, PaymentState, Reason};
use domain::provider_call::{CallState, InboundCallback, Provider, ProviderCall};
use domain::settlement::{Settlement, SettlementRule};
use domain::{AccountId, Currency, EndpointId, Environment, EventId, LinkId, Money, PaymentId};

use crate::StoreError;
use crate::engine::Cells;

pub(crate) const ACCOUNT_COLUMNS: &str = "account_id, merchant_id, merchant_name, environment, \
     account_number, requires_number, allowed_networks, charge_fee_ppm, charge_fee_flat_minor, \
     disbursement_fee_ppm, disbursement_fee_flat_minor, settlement_rule, card_currencies";

pub(crate) fn account_row(cells: &mut Cells<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId(cells.int()?),
        merchant_id: cells.text()?,
        merchant_name: cells.text()?,
        environment: cells.word("account", "environment", Environment::parse)?,
        number: cells.text()?,
        requires_number: cells.flag()?,
        allowed_networks: cells.text()?.split_whitespace().map(str::to_owned).collect(),
        charge_fee: fee_rule(cells)?,
        disbursement_fee: fee_rule(cells)?,
        settlement: cells.word("account", "settlement_rule", SettlementRule::parse)?,
        card_currencies: cells.text()?.split_whitespace().filter_map(Currency::parse).collect(),
    })
}

fn fee_rule(cells: &mut Cells<'_>) -> Result<FeeRule, StoreError> {
    Ok(FeeRule { rate_ppm: cells.int()?.try_into().unwrap_or(0), flat_minor: cells.int()? })
}

pub(crate) const ENDPOINT_COLUMNS: &str = "account_id, endpoint_id, url, dialect, events, \
     description, state, failing_since_us, last_success_at_us, sealed_secret, sealed_old_secret, \
     old_secret_ends_at_us, old_secret_signs_alone, created_at_us";

pub(crate) fn endpoint_row(cells: &mut Cells<'_>) -> Result<Endpoint, StoreError> {
    Ok(Endpoint {
        account: AccountId(cells.int()?),
        id: EndpointId(cells.int()?),
        url: cells.text()?,
        dialect: cells.word("endpoint", "dialect", DialectName::parse)?,
        events: cells.text()?.split_whitespace().map(str::to_owned).collect(),
        description: cells.maybe_text()?,
        state: cells.word("endpoint", "state", EndpointState::parse)?,
        failing_since: cells.maybe_time()?,
        last_success_at: cells.maybe_time()?,
        secret: cells.maybe_bytes()?,
        old_secret: old_secret(cells)?,
        created_at: cells.time()?,
    })
}

fn old_secret(cells: &mut Cells<'_>) -> Result<Option<OldSecret>, StoreError> {
    let (sealed, ends_at, alone) = (cells.maybe_bytes()?, cells.maybe_time()?, cells.maybe_int()?);
    Ok(sealed.map(|sealed| OldSecret {
        sealed,
        ends_at: ends_at.unwrap_or_default(),
        signs_alone: alone == Some(1),
    }))
}

pub(crate) const EVENT_COLUMNS: &str =
    "account_id, event_id, kind, payment_id, body, created_at_us";

pub(crate) fn event_row(cells: &mut Cells<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        account: AccountId(cells.int()?),
        id: EventId(cells.int()?),
        kind: cells.word("event", "kind", EventKind::parse)?,
        payment: PaymentId(cells.int()?),
        body: cells.text()?,
        created_at: cells.time()?,
    })
}

pub(crate) const PAYMENT_COLUMNS: &str = "account_id, payment_id, kind, method, state, version, \
     dgs_reference, amount_minor, currency, fee_minor, provider, provider_reference, next_action, \
     reason_kind, reason_code, reason_text, callback_url, link_id, refunded_minor, created_at_us, \
     finished_at_us, settled_at_us";

pub(crate) fn payment_row(cells: &mut Cells<'_>) -> Result<Payment, StoreError> {
    Ok(Payment {
        account: AccountId(cells.int()?),
        id: PaymentId(cells.int()?),
        kind: cells.word("payment", "kind", PaymentKind::parse)?,
        method: cells.word("payment", "method", Method::parse)?,
        state: cells.word("payment", "state", PaymentState::parse)?,
        version: cells.int()?,
        dgs_reference: cells.text()?,
        gross: money(cells, "payment")?,
        fee_minor: cells.int()?,
        provider: cells.word("payment", "provider", Provider::parse)?,
        provider_reference: cells.maybe_text()?,
        next_action: cells.maybe_word("payment", "next_action", NextAction::parse)?,
        reason: reason(cells)?,
        callback_url: cells.maybe_text()?,
        link: cells.maybe_int()?.map(LinkId),
        refunded_minor: cells.int()?,
        created_at: cells.time()?,
        finished_at: cells.maybe_time()?,
        settled_at: cells.maybe_time()?,
    })
}

/// An amount and its currency, which stand side by side in every table.
pub(crate) fn money(cells: &mut Cells<'_>, table: &'static str) -> Result<Money, StoreError> {
    let minor = cells.int()?;
    let currency = cells.word(table, "currency", Currency::parse)?;
    Money::from_minor(minor, currency).map_err(|_| StoreError::Meaningless {
        table,
        column: "amount_minor",
        value: minor.to_string(),
    })
}

fn reason(cells: &mut Cells<'_>) -> Result<Option<Reason>, StoreError> {
    let (kind, code, text) = (cells.maybe_text()?, cells.maybe_text()?, cells.maybe_text()?);
    Ok(kind.map(|kind| Reason {
        kind,
        code: code.unwrap_or_default(),
        text: text.unwrap_or_default(),
    }))
}

pub(crate) const CALL_COLUMNS: &str = "account_id, payment_id, provider, client_reference, state, \
     is_sent, due_at_us, is_leased, polls_made, note, created_at_us";

pub(crate) fn call_row(cells: &mut Cells<'_>) -> Result<ProviderCall, StoreError> {
    Ok(ProviderCall {
        account: AccountId(cells.int()?),
        payment: PaymentId(cells.int()?),
        provider: cells.word("provider_call", "provider", Provider::parse)?,
        client_reference: cells.text()?,
        state: cells.word("provider_call", "state", CallState::parse)?,
        is_sent: cells.flag()?,
        due_at: cells.time()?,
        is_leased: cells.flag()?,
        polls_made: cells.int()?.try_into().unwrap_or(u32::MAX),
        note: cells.maybe_text()?,
        created_at: cells.time()?,
    })
}

/// account_id, payment_id, body, received_at_us.
pub(crate) fn callback_row(cells: &mut Cells<'_>) -> Result<InboundCallback, StoreError> {
    let (account, payment) = (cells.maybe_int()?, cells.maybe_int()?);
    Ok(InboundCallback {
        about: account.map(AccountId).zip(payment.map(PaymentId)),
        body: cells.text()?,
        received_at: cells.time()?,
    })
}

/// fingerprint, body, payment_id, created_at_us.
pub(crate) fn first_use_row(cells: &mut Cells<'_>) -> Result<FirstUse, StoreError> {
    Ok(FirstUse {
        fingerprint: Fingerprint(cells.hash("idempotency", "fingerprint")?),
        body: cells.maybe_text()?,
        payment: cells.maybe_int()?.map(PaymentId),
        created_at: cells.time()?,
    })
}

pub(crate) const DELIVERY_COLUMNS: &str = "account_id, event_id, endpoint_id, url, body, \
     state, attempts_made, attempts_before, due_at_us, is_leased";

pub(crate) fn delivery_row(cells: &mut Cells<'_>) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        key: DeliveryKey {
            account: AccountId(cells.int()?),
            event: EventId(cells.int()?),
            endpoint: EndpointId(cells.int()?),
        },
        url: cells.maybe_text()?,
        body: cells.maybe_text()?,
        state: cells.word("delivery", "state", DeliveryState::parse)?,
        attempts_made: cells.int()?.try_into().unwrap_or(u32::MAX),
        attempts_before: cells.int()?.try_into().unwrap_or(u32::MAX),
        due_at: cells.time()?,
        is_leased: cells.flag()?,
    })
}

/// currency, pending, available, held.
pub(crate) fn wallet_row(cells: &mut Cells<'_>) -> Result<(Currency, Wallet), StoreError> {
    let currency = cells.word("wallet", "currency", Currency::parse)?;
    let wallet = Wallet {
        pending_minor: cells.int()?,
        available_minor: cells.int()?,
        held_minor: cells.int()?,
    };
    Ok((currency, wallet))
}

/// seq, hash.
pub(crate) fn chain_row(cells: &mut Cells<'_>) -> Result<Chain, StoreError> {
    Ok(Chain { seq: cells.int()?, hash: cells.hash("ledger_chain", "hash")? })
}

pub(crate) const SETTLEMENT_COLUMNS: &str = "account_id, payment_id, due_at_us, is_done";

pub(crate) fn settlement_row(cells: &mut Cells<'_>) -> Result<Settlement, StoreError> {
    Ok(Settlement {
        account: AccountId(cells.int()?),
        payment: PaymentId(cells.int()?),
        due_at: cells.time()?,
        is_done: cells.flag()?,
    })
}
