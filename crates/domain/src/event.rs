//! Facts told to merchants. The body is frozen when the fact is committed; every attempt to
//! deliver it sends the same bytes.

use crate::id::{AccountId, EventId, PaymentId};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A payment was accepted and waits. Told in dialects that want it, never in the guide's.
    Processing,
    PaymentSuccess,
    PaymentFailed,
    PaymentRefunded,
    RefundFailed,
    DisbursementSuccess,
    DisbursementFailed,
    ConversionSuccess,
    ConversionFailed,
}

impl EventKind {
    pub const ALL: [EventKind; 9] = [
        EventKind::Processing,
        EventKind::PaymentSuccess,
        EventKind::PaymentFailed,
        EventKind::PaymentRefunded,
        EventKind::RefundFailed,
        EventKind::DisbursementSuccess,
        EventKind::DisbursementFailed,
        EventKind::ConversionSuccess,
        EventKind::ConversionFailed,
    ];

    /// The word in the body's `event` field.
    pub const fn word(self) -> &'static str {
        match self {
            EventKind::Processing => "transaction.processing",
            EventKind::PaymentSuccess => "payment.success",
            EventKind::PaymentFailed => "payment.failed",
            EventKind::PaymentRefunded => "payment.refunded",
            EventKind::RefundFailed => "refund.failed",
            EventKind::DisbursementSuccess => "disbursement.success",
            EventKind::DisbursementFailed => "disbursement.failed",
            EventKind::ConversionSuccess => "conversion.success",
            EventKind::ConversionFailed => "conversion.failed",
        }
    }

    /// Whether it tells the end of a payment: each has one such event at most.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, EventKind::Processing)
    }

    pub fn parse(word: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One row of the `event` table. Immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub account: AccountId,
    pub id: EventId,
    pub kind: EventKind,
    pub payment: PaymentId,
    pub body: String,
    pub created_at: Timestamp,
}

/// An event as merchants read it back, beside the name of its payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEvent {
    pub event: Event,
    pub dgs_reference: String,
}
