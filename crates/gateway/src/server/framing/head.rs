//! A request head, byte by byte: its form, and what it says about the body that follows.

use domain::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

use super::chunks::Chunks;
use super::{End, Fault, Outcome, Phase, is_text};

/// A request head under way.
#[derive(Debug, Default)]
pub(super) struct Head {
    step: HeadStep,
    size: usize,
    lines: usize,
    word: Word,
    field: Field,
    is_http_1_0: bool,
    has_host: bool,
    is_chunked: bool,
    length: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum HeadStep {
    #[default]
    Start,
    Method,
    TargetStart,
    Target,
    Version,
    LineStart,
    Name,
    ValueStart,
    Value,
    LineLf,
    EndLf,
    Complete,
}

/// The headers that decide where a message ends or for whom it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Field {
    #[default]
    Other,
    Host,
    ContentLength,
    TransferEncoding,
}

impl Head {
    pub(super) fn has_begun(&self) -> bool {
        self.size > 0
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> Outcome {
        let room = HEAD_BYTES_MAX - self.size;
        let readable = &bytes[..bytes.len().min(room)];
        let mut read = 0;
        while read < readable.len() {
            // Values are most of a head; those that mean nothing here are passed over in one go.
            if self.step == HeadStep::Value && self.field == Field::Other {
                read += readable[read..].iter().take_while(|byte| is_text(**byte)).count();
            }
            let Some(byte) = readable.get(read) else { break };
            read += 1;
            match self.step(*byte) {
                Ok(HeadStep::Complete) => return Outcome { read, end: self.ended() },
                Ok(step) => self.step = step,
                Err(fault) => return Outcome { read, end: End::Fault(fault) },
            }
        }
        self.size += read;
        let end = if read < bytes.len() { End::Fault(Fault::HeadTooLarge) } else { End::More };
        Outcome { read, end }
    }

    fn step(&mut self, byte: u8) -> Result<HeadStep, Fault> {
        match (self.step, byte) {
            (HeadStep::Start | HeadStep::Method, _) if is_token(byte) => Ok(HeadStep::Method),
            (HeadStep::Method, b' ') => Ok(HeadStep::TargetStart),
            // The path alone: we are no proxy, and a full address could contradict the Host.
            (HeadStep::TargetStart, b'/') => Ok(HeadStep::Target),
            (HeadStep::Target, _) if is_target(byte) => Ok(HeadStep::Target),
            (HeadStep::Target, b' ') => Ok(HeadStep::Version),
            (HeadStep::Version, b'\r') => self.version_ended(),
            (HeadStep::Version, _) if is_target(byte) => {
                self.word.push(byte);
                Ok(HeadStep::Version)
            }
            (HeadStep::LineLf, b'\n') => Ok(HeadStep::LineStart),
            (HeadStep::LineStart, b'\r') => Ok(HeadStep::EndLf),
            (HeadStep::LineStart, _) if is_token(byte) => self.line_started(byte),
            (HeadStep::Name, b':') => {
                self.field = self.word.field();
                self.word = Word::default();
                Ok(HeadStep::ValueStart)
            }
            (HeadStep::Name, _) if is_token(byte) => {
                self.word.push(byte.to_ascii_lowercase());
                Ok(HeadStep::Name)
            }
            (HeadStep::ValueStart, b' ' | b'\t') => Ok(HeadStep::ValueStart),
            (HeadStep::ValueStart | HeadStep::Value, b'\r') => self.value_ended(),
            (HeadStep::ValueStart | HeadStep::Value, _) if is_text(byte) => {
                self.word.push(byte);
                Ok(HeadStep::Value)
            }
            (HeadStep::EndLf, b'\n') => Ok(HeadStep::Complete),
            _ => Err(self.refused(byte)),
        }
    }

    fn refused(&self, byte: u8) -> Fault {
        match self.step {
            HeadStep::LineLf | HeadStep::EndLf => Fault::LineMalformed,
            _ if matches!(byte, b'\r' | b'\n' | 0) => Fault::LineMalformed,
            HeadStep::Version => Fault::VersionUnsupported,
            HeadStep::Start | HeadStep::Method | HeadStep::TargetStart | HeadStep::Target => {
                Fault::RequestLineMalformed
            }
            HeadStep::LineStart
            | HeadStep::Name
            | HeadStep::ValueStart
            | HeadStep::Value
            | HeadStep::Complete => Fault::HeaderMalformed,
        }
    }

    fn version_ended(&mut self) -> Result<HeadStep, Fault> {
        self.is_http_1_0 = match self.word.text() {
            Some(b"HTTP/1.1") => false,
            Some(b"HTTP/1.0") => true,
            Some(_) | None => return Err(Fault::VersionUnsupported),
        };
        Ok(HeadStep::LineLf)
    }

    fn line_started(&mut self, byte: u8) -> Result<HeadStep, Fault> {
        self.lines += 1;
        if self.lines > HEADERS_MAX {
            return Err(Fault::HeadTooLarge);
        }
        self.word = Word::default();
        self.word.push(byte.to_ascii_lowercase());
        Ok(HeadStep::Name)
    }

    fn value_ended(&mut self) -> Result<HeadStep, Fault> {
        match self.field {
            Field::Other => {}
            Field::Host if self.has_host => return Err(Fault::HostNotOnce),
            Field::Host => self.has_host = true,
            Field::ContentLength => {
                let length = self.word.text().and_then(plain_number);
                if length.is_none() || self.length.is_some() {
                    return Err(Fault::LengthMalformed);
                }
                self.length = length;
            }
            Field::TransferEncoding => {
                if self.is_chunked || self.word.text() != Some(b"chunked") {
                    return Err(Fault::EncodingRefused);
                }
                self.is_chunked = true;
            }
        }
        Ok(HeadStep::LineLf)
    }

    /// What follows the complete head.
    fn ended(&self) -> End {
        if !self.has_host && !self.is_http_1_0 {
            return End::Fault(Fault::HostNotOnce);
        }
        match (self.is_chunked, self.length) {
            (true, Some(_)) => End::Fault(Fault::EncodingRefused),
            (true, None) if self.is_http_1_0 => End::Fault(Fault::EncodingRefused),
            (true, None) => End::Next(Phase::Chunks(Chunks::default())),
            (false, None | Some(0)) => End::Next(Phase::default()),
            (false, Some(left)) => End::Next(Phase::Body { left }),
        }
    }
}

/// A name or value as long as those that matter; of a longer one only that it is longer.
#[derive(Debug, Default)]
struct Word {
    bytes: [u8; 24],
    len: usize,
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len = self.len.saturating_add(1);
    }

    /// The word without the blanks that may follow a value.
    fn text(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len).map(<[u8]>::trim_ascii_end)
    }

    fn field(&self) -> Field {
        match self.text() {
            Some(b"host") => Field::Host,
            Some(b"content-length") => Field::ContentLength,
            Some(b"transfer-encoding") => Field::TransferEncoding,
            Some(_) | None => Field::Other,
        }
    }
}

/// Digits alone, and few enough that nobody's counter overflows.
fn plain_number(text: &[u8]) -> Option<u64> {
    const DIGITS_MAX: usize = 18;
    let is_plain = (1..=DIGITS_MAX).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    is_plain.then(|| text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What may stand in a path with its query. Brackets and the like are no URI characters, but
/// clients send them and nobody misreads them.
fn is_target(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]{}|".contains(&byte)
}
