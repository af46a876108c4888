//! What every movement of money for a merchant has in common: charges, disbursements,
//! conversions and refunds are all payments, told apart by their kind.

use crate::id::{AccountId, PaymentId};
use crate::money::Money;
use crate::provider_call::Provider;
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentKind {
    Charge,
}

impl PaymentKind {
    pub const ALL: [PaymentKind; 1] = [PaymentKind::Charge];

    pub const fn word(self) -> &'static str {
        match self {
            PaymentKind::Charge => "charge",
        }
    }

    pub fn parse(word: &str) -> Option<PaymentKind> {
        PaymentKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How the money travels; the guide's `payment_method_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    MobileMoney,
    Card,
}

impl Method {
    pub const ALL: [Method; 2] = [Method::MobileMoney, Method::Card];

    pub const fn word(self) -> &'static str {
        match self {
            Method::MobileMoney => "mobile_money",
            Method::Card => "card",
        }
    }

    pub fn parse(word: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.word() == word)
    }
}

/// Where a payment stands. What may follow what is said by the state machine of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentState {
    Pending,
    Successful,
    Failed,
    /// Failed for the merchant; then the provider took the money after all. It lies in suspense.
    ConfirmedLate,
}

impl PaymentState {
    pub const ALL: [PaymentState; 4] = [
        PaymentState::Pending,
        PaymentState::Successful,
        PaymentState::Failed,
        PaymentState::ConfirmedLate,
    ];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            PaymentState::Pending => "pending",
            PaymentState::Successful => "successful",
            PaymentState::Failed => "failed",
            PaymentState::ConfirmedLate => "confirmed_late",
        }
    }

    /// The word in records, filters and webhooks.
    pub const fn record_word(self) -> &'static str {
        match self {
            PaymentState::Pending => "pending",
            PaymentState::Successful => "success",
            PaymentState::Failed | PaymentState::ConfirmedLate => "failed",
        }
    }

    /// The word of `transaction_status` in charge answers.
    pub const fn transaction_word(self) -> &'static str {
        match self {
            PaymentState::Pending => "pending",
            PaymentState::Successful => "successful",
            PaymentState::Failed | PaymentState::ConfirmedLate => "failed",
        }
    }

    pub fn parse(word: &str) -> Option<PaymentState> {
        PaymentState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What the payer must do before a payment can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextAction {
    Redirect,
}

impl NextAction {
    pub const fn word(self) -> &'static str {
        match self {
            NextAction::Redirect => "redirect_url",
        }
    }

    pub fn parse(word: &str) -> Option<NextAction> {
        (word == NextAction::Redirect.word()).then_some(NextAction::Redirect)
    }
}

/// Why a payment failed, in the three words of the guide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// `issuer_response_type`, such as `declined`.
    pub kind: String,
    /// `issuer_response_code`, such as `05`.
    pub code: String,
    /// `processor_response`: plain words for people.
    pub text: String,
}

/// One row of the `payment` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub account: AccountId,
    pub id: PaymentId,
    pub kind: PaymentKind,
    pub method: Method,
    pub state: PaymentState,
    /// Counts the changes of this row, from 1.
    pub version: i64,
    pub dgs_reference: String,
    pub gross: Money,
    /// Fixed when the payment is accepted, due when it succeeds. Never above the gross.
    pub fee_minor: i64,
    pub provider: Provider,
    /// The provider's own id; `flw_charge_id` and its like outside.
    pub provider_reference: Option<String>,
    pub next_action: Option<NextAction>,
    pub reason: Option<Reason>,
    /// Replaces the account's endpoints for the events of this payment.
    pub callback_url: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl Payment {
    /// What the merchant is credited when the payment succeeds. May be zero when the fee takes all.
    pub fn net_minor(&self) -> i64 {
        self.gross.minor().saturating_sub(self.fee_minor)
    }
}
