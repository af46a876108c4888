//! What currencies cost in each other.

use domain::Currency;
use domain::conversion::{Quote, Rate};

use crate::engine::Cells;
use crate::{Reader, StoreError};

const RATE_COLUMNS: &str = "source, target, micros, origin, quoted_at_us";

fn quote_row(cells: &mut Cells<'_>) -> Result<Quote, StoreError> {
    Ok(Quote {
        source: cells.word("rate", "source", Currency::parse)?,
        target: cells.word("rate", "target", Currency::parse)?,
        rate: Rate { micros: cells.int()? },
        origin: cells.text()?,
        quoted_at: cells.time()?,
    })
}

pub fn find_rate(
    reader: &Reader,
    source: Currency,
    target: Currency,
) -> Result<Option<Quote>, StoreError> {
    let sql = format!("select {RATE_COLUMNS} from rate where source = $1 and target = $2");
    reader.row(&sql, &[source.code().into(), target.code().into()], quote_row)
}

/// The currencies that anybody has a wallet in.
pub fn list_wallet_currencies(reader: &Reader) -> Result<Vec<Currency>, StoreError> {
    let sql = "select distinct currency from wallet order by currency";
    reader.rows(sql, &[], |cells| cells.word("wallet", "currency", Currency::parse))
}

/// All rates, by their codes.
pub fn list_rates(reader: &Reader) -> Result<Vec<Quote>, StoreError> {
    let sql = format!("select {RATE_COLUMNS} from rate order by source, target");
    reader.rows(&sql, &[], quote_row)
}
