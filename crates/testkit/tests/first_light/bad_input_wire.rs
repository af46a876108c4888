//! Requests that are wrong before their body is: heads, lengths, line ends.

use crate::shop::Shop;

/// A head, and the statuses that it may be answered with. Below HTTP there is no envelope to
/// ask for; what counts is that nothing is taken and nobody is left waiting.
pub struct Wire {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub statuses: &'static [u16],
}

const BODY: &str = "{}";

/// `{auth}` and `{path}` stand for the shop's own.
const HEADS: [(&str, &str, &[u16]); 27] = [
    (
        "both lengths",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "both lengths, other order",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "two lengths that differ",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        &[400],
    ),
    (
        "a list of lengths",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 2, 3\r\n\r\n{}",
        &[400],
    ),
    (
        "a signed length",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: +2\r\n\r\n{}",
        &[400],
    ),
    (
        "a negative length",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: -1\r\n\r\n{}",
        &[400],
    ),
    (
        "a hexadecimal length",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 0x2\r\n\r\n{}",
        &[400],
    ),
    (
        "an endless length",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 99999999999999999999999\r\n\r\n{}",
        &[400, 413],
    ),
    (
        "a lying length",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Length: 1000000000\r\n\r\n{}",
        &[413],
    ),
    (
        "an unknown coding",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        &[400, 501],
    ),
    (
        "a blank before the colon",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "chunks in HTTP/1.0",
        "POST {path} HTTP/1.0\r\nHost: h\r\n{auth}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "a chunk of no size",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "a huge chunk",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        &[400, 413],
    ),
    ("a folded header", "GET {balance} HTTP/1.1\r\nHost: h\r\n{auth}X-A: b\r\n c\r\n\r\n", &[400]),
    ("a bare line feed", "GET {balance} HTTP/1.1\nHost: h\n{auth}\n\n", &[400]),
    ("a bare carriage return", "GET {balance} HTTP/1.1\rHost: h\r\r", &[400]),
    ("no host", "GET {balance} HTTP/1.1\r\n{auth}\r\n", &[400]),
    ("two hosts", "GET {balance} HTTP/1.1\r\nHost: h\r\nHost: i\r\n{auth}\r\n", &[400]),
    ("a header without a name", "GET {balance} HTTP/1.1\r\nHost: h\r\n{auth}: x\r\n\r\n", &[400]),
    (
        "a header without a colon",
        "GET {balance} HTTP/1.1\r\nHost: h\r\n{auth}nonsense\r\n\r\n",
        &[400],
    ),
    ("a NUL in a header", "GET {balance} HTTP/1.1\r\nHost: h\r\n{auth}X-A: a\0b\r\n\r\n", &[400]),
    ("a version of the future", "GET {balance} HTTP/9.9\r\nHost: h\r\n{auth}\r\n", &[400, 505]),
    ("no version", "GET {balance}\r\n\r\n", &[400]),
    ("a blank in the path", "GET {balance} x HTTP/1.1\r\nHost: h\r\n{auth}\r\n", &[400]),
    ("another protocol", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n", &[400]),
    (
        "a compressed body",
        "POST {path} HTTP/1.1\r\nHost: h\r\n{auth}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        &[415],
    ),
];

pub fn corpus(shop: &Shop) -> Vec<Wire> {
    let shown = shop.sandbox.credentials();
    let base = &shop.sandbox.api.base_path;
    let auth = format!(
        "X-DGS-API-Key: {}\r\nX-DGS-ACCOUNT-NUMBER: {}\r\nContent-Type: application/json\r\n",
        shown.api_key, shown.account_number
    );
    let fill = |template: &str| {
        template
            .replace("{auth}", &auth)
            .replace("{path}", &format!("{base}/charges"))
            .replace("{balance}", &format!("{base}/balance"))
            .into_bytes()
    };
    let mut corpus: Vec<Wire> = HEADS
        .iter()
        .map(|(name, template, statuses)| Wire { name, bytes: fill(template), statuses })
        .collect();
    let headers = |count: usize, size: usize| {
        let lines: Vec<String> =
            (0..count).map(|number| format!("X-{number}: {}\r\n", "x".repeat(size))).collect();
        fill(&format!("GET {{balance}} HTTP/1.1\r\nHost: h\r\n{{auth}}{}\r\n", lines.concat()))
    };
    let long_path = format!("GET {{balance}}?{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(70_000));
    corpus.extend([
        Wire { name: "101 headers and more", bytes: headers(101, 1), statuses: &[431] },
        Wire { name: "40 KiB of headers", bytes: headers(40, 1024), statuses: &[431] },
        Wire { name: "one header of 1 MiB", bytes: headers(1, 1 << 20), statuses: &[431] },
        Wire { name: "a path of 70 KB", bytes: fill(&long_path), statuses: &[414, 431] },
    ]);
    corpus
}

/// What is sent before the client goes silent, and what it is told for it. A head that never
/// ends is nobody's request yet, so it may be closed without a word.
pub fn unfinished(shop: &Shop) -> Vec<Wire> {
    let base = &shop.sandbox.api.base_path;
    let shown = shop.sandbox.credentials();
    let half_body = format!(
        "POST {base}/charges HTTP/1.1\r\nHost: h\r\nX-DGS-API-Key: {}\r\nX-DGS-ACCOUNT-NUMBER: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{BODY}",
        shown.api_key, shown.account_number
    );
    vec![
        Wire { name: "nothing at all", bytes: Vec::new(), statuses: &[] },
        Wire { name: "a letter", bytes: b"P".to_vec(), statuses: &[] },
        Wire { name: "half a head", bytes: half_body.as_bytes()[..60].to_vec(), statuses: &[] },
        Wire { name: "half a body", bytes: half_body.into_bytes(), statuses: &[408] },
    ]
}
