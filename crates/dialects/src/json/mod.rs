//! JSON as the contract wants it: strict, one object, numbers kept as their exact text.
//! Not serde_json's `Value`, which reads numbers through floats and lets the last of two equal
//! keys win.

use std::fmt;

use domain::limits::{BODY_BYTES_MAX, JSON_DEPTH_MAX};
use serde_json::value::RawValue;
use zeroize::Zeroize;

/// What is let pass beyond the JSON grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    Strict,
    /// The sandbox alone: an example of the guide has a comma after its last member.
    TrailingCommas,
}

/// Why a body is not an acceptable JSON object. Told to the developer who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    #[error("the body is empty: send a JSON object")]
    Empty,
    #[error("the body is larger than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the body is not UTF-8 text: see the byte at offset {offset}")]
    NotUtf8 { offset: usize },
    #[error("the body begins with a byte order mark: send UTF-8 without one")]
    ByteOrderMark,
    #[error("the body must be one JSON object: it must begin with {{")]
    NotAnObject,
    #[error("the key \"{0}\" is given twice in one object")]
    DuplicateKey(String),
    #[error("the body is nested more than {JSON_DEPTH_MAX} levels deep")]
    TooDeep,
    #[error("the body is not valid JSON: expected {expected} at line {line}, column {column}")]
    Syntax { expected: &'static str, line: usize, column: usize },
}

#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    /// The number's text as sent: `94.50` is not `94.5` here.
    Number(String),
    Text(String),
    List(Vec<Value>),
    Object(Object),
}

/// The members of a JSON object as sent, in their order. No name stands twice.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Object(Vec<(String, Value)>);

/// Reads a body that must be one JSON object and nothing else.
pub fn parse_object(body: &[u8], tolerance: Tolerance) -> Result<Object, JsonFault> {
    if body.len() > BODY_BYTES_MAX {
        return Err(JsonFault::TooLarge);
    }
    parse_large_object(body, tolerance)
}

/// The same for a body whose size the caller has bounded.
pub fn parse_large_object(body: &[u8], tolerance: Tolerance) -> Result<Object, JsonFault> {
    let text = std::str::from_utf8(body)
        .map_err(|error| JsonFault::NotUtf8 { offset: error.valid_up_to() })?;
    if text.starts_with('\u{feff}') {
        return Err(JsonFault::ByteOrderMark);
    }
    let mut reader = Reader { text, at: 0, depth: 0, tolerance };
    reader.skip_blanks();
    match reader.peek() {
        Some(b'{') => {}
        Some(_) => return Err(JsonFault::NotAnObject),
        None => return Err(JsonFault::Empty),
    }
    let object = reader.object()?;
    reader.skip_blanks();
    match reader.peek() {
        None => Ok(object),
        Some(_) => Err(reader.fault("nothing after the object")),
    }
}

/// A number to print exactly as its text stands, such as an amount of `94.50`. What is no JSON
/// prints as `null`: no amount is better than a wrong one.
pub fn number(text: impl Into<String>) -> Box<RawValue> {
    RawValue::from_string(text.into()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

impl Object {
    /// An object of what a browser's form sent, where a name may stand twice.
    pub fn of_form(members: Vec<(String, Value)>) -> Result<Object, JsonFault> {
        refuse_duplicates(&members)?;
        Ok(Object(members))
    }

    /// Names must differ.
    pub(crate) fn of(members: Vec<(String, Value)>) -> Object {
        Object(members)
    }

    pub fn find(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The members in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// One text for all spellings of the same object: keys sorted, no blanks, `2000`, `2000.0`
    /// and `2e3` alike. Fingerprints of requests are taken over it.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write_canonical(&mut out);
        out
    }

    fn write_canonical(&self, out: &mut String) {
        let mut members: Vec<(&str, &Value)> = self.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        write_list(out, ['{', '}'], members, |out, (name, value)| {
            write_text(out, name);
            out.push(':');
            value.write_canonical(out);
        });
    }
}

impl Value {
    fn write_canonical(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(true) => out.push_str("true"),
            Value::Bool(false) => out.push_str("false"),
            Value::Number(text) => out.push_str(&canonical_number(text)),
            Value::Text(text) => write_text(out, text),
            Value::List(values) => {
                write_list(out, ['[', ']'], values, |out, value| value.write_canonical(out));
            }
            Value::Object(object) => object.write_canonical(out),
        }
    }
}

impl Value {
    fn wipe(&mut self) {
        match self {
            Value::Text(text) => text.zeroize(),
            Value::List(values) => values.iter_mut().for_each(Value::wipe),
            // An object wipes itself.
            Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// One-time codes and encrypted cards do not outlive the request they came in.
impl Drop for Object {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.wipe());
    }
}

// Bodies carry PINs and one-time codes: their names may be seen in a log, their values not.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(_) => f.write_str("bool"),
            Value::Number(_) => f.write_str("number"),
            Value::Text(_) => f.write_str("text"),
            Value::List(values) => write!(f, "list of {}", values.len()),
            Value::Object(object) => object.fmt(f),
        }
    }
}

fn write_list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write_item: impl Fn(&mut String, T),
) {
    out.push(open);
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write_item(out, item);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => out.push(char),
        }
    }
    out.push('"');
}

/// Significant digits and a power of ten: `2000.0` is `2e3`, `-0` is `0`. A number whose exponent
/// is beyond any use keeps its own text; equal texts still mean equal numbers.
fn canonical_number(text: &str) -> String {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let zeros_cut = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    match exponent.parse::<i64>() {
        Ok(exponent) if (-999..=999).contains(&exponent) => {
            let power = exponent + places(zeros_cut) - places(fraction.len());
            format!("{sign}{significant}e{power}")
        }
        Ok(_) | Err(_) => text.to_owned(),
    }
}

/// Walks over the text once. Recursion ends at [`JSON_DEPTH_MAX`].
struct Reader<'a> {
    text: &'a str,
    /// Offset of the next byte.
    at: usize,
    depth: usize,
    tolerance: Tolerance,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, JsonFault> {
        match self.peek() {
            Some(b'{') => self.object().map(Value::Object),
            Some(b'[') => self.list().map(Value::List),
            Some(b'"') => self.text().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(_) | None => self.word(),
        }
    }

    fn object(&mut self) -> Result<Object, JsonFault> {
        let mut members = Vec::new();
        self.items(b'}', "\",\" or \"}\"", |reader| {
            if reader.peek() != Some(b'"') {
                return Err(reader.fault("a key in double quotes"));
            }
            let name = reader.text()?;
            reader.skip_blanks();
            if !reader.take(b':') {
                return Err(reader.fault("\":\""));
            }
            reader.skip_blanks();
            members.push((name, reader.value()?));
            Ok(())
        })?;
        refuse_duplicates(&members)?;
        Ok(Object(members))
    }

    fn list(&mut self) -> Result<Vec<Value>, JsonFault> {
        let mut values = Vec::new();
        self.items(b']', "\",\" or \"]\"", |reader| {
            values.push(reader.value()?);
            Ok(())
        })?;
        Ok(values)
    }

    /// Reads an opening bracket, items with commas between them, and the closing bracket.
    fn items(
        &mut self,
        close: u8,
        expected: &'static str,
        mut read_item: impl FnMut(&mut Self) -> Result<(), JsonFault>,
    ) -> Result<(), JsonFault> {
        if self.depth == JSON_DEPTH_MAX {
            return Err(JsonFault::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        let mut may_close = true;
        loop {
            self.skip_blanks();
            if may_close && self.take(close) {
                break;
            }
            read_item(self)?;
            self.skip_blanks();
            if self.take(close) {
                break;
            }
            if !self.take(b',') {
                return Err(self.fault(expected));
            }
            may_close = self.tolerance == Tolerance::TrailingCommas;
        }
        self.depth -= 1;
        Ok(())
    }

    fn text(&mut self) -> Result<String, JsonFault> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            text.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escaped()?),
                Some(_) => return Err(self.fault("control characters to be escaped")),
                None => return Err(self.fault("a closing double quote")),
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn escaped(&mut self) -> Result<char, JsonFault> {
        let char = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.escaped_utf16(),
            Some(_) | None => return Err(self.fault("an escape that JSON knows")),
        };
        self.at += 2;
        Ok(char)
    }

    /// One `\uXXXX`, or the two of a character beyond U+FFFF. Half of a pair is refused: it is no
    /// character, and no database would take it.
    fn escaped_utf16(&mut self) -> Result<char, JsonFault> {
        let start = self.at;
        let first = self.utf16_unit()?;
        let is_pair = (0xd800..0xdc00).contains(&first);
        let second = if is_pair { Some(self.utf16_unit()?) } else { None };
        match char::decode_utf16([first].into_iter().chain(second)).next() {
            Some(Ok(char)) => Ok(char),
            Some(Err(_)) | None => {
                self.at = start;
                Err(self.fault("surrogates in pairs"))
            }
        }
    }

    fn utf16_unit(&mut self) -> Result<u16, JsonFault> {
        let hex = self.text[self.at..].strip_prefix("\\u").and_then(|rest| rest.get(..4));
        let unit = hex
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| u16::from_str_radix(hex, 16).ok())
            .ok_or_else(|| self.fault("\\u and four hexadecimal digits"))?;
        self.at += 6;
        Ok(unit)
    }

    fn number(&mut self) -> Result<String, JsonFault> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _has_sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(self.text[start..self.at].to_owned())
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault("a digit")) } else { Ok(()) }
    }

    fn word(&mut self) -> Result<Value, JsonFault> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("a value"))
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn fault(&self, expected: &'static str) -> JsonFault {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        JsonFault::Syntax {
            expected,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// Sorts rather than compare each with each: a body may hold ten thousand keys.
fn refuse_duplicates(members: &[(String, Value)]) -> Result<(), JsonFault> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        // A key can be as long as the body; the message need not be.
        Some(pair) => Err(JsonFault::DuplicateKey(pair[0].chars().take(64).collect())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
