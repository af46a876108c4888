//! Differences for people's spreadsheets and for programs. Cells that a spreadsheet would run as a
//! formula are made text.

use std::borrow::Cow;
use std::io::Write;

use domain::Currency;
use domain::money::decimal_text;
use domain::reconcile::{OurSide, ReconciliationItem, StatementLine};
use serde::Serialize;

use crate::object::event_time;

const HEADER: [&str; 21] = [
    "id",
    "class",
    "provider",
    "state",
    "account_id",
    "dgs_reference",
    "our_status",
    "our_amount",
    "our_currency",
    "our_time",
    "line",
    "provider_reference",
    "client_reference",
    "their_status",
    "their_amount",
    "their_currency",
    "their_fee",
    "their_direction",
    "their_time",
    "listed_at",
    "note",
];

/// Writes differences as CSV, header first.
#[derive(Debug)]
pub struct CsvItems<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> CsvItems<W> {
    pub fn open(output: W) -> csv::Result<CsvItems<W>> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record(HEADER)?;
        Ok(CsvItems { writer })
    }

    pub fn write(&mut self, item: &ReconciliationItem) -> csv::Result<()> {
        let told = Told::of(item);
        let (ours, theirs) = (told.ours.as_ref(), told.theirs.as_ref());
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let row: [String; HEADER.len()] = [
            told.id.to_owned(),
            told.class.to_owned(),
            told.provider.to_owned(),
            told.state.to_owned(),
            ours.map(|side| side.account_id.to_string()).unwrap_or_default(),
            text(ours.map(|side| side.dgs_reference)),
            text(ours.map(|side| side.status)),
            text(ours.map(|side| side.amount.as_str())),
            text(ours.map(|side| side.currency)),
            text(ours.map(|side| side.time.as_str())),
            theirs.map(|side| side.line.to_string()).unwrap_or_default(),
            text(theirs.and_then(|side| side.provider_reference)),
            text(theirs.and_then(|side| side.client_reference)),
            text(theirs.map(|side| side.status)),
            text(theirs.map(|side| side.amount.as_str())),
            text(theirs.map(|side| side.currency)),
            text(theirs.and_then(|side| side.fee.as_deref())),
            text(theirs.and_then(|side| side.direction)),
            text(theirs.map(|side| side.time.as_str())),
            told.listed_at.clone(),
            text(told.note),
        ];
        self.writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()))
    }

    pub fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Spreadsheets run a cell that begins with one of these; an apostrophe makes it text (OWASP, CSV
/// injection).
pub(super) fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// One line of JSON.
pub fn json_of_item(item: &ReconciliationItem) -> serde_json::Result<String> {
    serde_json::to_string(&Told::of(item))
}

#[derive(Serialize)]
struct Told<'i> {
    id: &'i str,
    class: &'static str,
    provider: &'static str,
    state: &'static str,
    ours: Option<Ours<'i>>,
    theirs: Option<Theirs<'i>>,
    listed_at: String,
    resolved_at: Option<String>,
    note: Option<&'i str>,
}

#[derive(Serialize)]
struct Ours<'i> {
    account_id: i64,
    transaction_id: String,
    dgs_reference: &'i str,
    status: &'static str,
    amount: String,
    currency: &'static str,
    time: String,
}

#[derive(Serialize)]
struct Theirs<'i> {
    line: u64,
    provider_reference: Option<&'i str>,
    client_reference: Option<&'i str>,
    status: &'static str,
    amount: String,
    currency: &'static str,
    fee: Option<String>,
    direction: Option<&'static str>,
    time: String,
}

impl<'i> Told<'i> {
    fn of(item: &'i ReconciliationItem) -> Told<'i> {
        let resolution = item.resolution.as_ref();
        Told {
            id: &item.difference.id.0,
            class: item.difference.class.word(),
            provider: item.provider.word(),
            state: if resolution.is_some() { "resolved" } else { "open" },
            ours: item.difference.ours.as_ref().map(ours),
            theirs: item.difference.theirs.as_ref().map(theirs),
            listed_at: event_time(item.listed_at),
            resolved_at: resolution.map(|resolution| event_time(resolution.at)),
            note: resolution.map(|resolution| resolution.note.as_str()),
        }
    }
}

fn ours(side: &OurSide) -> Ours<'_> {
    Ours {
        account_id: side.account.0,
        transaction_id: side.payment.0.to_string(),
        dgs_reference: &side.dgs_reference,
        status: side.state.word(),
        amount: exact(side.amount_minor, side.currency),
        currency: side.currency.code(),
        time: event_time(side.at),
    }
}

fn theirs(line: &StatementLine) -> Theirs<'_> {
    Theirs {
        line: line.number,
        provider_reference: line.provider_reference.as_deref(),
        client_reference: line.client_reference.as_deref(),
        status: line.status.word(),
        amount: exact(line.amount_minor, line.currency),
        currency: line.currency.code(),
        fee: line.fee_minor.map(|minor| exact(minor, line.currency)),
        direction: line.direction.map(|direction| direction.word()),
        time: event_time(line.at),
    }
}

fn exact(minor: i64, currency: Currency) -> String {
    decimal_text(minor, currency.exponent())
}
