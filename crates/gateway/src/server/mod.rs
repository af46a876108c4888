//! The HTTP/1.1 edge: accepts connections, guards their request heads, hands the requests to the
//! router, and on a stop lets those in flight finish. It knows no route.

pub mod body;
pub mod framing;
pub mod head_guard;
pub mod request_id;
mod seats;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::Service;
use tracing::Instrument;

use self::head_guard::HeadGuard;
use self::seats::{Seat, Seats};

/// How long a client may leave an answer untaken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a closing connection is still read, so that the client gets our last answer.
const LINGER: Duration = Duration::from_secs(1);

/// How long nothing is accepted when the process is out of sockets or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The same complaint is logged no oftener.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(1);

/// The client's end of the connection, among the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub head_timeout: Duration,
    pub write_timeout: Duration,
    pub linger: Duration,
    pub drain_timeout: Duration,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_timeout: domain::limits::HEAD_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            linger: LINGER,
            drain_timeout: domain::limits::DRAIN_TIMEOUT,
            connections_max: domain::limits::CONNECTIONS_MAX,
            connections_per_address_max: domain::limits::CONNECTIONS_PER_ADDRESS_MAX,
        }
    }
}

/// Serves until `stop` turns true or its sender is gone, and then until the last request in flight
/// is answered or the time to drain is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    // Turns handlers into routes once, not per request.
    let router = router.with_state(());
    let seats = Seats::default();
    let mut connections = JoinSet::new();
    let mut accept_complaint = Complaint::default();
    let mut seat_complaint = Complaint::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_ended) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match seats.take(peer.ip(), &limits) {
                Some(seat) => {
                    let service = ToRouter { router: router.clone(), peer: Peer(peer) };
                    let talk = converse(stream, seat, service, limits, stop.clone());
                    connections.spawn(talk.in_current_span());
                }
                None if seat_complaint.is_due() => {
                    tracing::warn!(%peer, "too many connections: closing new ones");
                }
                None => {}
            },
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                if accept_complaint.is_due() {
                    tracing::warn!(%error, "cannot accept connections");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    drain(connections, limits.drain_timeout).await;
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone can never say stop, and nobody else would.
    let _said = stop.wait_for(|stop| *stop).await;
}

async fn drain(mut connections: JoinSet<()>, timeout: Duration) {
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(timeout, all_ended).await.is_err() {
        tracing::warn!(open = connections.len(), "closing connections with requests in flight");
        connections.shutdown().await;
    }
}

/// Serves one connection to its end. The seat is held as long.
async fn converse(
    stream: TcpStream,
    _seat: Seat,
    service: ToRouter,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are written whole, so waiting to fill a packet would only delay them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut connection = http1::Builder::new()
        // A client may close its side once the request is sent; what it asked for is done.
        .half_close(true)
        // The guard times heads, and answers those that are late.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(HeadGuard::new(stream, limits)), service);
    // How it ended matters to nobody: the handlers have logged what they did, and the client is
    // gone or gets its refusal from the guard.
    let must_stop = tokio::select! {
        biased;
        _ended = &mut connection => false,
        () = stopped(&mut stop) => true,
    };
    if must_stop {
        Pin::new(&mut connection).graceful_shutdown();
        let _ended = (&mut connection).await;
    }
    connection.into_parts().io.into_inner().finish().await;
}

/// Hands the requests of one connection to the router.
#[derive(Debug)]
struct ToRouter {
    router: Router,
    peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for ToRouter {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        self.router.clone().call(request)
    }
}

/// The connection was lost before it was accepted; the listener is as good as before.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Keeps a lasting trouble from filling the log.
#[derive(Debug, Default)]
struct Complaint {
    made_at: Option<Instant>,
}

impl Complaint {
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self.made_at.is_none_or(|made| now - made >= COMPLAINT_INTERVAL);
        if is_due {
            self.made_at = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests;
