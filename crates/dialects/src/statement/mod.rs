//! Providers' statements: CSV files of any length, read line by line. What is not surely what it
//! seems is refused with its line and column: a statement read wrongly would accuse a provider.

mod cells;
mod columns;
mod print;
mod values;

use std::io::BufRead;

use domain::Currency;
use domain::calendar::UtcOffset;
use domain::limits::{STATEMENT_COLUMNS_MAX, STATEMENT_LINE_BYTES_MAX};
use domain::provider_call::Provider;
use domain::reconcile::StatementLine;

pub use columns::Column;
pub use print::{CsvItems, json_of_item};
pub use values::{date_text, parse_date, parse_zone, zone_text};

use cells::Lines;
use columns::Columns;

/// Why a file is no statement that can be read.
#[derive(Debug, thiserror::Error)]
pub enum StatementFault {
    #[error("this is {0}; a statement must be CSV text in UTF-8")]
    NotCsv(&'static str),
    #[error("the file is empty")]
    Empty,
    #[error("line {line} is longer than {} KiB", STATEMENT_LINE_BYTES_MAX / 1024)]
    LineTooLong { line: u64 },
    #[error("line {line} has more than {STATEMENT_COLUMNS_MAX} columns")]
    TooManyColumns { line: u64 },
    #[error("line {line} has {cells} cells, the header has {columns}")]
    UnevenLine { line: u64, cells: usize, columns: usize },
    #[error(
        "the header has no column for the {column}: {known} are known; name yours with \
             --column {column}=NAME"
    )]
    NoColumn { column: &'static str, known: String },
    #[error("the header has no column named \"{0}\"")]
    NoSuchHeader(String),
    #[error("line {line}, column {column}{name}: {fault}")]
    Cell { line: u64, column: usize, name: ColumnName, fault: String },
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// The name in the header, where it is known.
#[derive(Debug, Default)]
pub struct ColumnName(Option<String>);

impl std::fmt::Display for ColumnName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, " (\"{name}\")"))
    }
}

/// How the statements of a provider look.
#[derive(Clone, Debug)]
pub struct Form {
    pub provider: Provider,
    /// The zone of times that name none.
    pub offset: UtcOffset,
    /// Of statements that name no currency.
    pub currency: Option<Currency>,
    /// Which column has which name, where the known names do not fit; an empty name says that there
    /// is no such column.
    pub columns: Vec<(Column, String)>,
}

/// A statement that is being read.
#[derive(Debug)]
pub struct Statement<R> {
    lines: Lines<R>,
    columns: Columns,
    offset: UtcOffset,
}

impl<R: BufRead> Statement<R> {
    /// Reads the header.
    pub fn open(input: R, form: &Form) -> Result<Statement<R>, StatementFault> {
        let mut lines = Lines::open(input)?;
        let header = lines.next_cells()?.ok_or(StatementFault::Empty)?;
        let columns = Columns::find(&header, form)?;
        Ok(Statement { lines, columns, offset: form.offset })
    }

    /// The next payment; none at the end. Empty lines are passed over.
    pub fn next_line(&mut self) -> Result<Option<StatementLine>, StatementFault> {
        let Some(cells) = self.lines.next_cells()? else { return Ok(None) };
        self.columns.read(&cells, self.offset).map(Some)
    }
}

#[cfg(test)]
mod tests;
