//! The answers to `/payment-links`: one link, and pages of them.

use domain::Timestamp;
use domain::link::{Link, Terms};
use domain::money::Money;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::object::transaction::Pagination;
use crate::object::{amount, record_time, to_text};

#[derive(Serialize)]
struct SingleAnswer<'a> {
    status: &'static str,
    data: LinkObject<'a>,
}

#[derive(Serialize)]
struct ListAnswer<'a> {
    status: &'static str,
    data: Vec<LinkObject<'a>>,
    pagination: Pagination,
}

#[derive(Serialize)]
struct LinkObject<'a> {
    id: String,
    slug: &'a str,
    url: String,
    state: &'static str,
    title: &'a str,
    description: Option<&'a str>,
    amount_type: &'static str,
    currency: &'static str,
    amount: Option<Box<RawValue>>,
    min_amount: Option<Box<RawValue>>,
    max_amount: Option<Box<RawValue>>,
    payment_types: Vec<&'static str>,
    redirect_url: Option<&'a str>,
    callback_url: Option<&'a str>,
    logo_url: Option<&'a str>,
    max_uses: Option<i64>,
    expires_at: Option<String>,
    collect_phone: bool,
    collect_name: bool,
    collect_address: bool,
    uses: i64,
    stats: Stats,
    created_at: String,
    archived_at: Option<String>,
}

/// Payments through the link, and the sum of the successful ones.
#[derive(Serialize)]
struct Stats {
    successful: i64,
    pending: i64,
    failed: i64,
    amount_collected: Box<RawValue>,
}

/// `public_url` is where payers reach us; a link's state is that of `now`.
pub fn link_answer(link: &Link, public_url: &str, now: Timestamp) -> String {
    to_text(&SingleAnswer { status: "success", data: object(link, public_url, now) })
}

/// Which page of how many links an answer holds.
#[derive(Clone, Copy, Debug)]
pub struct LinkPage {
    pub page: u64,
    pub limit: u32,
    pub total: u64,
}

pub fn link_list_answer(
    links: &[Link],
    page: LinkPage,
    public_url: &str,
    now: Timestamp,
) -> String {
    to_text(&ListAnswer {
        status: "success",
        data: links.iter().map(|link| object(link, public_url, now)).collect(),
        pagination: Pagination::of(page.page, page.limit, page.total),
    })
}

fn object<'a>(link: &'a Link, public_url: &str, now: Timestamp) -> LinkObject<'a> {
    let offer = &link.offer;
    let money = |money: Option<Money>| money.map(|money| amount(money.minor(), money.currency()));
    let (amount_type, fixed, min, max) = match offer.terms {
        Terms::Fixed(amount) => ("fixed", Some(amount), None, None),
        Terms::Flexible { min, max } => ("flexible", None, min, max),
    };
    LinkObject {
        id: link.id.text(),
        slug: &offer.slug,
        url: format!("{public_url}/pay/{}", offer.slug),
        state: link.state(now).word(),
        title: &offer.title,
        description: offer.description.as_deref(),
        amount_type,
        currency: offer.currency.code(),
        amount: money(fixed),
        min_amount: money(min),
        max_amount: money(max),
        payment_types: offer.methods.iter().map(|method| method.word()).collect(),
        redirect_url: offer.redirect_url.as_deref(),
        callback_url: offer.callback_url.as_deref(),
        logo_url: offer.logo_url.as_deref(),
        max_uses: offer.uses_max,
        expires_at: offer.expires_at.map(record_time),
        collect_phone: offer.collects_phone,
        collect_name: offer.collects_name,
        collect_address: offer.collects_address,
        uses: link.uses,
        stats: Stats {
            successful: link.uses,
            pending: link.pending,
            failed: link.failed,
            amount_collected: amount(link.collected_minor, offer.currency),
        },
        created_at: record_time(link.created_at),
        archived_at: link.archived_at.map(record_time),
    }
}
