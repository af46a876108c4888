//! The tokens that providers give for a while: each is fetched once, however many wait for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dialects::provider::{Connector, Reply, Secret};
use domain::provider_call::Provider;
use tokio::time::Instant;

use crate::egress::upstream::Upstream;

/// A token serves no longer than this part of its life, in percent: what is sent with it must
/// arrive before it ends.
const SERVES_PERCENT: u32 = 80;

#[derive(Debug, Default)]
pub(super) struct Tokens {
    places: Mutex<HashMap<(Provider, &'static str), Arc<Place>>>,
}

type Place = tokio::sync::Mutex<Slot>;

#[derive(Debug, Default)]
struct Slot {
    held: Option<Held>,
    /// When none was given.
    failed_at: Option<Instant>,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) text: Secret,
    /// Tells this token from the next.
    pub(super) serial: u64,
    until: Instant,
}

impl Tokens {
    /// The token of a name; a fresh one where `refused` is the serial of the one at hand.
    pub(super) async fn get(
        &self,
        upstream: &Upstream,
        connector: &dyn Connector,
        name: &'static str,
        refused: Option<u64>,
    ) -> Option<Held> {
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(places.entry((connector.provider(), name)).or_default())
        };
        let asked_at = Instant::now();
        // Whoever comes first fetches; the others wait here and find what it brought.
        let mut slot = place.lock().await;
        let is_good = |held: &Held| Some(held.serial) != refused && Instant::now() < held.until;
        if let Some(good) = slot.held.clone().filter(is_good) {
            return Some(good);
        }
        if slot.failed_at.is_some_and(|failed_at| asked_at < failed_at) {
            return None;
        }
        let serial = slot.held.as_ref().map_or(0, |held| held.serial.wrapping_add(1));
        let request = connector.token_request(name)?;
        let reply = upstream.send(&request, None, connector.patience()).await;
        let token = match &reply {
            Reply::Answered { status, body } => connector.read_token(*status, body),
            Reply::Lost | Reply::NotSent => None,
        };
        let Some(token) = token else {
            tracing::warn!(
                provider = connector.provider().word(),
                name,
                answer = ?reply,
                "the provider gave no token"
            );
            slot.failed_at = Some(Instant::now());
            return None;
        };
        let serves = token.serves * SERVES_PERCENT / 100;
        let until = Instant::now() + serves.max(Duration::from_secs(1));
        let fresh = Held { text: token.text, serial, until };
        slot.held = Some(fresh.clone());
        Some(fresh)
    }
}
