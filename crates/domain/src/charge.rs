//! A charge: asking a payer for money, once.

use crate::limits;
use crate::phone::{Network, Phone};
use crate::scenario::Scenario;
use crate::time::Timestamp;

/// What a charge holds beyond the payment every kind is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub customer: Customer,
    pub redirect_url: Option<String>,
    pub narration: Option<String>,
    pub mobile_money: Option<MobileMoney>,
    pub card: Option<Card>,
    /// The provider's own page, where the payer goes on.
    pub page_url: Option<String>,
    /// What the payer is to be shown, in the provider's words.
    pub instruction: Option<String>,
    /// What the sandbox was asked to simulate. Always empty in live.
    pub scenario: Scenario,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub phone: Phone,
    /// Asked for by payment links alone.
    pub address: Option<String>,
}

/// All that is ever kept of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub brand: CardBrand,
    pub first_six: String,
    pub last_four: String,
    pub expiry_month: u8,
    /// Four digits.
    pub expiry_year: u16,
    /// Wrong one-time codes so far.
    pub wrong_otp_count: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardBrand {
    Visa,
    Mastercard,
}

impl CardBrand {
    pub const ALL: [CardBrand; 2] = [CardBrand::Visa, CardBrand::Mastercard];

    pub const fn name(self) -> &'static str {
        match self {
            CardBrand::Visa => "Visa",
            CardBrand::Mastercard => "Mastercard",
        }
    }

    pub fn parse(name: &str) -> Option<CardBrand> {
        CardBrand::ALL.into_iter().find(|brand| brand.name() == name)
    }
}

/// What makes encrypted card data known when it comes a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardNonce {
    /// The key and the nonce that were used with it.
    pub name: String,
    /// When it was sealed, where the message says so.
    pub sealed_at: Option<Timestamp>,
}

impl CardNonce {
    /// Whether the message is too old, or from a future too far, to be told from a repetition.
    pub fn is_out_of_time(&self, now: Timestamp) -> bool {
        self.sealed_at.is_some_and(|at| {
            now.since(at) > limits::SEALED_CARD_AGE_MAX
                || at.since(now) > limits::SEALED_CARD_AHEAD_MAX
        })
    }

    /// Whether a use of it at `used_at` is still held against it.
    pub fn is_used(used_at: Option<Timestamp>, now: Timestamp) -> bool {
        let age = used_at.map(|at| now.since(at));
        age.is_some_and(|age| age < limits::CARD_NONCE_WINDOW)
    }
}

/// The phone that receives the STK push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MobileMoney {
    pub network: Network,
    pub phone: Phone,
}
