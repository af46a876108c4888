//! HTTP/1.1 over a plain socket, both ways. Nothing is checked or repaired on the way out, so
//! tests can send what no well-behaved client would.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Longer than the gateway ever waits before it answers (30 s for a busy idempotency key).
const READ_TIMEOUT: Duration = Duration::from_secs(45);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const HEAD_LINES_MAX: usize = 200;

/// A JSON object's members with their values as they are written, so `2000` is not `2000.0`.
pub type Fields = BTreeMap<String, String>;

/// The first line and the headers of a message, in the order they came.
#[derive(Clone, Debug)]
pub struct Head {
    pub first_line: String,
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: Head,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON. `Null` when it is not JSON: comparisons then show what is missing.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn fields(&self) -> Fields {
        fields(&self.text())
    }
}

/// The members of a JSON object. Panics with the text when it is not an object.
pub fn fields(text: &str) -> Fields {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("not a JSON object ({error}): {text}"));
    members.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect()
}

/// The members of a JSON object in the order that they are written in.
pub fn members(text: &str) -> Vec<(String, String)> {
    let found: Ordered = serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("not a JSON object ({error}): {text}"));
    found.0
}

struct Ordered(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ordered, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    members.push((name, value.get().to_owned()));
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The elements of a JSON array, as they are written.
pub fn elements(text: &str) -> Vec<String> {
    let values: Vec<Box<RawValue>> = serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("not a JSON array ({error}): {text}"));
    values.into_iter().map(|value| value.get().to_owned()).collect()
}

/// One connection to a server.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.set_write_timeout(Some(READ_TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Connection { reader: BufReader::new(stream) })
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Tells the server that nothing more will come.
    pub fn finish_sending(&mut self) -> io::Result<()> {
        self.reader.get_mut().shutdown(Shutdown::Write)
    }

    pub fn read_answer(&mut self) -> io::Result<Answer> {
        read_answer(&mut self.reader)
    }

    /// Waits until the server closes; what it said until then.
    pub fn read_to_close(&mut self) -> io::Result<Vec<u8>> {
        let mut said = Vec::new();
        self.reader.read_to_end(&mut said)?;
        Ok(said)
    }
}

pub fn read_answer(reader: &mut impl BufRead) -> io::Result<Answer> {
    let head = read_head(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head
        .first_line
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| invalid(&head.first_line))?;
    let body = match head.header("transfer-encoding") {
        Some(_) => read_chunks(reader)?,
        None => read_sized(reader, &head)?,
    };
    Ok(Answer { status, head, body })
}

/// `None` when the peer closed before it said anything.
pub fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let first_line = match read_line(reader)? {
        Some(line) => line,
        None => return Ok(None),
    };
    let mut headers = Vec::new();
    while let Some(line) = read_line(reader)? {
        if line.is_empty() {
            return Ok(Some(Head { first_line, headers }));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid(&line))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
        if headers.len() > HEAD_LINES_MAX {
            return Err(invalid("too many header lines"));
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// A body whose length the head tells; to the end of the connection where it does not.
fn read_sized(reader: &mut impl BufRead, head: &Head) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match head.header("content-length").map(str::parse::<u64>) {
        Some(Ok(length)) => {
            let count = reader.take(length).read_to_end(&mut body)?;
            if u64::try_from(count) != Ok(length) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Some(Err(_)) => return Err(invalid("content-length")),
        None => {
            reader.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = u64::from_str_radix(line.trim(), 16).map_err(|_| invalid(&line))?;
        reader.take(size).read_to_end(&mut body)?;
        read_line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// The body of a request that came in: without a length there is none.
pub fn read_request_body(reader: &mut impl BufRead, head: &Head) -> io::Result<Vec<u8>> {
    match (head.header("transfer-encoding"), head.header("content-length")) {
        (Some(_), _) => read_chunks(reader),
        (None, Some(_)) => read_sized(reader, head),
        (None, None) => Ok(Vec::new()),
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not HTTP: {what}"))
}
