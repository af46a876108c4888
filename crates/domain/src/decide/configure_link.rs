//! Making, changing and archiving payment links.

use crate::book::Book;
use crate::decide::repeat::{keep, replay};
use crate::decide::{Answer, Moment, Refusal};
use crate::id::{AccountId, LinkId};
use crate::idempotency::KeyUse;
use crate::link::{Link, Offer};

#[derive(Debug)]
pub struct CreateLink {
    pub account: AccountId,
    pub key_use: Option<KeyUse>,
    pub offer: Offer,
}

#[derive(Debug)]
pub struct ChangeLink {
    pub account: AccountId,
    pub link: LinkId,
    pub key_use: Option<KeyUse>,
    /// What the change was made from: if that is out of date, the change is to be made again.
    pub before: Offer,
    pub after: Offer,
}

#[derive(Debug)]
pub struct ArchiveLink {
    pub account: AccountId,
    pub link: LinkId,
    pub key_use: Option<KeyUse>,
}

pub(super) fn create(
    create: CreateLink,
    book: &mut Book,
    moment: &mut Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(create.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    if book.accounts.find(&create.account).is_none() {
        return Err(Refusal::AccountUnknown);
    }
    if book.taken_slugs.contains(&create.offer.slug) {
        return Err(Refusal::SlugTaken);
    }
    let link = Link {
        account: create.account,
        id: LinkId(moment.ids.next(moment.now)),
        offer: create.offer,
        archived_at: None,
        uses: 0,
        pending: 0,
        failed: 0,
        collected_minor: 0,
        created_at: moment.now,
    };
    let body = moment.wording.link(&link, moment.now);
    book.taken_slugs.insert(link.offer.slug.clone());
    book.links.insert((link.account, link.id), link);
    Ok(keep(body, create.key_use, book, moment))
}

/// Counters stay what they are, and so do the payments made on the old terms.
pub(super) fn change(
    change: ChangeLink,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(change.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let key = (change.account, change.link);
    let link = book.links.find(&key).ok_or(Refusal::LinkUnknown)?;
    if link.archived_at.is_some() {
        return Err(crate::link::LinkRefusal::Archived.into());
    }
    if link.offer != change.before {
        return Err(Refusal::LinkChanged);
    }
    // What was collected is counted in the currency.
    if link.offer.currency != change.after.currency && link.was_used() {
        return Err(Refusal::LinkCurrencyFixed);
    }
    // A link is never paid more often than it may be; whoever is on the way has a place.
    if change.after.uses_max.is_some_and(|max| max < link.uses.saturating_add(link.pending)) {
        return Err(Refusal::LinkCapTooLow);
    }
    if link.offer.slug != change.after.slug && !book.taken_slugs.insert(change.after.slug.clone()) {
        return Err(Refusal::SlugTaken);
    }
    let link = book.links.change(&key).ok_or(Refusal::LinkUnknown)?;
    link.offer = change.after;
    let body = moment.wording.link(link, moment.now);
    Ok(keep(body, change.key_use, book, moment))
}

/// For good. A link that is archived already stays as it is.
pub(super) fn archive(
    archive: ArchiveLink,
    book: &mut Book,
    moment: &Moment<'_>,
) -> Result<Answer, Refusal> {
    if let Some(replay) = replay(archive.key_use.as_ref(), book)? {
        return Ok(replay);
    }
    let key = (archive.account, archive.link);
    let found = book.links.find(&key).ok_or(Refusal::LinkUnknown)?;
    let body = if found.archived_at.is_some() {
        moment.wording.link(found, moment.now)
    } else {
        let link = book.links.change(&key).ok_or(Refusal::LinkUnknown)?;
        link.archived_at = Some(moment.now);
        moment.wording.link(link, moment.now)
    };
    Ok(keep(body, archive.key_use, book, moment))
}
