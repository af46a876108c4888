//! Which journals each payment must have, and what it leaves in its wallet. Part of what the audit
//! says a second time, apart from the code that posts.

use crate::ledger::audit::Replay;
use crate::ledger::{Fact, Place, Transfer};
use crate::money::Money;
use crate::payment::{Payment, PaymentKind, PaymentState};

/// What of a payment decides which journals it must have, and what it leaves in its wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub kind: PaymentKind,
    pub state: PaymentState,
    pub is_settled: bool,
    pub gross_minor: i64,
    pub fee_minor: i64,
}

impl From<&Payment> for Standing {
    fn from(payment: &Payment) -> Standing {
        Standing {
            kind: payment.kind,
            state: payment.state,
            is_settled: payment.settled_at.is_some(),
            gross_minor: payment.gross.minor(),
            fee_minor: payment.fee_minor,
        }
    }
}

impl Standing {
    fn net_minor(self) -> i64 {
        self.gross_minor.saturating_sub(self.fee_minor)
    }

    /// The facts that must each have one journal that names the payment; no other may.
    pub fn owed_facts(self) -> Vec<Fact> {
        let facts: &[Fact] = match self.kind {
            PaymentKind::Charge => charge_facts(self.state, self.is_settled),
            PaymentKind::Disbursement => disbursement_facts(self.state),
            PaymentKind::Conversion => conversion_facts(self.state),
            PaymentKind::Refund => refund_facts(self.state),
        };
        // Where the fee takes all, nothing is left to move.
        let moves = |fact: &Fact| {
            self.net_minor() > 0
                || !matches!(fact, Fact::ChargeSettled | Fact::DisbursementConfirmedLate)
        };
        facts.iter().copied().filter(moves).collect()
    }

    /// What the payment has brought into the wallet of its currency, or taken out of it.
    pub fn left_in_wallet(self) -> Replay {
        use {PaymentKind as K, PaymentState as S};
        let (gross, net) = (i128::from(self.gross_minor), i128::from(self.net_minor()));
        let taken = gross.saturating_neg();
        let (pending, available, held) = match (self.kind, self.state) {
            (K::Charge, S::Successful) if self.is_settled => (0, net, 0),
            (K::Charge, S::Successful) => (net, 0, 0),
            (K::Disbursement | K::Refund, S::Pending) => (0, taken, gross),
            (K::Disbursement | K::Refund, S::Successful)
            | (K::Conversion, S::Pending | S::Successful) => (0, taken, 0),
            (K::Charge, S::Pending | S::Failed | S::ConfirmedLate)
            | (K::Disbursement | K::Conversion | K::Refund, S::Failed | S::ConfirmedLate) => {
                (0, 0, 0)
            }
        };
        Replay::of(pending, available, held)
    }
}

const fn charge_facts(state: PaymentState, is_settled: bool) -> &'static [Fact] {
    match state {
        PaymentState::Pending | PaymentState::Failed => &[],
        PaymentState::Successful if is_settled => &[Fact::ChargeSucceeded, Fact::ChargeSettled],
        PaymentState::Successful => &[Fact::ChargeSucceeded],
        PaymentState::ConfirmedLate => &[Fact::ChargeConfirmedLate],
    }
}

const fn disbursement_facts(state: PaymentState) -> &'static [Fact] {
    use Fact::{
        DisbursementAccepted as Accepted, DisbursementConfirmedLate as ConfirmedLate,
        DisbursementFailed as Failed, DisbursementSucceeded as Succeeded,
    };
    match state {
        PaymentState::Pending => &[Accepted],
        PaymentState::Successful => &[Accepted, Succeeded],
        PaymentState::Failed => &[Accepted, Failed],
        PaymentState::ConfirmedLate => &[Accepted, Failed, ConfirmedLate],
    }
}

const fn conversion_facts(state: PaymentState) -> &'static [Fact] {
    use Fact::{
        ConversionAccepted as Accepted, ConversionConfirmedLate as ConfirmedLate,
        ConversionFailed as Failed, ConversionSucceeded as Succeeded,
    };
    match state {
        PaymentState::Pending => &[Accepted],
        PaymentState::Successful => &[Accepted, Succeeded],
        PaymentState::Failed => &[Accepted, Failed],
        PaymentState::ConfirmedLate => &[Accepted, Failed, ConfirmedLate],
    }
}

const fn refund_facts(state: PaymentState) -> &'static [Fact] {
    use Fact::{
        RefundAccepted as Accepted, RefundConfirmedLate as ConfirmedLate, RefundFailed as Failed,
        RefundSucceeded as Succeeded,
    };
    match state {
        PaymentState::Pending => &[Accepted],
        PaymentState::Successful => &[Accepted, Succeeded],
        PaymentState::Failed => &[Accepted, Failed],
        PaymentState::ConfirmedLate => &[Accepted, Failed, ConfirmedLate],
    }
}

/// The kind of payment that a fact is about; opening funds are about none.
pub const fn kind_of(fact: Fact) -> Option<PaymentKind> {
    match fact {
        Fact::OpeningFunds => None,
        Fact::ChargeSucceeded | Fact::ChargeConfirmedLate | Fact::ChargeSettled => {
            Some(PaymentKind::Charge)
        }
        Fact::DisbursementAccepted
        | Fact::DisbursementSucceeded
        | Fact::DisbursementFailed
        | Fact::DisbursementConfirmedLate => Some(PaymentKind::Disbursement),
        Fact::ConversionAccepted
        | Fact::ConversionSucceeded
        | Fact::ConversionFailed
        | Fact::ConversionConfirmedLate => Some(PaymentKind::Conversion),
        Fact::RefundAccepted
        | Fact::RefundSucceeded
        | Fact::RefundFailed
        | Fact::RefundConfirmedLate => Some(PaymentKind::Refund),
    }
}

/// The transfers, in order, that the journal of an owed fact must have. `target` is what a
/// conversion brings.
pub fn owed_transfers(fact: Fact, payment: &Payment, target: Option<Money>) -> Vec<Transfer> {
    use Place::{Available, Fees, Fx, Held, Pending, Suspense};
    let provider = Place::Provider(payment.provider);
    let of_gross = |minor| Money::from_minor(minor, payment.gross.currency()).ok();
    let gross = Some(payment.gross);
    let fee = of_gross(payment.fee_minor);
    let net = of_gross(payment.gross.minor().saturating_sub(payment.fee_minor));
    let parts: &[(Place, Place, Option<Money>)] = match fact {
        Fact::OpeningFunds => &[],
        Fact::ChargeSucceeded => &[(provider, Pending, net), (provider, Fees, fee)],
        Fact::ChargeConfirmedLate => &[(provider, Suspense, gross)],
        Fact::ChargeSettled => &[(Pending, Available, net)],
        Fact::DisbursementAccepted | Fact::RefundAccepted => &[(Available, Held, gross)],
        Fact::DisbursementSucceeded => &[(Held, provider, net), (Held, Fees, fee)],
        Fact::DisbursementFailed | Fact::RefundFailed => &[(Held, Available, gross)],
        Fact::DisbursementConfirmedLate => &[(Suspense, provider, net)],
        Fact::ConversionAccepted => &[(Available, Fx, gross)],
        Fact::ConversionSucceeded => &[(Fx, Available, target)],
        Fact::ConversionFailed => &[(Fx, Available, gross)],
        Fact::ConversionConfirmedLate => &[(Fx, Suspense, target)],
        Fact::RefundSucceeded => &[(Held, provider, gross)],
        Fact::RefundConfirmedLate => &[(Suspense, provider, gross)],
    };
    let transfer = |(debit, credit, amount): &(Place, Place, Option<Money>)| {
        Some(Transfer { debit: *debit, credit: *credit, amount: (*amount)? })
    };
    parts.iter().filter_map(transfer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversion::{Conversion, Rate};
    use crate::money::Currency;
    use crate::payment::{Detail, Method};
    use crate::provider_call::Provider;
    use crate::scenario::Scenario;
    use crate::{AccountId, PaymentId, Timestamp};

    fn payment(state: PaymentState, minor: i64, fee_minor: i64) -> Payment {
        Payment {
            account: AccountId(1),
            id: PaymentId(7),
            kind: PaymentKind::Charge,
            method: Method::MobileMoney,
            state,
            version: 2,
            dgs_reference: "dgs_7".to_owned(),
            gross: Money::from_minor(minor, Currency::Rwf).unwrap(),
            fee_minor,
            provider: Provider::Simulator,
            provider_reference: None,
            next_action: None,
            reason: None,
            callback_url: None,
            link: None,
            refunded_minor: 0,
            created_at: Timestamp::default(),
            finished_at: None,
            settled_at: None,
        }
    }

    fn every_standing() -> Vec<Payment> {
        let mut all = Vec::new();
        for kind in PaymentKind::ALL {
            for state in PaymentState::ALL {
                for fee_minor in [0, 150, 5000] {
                    let stands = Payment { kind, ..payment(state, 5000, fee_minor) };
                    all.push(stands.clone());
                    if kind == PaymentKind::Charge && state == PaymentState::Successful {
                        all.push(Payment { settled_at: Some(Timestamp::default()), ..stands });
                    }
                }
            }
        }
        all
    }

    fn conversion() -> Conversion {
        let target = Money::from_minor(345, Currency::Usd).unwrap();
        Conversion {
            target,
            rate: Rate { micros: 690 },
            quoted_at: Timestamp::default(),
            scenario: Scenario::default(),
        }
    }

    /// The two tellings of the same rules agree, for every kind, state and fee.
    #[test]
    fn what_is_owed_is_what_is_posted() {
        let detail = Detail::Conversion(conversion());
        for payment in every_standing() {
            for fact in Fact::ALL.into_iter().filter(|fact| kind_of(*fact) == Some(payment.kind)) {
                let posted = fact.transfers(&payment, Some(&detail)).unwrap();
                let owed = owed_transfers(fact, &payment, Some(conversion().target));
                assert_eq!(owed, posted, "{fact:?} {payment:?}");
            }
            for fact in Standing::from(&payment).owed_facts() {
                assert_eq!(kind_of(fact), Some(payment.kind));
                let posted = fact.transfers(&payment, Some(&detail)).unwrap();
                assert!(!posted.is_empty(), "nothing is posted for {fact:?}");
            }
        }
    }

    /// The third telling agrees with the two others.
    #[test]
    fn a_wallet_is_left_with_what_the_owed_transfers_make() {
        for payment in every_standing() {
            let standing = Standing::from(&payment);
            let mut replay = Replay::default();
            for fact in standing.owed_facts() {
                let transfers = owed_transfers(fact, &payment, Some(conversion().target));
                let own = payment.gross.currency();
                let of_own = transfers.iter().filter(|moved| moved.amount.currency() == own);
                of_own.for_each(|moved| replay.post(moved));
            }
            assert_eq!(standing.left_in_wallet(), replay, "{payment:?}");
        }
    }

    #[test]
    fn the_facts_of_every_kind_and_state() {
        let mut table = String::new();
        for payment in every_standing().iter().filter(|payment| payment.fee_minor == 150) {
            let standing = Standing::from(payment);
            let settled = if standing.is_settled { " settled" } else { "" };
            let facts: Vec<&str> = standing.owed_facts().into_iter().map(Fact::word).collect();
            let head = format!("{} {}{settled}:", standing.kind.word(), standing.state.word());
            table += &format!("{head} {}\n", facts.join(" "));
        }
        assert_eq!(
            table,
            "\
charge pending: 
charge successful: charge_succeeded
charge successful settled: charge_succeeded charge_settled
charge failed: 
charge confirmed_late: charge_confirmed_late
disbursement pending: disbursement_accepted
disbursement successful: disbursement_accepted disbursement_succeeded
disbursement failed: disbursement_accepted disbursement_failed
disbursement confirmed_late: disbursement_accepted disbursement_failed disbursement_confirmed_late
conversion pending: conversion_accepted
conversion successful: conversion_accepted conversion_succeeded
conversion failed: conversion_accepted conversion_failed
conversion confirmed_late: conversion_accepted conversion_failed conversion_confirmed_late
refund pending: refund_accepted
refund successful: refund_accepted refund_succeeded
refund failed: refund_accepted refund_failed
refund confirmed_late: refund_accepted refund_failed refund_confirmed_late
"
        );
    }
}
