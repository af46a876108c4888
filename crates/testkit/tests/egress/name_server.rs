//! A name server that answers as a test wants it, differently each time, for no time at all.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};
use std::thread;

/// One answer to a question.
#[derive(Clone, Debug)]
pub enum Answer {
    Address(IpAddr),
    /// The name is another's, and this is where that one is.
    Alias(IpAddr),
}

/// A question about a name.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub name: &'a str,
    pub wants_v6: bool,
    /// How often this was asked before.
    pub times_before: usize,
}

/// The kinds of records that are spoken of here.
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// Answers for as long as the test runs.
pub fn start(address: &str, script: impl Fn(Question<'_>) -> Vec<Answer> + Send + 'static) {
    let socket = UdpSocket::bind((address, 53)).expect("nobody else serves names here");
    thread::spawn(move || {
        let mut times: HashMap<(String, u16), usize> = HashMap::new();
        let mut query = [0; 512];
        while let Ok((length, asker)) = socket.recv_from(&mut query) {
            let Some((name, kind, end)) = read_question(&query[..length]) else { continue };
            let asked = times.entry((name.clone(), kind)).or_default();
            let question = Question { name: &name, wants_v6: kind == AAAA, times_before: *asked };
            *asked += 1;
            let answers = if matches!(kind, A | AAAA) { script(question) } else { Vec::new() };
            // An asker that has given up is none of our business.
            socket
                .send_to(&reply(&query[..end], kind, &answers), asker)
                .map(drop)
                .unwrap_or_default();
        }
    });
}

/// The name in lower case, the kind of record, and where the question ends.
fn read_question(query: &[u8]) -> Option<(String, u16, usize)> {
    const HEAD_BYTES: usize = 12;
    let mut labels = Vec::new();
    let mut at = HEAD_BYTES;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    Some((labels.join("."), kind, at + 4))
}

fn reply(question: &[u8], kind: u16, answers: &[Answer]) -> Vec<u8> {
    // Where the name of the question begins.
    const ITS_NAME: [u8; 2] = [0xc0, 12];
    let mut records = Vec::new();
    let mut count: u16 = 0;
    for answer in answers {
        let (address, owner) = match answer {
            Answer::Address(address) => (address, &ITS_NAME[..]),
            Answer::Alias(address) => {
                count += 1;
                records.extend(record(&ITS_NAME, CNAME, b"\x05other\x00"));
                (address, &b"\x05other\x00"[..])
            }
        };
        match (address, kind) {
            (IpAddr::V4(v4), A) => records.extend(record(owner, A, &v4.octets())),
            (IpAddr::V6(v6), AAAA) => records.extend(record(owner, AAAA, &v6.octets())),
            _ => panic!("{answer:?} answers no question of kind {kind}"),
        }
        count += 1;
    }
    // An answer, recursion was wanted and is had, no fault; one question; so many answers.
    let mut reply = question[..2].to_vec();
    reply.extend([0x81, 0x80, 0, 1]);
    reply.extend(count.to_be_bytes());
    reply.extend([0; 4]);
    reply.extend(&question[12..]);
    reply.extend(records);
    reply
}

/// Valid for 0 seconds.
fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short record");
    [owner, &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 0], &length.to_be_bytes(), data].concat()
}
