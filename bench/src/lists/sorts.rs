//! The mix of payments in the store: which sorts there are, and how many of a thousand each is.

use domain::Currency;
use domain::payment::{Method, PaymentKind, PaymentState};

use crate::request::scatter;

/// What a payment is counted and filtered by, but for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub kind: PaymentKind,
    pub method: Method,
    pub currency: Currency,
    pub state: PaymentState,
    /// Which of the links that were there on the day.
    pub link: Option<u64>,
}

/// Of a thousand payments; the rest are mobile money.
const MIX: [(u64, PaymentKind, Method, Currency); 8] = [
    (100, PaymentKind::Charge, Method::Card, Currency::Rwf),
    (45, PaymentKind::Charge, Method::Card, Currency::Usd),
    (15, PaymentKind::Charge, Method::Card, Currency::Eur),
    (35, PaymentKind::Disbursement, Method::MobileMoney, Currency::Rwf),
    (15, PaymentKind::Disbursement, Method::Bank, Currency::Rwf),
    (7, PaymentKind::Refund, Method::MobileMoney, Currency::Rwf),
    (2, PaymentKind::Conversion, Method::Wallet, Currency::Usd),
    (1, PaymentKind::Conversion, Method::Wallet, Currency::Eur),
];

/// Links in use at a time; 150 of a thousand charges come through one.
pub const LINKS_AT_ONCE: u64 = 5;

/// The sort of payment `number` of an account; `is_fresh` ones may still be on their way.
pub fn sort_of(number: u64, is_fresh: bool) -> Sort {
    let chance = scatter(number);
    let mut rest = chance % 1000;
    let mut sort = (PaymentKind::Charge, Method::MobileMoney, Currency::Rwf);
    for (share, kind, method, currency) in MIX {
        if rest < share {
            sort = (kind, method, currency);
            break;
        }
        rest = rest.wrapping_sub(share).min(1000);
    }
    let (kind, method, currency) = sort;
    let state = match (chance >> 20) % 2000 {
        // Nobody ever said how they ended.
        0 => PaymentState::Pending,
        1 => PaymentState::ConfirmedLate,
        2..160 => PaymentState::Failed,
        160..300 if is_fresh => PaymentState::Pending,
        _ => PaymentState::Successful,
    };
    let draw = (chance >> 40) % 1000;
    let is_through_link = kind == PaymentKind::Charge && draw < 150;
    Sort { kind, method, currency, state, link: is_through_link.then_some(draw % LINKS_AT_ONCE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_payments_have_every_sort_in_about_its_share() {
        let count = |holds: fn(&Sort) -> bool| {
            (0..1_000_000).map(|number| sort_of(number, false)).filter(holds).count()
        };
        assert!((970_000..1_000_000).contains(&count(|sort| sort.method != Method::Bank)));
        assert!((2_500..3_500).contains(&count(|sort| sort.kind == PaymentKind::Conversion)));
        assert!((6_000..8_000).contains(&count(|sort| sort.kind == PaymentKind::Refund)));
        assert!((14_000..16_000).contains(&count(|sort| {
            sort.currency == Currency::Eur && sort.kind == PaymentKind::Charge
        })));
        assert!((70_000..90_000).contains(&count(|sort| sort.state == PaymentState::Failed)));
        assert!((100..2_000).contains(&count(|sort| sort.state == PaymentState::Pending)));
    }
}
