//! Endpoints: created, changed, deleted, and given a new secret.

use std::time::Duration;

use crate::account::Account;
use crate::book::Book;
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Refusal, SealedSecret};
use crate::endpoint::{DialectName, Endpoint, EndpointState, OldSecret};
use crate::id::{AccountId, EndpointId};
use crate::idempotency::KeyUse;
use crate::limits;

#[derive(Debug)]
pub struct ConfigureEndpoint {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub change: EndpointChange,
}

#[derive(Debug)]
pub enum EndpointChange {
    Create(NewEndpoint),
    Alter(EndpointId, Alteration),
    Delete(EndpointId),
    RotateSecret(EndpointId, Rotation),
}

#[derive(Debug)]
pub struct NewEndpoint {
    pub url: String,
    pub dialect: DialectName,
    pub events: Vec<String>,
    pub description: Option<String>,
    pub sealed_secret: Vec<u8>,
}

/// Every part that is there replaces what was.
#[derive(Debug, Default)]
pub struct Alteration {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub description: Option<Option<String>>,
    pub is_enabled: Option<bool>,
}

#[derive(Debug)]
pub struct Rotation {
    /// Sealed as the webhook secret of the account.
    pub secret: SealedSecret,
    /// The account's own secret, which signs for endpoints that have none of their own.
    pub secret_of_account: Vec<u8>,
    pub overlap: Duration,
    /// Whether headers with room for one signature keep the old secret's until the overlap ends.
    pub old_signs_alone: bool,
}

pub(super) fn configure_endpoint(
    configure: ConfigureEndpoint,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(configure.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let account = configure.account;
    let _: &Account = book.accounts.find(&account).ok_or(Refusal::AccountUnknown)?;
    let body = match configure.change {
        EndpointChange::Create(new) => create(account, new, book, moment)?,
        EndpointChange::Alter(id, alteration) => {
            let endpoint = book.endpoints.change(&(account, id)).ok_or(Refusal::EndpointUnknown)?;
            alter(endpoint, alteration);
            moment.wording.endpoint(endpoint, None)
        }
        EndpointChange::Delete(id) => {
            let endpoint = book.endpoints.find(&(account, id)).ok_or(Refusal::EndpointUnknown)?;
            let body = moment.wording.endpoint(endpoint, None);
            book.endpoints.remove(&(account, id));
            book.removed_endpoints.push((account, id));
            body
        }
        EndpointChange::RotateSecret(id, rotation) => {
            rotate_secret((account, id), rotation, book, moment)?
        }
    };
    Ok(keep(body, configure.key_use, book, moment))
}

fn create(
    account: AccountId,
    new: NewEndpoint,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<String, Refusal> {
    if book.endpoints_of(account).len() >= limits::ENDPOINTS_PER_ACCOUNT_MAX {
        return Err(Refusal::TooManyEndpoints);
    }
    // Never an id that was there before: deliveries outlive their endpoint.
    let id = EndpointId(moment.ids.next(moment.now));
    let endpoint = Endpoint {
        dialect: new.dialect,
        events: new.events,
        description: new.description,
        secret: Some(new.sealed_secret),
        ..Endpoint::new(account, id, new.url, moment.now)
    };
    let body = moment.wording.endpoint(&endpoint, endpoint.secret.as_deref());
    book.endpoints.insert((account, id), endpoint);
    Ok(body)
}

fn alter(endpoint: &mut Endpoint, alteration: Alteration) {
    let Alteration { url, events, description, is_enabled } = alteration;
    if let Some(url) = url {
        endpoint.url = url;
    }
    if let Some(events) = events {
        endpoint.events = events;
    }
    if let Some(description) = description {
        endpoint.description = description;
    }
    match is_enabled {
        Some(true) => endpoint.enable(),
        Some(false) => endpoint.state = EndpointState::SwitchedOff,
        None => {}
    }
}

/// The new secret signs at once; the old one signs along until the overlap ends. Endpoint 1 signs
/// with the account's secret, as the payments' own addresses do, so there the account's changes.
fn rotate_secret(
    key: (AccountId, EndpointId),
    rotation: Rotation,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<String, Refusal> {
    let endpoint = book.endpoints.change(&key).ok_or(Refusal::EndpointUnknown)?;
    let old = endpoint.secret.take().unwrap_or(rotation.secret_of_account);
    endpoint.old_secret = (rotation.overlap > Duration::ZERO).then(|| OldSecret {
        sealed: old,
        ends_at: moment.now.plus(rotation.overlap),
        signs_alone: rotation.old_signs_alone,
    });
    let body = moment.wording.endpoint(endpoint, Some(&rotation.secret.sealed));
    if key.1 == Endpoint::PRIMARY {
        book.secrets.push(rotation.secret);
    } else {
        endpoint.secret = Some(rotation.secret.sealed);
    }
    Ok(body)
}
