//! Payment links: by id, by the address that payers have, and page by page.

use domain::link::Link;
use domain::{AccountId, LinkId};

use crate::engine::{LINK_COLUMNS, link_row};
use crate::{Reader, StoreError};

pub fn find_link(
    reader: &Reader,
    account: AccountId,
    id: LinkId,
) -> Result<Option<Link>, StoreError> {
    let sql =
        format!("select {LINK_COLUMNS} from payment_link where account_id = $1 and link_id = $2");
    reader.row(&sql, &[account.0.into(), id.0.into()], link_row)
}

pub fn find_link_by_slug(reader: &Reader, slug: &str) -> Result<Option<Link>, StoreError> {
    let sql = format!("select {LINK_COLUMNS} from payment_link where slug = $1");
    reader.row(&sql, &[slug.into()], link_row)
}

/// One page of links, archived ones too, newest first.
pub fn list_links(
    reader: &Reader,
    account: AccountId,
    limit: u32,
    skip: u64,
) -> Result<Vec<Link>, StoreError> {
    let sql = format!(
        "select {LINK_COLUMNS} from payment_link where account_id = $1
         order by link_id desc limit $2 offset $3"
    );
    let skip = i64::try_from(skip).unwrap_or(i64::MAX);
    reader.rows(&sql, &[account.0.into(), i64::from(limit).into(), skip.into()], link_row)
}

pub fn count_links(reader: &Reader, account: AccountId) -> Result<u64, StoreError> {
    let sql = "select count(*) from payment_link where account_id = $1";
    let count = reader.row(sql, &[account.0.into()], |cells| cells.int())?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}
