//! A bulk of disbursements as a spreadsheet saves it: read into the JSON form of
//! `POST /disburse/bulk`, so that one reader judges both.

use domain::limits::BULK_LINES_MAX;

use crate::json::{Object, Value};

/// The columns that belong to the recipient in JSON.
const OF_RECIPIENT: [&str; 7] =
    ["bank_key", "account_number", "name", "branch", "msisdn", "network", "country"];

/// The other columns that a header may name.
const OF_LINE: [&str; 6] =
    ["amount", "destination_type", "narration", "reference", "callback_url", "scenario_key"];

/// Why a text is no list of disbursements. What a cell holds is judged later, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvFault {
    #[error("the column \"{0}\" is unknown; known are {known}", known = known_columns())]
    UnknownColumn(String),
    #[error("the column \"{0}\" is there twice")]
    RepeatedColumn(String),
    #[error("line {line} has {cells} cells, the header has {columns}")]
    UnevenLine { line: u64, cells: u64, columns: u64 },
    #[error("the file must be UTF-8 text with commas between the cells")]
    NotText,
    #[error("there are more than {BULK_LINES_MAX} lines; send them in several requests")]
    TooManyLines,
}

/// Lines are counted from 1 below the header; empty ones are passed over.
pub fn read_bulk(body: &[u8], mode: Option<&str>) -> Result<Object, CsvFault> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(body);
    let columns = columns(reader.headers().map_err(|_| CsvFault::NotText)?)?;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fault(&error))?;
        if lines.len() == BULK_LINES_MAX {
            return Err(CsvFault::TooManyLines);
        }
        lines.push(Value::Object(line(&columns, &record)));
    }
    let mode = mode.map(|mode| ("mode".to_owned(), Value::Text(mode.to_owned())));
    let list = ("disbursements".to_owned(), Value::List(lines));
    Ok(Object::of(mode.into_iter().chain([list]).collect()))
}

fn columns(header: &csv::StringRecord) -> Result<Vec<String>, CsvFault> {
    let mut columns: Vec<String> = Vec::with_capacity(header.len());
    for name in header {
        // A header can be as long as the body; the message need not be.
        let shown = || name.chars().take(64).collect();
        if !OF_LINE.contains(&name) && !OF_RECIPIENT.contains(&name) {
            return Err(CsvFault::UnknownColumn(shown()));
        }
        if columns.iter().any(|known| known == name) {
            return Err(CsvFault::RepeatedColumn(shown()));
        }
        columns.push(name.to_owned());
    }
    Ok(columns)
}

/// Empty cells are fields that are not there.
fn line(columns: &[String], record: &csv::StringRecord) -> Object {
    let mut of_line = Vec::new();
    let mut of_recipient = Vec::new();
    for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        let text = cell.to_owned();
        if OF_RECIPIENT.contains(&column.as_str()) {
            of_recipient.push((column.clone(), Value::Text(text)));
        } else if column == "amount" {
            of_line.push((column.clone(), Value::Number(text)));
        } else {
            of_line.push((column.clone(), Value::Text(text)));
        }
    }
    of_line.push(("recipient".to_owned(), Value::Object(Object::of(of_recipient))));
    Object::of(of_line)
}

fn fault(error: &csv::Error) -> CsvFault {
    if let csv::ErrorKind::UnequalLengths { pos: Some(at), expected_len, len } = error.kind() {
        return CsvFault::UnevenLine { line: at.record(), cells: *len, columns: *expected_len };
    }
    CsvFault::NotText
}

fn known_columns() -> String {
    [&OF_LINE[..], &OF_RECIPIENT[..]].concat().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Tolerance, parse_object};

    fn read(text: impl AsRef<[u8]>) -> Result<String, CsvFault> {
        read_bulk(text.as_ref(), None).map(|object| object.canonical())
    }

    fn json(text: &str) -> String {
        parse_object(text.as_bytes(), Tolerance::Strict).unwrap().canonical()
    }

    #[test]
    fn a_spreadsheet_says_what_json_says() {
        let expected = json(
            r#"{"disbursements": [
                {"amount": 10000, "destination_type": "bank", "narration": "a, \"b\"",
                 "recipient": {"bank_key": "kcb_rw", "account_number": "0123"}},
                {"amount": 5000.0, "destination_type": "mobile_money",
                 "recipient": {"msisdn": "0788123456"}}]}"#,
        );
        let plain = "amount,destination_type,bank_key,account_number,msisdn,narration\n\
            10000,bank,kcb_rw,0123,,\"a, \"\"b\"\"\"\n\n5000,mobile_money,,,0788123456,\n";
        assert_eq!(read(plain), Ok(expected.clone()));
        assert_eq!(read(plain.replace('\n', "\r\n")), Ok(expected.clone()), "as Windows saves it");
        assert_eq!(read(format!("\u{feff}{plain}")), Ok(expected.clone()), "with a mark");
        assert_eq!(read(plain.replace(",kcb_rw,", ",  kcb_rw ,")), Ok(expected));
        let with_mode = read_bulk(b"amount\n1\n", Some("per_line")).unwrap().canonical();
        assert!(with_mode.contains(r#""mode":"per_line""#), "{with_mode}");
    }

    #[test]
    fn what_is_no_list_is_told_in_its_own_words() {
        assert_eq!(read("amount,iban\n"), Err(CsvFault::UnknownColumn("iban".to_owned())));
        assert_eq!(read("amount,amount\n"), Err(CsvFault::RepeatedColumn("amount".to_owned())));
        let uneven = CsvFault::UnevenLine { line: 2, cells: 3, columns: 2 };
        assert_eq!(read("amount,name\n1,a\n1,a,b\n"), Err(uneven));
        assert_eq!(read(b"amount\n\xff\n"), Err(CsvFault::NotText));
        let semicolons = read("amount;name\n1;a\n");
        assert_eq!(semicolons, Err(CsvFault::UnknownColumn("amount;name".to_owned())));
        let many = format!("amount\n{}", "1\n".repeat(BULK_LINES_MAX + 1));
        assert_eq!(read(many), Err(CsvFault::TooManyLines));
        assert!(read(format!("amount\n{}", "1\n".repeat(BULK_LINES_MAX))).is_ok());
        assert!(read("").is_ok_and(|text| text == r#"{"disbursements":[]}"#));
    }
}
