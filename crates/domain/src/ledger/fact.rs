//! The business facts that move money, and the transfers that each of them causes.

use crate::ledger::{Place, Transfer};
use crate::money::{Money, MoneyError};
use crate::payment::{Detail, Payment};
use crate::provider_call::Provider;

/// The business fact a journal records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Simulated money of a new sandbox account.
    OpeningFunds,
    ChargeSucceeded,
    ChargeConfirmedLate,
    ChargeSettled,
    DisbursementAccepted,
    DisbursementSucceeded,
    DisbursementFailed,
    DisbursementConfirmedLate,
    ConversionAccepted,
    ConversionSucceeded,
    ConversionFailed,
    ConversionConfirmedLate,
    RefundAccepted,
    RefundSucceeded,
    RefundFailed,
    RefundConfirmedLate,
}

impl Fact {
    pub const ALL: [Fact; 16] = [
        Fact::OpeningFunds,
        Fact::ChargeSucceeded,
        Fact::ChargeConfirmedLate,
        Fact::ChargeSettled,
        Fact::DisbursementAccepted,
        Fact::DisbursementSucceeded,
        Fact::DisbursementFailed,
        Fact::DisbursementConfirmedLate,
        Fact::ConversionAccepted,
        Fact::ConversionSucceeded,
        Fact::ConversionFailed,
        Fact::ConversionConfirmedLate,
        Fact::RefundAccepted,
        Fact::RefundSucceeded,
        Fact::RefundFailed,
        Fact::RefundConfirmedLate,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Fact::OpeningFunds => "opening_funds",
            Fact::ChargeSucceeded => "charge_succeeded",
            Fact::ChargeConfirmedLate => "charge_confirmed_late",
            Fact::ChargeSettled => "charge_settled",
            Fact::DisbursementAccepted => "disbursement_accepted",
            Fact::DisbursementSucceeded => "disbursement_succeeded",
            Fact::DisbursementFailed => "disbursement_failed",
            Fact::DisbursementConfirmedLate => "disbursement_confirmed_late",
            Fact::ConversionAccepted => "conversion_accepted",
            Fact::ConversionSucceeded => "conversion_succeeded",
            Fact::ConversionFailed => "conversion_failed",
            Fact::ConversionConfirmedLate => "conversion_confirmed_late",
            Fact::RefundAccepted => "refund_accepted",
            Fact::RefundSucceeded => "refund_succeeded",
            Fact::RefundFailed => "refund_failed",
            Fact::RefundConfirmedLate => "refund_confirmed_late",
        }
    }

    pub fn parse(word: &str) -> Option<Fact> {
        Fact::ALL.into_iter().find(|fact| fact.word() == word)
    }

    /// The transfers that the fact causes for a payment. One of net and fee may be missing where
    /// it is zero.
    pub fn transfers(
        self,
        payment: &Payment,
        detail: Option<&Detail>,
    ) -> Result<Vec<Transfer>, MoneyError> {
        use Place::{Available, Fx, Held, Pending, Suspense};
        let provider = Place::Provider(payment.provider);
        let gross = payment.gross;
        let whole = |debit, credit| Ok(vec![Transfer { debit, credit, amount: gross }]);
        match self {
            Fact::OpeningFunds => Ok(Vec::new()),
            Fact::ChargeSucceeded => split(payment, provider, Pending),
            Fact::ChargeConfirmedLate => whole(provider, Suspense),
            Fact::ChargeSettled => net(payment, Pending, Available),
            Fact::DisbursementAccepted | Fact::RefundAccepted => whole(Available, Held),
            Fact::DisbursementSucceeded => split(payment, Held, provider),
            Fact::DisbursementFailed | Fact::RefundFailed => whole(Held, Available),
            Fact::DisbursementConfirmedLate => net(payment, Suspense, provider),
            Fact::ConversionAccepted => whole(Available, Fx),
            Fact::ConversionFailed => whole(Fx, Available),
            Fact::ConversionSucceeded => converted(detail, Available),
            Fact::ConversionConfirmedLate => converted(detail, Suspense),
            Fact::RefundSucceeded => whole(Held, provider),
            Fact::RefundConfirmedLate => whole(Suspense, provider),
        }
    }
}

/// From `debit`, the net to `credit` and the fee to the gateway.
fn split(payment: &Payment, debit: Place, credit: Place) -> Result<Vec<Transfer>, MoneyError> {
    let mut transfers = net(payment, debit, credit)?;
    if payment.fee_minor > 0 {
        let amount = Money::from_minor(payment.fee_minor, payment.gross.currency())?;
        transfers.push(Transfer { debit, credit: Place::Fees, amount });
    }
    Ok(transfers)
}

/// The net alone; nothing where the fee takes all.
fn net(payment: &Payment, debit: Place, credit: Place) -> Result<Vec<Transfer>, MoneyError> {
    match payment.net_minor() {
        0 => Ok(Vec::new()),
        minor => {
            let amount = Money::from_minor(minor, payment.gross.currency())?;
            Ok(vec![Transfer { debit, credit, amount }])
        }
    }
}

/// The other half of a conversion, in its target currency.
fn converted(detail: Option<&Detail>, credit: Place) -> Result<Vec<Transfer>, MoneyError> {
    match detail {
        Some(Detail::Conversion(conversion)) => {
            Ok(vec![Transfer { debit: Place::Fx, credit, amount: conversion.target }])
        }
        Some(Detail::Charge(_) | Detail::Disbursement(_) | Detail::Refund(_)) | None => {
            Err(MoneyError::CurrenciesDiffer)
        }
    }
}

/// The simulator's gift to a new sandbox account.
pub fn opening_funds(amounts: &[Money]) -> Vec<Transfer> {
    let debit = Place::Provider(Provider::Simulator);
    let gift = |amount: &Money| Transfer { debit, credit: Place::Available, amount: *amount };
    amounts.iter().map(gift).collect()
}
