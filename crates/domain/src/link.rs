//! A payment link: an address that anyone may pay at, on terms that only the merchant sets.

use crate::id::{AccountId, LinkId};
use crate::money::{Currency, Money};
use crate::payment::Method;
use crate::time::Timestamp;

/// One row of the `payment_link` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub account: AccountId,
    pub id: LinkId,
    pub offer: Offer,
    pub archived_at: Option<Timestamp>,
    /// Successful payments so far.
    pub uses: i64,
    /// Payments on their way, each of which keeps a place.
    pub pending: i64,
    pub failed: i64,
    pub collected_minor: i64,
    pub created_at: Timestamp,
}

/// What the merchant says of a link, and may say otherwise later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Unique over all accounts of an environment: it is the address.
    pub slug: String,
    pub title: String,
    pub description: Option<String>,
    pub terms: Terms,
    pub currency: Currency,
    pub methods: Vec<Method>,
    pub redirect_url: Option<String>,
    pub callback_url: Option<String>,
    pub logo_url: Option<String>,
    /// Successful payments allowed; `None` for no cap.
    pub uses_max: Option<i64>,
    pub expires_at: Option<Timestamp>,
    pub collects_phone: bool,
    pub collects_name: bool,
    pub collects_address: bool,
}

/// What a payer may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    Fixed(Money),
    Flexible { min: Option<Money>, max: Option<Money> },
}

impl Terms {
    /// Whether a payer may pay this amount, its currency aside.
    fn allow(self, gross: Money) -> bool {
        match self {
            Terms::Fixed(amount) => gross.minor() == amount.minor(),
            Terms::Flexible { min, max } => {
                min.is_none_or(|min| gross.minor() >= min.minor())
                    && max.is_none_or(|max| gross.minor() <= max.minor())
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Active,
    Expired,
    Exhausted,
    Archived,
}

impl LinkState {
    pub const fn word(self) -> &'static str {
        match self {
            LinkState::Active => "active",
            LinkState::Expired => "expired",
            LinkState::Exhausted => "exhausted",
            LinkState::Archived => "archived",
        }
    }
}

/// Why a payment may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    #[error("the payment link is archived: it takes no payments any more")]
    Archived,
    #[error("the payment link has expired")]
    Expired,
    #[error("the payment link is exhausted: it has been paid as often as it may be")]
    Exhausted,
    #[error("somebody else is paying this link right now; it is free again if that payment fails")]
    Taken,
    #[error("is not what the payment link asks for")]
    AmountDiffers,
    #[error("is not offered by the payment link")]
    MethodNotOffered,
}

impl Link {
    /// What the merchant and the payer are told. A place that a pending payment keeps still counts
    /// as free here: it may be given back.
    pub fn state(&self, now: Timestamp) -> LinkState {
        if self.archived_at.is_some() {
            LinkState::Archived
        } else if self.offer.expires_at.is_some_and(|at| at <= now) {
            LinkState::Expired
        } else if self.offer.uses_max.is_some_and(|max| self.uses >= max) {
            LinkState::Exhausted
        } else {
            LinkState::Active
        }
    }

    /// Whether one more payment may begin: no more are ever on their way than may succeed.
    pub fn has_place(&self) -> bool {
        self.offer.uses_max.is_none_or(|max| self.uses.saturating_add(self.pending) < max)
    }

    /// Whether any payment may begin now.
    pub fn admit_anybody(&self, now: Timestamp) -> Result<(), LinkRefusal> {
        match self.state(now) {
            LinkState::Archived => Err(LinkRefusal::Archived),
            LinkState::Expired => Err(LinkRefusal::Expired),
            LinkState::Exhausted => Err(LinkRefusal::Exhausted),
            LinkState::Active if !self.has_place() => Err(LinkRefusal::Taken),
            LinkState::Active => Ok(()),
        }
    }

    /// Whether a payment of `gross` by `method` may begin now.
    pub fn admit(&self, gross: Money, method: Method, now: Timestamp) -> Result<(), LinkRefusal> {
        self.admit_anybody(now)?;
        if gross.currency() != self.offer.currency || !self.offer.terms.allow(gross) {
            return Err(LinkRefusal::AmountDiffers);
        }
        if !self.offer.methods.contains(&method) {
            return Err(LinkRefusal::MethodNotOffered);
        }
        Ok(())
    }

    /// Whether anybody ever began to pay here.
    pub fn was_used(&self) -> bool {
        self.uses > 0 || self.pending > 0 || self.failed > 0
    }
}
