//! The edge as clients meet it: raw bytes over real sockets to a small router.

use std::sync::Arc;

use axum::extract::Extension;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::body::BodyFault;
use super::*;

const BODY_MAX: usize = 64;
const SHORT: Duration = Duration::from_millis(60);
/// Far beyond any test: what waits for it hangs, and is seen.
const LONG: Duration = Duration::from_secs(600);

fn patient() -> Limits {
    Limits { head_timeout: LONG, linger: LONG, drain_timeout: LONG, ..Limits::default() }
}

struct Edge {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
    /// Requests that have reached GET /wait.
    waiting: Arc<Semaphore>,
    /// Lets them be answered.
    answers: Arc<Semaphore>,
}

async fn echo(body: Body) -> Result<Vec<u8>, StatusCode> {
    match body::read(body, BODY_MAX, SHORT).await {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(BodyFault::TooLarge { .. }) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(BodyFault::TooSlow) => Err(StatusCode::REQUEST_TIMEOUT),
        Err(BodyFault::Broken) => Err(StatusCode::BAD_REQUEST),
    }
}

async fn start(limits: Limits) -> Edge {
    let waiting = Arc::new(Semaphore::new(0));
    let answers = Arc::new(Semaphore::new(0));
    let wait = {
        let (waiting, answers) = (waiting.clone(), answers.clone());
        move || async move {
            waiting.add_permits(1);
            answers.acquire().await.unwrap().forget();
            "done"
        }
    };
    let router = Router::new()
        .route("/echo", post(echo))
        .route(
            "/peer",
            get(|Extension(Peer(peer)): Extension<Peer>| async move { peer.to_string() }),
        )
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/wait", get(wait));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let served = tokio::spawn(serve(listener, router, limits, stopped));
    Edge { address, stop, served, waiting, answers }
}

impl Edge {
    async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends the bytes and reads until the server closes.
    async fn talk(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_to_close(&mut stream).await
    }
}

async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads until the answer ends with this text, the connection staying open.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = String::new();
    while !answer.ends_with(end) {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        answer.push(char::from(byte[0]));
    }
    answer
}

fn assert_refusal(answer: &str, status: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let body_json: serde_json::Value = serde_json::from_str(body).unwrap();
    let request_id = body_json["request_id"].as_str().unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {head}");
    for line in [
        "Content-Type: application/json",
        "Connection: close",
        &format!("X-Request-Id: {request_id}"),
        &format!("Content-Length: {}", body.len()),
    ] {
        assert!(head.lines().any(|present| present == line), "{line} in {head}");
    }
    assert_eq!(body_json["status"], "failed");
    assert_eq!(body_json["error_code"], "90");
    assert!(body_json["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert!(body_json.get("errors").is_none(), "no field is at fault");
}

#[tokio::test]
async fn bad_heads_get_a_json_answer_and_a_close() {
    let edge = start(patient()).await;
    let too_many = format!("GET /peer HTTP/1.1\r\nHost: a\r\n{}", "X: 1\r\n".repeat(100));
    let too_large = format!("GET /peer HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(200 * 1024));
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    let both = format!("{post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    let two = format!("{post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
    let table = [
        ("400", both.as_str()),
        ("400", &two),
        ("400", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc"),
        ("400", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        ("400", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("400", "GET /peer HTTP/1.1\nHost: a\n\n"),
        ("400", "GET /peer HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        ("400", "GET /peer HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        ("400", "GET /peer HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        ("400", "GET /peer HTTP/1.1\r\nHost : a\r\n\r\n"),
        ("400", "GET /peer HTTP/1.1\r\n\r\n"),
        ("400", "GET /peer HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        ("400", "GET peer HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("400", "GET /peer HTTP/3.1\r\nHost: a\r\n\r\n"),
        ("400", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("431", &too_many),
        ("431", &too_large),
    ];
    for (status, sent) in table {
        assert_refusal(&edge.talk(sent.as_bytes()).await, status);
    }
}

#[tokio::test]
async fn a_refusal_follows_the_answers_before_it() {
    let edge = start(patient()).await;
    let answer = edge
        .talk(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst\
              POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
              6\r\nsecond\r\n0\r\n\r\n\
              GET /peer HTTP/1.1\r\n\r\n",
        )
        .await;
    let (first, rest) = answer.split_once("first").unwrap();
    let (second, refusal) = rest.split_once("second").unwrap();
    assert!(first.starts_with("HTTP/1.1 200 OK"), "{first}");
    assert!(second.starts_with("HTTP/1.1 200 OK"), "{second}");
    assert_refusal(refusal, "400");
}

#[tokio::test]
async fn half_a_head_is_answered_and_silence_is_not() {
    let edge = start(Limits { head_timeout: SHORT, ..patient() }).await;
    assert_refusal(&edge.talk(b"GET /peer HTTP/1.1\r\nHos").await, "408");
    assert_refusal(&edge.talk(b"G").await, "408");
    assert_eq!(edge.talk(b"").await, "");

    let mut kept = edge.connect().await;
    kept.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    let answer = read_to_close(&mut kept).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hi"), "{answer}");
}

#[tokio::test]
async fn the_time_for_a_head_does_not_run_while_a_request_is_answered() {
    let edge = start(Limits { head_timeout: SHORT, ..patient() }).await;
    let mut slow = edge.connect().await;
    slow.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /pe").await.unwrap();
    edge.waiting.acquire().await.unwrap().forget();
    // Another connection, opened later, runs out of its whole time meanwhile.
    assert_eq!(edge.talk(b"").await, "");
    edge.answers.add_permits(1);
    slow.write_all(b"er HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = read_to_close(&mut slow).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
}

#[tokio::test]
async fn bodies_are_limited_in_size_and_time() {
    let edge = start(patient()).await;
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    let chunked = format!("{post}Transfer-Encoding: chunked\r\n\r\n");
    let fits = "x".repeat(BODY_MAX);
    let table = [
        // Refused on its announcement alone: no byte of it is sent.
        ("413", format!("{post}Content-Length: 65\r\n\r\n")),
        ("413", format!("{post}Content-Length: 999999999999999999\r\n\r\n")),
        ("413", format!("{chunked}41\r\n{fits}x\r\n")),
        ("408", format!("{post}Content-Length: 5\r\n\r\nhell")),
        ("408", format!("{chunked}5\r\nhell")),
        ("400", format!("{chunked}5\r\nhelloX")),
        ("400", format!("{chunked}zz\r\n")),
    ];
    for (status, sent) in table {
        let answer = edge.talk(sent.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{sent}: {answer}");
    }
    let sent = format!("{post}Connection: close\r\nContent-Length: {BODY_MAX}\r\n\r\n{fits}");
    assert!(edge.talk(sent.as_bytes()).await.ends_with(&fits));
}

#[tokio::test]
async fn an_upload_may_be_cut_anywhere() {
    let edge = start(patient()).await;
    let sent = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        4;x=y\r\n\r\n\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n";
    let mut kept = edge.connect().await;
    for cut in 1..sent.len() {
        kept.write_all(&sent[..cut]).await.unwrap();
        tokio::task::yield_now().await;
        kept.write_all(&sent[cut..]).await.unwrap();
        let answer = read_until(&mut kept, "\r\n\r\n\r\n\r\nhello").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "cut at {cut}: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_closed_its_side_is_answered() {
    let edge = start(patient()).await;
    let mut stream = edge.connect().await;
    stream.write_all(b"GET /peer HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let own = stream.local_addr().unwrap().to_string();
    assert!(read_to_close(&mut stream).await.ends_with(&own));

    let mut gone = edge.connect().await;
    gone.write_all(b"GET /peer HT").await.unwrap();
    gone.shutdown().await.unwrap();
    assert_eq!(read_to_close(&mut gone).await, "", "nobody waits for an answer");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let edge = start(Limits { write_timeout: SHORT, linger: SHORT, ..patient() }).await;
    let mut lazy = edge.connect().await;
    lazy.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    lazy.readable().await.unwrap();
    // The drain has all the time in the world, so it ends only because the connection does.
    edge.stop.send_replace(true);
    edge.served.await.unwrap();
}

#[tokio::test]
async fn a_stop_lets_requests_in_flight_finish_and_closes_the_idle() {
    const IN_FLIGHT: u32 = 20;
    let edge = start(patient()).await;
    let mut silent = edge.connect().await;
    let mut idle = edge.connect().await;
    idle.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    read_until(&mut idle, "hi").await;
    let mut busy = Vec::new();
    for _ in 0..IN_FLIGHT {
        let mut stream = edge.connect().await;
        stream.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        busy.push(stream);
    }
    edge.waiting.acquire_many(IN_FLIGHT).await.unwrap().forget();

    edge.stop.send_replace(true);
    assert_eq!(read_to_close(&mut idle).await, "");
    assert_eq!(read_to_close(&mut silent).await, "");
    assert!(TcpStream::connect(edge.address).await.is_err(), "nobody is accepted any more");
    assert!(!edge.served.is_finished());

    edge.answers.add_permits(20);
    for mut stream in busy {
        let answer = read_to_close(&mut stream).await;
        assert!(answer.contains("connection: close") && answer.ends_with("done"), "{answer}");
    }
    edge.served.await.unwrap();
}

#[tokio::test]
async fn a_drain_does_not_last_for_ever() {
    let edge = start(Limits { drain_timeout: SHORT, ..patient() }).await;
    let mut stuck = edge.connect().await;
    stuck.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    edge.waiting.acquire().await.unwrap().forget();
    edge.stop.send_replace(true);
    edge.served.await.unwrap();
    assert_eq!(read_to_close(&mut stuck).await, "");
}

#[tokio::test]
async fn connections_are_capped_and_seats_are_given_back() {
    const PEER: &[u8] = b"GET /peer HTTP/1.1\r\nHost: a\r\n\r\n";
    const LAST: &[u8] = b"GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let limits = [
        Limits { connections_max: 2, ..patient() },
        Limits { connections_per_address_max: 2, ..patient() },
    ];
    for limits in limits {
        let edge = start(limits).await;
        let mut first = edge.connect().await;
        let mut second = edge.connect().await;
        for seated in [&mut first, &mut second] {
            seated.write_all(PEER).await.unwrap();
            let own = seated.local_addr().unwrap().to_string();
            read_until(seated, &own).await;
        }
        let mut third = edge.connect().await;
        assert_eq!(third.read(&mut [0]).await.unwrap(), 0, "closed at once");

        // The server gives the seat back in the same turn in which it closes.
        first.write_all(LAST).await.unwrap();
        read_to_close(&mut first).await;
        assert!(edge.talk(LAST).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[test]
fn a_lasting_trouble_is_logged_once_in_a_while() {
    let mut complaint = Complaint::default();
    let said = (0..1000).filter(|_| complaint.is_due()).count();
    assert_eq!(said, 1);
}
