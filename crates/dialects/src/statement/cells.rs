//! A line of CSV (RFC 4180) and its cells. One record is one line: a quotation mark that is left
//! open must not swallow the payments behind it.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use domain::limits::{STATEMENT_COLUMNS_MAX, STATEMENT_LINE_BYTES_MAX};

use super::{ColumnName, StatementFault};

const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// One line, cut into its cells.
#[derive(Debug)]
pub(super) struct Cells<'l> {
    pub(super) line: u64,
    pub(super) texts: Vec<Cow<'l, str>>,
}

#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    delimiter: char,
    /// Of the line in `buffer`, from 1.
    number: u64,
    buffer: Vec<u8>,
    /// The header was read to know the file, and is still to be handed out.
    is_read_ahead: bool,
}

impl<R: BufRead> Lines<R> {
    /// Looks at the first line, which tells what kind of file it is.
    pub(super) fn open(input: R) -> Result<Lines<R>, StatementFault> {
        let (delimiter, buffer) = (',', Vec::new());
        let mut lines = Lines { input, delimiter, number: 0, buffer, is_read_ahead: false };
        let first = lines.read();
        if let Some(kind) = kind_of(&lines.buffer) {
            return Err(StatementFault::NotCsv(kind));
        }
        lines.is_read_ahead = first?;
        if lines.buffer.starts_with("\u{feff}".as_bytes()) {
            lines.buffer.drain(.."\u{feff}".len());
        }
        let count = |mark: &char| {
            lines.buffer.iter().filter(|byte| u32::from(**byte) == u32::from(*mark)).count()
        };
        let most = DELIMITERS.into_iter().rev().max_by_key(count);
        lines.delimiter = most.unwrap_or(',');
        Ok(lines)
    }

    /// The cells of the next line that is not empty; none at the end of the file.
    pub(super) fn next_cells(&mut self) -> Result<Option<Cells<'_>>, StatementFault> {
        while self.is_read_ahead || self.read()? {
            self.is_read_ahead = false;
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return self.cut().map(Some);
            }
        }
        Ok(None)
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// Reads one line without its end. False at the end of the file.
    fn read(&mut self) -> Result<bool, StatementFault> {
        self.buffer.clear();
        let most = u64::try_from(STATEMENT_LINE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(2);
        if Read::take(&mut self.input, most).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(false);
        }
        self.number += 1;
        for end in [b'\n', b'\r'] {
            if self.buffer.last() == Some(&end) {
                self.buffer.pop();
            }
        }
        if self.buffer.len() > STATEMENT_LINE_BYTES_MAX {
            return Err(StatementFault::LineTooLong { line: self.number });
        }
        Ok(true)
    }

    fn cut(&self) -> Result<Cells<'_>, StatementFault> {
        let line = self.number;
        let text = self.text()?;
        let texts = split(text, self.delimiter)
            .map_err(|(column, fault)| cell_fault(line, column, fault))?;
        if texts.len() > STATEMENT_COLUMNS_MAX {
            return Err(StatementFault::TooManyColumns { line });
        }
        Ok(Cells { line, texts })
    }

    fn text(&self) -> Result<&str, StatementFault> {
        let column_at = |place: usize| {
            let before = self.buffer.get(..place).unwrap_or_default();
            let is_mark = |byte: &&u8| u32::from(**byte) == u32::from(self.delimiter);
            before.iter().filter(is_mark).count() + 1
        };
        let text = std::str::from_utf8(&self.buffer).map_err(|error| {
            cell_fault(self.number, column_at(error.valid_up_to()), "is not UTF-8 text")
        })?;
        match text.find(|c: char| c.is_control() && c != '\t') {
            Some(place) => {
                let fault = "holds a control character; is this a text file?";
                Err(cell_fault(self.number, column_at(place), fault))
            }
            None => Ok(text),
        }
    }
}

fn cell_fault(line: u64, column: usize, fault: &str) -> StatementFault {
    StatementFault::Cell { line, column, name: ColumnName::default(), fault: fault.to_owned() }
}

/// What a file that is no CSV is, by how it begins.
fn kind_of(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"%PDF", "a PDF document"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
        (b"<", "XML or HTML"),
        (b"{", "JSON"),
        (b"[", "JSON"),
    ];
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head).trim_ascii_start();
    KINDS.into_iter().find(|(start, _)| head.starts_with(start)).map(|(_, kind)| kind)
}

type SplitFault = (usize, &'static str);

/// Cuts a line at its delimiters. A fault comes with its column, from 1.
fn split(line: &str, delimiter: char) -> Result<Vec<Cow<'_, str>>, SplitFault> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let column = cells.len() + 1;
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or((column, "its quotation mark is left open"))?,
            None => {
                let end = rest.find(delimiter).unwrap_or(rest.len());
                let (cell, after) = rest.split_at(end);
                (Cow::Borrowed(cell), after)
            }
        };
        cells.push(match cell {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        });
        if after.is_empty() {
            return Ok(cells);
        }
        rest = after
            .strip_prefix(delimiter)
            .ok_or((column, "goes on behind its closing quotation mark"))?;
    }
}

/// The text up to the closing quotation mark, and what is behind it. Two marks are one of the text.
fn unquote(quoted: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let end = from + quoted.get(from..)?.find('"')?;
        let after = quoted.get(end + 1..)?;
        if after.starts_with('"') {
            from = end + 2;
            continue;
        }
        let text = quoted.get(..end)?;
        let cell =
            if from == 0 { Cow::Borrowed(text) } else { Cow::Owned(text.replace("\"\"", "\"")) };
        return Some((cell, after));
    }
}
