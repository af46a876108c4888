//! The verdicts of the framing as a table, and what holds for every cut and every garbage.

use domain::limits::{HEAD_BYTES_MAX, HEADERS_MAX};
use proptest::prelude::*;

use super::*;

/// Feeds the pieces one after another; tells where the last byte that may be read on lies.
fn feed_all<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Fed, bool) {
    let mut framing = Framing::default();
    let mut fed_before = 0;
    let mut passed = 0;
    for piece in pieces {
        let fed = framing.feed(piece);
        assert!(fed.passed <= piece.len());
        if fed.passed > 0 {
            passed = fed_before + fed.passed;
        }
        if fed.fault.is_some() {
            return (Fed { passed, fault: fed.fault }, false);
        }
        fed_before += piece.len();
    }
    (Fed { passed, fault: None }, framing.is_idle())
}

fn verdict(bytes: &[u8]) -> Option<Fault> {
    feed_all([bytes]).0.fault
}

/// Every one of these is a whole message, or several.
const WHOLE: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"M-SEARCH /a?b=[1]&c={2}|%20 HTTP/1.1\r\nhOsT:\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-High: \xc3\xa9\tz \r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\ncontent-length:\t 005 \t\r\n\r\nab\0\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
      3;x=\"y\"\r\na\r\n\r\n00A\r\n0123456789\r\n0;last\r\nT: 1\r\nU: 2\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
];

#[test]
fn whole_messages_pass_whole() {
    for bytes in WHOLE {
        let whole = (Fed { passed: bytes.len(), fault: None }, true);
        assert_eq!(feed_all([*bytes]), whole, "{}", bytes.escape_ascii());
    }
}

#[test]
fn bad_heads_are_refused() {
    use Fault::*;
    let with = |lines: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    let first = |line: &str| format!("{line}\r\nHost: a\r\n\r\n");
    let table = [
        (with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), EncodingRefused),
        (with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), EncodingRefused),
        (with("Transfer-Encoding: xchunked\r\n"), EncodingRefused),
        (with("Transfer-Encoding: gzip, chunked\r\n"), EncodingRefused),
        (with("Transfer-Encoding: identity\r\n"), EncodingRefused),
        (with("Transfer-Encoding: Chunked\r\n"), EncodingRefused),
        (with("Transfer-Encoding:\r\n"), EncodingRefused),
        (with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), EncodingRefused),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), EncodingRefused),
        (with("Content-Length: 1\r\nContent-Length: 1\r\n"), LengthMalformed),
        (with("Content-Length: 1\r\nContent-Length: 2\r\n"), LengthMalformed),
        (with("Content-Length: 1, 1\r\n"), LengthMalformed),
        (with("Content-Length: +3\r\n"), LengthMalformed),
        (with("Content-Length: -0\r\n"), LengthMalformed),
        (with("Content-Length: 0x1\r\n"), LengthMalformed),
        (with("Content-Length:\r\n"), LengthMalformed),
        (with("Content-Length: 99999999999999999999999999\r\n"), LengthMalformed),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), HostNotOnce),
        (with("Host: a\r\n"), HostNotOnce),
        (with("X : 1\r\n"), HeaderMalformed),
        (with("Transfer-Encoding : chunked\r\n"), HeaderMalformed),
        (with(" folded\r\n"), HeaderMalformed),
        (with("X: 1\r\n\tfolded\r\n"), HeaderMalformed),
        (with(": 1\r\n"), HeaderMalformed),
        (with("no colon\r\n"), HeaderMalformed),
        (with("X: \x01\r\n"), HeaderMalformed),
        (with("X: \x7f\r\n"), HeaderMalformed),
        (with("X: a\0b\r\n"), LineMalformed),
        (with("X: a\rb\r\n"), LineMalformed),
        (with("X: a\nY: b\r\n"), LineMalformed),
        (with("X\n"), LineMalformed),
        (with("\rX: 1\r\n"), LineMalformed),
        ("GET / HTTP/1.1\nHost: a\n\n".to_owned(), LineMalformed),
        (first("\r\nGET / HTTP/1.1"), LineMalformed),
        (first("GET /"), LineMalformed),
        (first("GET  / HTTP/1.1"), RequestLineMalformed),
        (first(" GET / HTTP/1.1"), RequestLineMalformed),
        (first("GET http://a/ HTTP/1.1"), RequestLineMalformed),
        (first("CONNECT a:443 HTTP/1.1"), RequestLineMalformed),
        (first("OPTIONS * HTTP/1.1"), RequestLineMalformed),
        (first("GET /#a HTTP/1.1"), RequestLineMalformed),
        (first("GET /\u{e9} HTTP/1.1"), RequestLineMalformed),
        (first("G@T / HTTP/1.1"), RequestLineMalformed),
        (first("\x16\x03\x01\x02"), RequestLineMalformed),
        (first("GET / HTTP/1.1 "), VersionUnsupported),
        (first("GET / HTTP/1.2"), VersionUnsupported),
        (first("GET / HTTP/2.0"), VersionUnsupported),
        (first("GET / http/1.1"), VersionUnsupported),
        (first("GET / HTTP/1.10000000000000000000000000"), VersionUnsupported),
    ];
    for (head, fault) in table {
        assert_eq!(verdict(head.as_bytes()), Some(fault), "{head:?}");
    }
}

#[test]
fn heads_have_a_limit_of_lines_and_of_bytes() {
    let lines =
        |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: 1\r\n".repeat(count - 1));
    assert_eq!(verdict(lines(HEADERS_MAX).as_bytes()), None);
    assert_eq!(verdict(lines(HEADERS_MAX + 1).as_bytes()), Some(Fault::HeadTooLarge));

    let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
    let bytes = |size: usize| {
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(size - frame))
    };
    assert_eq!(verdict(bytes(HEAD_BYTES_MAX).as_bytes()), None);
    assert_eq!(verdict(bytes(HEAD_BYTES_MAX + 1).as_bytes()), Some(Fault::HeadTooLarge));
}

#[test]
fn bad_chunks_are_refused() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let table = [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        " 1\r\na\r\n",
        "1 \r\na\r\n",
        "0x1\r\na\r\n",
        "1\na\r\n",
        "1\rXa\r\n",
        "1\r\nab\r\n",
        "1\r\na\n",
        "1\r\na\rX",
        ";x\r\n",
        "1;\n",
        "1;a\0\r\n",
        "11111111111111111\r\n",
        "0\r\nX: 1\n",
        "0\r\n\n",
        "0\r\n\rX",
        "0\r\nX: 1\rY",
    ];
    for chunks in table {
        let sent = format!("{head}{chunks}");
        assert_eq!(verdict(sent.as_bytes()), Some(Fault::ChunkMalformed), "{chunks:?}");
    }
}

/// What passes here must not be refused by hyper, whose refusals have no body.
#[test]
fn every_target_that_passes_is_a_uri() {
    for byte in 0..=u8::MAX {
        for path in [&b"/"[..], b"/?"] {
            let target = [path, &[byte]].concat();
            let head = [b"GET ", &target[..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
            if verdict(&head).is_none() && byte != b' ' {
                assert!(http::Uri::from_maybe_shared(target).is_ok(), "{byte:#x}");
            }
        }
    }
}

/// Bytes near the grammar, which plain random bytes never reach.
fn near_messages() -> impl Strategy<Value = Vec<u8>> {
    let fragments: Vec<&'static [u8]> = vec![
        b"POST / HTTP/1.1\r\n",
        b"GET /a HTTP/1.0\r\n",
        b"Host: a\r\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"X: y\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b":",
        b"\0",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"hello",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    ];
    proptest::collection::vec(proptest::sample::select(fragments), 0..14)
        .prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn every_cut_gives_the_same_verdict(
        bytes in prop_oneof![near_messages(), proptest::collection::vec(any::<u8>(), 0..200)],
        cuts in proptest::collection::vec(0_usize..400, 0..12),
    ) {
        let whole = feed_all([&bytes[..]]);
        prop_assert_eq!(feed_all(bytes.chunks(1)), whole);

        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        prop_assert_eq!(feed_all(cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]])), whole);
    }

    #[test]
    fn what_was_refused_stays_refused(bytes in near_messages(), more in near_messages()) {
        let mut framing = Framing::default();
        if let Some(fault) = framing.feed(&bytes).fault {
            prop_assert_eq!(framing.feed(&more).passed, 0);
            prop_assert_eq!(verdict(&[&bytes[..], &more[..]].concat()), Some(fault));
        }
    }
}
