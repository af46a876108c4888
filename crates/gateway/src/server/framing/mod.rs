//! Where the requests of a connection begin and end, and whether their heads are well-formed.
//! Pure: fed with bytes, however they are cut, it gives the same verdict. Wherever proxies are
//! known to disagree on a form, the form is refused.

mod chunks;
mod head;

use self::chunks::Chunks;
use self::head::Head;

/// Why a connection is not read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the request line is malformed")]
    RequestLineMalformed,
    #[error("the HTTP version is not supported: use HTTP/1.1")]
    VersionUnsupported,
    #[error("a line of the request head does not end in CR LF, or holds a control character")]
    LineMalformed,
    #[error("a header line is malformed")]
    HeaderMalformed,
    #[error("the Host header must be present exactly once")]
    HostNotOnce,
    #[error("the Content-Length header must be one plain number")]
    LengthMalformed,
    #[error("Transfer-Encoding must be chunked, on HTTP/1.1, and without Content-Length")]
    EncodingRefused,
    #[error("the request head is too large")]
    HeadTooLarge,
    #[error("the request head did not arrive in time")]
    HeadTooSlow,
    #[error("the chunks of the request body are malformed")]
    ChunkMalformed,
}

/// What became of the bytes fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fed {
    /// So many of them may be read on. What follows belongs to a head that is not complete yet,
    /// or comes after a fault.
    pub passed: usize,
    pub fault: Option<Fault>,
}

/// Follows the messages of one connection.
#[derive(Debug, Default)]
pub struct Framing(Phase);

#[derive(Debug)]
enum Phase {
    Head(Head),
    Body { left: u64 },
    Chunks(Chunks),
    Refused(Fault),
}

impl Default for Phase {
    fn default() -> Phase {
        Phase::Head(Head::default())
    }
}

impl Framing {
    pub fn feed(&mut self, bytes: &[u8]) -> Fed {
        let mut at = 0;
        let mut passed = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (outcome, is_head) = match &mut self.0 {
                Phase::Head(head) => (head.feed(rest), true),
                Phase::Body { left } => {
                    let read = count_off(left, rest.len());
                    let end = if *left == 0 { End::Next(Phase::default()) } else { End::More };
                    (Outcome { read, end }, false)
                }
                Phase::Chunks(chunks) => (chunks.feed(rest), false),
                Phase::Refused(fault) => return Fed { passed, fault: Some(*fault) },
            };
            at += outcome.read;
            if !is_head || matches!(outcome.end, End::Next(_)) {
                passed = at;
            }
            match outcome.end {
                End::More => {}
                End::Next(phase) => self.0 = phase,
                End::Fault(fault) => {
                    self.0 = Phase::Refused(fault);
                    return Fed { passed, fault: Some(fault) };
                }
            }
        }
        Fed { passed, fault: None }
    }

    /// Whether the next byte is to be one of a head.
    pub fn awaits_head(&self) -> bool {
        matches!(self.0, Phase::Head(_))
    }

    /// Whether no request is under way: the last one is complete and no byte of the next one came.
    pub fn is_idle(&self) -> bool {
        matches!(&self.0, Phase::Head(head) if !head.has_begun())
    }
}

/// How far a part of a message was read.
struct Outcome {
    read: usize,
    end: End,
}

enum End {
    /// All bytes were read and the part is not over.
    More,
    Next(Phase),
    Fault(Fault),
}

/// Takes as many of the bytes left as there are; tells how many.
fn count_off(left: &mut u64, available: usize) -> usize {
    let taken = usize::try_from(*left).map_or(available, |left| left.min(available));
    *left = left.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
    taken
}

/// What may stand in a header value.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests;
