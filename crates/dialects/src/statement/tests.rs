//! Statements as providers save them, and files that are none.

use std::io::{BufReader, Cursor, Read};

use domain::reconcile::{
    Difference, DifferenceClass, DifferenceId, Direction, LineStatus, ReconciliationItem, RunId,
};
use domain::{Currency, Timestamp};
use proptest::prelude::*;

use super::*;

fn form(provider: Provider) -> Form {
    Form { provider, offset: UtcOffset::KIGALI, currency: None, columns: Vec::new() }
}

fn read_as(form: &Form, text: impl AsRef<[u8]>) -> Result<Vec<StatementLine>, String> {
    let told = |fault: StatementFault| fault.to_string();
    let mut statement = Statement::open(Cursor::new(text), form).map_err(told)?;
    std::iter::from_fn(|| statement.next_line().map_err(told).transpose()).collect()
}

fn read(text: impl AsRef<[u8]>) -> Result<Vec<StatementLine>, String> {
    read_as(&form(Provider::Simulator), text)
}

fn fault(text: impl AsRef<[u8]>) -> String {
    read(text).unwrap_err()
}

/// One line with this in the column.
fn with(column: &str, cell: &str) -> Result<StatementLine, String> {
    let mut cells = [("amount", "500"), ("currency", "RWF"), ("time", "2026-11-21 14:05:09")]
        .map(|(name, cell)| (name, cell.to_owned()))
        .to_vec();
    cells.retain(|(name, _)| *name != column);
    cells.push((column, format!("\"{}\"", cell.replace('"', "\"\""))));
    let header: Vec<&str> = cells.iter().map(|(name, _)| *name).collect();
    let row: Vec<&str> = cells.iter().map(|(_, cell)| cell.as_str()).collect();
    read(format!("{}\n{}\n", header.join(","), row.join(","))).map(|lines| lines[0].clone())
}

const AT: i64 = 1_795_262_709;

#[test]
fn a_statement_is_read_however_it_was_saved() {
    let plain = "Transaction ID,External Id,Amount,Currency,Fee,Status,Date,Dr/Cr\n\
        A1,901,\"1,094.50\",USD,2.5,SUCCESSFUL,2026-11-21 14:05:09,CR\n\n\
        A2,,2000,rwf,,Failed,21/11/2026 14:05,DR\n";
    let lines = read(plain).unwrap();
    let expected = StatementLine {
        number: 2,
        provider_reference: Some("A1".to_owned()),
        client_reference: Some("901".to_owned()),
        amount_minor: 109_450,
        currency: Currency::Usd,
        fee_minor: Some(250),
        status: LineStatus::Succeeded,
        direction: Some(Direction::In),
        at: Timestamp::from_micros(AT * 1_000_000),
        is_day_only: false,
    };
    assert_eq!(lines[0], expected);
    assert_eq!((lines[1].number, lines[1].client_reference.as_deref()), (4, None));
    assert_eq!((lines[1].status, lines[1].direction), (LineStatus::Failed, Some(Direction::Out)));
    for other in [
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        plain.trim_end().to_owned(),
        plain.replace("Transaction ID", "transaction_id"),
    ] {
        assert_eq!(read(&other), Ok(lines.clone()), "{other:?}");
    }
    let semicolons = plain.replace("\"1,094.50\"", "1094.50").replace(',', ";");
    assert_eq!(read(semicolons), Ok(lines));
}

#[test]
fn columns_are_found_by_the_providers_names_or_by_the_operators() {
    let text = "id,tx_ref,amount,app_fee,created_at,memo\n7,901,500,1,2026-11-21,=1+1\n";
    let mut of_flutterwave = form(Provider::Flutterwave);
    of_flutterwave.currency = Some(Currency::Rwf);
    let lines = read_as(&of_flutterwave, text).unwrap();
    assert_eq!(lines[0].provider_reference.as_deref(), Some("7"));
    assert_eq!(lines[0].client_reference.as_deref(), Some("901"));
    assert_eq!((lines[0].fee_minor, lines[0].is_day_only), (Some(1), true));
    // What looks like a formula is a text like any other.
    of_flutterwave.columns = vec![(Column::ClientReference, "Memo".to_owned())];
    let lines = read_as(&of_flutterwave, text).unwrap();
    assert_eq!(lines[0].client_reference.as_deref(), Some("=1+1"));
    of_flutterwave.columns = vec![(Column::ClientReference, String::new())];
    assert_eq!(read_as(&of_flutterwave, text).unwrap()[0].client_reference, None);
    of_flutterwave.columns = vec![(Column::Amount, "Paid".to_owned())];
    let told = read_as(&of_flutterwave, text).unwrap_err();
    assert_eq!(told, "the header has no column named \"Paid\"");
    let told = fault("id,amount,date\n");
    assert!(told.starts_with("the header has no column for the currency: currency,"), "{told}");
}

#[test]
fn amounts_are_exact_or_refused() {
    for (text, expected) in [
        ("500", Ok((500, None))),
        ("+500.00", Ok((500, None))),
        ("-1,500", Ok((1500, Some(Direction::Out)))),
        ("1,234,567", Ok((1_234_567, None))),
        ("0", Ok((0, None))),
        ("0.00", Ok((0, None))),
        ("500.5", Err("has more decimals than the currency has")),
        ("1,23", Err("part no thousands")),
        ("1.234,50", Err("part no thousands")),
        (",500", Err("part no thousands")),
        ("=500", Err("is no amount")),
        ("1e3", Err("is no amount")),
        ("RWF 500", Err("is no amount")),
        ("", Err("is no amount")),
        ("1.", Err("must be a number")),
        (".5", Err("must be a number")),
        ("9999999999999999", Err("too large")),
    ] {
        match (with("amount", text), expected) {
            (Ok(line), Ok(expected)) => {
                assert_eq!((line.amount_minor, line.direction), expected, "{text}");
            }
            (Err(told), Err(part)) => {
                assert!(told.contains(part), "{text}: {told}");
                assert!(told.starts_with("line 2, column 3 (\"amount\"): "), "{told}");
            }
            (read, expected) => panic!("{text}: {read:?}, not {expected:?}"),
        }
    }
}

#[test]
fn times_are_of_their_own_zone_or_of_the_statements() {
    for (text, seconds) in [
        ("2026-11-21T14:05:09+02:00", AT),
        ("2026-11-21T12:05:09Z", AT),
        ("2026-11-21T14:05:09.000", AT),
        ("2026/11/21 14:05:09", AT),
        ("21/11/2026 14:05:09", AT),
        ("21-11-2026 14:05:09", AT),
        ("21/11/2026 02:05:09 PM", AT),
        ("21 Nov 2026 14:05:09", AT),
        ("20261121140509", AT),
        ("2026-11-21 14:05", AT - 9),
        ("2026-11-21 00:00:00", 1_795_212_000),
        ("2026-11-21", 1_795_212_000),
        ("21-Nov-2026", 1_795_212_000),
    ] {
        assert_eq!(with("time", text).map(|line| line.at.as_secs()), Ok(seconds), "{text}");
    }
    for text in [
        "",
        "yesterday",
        "31/02/2026 10:00",
        "21/11/26 10:00",
        "11/21/2026 10:00",
        "14:05:09",
        "45617.58",
    ] {
        assert!(with("time", text).unwrap_err().contains("is no time such as"), "{text}");
    }
}

#[test]
fn zones_are_fixed_distances() {
    assert_eq!(parse_zone("Africa/Kigali"), Some(UtcOffset::KIGALI));
    assert_eq!(parse_zone("+02:00"), Some(UtcOffset::KIGALI));
    assert_eq!(parse_zone("-03:30").map(UtcOffset::east_s), Some(-12_600));
    for text in ["Europe/Paris", "2", "+2", "+02:60", "+15:00", "+0a:00", ""] {
        assert_eq!(parse_zone(text), None, "{text}");
    }
    assert_eq!(parse_date("2026-11-21"), Some(20_778));
    assert_eq!(date_text(20_778), "2026-11-21");
    for zone in ["+02:00", "-03:30", "+00:00"] {
        assert_eq!(parse_zone(zone).map(zone_text).as_deref(), Some(zone));
    }
    for text in ["2026-1-1", "21/11/2026", "2026-02-30", "+026-11-21"] {
        assert_eq!(parse_date(text), None, "{text}");
    }
}

#[test]
fn words_that_are_not_known_are_refused_with_their_place() {
    assert!(with("status", "Completed").is_ok() && with("direction", "Payout").is_ok());
    let told = with("status", "maybe").unwrap_err();
    assert_eq!(told, "line 2, column 4 (\"status\"): \"maybe\" is no status that is known");
    assert!(with("direction", "sideways").unwrap_err().contains("neither in nor out"));
    assert!(with("currency", "XYZ").unwrap_err().contains("is no currency"));
    assert!(with("transaction id", &"9".repeat(257)).unwrap_err().contains("longer than 256"));
}

#[test]
fn hostile_files_are_refused_with_their_place() {
    let xxe = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>\n\
               <a>&b;</a>\n";
    let header = "amount,currency,time,memo\n";
    let row = |memo: &str| format!("{header}1,RWF,2026-11-21,{memo}\n2,RWF,2026-11-21,x\n");
    for (file, expected) in [
        (xxe.as_bytes().to_vec(), "this is XML or HTML"),
        (format!("\u{feff} {xxe}").into_bytes(), "this is XML or HTML"),
        (b"PK\x03\x04\x14\x00".to_vec(), "this is a zip archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1".to_vec(), "this is an old Excel workbook"),
        (b"\xff\xfea\x00m\x00".to_vec(), "this is UTF-16 text"),
        (b"{\"amount\": 1}".to_vec(), "this is JSON"),
        (b"%PDF-1.7\n".to_vec(), "this is a PDF document"),
        (Vec::new(), "the file is empty"),
        (b"\n\n  \n".to_vec(), "the file is empty"),
        (row("a\0b").into_bytes(), "line 2, column 4: holds a control character"),
        (row("\x1b[2J").into_bytes(), "line 2, column 4: holds a control character"),
        (row("\"open").into_bytes(), "line 2, column 4: its quotation mark is left open"),
        (row("\"a\"b").into_bytes(), "line 2, column 4: goes on behind"),
        (row("a,b").into_bytes(), "line 2 has 5 cells, the header has 4"),
        ([row("").as_bytes(), b"\xff,"].concat(), "line 4, column 1: is not UTF-8 text"),
        (row(&"x".repeat(70_000)).into_bytes(), "line 2 is longer than 64 KiB"),
        ("a,".repeat(100_000).into_bytes(), "line 1 is longer than 64 KiB"),
        (",".repeat(300).into_bytes(), "line 1 has more than 256 columns"),
        (vec![0; 4096], "line 1, column 1: holds a control character"),
    ] {
        let told = fault(&file);
        assert!(told.starts_with(expected), "{expected}: {told}");
    }
}

/// Counts what is taken from an endless file.
#[derive(Debug)]
struct Endless<'a> {
    bytes: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    left: usize,
    taken: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(self.left);
        for (place, byte) in buffer.iter_mut().take(count).zip(&mut self.bytes) {
            *place = *byte;
        }
        self.left -= count;
        self.taken += count;
        Ok(count)
    }
}

const GIB: usize = 1 << 30;

#[test]
fn a_line_of_a_gibibyte_is_refused_after_its_first_kilobytes() {
    for filling in [b"\0".as_slice(), b"a", b"\"", b",", b"=1,"] {
        let mut file = Endless { bytes: filling.iter().cycle(), left: GIB, taken: 0 };
        let told = Statement::open(BufReader::new(&mut file), &form(Provider::Simulator));
        assert!(matches!(told, Err(StatementFault::LineTooLong { line: 1 })), "{told:?}");
        assert!(file.taken < 128 * 1024, "{} bytes were read", file.taken);
    }
}

#[test]
fn a_long_statement_is_read_with_the_memory_of_a_line() {
    let header = b"amount,currency,time\n".as_slice();
    let row = b"1500,RWF,2026-11-21 14:05:09\n";
    let count = 50_000;
    let rows = Endless { bytes: row.iter().cycle(), left: row.len() * count, taken: 0 };
    let input = BufReader::new(header.chain(rows));
    let mut statement = Statement::open(input, &form(Provider::Simulator)).unwrap();
    let mut read = 0;
    while statement.next_line().unwrap().is_some() {
        read += 1;
    }
    assert_eq!(read, count);
    assert!(statement.lines.held_bytes() <= 256, "{}", statement.lines.held_bytes());
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(read(&bytes));
    }

    #[test]
    fn any_cells_are_answered_without_panic(cells in "[a-z0-9\",;=+@\r\n\t/: .-]{0,200}") {
        drop(read(format!("amount,currency,time,status\n{cells}")));
    }
}

#[test]
fn formulas_are_text_when_they_are_printed() {
    let references =
        ["=HYPERLINK(\"http://x\")", "+250788", "-1", "@SUM(A1)", "plain, with a comma"];
    let mut printed = Vec::new();
    let mut csv = CsvItems::open(&mut printed).unwrap();
    for reference in references {
        let theirs = with("transaction id", reference).unwrap();
        let (id, class) = (DifferenceId("ab".to_owned()), DifferenceClass::MissingHere);
        let difference = Difference { id, class, ours: None, theirs: Some(theirs) };
        let listed_at = Timestamp::from_micros(AT * 1_000_000);
        let (provider, run) = (Provider::Simulator, RunId("cd".to_owned()));
        let item = ReconciliationItem { provider, run, difference, listed_at, resolution: None };
        csv.write(&item).unwrap();
        assert!(json_of_item(&item).unwrap().contains(r#""class":"missing_here""#));
    }
    csv.finish().unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let mut reader = csv::Reader::from_reader(printed.as_bytes());
    let place = reader.headers().unwrap().iter().position(|n| n == "provider_reference").unwrap();
    let cells: Vec<String> = reader.records().map(|row| row.unwrap()[place].to_owned()).collect();
    let harmless = references.map(|text| print::harmless(text).into_owned());
    assert_eq!(cells, harmless);
    assert!(cells[..4].iter().all(|cell| cell.starts_with('\'')));
}
