//! Which column of a statement says what. Known are the words of the providers' own APIs and those
//! that statements commonly use; the operator names what is called otherwise.

use domain::Currency;
use domain::calendar::UtcOffset;
use domain::limits::STATEMENT_REFERENCE_BYTES_MAX;
use domain::provider_call::Provider;
use domain::reconcile::{Direction, LineStatus, StatementLine};

use super::cells::Cells;
use super::{ColumnName, Form, StatementFault, values};

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    ProviderReference,
    ClientReference,
    Amount,
    Currency,
    Fee,
    Status,
    Time,
    Direction,
}

impl Column {
    pub const ALL: [Column; 8] = [
        Column::ProviderReference,
        Column::ClientReference,
        Column::Amount,
        Column::Currency,
        Column::Fee,
        Column::Status,
        Column::Time,
        Column::Direction,
    ];

    /// The word in `--column WORD=NAME`.
    pub const fn word(self) -> &'static str {
        match self {
            Column::ProviderReference => "provider_reference",
            Column::ClientReference => "client_reference",
            Column::Amount => "amount",
            Column::Currency => "currency",
            Column::Fee => "fee",
            Column::Status => "status",
            Column::Time => "time",
            Column::Direction => "direction",
        }
    }

    pub fn parse(word: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.word() == word)
    }

    /// Reads `WORD=NAME`.
    pub fn parse_named(text: &str) -> Option<(Column, String)> {
        let (word, name) = text.split_once('=')?;
        Some((Column::parse(word)?, name.trim().to_owned()))
    }

    const fn common_names(self) -> &'static [&'static str] {
        match self {
            Column::ProviderReference => {
                &["provider reference", "transaction id", "txn id", "receipt no"]
            }
            Column::ClientReference => {
                &["client reference", "merchant reference", "external id", "our reference"]
            }
            Column::Amount => &["amount", "transaction amount"],
            Column::Currency => &["currency", "currency code"],
            Column::Fee => &["fee", "fees", "transaction fee"],
            Column::Status => &["status", "transaction status", "state"],
            Column::Time => {
                &["time", "date", "timestamp", "date time", "transaction date", "created at"]
            }
            Column::Direction => &["direction", "dr/cr", "debit/credit", "credit/debit"],
        }
    }
}

/// A provider's own names, which go before the common ones.
const OWN_NAMES: [(Provider, Column, &[&str]); 12] = [
    (Provider::Flutterwave, Column::ProviderReference, &["id", "flw_ref"]),
    (Provider::Flutterwave, Column::ClientReference, &["tx_ref", "reference"]),
    (Provider::Flutterwave, Column::Fee, &["app_fee"]),
    (Provider::MtnMomo, Column::ProviderReference, &["financialTransactionId", "id"]),
    (Provider::MtnMomo, Column::ClientReference, &["externalId", "referenceId"]),
    (Provider::AirtelMoney, Column::ProviderReference, &["airtel_money_id"]),
    (Provider::AirtelMoney, Column::ClientReference, &["id", "reference"]),
    (Provider::DusuPay, Column::ProviderReference, &["internal_reference"]),
    (Provider::DusuPay, Column::ClientReference, &["merchant_reference"]),
    (Provider::Providus, Column::ProviderReference, &["sessionId", "settlementId"]),
    (Provider::Providus, Column::ClientReference, &["initiationTranRef"]),
    (Provider::Providus, Column::Time, &["tranDateTime"]),
];

/// Without regard to case, spaces and marks, which exports change.
fn normal(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Where in a line each column is.
#[derive(Debug)]
pub(super) struct Columns {
    /// By the place of the column in [`Column::ALL`].
    places: [Option<usize>; 8],
    header: Vec<String>,
    currency: Option<Currency>,
}

impl Columns {
    pub(super) fn find(header: &Cells<'_>, form: &Form) -> Result<Columns, StatementFault> {
        let header: Vec<String> = header.texts.iter().map(|name| shown(name)).collect();
        let mut places = [None; 8];
        for (place, column) in places.iter_mut().zip(Column::ALL) {
            *place = find_one(&header, form, column)?;
        }
        let columns = Columns { places, header, currency: form.currency };
        for column in [Column::Amount, Column::Time] {
            columns.require(column)?;
        }
        if form.currency.is_none() {
            columns.require(Column::Currency)?;
        }
        Ok(columns)
    }

    fn require(&self, column: Column) -> Result<(), StatementFault> {
        if self.place(column).is_some() {
            return Ok(());
        }
        let known = column.common_names().join(", ");
        Err(StatementFault::NoColumn { column: column.word(), known })
    }

    fn place(&self, column: Column) -> Option<usize> {
        let places = Column::ALL.into_iter().zip(self.places);
        places.filter(|(one, _)| *one == column).find_map(|(_, place)| place)
    }

    pub(super) fn read(
        &self,
        cells: &Cells<'_>,
        offset: UtcOffset,
    ) -> Result<StatementLine, StatementFault> {
        let (line, count, columns) = (cells.line, cells.texts.len(), self.header.len());
        if count != columns {
            return Err(StatementFault::UnevenLine { line, cells: count, columns });
        }
        let text = |column| self.text(cells, column);
        let fault = |column, fault| self.fault(line, column, fault);
        let currency = match (text(Column::Currency), self.currency) {
            (None | Some(""), Some(currency)) => currency,
            (code, _) => values::currency(code.unwrap_or_default())
                .map_err(|found| fault(Column::Currency, found))?,
        };
        let (minor, is_negative) =
            values::amount(text(Column::Amount).unwrap_or_default(), currency)
                .map_err(|found| fault(Column::Amount, found))?;
        let fee_minor = match text(Column::Fee).filter(|fee| !fee.is_empty()) {
            Some(fee) => {
                Some(values::amount(fee, currency).map_err(|found| fault(Column::Fee, found))?.0)
            }
            None => None,
        };
        let direction = match text(Column::Direction).filter(|word| !word.is_empty()) {
            Some(word) => {
                Some(values::direction(word).map_err(|found| fault(Column::Direction, found))?)
            }
            None => is_negative.then_some(Direction::Out),
        };
        // A statement without a column for it lists what was done.
        let status = text(Column::Status).map_or(Ok(LineStatus::Succeeded), values::status);
        let (at, is_day_only) = values::time(text(Column::Time).unwrap_or_default(), offset)
            .map_err(|found| fault(Column::Time, found))?;
        Ok(StatementLine {
            number: line,
            provider_reference: self.reference(cells, Column::ProviderReference)?,
            client_reference: self.reference(cells, Column::ClientReference)?,
            amount_minor: minor,
            currency,
            fee_minor,
            status: status.map_err(|found| fault(Column::Status, found))?,
            direction,
            at,
            is_day_only,
        })
    }

    fn text<'c>(&self, cells: &'c Cells<'_>, column: Column) -> Option<&'c str> {
        self.place(column).and_then(|place| cells.texts.get(place)).map(AsRef::as_ref)
    }

    fn reference(
        &self,
        cells: &Cells<'_>,
        column: Column,
    ) -> Result<Option<String>, StatementFault> {
        let Some(text) = self.text(cells, column).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if text.len() > STATEMENT_REFERENCE_BYTES_MAX {
            let found = format!("is longer than {STATEMENT_REFERENCE_BYTES_MAX} bytes");
            return Err(self.fault(cells.line, column, found));
        }
        Ok(Some(text.to_owned()))
    }

    fn fault(&self, line: u64, column: Column, fault: String) -> StatementFault {
        let place = self.place(column).unwrap_or(0);
        let name = ColumnName(self.header.get(place).cloned());
        StatementFault::Cell { line, column: place + 1, name, fault }
    }
}

fn find_one(
    header: &[String],
    form: &Form,
    column: Column,
) -> Result<Option<usize>, StatementFault> {
    let position = |wanted: &str| header.iter().position(|name| normal(name) == normal(wanted));
    if let Some((_, name)) = form.columns.iter().find(|(one, _)| *one == column) {
        return match position(name) {
            _ if name.is_empty() => Ok(None),
            Some(place) => Ok(Some(place)),
            None => Err(StatementFault::NoSuchHeader(name.clone())),
        };
    }
    let own = OWN_NAMES
        .into_iter()
        .filter(|(provider, one, _)| *provider == form.provider && *one == column)
        .flat_map(|(_, _, names)| names);
    Ok(own.chain(column.common_names()).find_map(|name| position(name)))
}

/// A name can be as long as a line; a message need not be.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}
