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
    pub archived_at: Option<Timestamp>,
    /// Successful payments so far.
    pub uses: i64,
    /// Payments on their way, each of which keeps a place.
    pub pending: i64,
    pub failed: i64,
    pub collected_minor: i64,
    pub created_at: Timestamp,
}

/// What a payer may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    Fixed(Money),
    Flexible { min: Option<Money>, max: Option<Money> },
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

impl Link {
    /// What the merchant and the payer are told. A place that a pending payment keeps still counts
    /// as free here: it may be given back.
    pub fn state(&self, now: Timestamp) -> LinkState {
        if self.archived_at.is_some() {
            LinkState::Archived
        } else if self.expires_at.is_some_and(|at| at <= now) {
            LinkState::Expired
        } else if self.uses_max.is_some_and(|max| self.uses >= max) {
            LinkState::Exhausted
        } else {
            LinkState::Active
        }
    }

    /// Whether one more payment may begin: no more are ever on their way than may succeed.
    pub fn has_place(&self) -> bool {
        self.uses_max.is_none_or(|max| self.uses.saturating_add(self.pending) < max)
    }
}
