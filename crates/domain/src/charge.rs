//! A charge: asking a payer for money, once.

use crate::phone::{Network, Phone};
use crate::scenario::Scenario;

/// What a charge holds beyond the payment every kind is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub customer: Customer,
    pub redirect_url: Option<String>,
    pub narration: Option<String>,
    pub mobile_money: Option<MobileMoney>,
    pub card: Option<Card>,
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

/// The phone that receives the STK push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MobileMoney {
    pub network: Network,
    pub phone: Phone,
}
