//! Payment links as the domain's values.

use domain::link::{Link, Offer, Terms};
use domain::payment::Method;
use domain::{AccountId, Currency, LinkId, Money};

use crate::StoreError;
use crate::engine::Cells;

pub(crate) const LINK_COLUMNS: &str = "account_id, link_id, slug, title, description, currency, \
     amount_minor, min_minor, max_minor, methods, redirect_url, callback_url, logo_url, uses_max, \
     expires_at_us, collects_phone, collects_name, collects_address, archived_at_us, uses, \
     pending, failed, collected_minor, created_at_us";

pub(crate) fn link_row(cells: &mut Cells<'_>) -> Result<Link, StoreError> {
    let (account, id) = (AccountId(cells.int()?), LinkId(cells.int()?));
    let (slug, title, description) = (cells.text()?, cells.text()?, cells.maybe_text()?);
    let currency = cells.word("payment_link", "currency", Currency::parse)?;
    let [amount, min, max] = [
        maybe_money(cells, "amount_minor", currency)?,
        maybe_money(cells, "min_minor", currency)?,
        maybe_money(cells, "max_minor", currency)?,
    ];
    let offer = Offer {
        slug,
        title,
        description,
        terms: amount.map_or(Terms::Flexible { min, max }, Terms::Fixed),
        currency,
        methods: cells.text()?.split_whitespace().filter_map(Method::parse).collect(),
        redirect_url: cells.maybe_text()?,
        callback_url: cells.maybe_text()?,
        logo_url: cells.maybe_text()?,
        uses_max: cells.maybe_int()?,
        expires_at: cells.maybe_time()?,
        collects_phone: cells.flag()?,
        collects_name: cells.flag()?,
        collects_address: cells.flag()?,
    };
    Ok(Link {
        account,
        id,
        offer,
        archived_at: cells.maybe_time()?,
        uses: cells.int()?,
        pending: cells.int()?,
        failed: cells.int()?,
        collected_minor: cells.int()?,
        created_at: cells.time()?,
    })
}

fn maybe_money(
    cells: &mut Cells<'_>,
    column: &'static str,
    currency: Currency,
) -> Result<Option<Money>, StoreError> {
    let meaningless = |minor: i64| StoreError::Meaningless {
        table: "payment_link",
        column,
        value: minor.to_string(),
    };
    let minor = cells.maybe_int()?;
    minor
        .map(|minor| Money::from_minor(minor, currency).map_err(|_| meaningless(minor)))
        .transpose()
}
