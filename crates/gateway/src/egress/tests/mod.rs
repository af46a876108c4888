//! Real exchanges over loopback: what is read of good, bad and hostile answers, and which
//! addresses and certificates are refused.

mod receiver;
mod urls;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::*;
use receiver::{Receiver, Seen, Then};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OK_AND_CLOSE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// 2026-11-21T20:00:00Z.
const NOW: Timestamp = Timestamp::from_micros(1_795_291_200_000_000);

fn sandbox(extra_ca_file: Option<&Path>) -> EgressPolicy {
    EgressPolicy {
        allow_loopback: true,
        require_https: false,
        own_url: None,
        extra_ca_file: extra_ca_file.map(Path::to_owned),
    }
}

/// An egress whose names resolve as a test says.
fn egress(
    policy: EgressPolicy,
    answer: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static,
) -> Egress {
    Egress::with_dialer(dialer(policy, Box::new(answer)), ATTEMPT_TIMEOUT)
}

fn loopback_egress() -> Egress {
    egress(sandbox(None), |_| vec![LOOPBACK])
}

/// For the tests that wait for a time-out.
fn impatient_egress() -> Egress {
    let mut dialer = dialer(sandbox(None), Box::new(|_| vec![LOOPBACK]));
    dialer.timeout = Duration::from_millis(500);
    Egress::with_dialer(dialer, Duration::from_secs(1))
}

fn dialer(policy: EgressPolicy, script: connect::Script) -> Dialer {
    Dialer {
        tls: connect::tls_connector(policy.extra_ca_file.as_deref()).unwrap(),
        policy,
        resolver: Resolver::Scripted(script),
        timeout: ATTEMPT_CONNECT_TIMEOUT,
    }
}

async fn post(egress: &Egress, url: &str) -> Result<Answer, SendFault> {
    let headers =
        vec![(HeaderName::from_static("x-dgs-signature"), HeaderValue::from_static("ab12"))];
    let body = Bytes::from_static(b"{\"event\":1}");
    egress.post(Outgoing { uri: url, headers, body }, NOW).await.result
}

#[tokio::test]
async fn statuses_are_told_as_they_are_and_redirects_not_followed() {
    let egress = loopback_egress();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (answer, status, retry_after, excerpt) in [
        (OK, 200, None, "ok"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, None, ""),
        ("HTTP/1.1 301 Moved\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", 301, None, ""),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone", 410, None, "gone"),
        ("HTTP/1.1 429 -\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", 429, seconds(7), ""),
        (
            "HTTP/1.1 503 -\r\nRetry-After: Sat, 21 Nov 2026 20:01:00 GMT\r\ncontent-length: 0\r\n\r\n",
            503,
            seconds(60),
            "",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            200,
            None,
            "ok",
        ),
    ] {
        let mut receiver = Receiver::start(answer, Then::Close).await;
        let excerpt = excerpt.as_bytes().to_vec();
        let expected = Answer { status, retry_after, excerpt };
        assert_eq!(post(&egress, &receiver.url()).await, Ok(expected), "{answer}");
        let request = match &receiver.until_end().await[..] {
            [Seen::Connection, Seen::Request(request), Seen::End { .. }] => request.clone(),
            other => panic!("{other:?}"),
        };
        let host = format!("\r\nhost: {}\r\n", receiver.address);
        assert!(request.starts_with("POST /hooks?a=1 HTTP/1.1\r\n"), "{request}");
        for part in
            [&host, "\r\nuser-agent: DGS-Pay/1 (+webhooks)\r\n", "\r\nx-dgs-signature: ab12\r\n"]
        {
            assert!(request.contains(part), "{request}");
        }
        assert!(request.ends_with("\r\n\r\n{\"event\":1}"), "{request}");
    }
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let egress = loopback_egress();
    let mut receiver = Receiver::start(OK, Then::WaitForMore).await;
    for _ in 0..3 {
        assert!(post(&egress, &receiver.url()).await.is_ok());
    }
    drop(egress);
    let seen = receiver.until_end().await;
    assert_eq!(seen.iter().filter(|seen| **seen == Seen::Connection).count(), 1, "{seen:?}");
    assert_eq!(seen.last(), Some(&Seen::End { written: 3 * OK.len() }));
}

#[tokio::test]
async fn a_huge_answer_is_read_to_its_limit_only() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
    let mut receiver = Receiver::start(head, Then::Repeat(&[b'a'; 4096])).await;
    let answer = post(&loopback_egress(), &receiver.url()).await.unwrap();
    assert_eq!((answer.status, answer.excerpt), (200, vec![b'a'; 1024]));
    let Some(Seen::End { written }) = receiver.until_end().await.pop() else { unreachable!() };
    // What we read, and what the kernel's buffers took.
    assert!(written < 32 * 1024 * 1024, "{written}");
}

#[tokio::test]
async fn a_body_that_stalls_or_breaks_off_leaves_the_status() {
    let egress = impatient_egress();
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    let chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n";
    for (answer, then) in [(half, Then::WaitForMore), (half, Then::Close), (chunk, Then::Close)] {
        let receiver = Receiver::start(answer, then).await;
        let answer = post(&egress, &receiver.url()).await.unwrap();
        assert_eq!((answer.status, answer.excerpt), (200, b"half".to_vec()));
    }
}

#[tokio::test]
async fn what_never_becomes_a_head_is_a_fault() {
    let egress = loopback_egress();
    for (answer, then, fault) in [
        ("", Then::Close, SendFault::Reset),
        ("HTTP/1.1 200 OK\r\nx-half: ", Then::Close, SendFault::Reset),
        ("220 mail.example.com ESMTP\r\n\r\n", Then::WaitForMore, SendFault::NotHttp),
        ("HTTP/1.1 200 OK\r\n", Then::Repeat(b"x-drip: 12345678\r\n"), SendFault::TooLargeHead),
        ("HTTP/1.1 200 OK\r\nx-long: ", Then::Repeat(&[b'a'; 1000]), SendFault::TooLargeHead),
    ] {
        let receiver = Receiver::start(answer, then).await;
        assert_eq!(post(&egress, &receiver.url()).await, Err(fault), "{answer:?}");
    }
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(post(&egress, &format!("http://{closed}/")).await, Err(SendFault::Connect));
    assert_eq!(SendFault::TooLargeHead.word(), "too_large_head");
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let egress = impatient_egress();
    for answer in ["", "HTTP/1.1 200 OK\r\nx-half: "] {
        let receiver = Receiver::start(answer, Then::WaitForMore).await;
        assert_eq!(post(&egress, &receiver.url()).await, Err(SendFault::Timeout), "{answer:?}");
    }
    let no_handshake = Receiver::start(OK, Then::Close).await;
    let url = format!("https://hooks.example.com:{}/", no_handshake.address.port());
    assert_eq!(post(&egress, &url).await, Err(SendFault::Timeout));
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_and_asked_for_once_a_connection() {
    let mut receiver = Receiver::start(OK_AND_CLOSE, Then::Close).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let later = Mutex::new(VecDeque::from([
        vec![LOOPBACK],
        vec!["10.0.0.1".parse().unwrap()],
        vec![LOOPBACK, "169.254.169.254".parse().unwrap()],
        vec!["::ffff:127.0.0.1".parse().unwrap()],
        vec![],
    ]));
    let egress = egress(sandbox(None), move |name| {
        assert_eq!(name, "hooks.example.com");
        counter.fetch_add(1, Ordering::SeqCst);
        later.lock().unwrap().pop_front().unwrap()
    });
    let port = receiver.address.port();
    let url = format!("http://Hooks.Example.com:{port}/");

    assert_eq!(post(&egress, &url).await.unwrap().status, 200);
    let request = receiver.next_request().await;
    assert!(request.contains(&format!("\r\nhost: hooks.example.com:{port}\r\n")), "{request}");
    assert!(matches!(receiver.until_end().await[..], [Seen::End { .. }]));
    for fault in [
        SendFault::BlockedAddress,
        SendFault::BlockedAddress,
        SendFault::BlockedAddress,
        SendFault::Resolve,
    ] {
        assert_eq!(post(&egress, &url).await, Err(fault));
    }
    assert_eq!(lookups.load(Ordering::SeqCst), 5);
    assert!(receiver.seen.try_recv().is_err(), "nothing else was connected to");
}

#[tokio::test]
async fn refused_urls_reach_neither_the_resolver_nor_the_network() {
    let policy = EgressPolicy { allow_loopback: false, ..sandbox(None) };
    let egress = egress(policy, |name| panic!("{name} was looked up"));
    let mut receiver = Receiver::start(OK, Then::Close).await;
    let port = receiver.address.port();
    for (host, fault) in [
        ("127.0.0.1", SendFault::BlockedAddress),
        ("[::ffff:127.0.0.1]", SendFault::BlockedAddress),
        ("localhost", SendFault::BlockedAddress),
        ("127.1", SendFault::Url),
        ("0x7f000001", SendFault::Url),
        ("a@127.0.0.1", SendFault::Url),
    ] {
        assert_eq!(post(&egress, &format!("http://{host}:{port}/")).await, Err(fault), "{host}");
    }
    assert!(receiver.seen.try_recv().is_err());
}

#[tokio::test]
async fn localhost_is_loopback_without_asking_a_resolver() {
    let egress = egress(sandbox(None), |name| panic!("{name} was looked up"));
    for host in ["localhost", "shop.localhost"] {
        let receiver = Receiver::start(OK, Then::Close).await;
        let url = format!("http://{host}:{}/", receiver.address.port());
        assert_eq!(post(&egress, &url).await.unwrap().status, 200);
    }
}

/// A certificate authority of the test's own, as a file for the operator's setting.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        std::fs::write(directory.path().join("ca.pem"), pem).unwrap();
        Authority { issuer: Issuer::new(params, key), directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A receiver that shows a certificate for `name` signed by this authority.
    async fn receiver(&self, name: &str) -> Receiver {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Receiver::start_with(OK, Then::Close, Some(TlsAcceptor::from(Arc::new(config)))).await
    }
}

#[tokio::test]
async fn certificates_are_verified_for_the_name() {
    let authority = Authority::new();
    let trusting = egress(sandbox(Some(&authority.file())), |_| vec![LOOPBACK]);
    let url =
        |host: &str, receiver: &Receiver| format!("https://{host}:{}/", receiver.address.port());

    let mut receiver = authority.receiver("hooks.example.com").await;
    let answer = post(&trusting, &url("hooks.example.com", &receiver)).await.unwrap();
    assert_eq!((answer.status, answer.excerpt), (200, b"ok".to_vec()));
    assert!(receiver.next_request().await.contains("\r\nhost: hooks.example.com:"));

    let tls = Err(SendFault::Tls);
    assert_eq!(post(&trusting, &url("other.example.com", &receiver)).await, tls);
    assert_eq!(post(&trusting, &url("127.0.0.1", &receiver)).await, tls);
    let unknown_authority = Authority::new().receiver("hooks.example.com").await;
    assert_eq!(post(&trusting, &url("hooks.example.com", &unknown_authority)).await, tls);
    assert_eq!(post(&loopback_egress(), &url("hooks.example.com", &receiver)).await, tls);
}

#[test]
fn an_unusable_ca_file_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let start = || Egress::new(sandbox(Some(&file)));
    assert!(matches!(start(), Err(EgressError::CaFileUnreadable { .. })));
    std::fs::write(&file, "no certificate here").unwrap();
    assert!(matches!(start(), Err(EgressError::CaFileEmpty { .. })));
}

#[test]
fn retry_after_is_seconds_or_a_date_or_nothing() {
    for (text, seconds) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("Sat, 21 Nov 2026 21:00:00 GMT", Some(3600)),
        ("Sat, 21 Nov 2026 19:00:00 GMT", Some(0)),
        ("Fri, 21 Nov 2026 21:00:00 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
        ("99999999999999999999999", None),
    ] {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
        assert_eq!(retry_after(&headers, NOW), seconds.map(Duration::from_secs), "{text:?}");
    }
}
