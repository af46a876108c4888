//! The least of HTTP/1.1 that a load generator and a receiver need: keep-alive connections and
//! messages that tell their length. A real client would cost more CPU than the gateway under test.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What arrives in one piece, as a rule: an answer of the gateway, or a webhook.
const ROOM_BYTES: usize = 4096;

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the other side closed the connection in the middle of a message")]
    ClosedInMessage,
    #[error("the head of a message is not text")]
    HeadNotText,
    #[error("a message does not tell its content-length")]
    LengthMissing,
}

/// One request or one answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The first line and the headers, without the empty line.
    pub head: &'a str,
    pub body: &'a [u8],
}

impl Message<'_> {
    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        self.head.lines().next()?.split(' ').nth(1)?.parse().ok()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// How much of `received` the last message was.
    taken: usize,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Connection> {
        Connection::over(TcpStream::connect(address).await?)
    }

    pub fn over(stream: TcpStream) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        Ok(Connection { stream, received: Vec::with_capacity(ROOM_BYTES), taken: 0 })
    }

    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next message; `None` when the other side has closed the connection between two.
    pub async fn read(&mut self) -> Result<Option<Message<'_>>, WireError> {
        self.received.drain(..self.taken);
        self.taken = 0;
        let lengths = loop {
            if let Some(lengths) = lengths(&self.received)? {
                break lengths;
            }
            self.received.reserve(ROOM_BYTES);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return if self.received.is_empty() {
                    Ok(None)
                } else {
                    Err(WireError::ClosedInMessage)
                };
            }
        };
        self.taken = lengths.head + HEAD_END.len() + lengths.body;
        message(&self.received, lengths).map(Some)
    }
}

const HEAD_END: &[u8] = b"\r\n\r\n";

#[derive(Clone, Copy)]
struct Lengths {
    head: usize,
    body: usize,
}

/// The lengths of the message that `received` begins with, once it is there as a whole.
fn lengths(received: &[u8]) -> Result<Option<Lengths>, WireError> {
    let Some(head) = received.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END) else {
        return Ok(None);
    };
    let text = head_text(&received[..head])?;
    let body = header(text, "content-length")
        .and_then(|length| length.parse::<usize>().ok())
        .ok_or(WireError::LengthMissing)?;
    let is_whole = received.len() - head - HEAD_END.len() >= body;
    Ok(is_whole.then_some(Lengths { head, body }))
}

fn message(received: &[u8], lengths: Lengths) -> Result<Message<'_>, WireError> {
    let body_at = lengths.head + HEAD_END.len();
    Ok(Message {
        head: head_text(&received[..lengths.head])?,
        body: &received[body_at..body_at + lengths.body],
    })
}

fn head_text(head: &[u8]) -> Result<&str, WireError> {
    std::str::from_utf8(head).map_err(|_| WireError::HeadNotText)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(received: &str) -> Option<Message<'_>> {
        let lengths = lengths(received.as_bytes()).unwrap()?;
        Some(message(received.as_bytes(), lengths).unwrap())
    }

    #[test]
    fn an_answer_is_read_once_it_is_there_as_a_whole() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-request-id: 7\r\n\r\nhello";
        for cut in 0..whole.len() {
            assert_eq!(first(&whole[..cut]), None, "{cut} bytes");
        }
        let answer = first(whole).unwrap();
        assert_eq!(answer.status(), Some(200));
        assert_eq!(answer.body, b"hello");
    }

    #[test]
    fn what_follows_an_answer_is_left_alone() {
        let answer =
            first("HTTP/1.1 503\r\ncontent-length:2\r\n\r\n{}HTTP/1.1 200 OK\r\n").unwrap();
        assert_eq!(answer.status(), Some(503));
        assert_eq!(answer.body, b"{}");
    }

    #[test]
    fn a_message_of_unknown_length_is_refused() {
        for head in ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", "HTTP/1.1 200 OK"] {
            let received = format!("{head}\r\n\r\n");
            assert!(matches!(lengths(received.as_bytes()), Err(WireError::LengthMissing)));
        }
    }
}
