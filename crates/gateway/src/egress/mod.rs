//! The only code that opens outbound connections: one HTTP client with guarded addresses,
//! time-outs and size caps. It never follows redirects and knows no proxy.

mod connect;
pub mod direct;
mod guard;
pub mod upstream;

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;
use domain::limits::{
    ATTEMPT_CONNECT_TIMEOUT, ATTEMPT_EXCERPT_BYTES_MAX, ATTEMPT_READ_BYTES_MAX, ATTEMPT_TIMEOUT,
    DELIVERIES_PER_ENDPOINT_MAX, HEAD_BYTES_MAX, HEADERS_MAX,
};
use http::header::{HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use connect::{Connector, Dialer, Resolver};
pub use guard::UrlFault;

pub const AGENT: HeaderValue = HeaderValue::from_static("DGS-Pay/1 (+webhooks)");

/// How long an idle connection to a receiver is kept for the next delivery.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Where connections may go.
#[derive(Clone, Debug)]
pub struct EgressPolicy {
    /// The sandbox alone: loopback addresses, and http to them.
    pub allow_loopback: bool,
    /// Https on port 443 to everywhere but an allowed loopback.
    pub require_https: bool,
    /// Where we are reached ourselves: webhooks to us would go round in circles.
    pub own_url: Option<Uri>,
    /// PEM file of certificates to trust beside the public roots.
    pub extra_ca_file: Option<PathBuf>,
}

/// Why the program cannot start connecting.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    #[error("the extra CA file {path} cannot be read")]
    CaFileUnreadable { path: PathBuf, source: rustls::pki_types::pem::Error },
    #[error("the extra CA file {path} holds no certificate")]
    CaFileEmpty { path: PathBuf },
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// One request to send.
pub struct Outgoing<'a> {
    pub uri: &'a str,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

// Headers may carry credentials, bodies customers' data.
impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// What became of a request.
#[derive(Debug)]
pub struct Sent {
    /// Of the whole exchange, as far as it went.
    pub latency: Duration,
    pub result: Result<Answer, SendFault>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The first KiB of the body, or less.
    pub excerpt: Vec<u8>,
}

/// Why there is no answer. Says no more than its class: a merchant must not learn from it what
/// listens inside our network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.word())]
pub enum SendFault {
    /// The URL is not one that may be called.
    Url,
    /// The host is, or resolves to, an address that is not public.
    BlockedAddress,
    Resolve,
    Connect,
    Tls,
    Timeout,
    /// The connection ended before the answer's head did.
    Reset,
    TooLargeHead,
    /// What came back is not HTTP.
    NotHttp,
}

impl SendFault {
    pub const fn word(self) -> &'static str {
        match self {
            SendFault::Url => "url",
            SendFault::BlockedAddress => "blocked_address",
            SendFault::Resolve => "resolve",
            SendFault::Connect => "connect",
            SendFault::Tls => "tls",
            SendFault::Timeout => "timeout",
            SendFault::Reset => "reset",
            SendFault::TooLargeHead => "too_large_head",
            SendFault::NotHttp => "not_http",
        }
    }
}

/// Built once and shared: it holds the pool of kept-alive connections.
#[derive(Debug)]
pub struct Egress {
    client: Client<Connector, Full<Bytes>>,
    policy: EgressPolicy,
    timeout: Duration,
}

impl Egress {
    pub fn new(policy: EgressPolicy) -> Result<Egress, EgressError> {
        let dialer = Dialer {
            tls: connect::tls_connector(policy.extra_ca_file.as_deref())?,
            policy,
            resolver: Resolver::System,
            timeout: ATTEMPT_CONNECT_TIMEOUT,
        };
        Ok(Egress::with_dialer(dialer, ATTEMPT_TIMEOUT))
    }

    fn with_dialer(dialer: Dialer, timeout: Duration) -> Egress {
        let policy = dialer.policy.clone();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(DELIVERIES_PER_ENDPOINT_MAX)
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .http1_max_headers(HEADERS_MAX)
            .build(Connector::new(dialer));
        Egress { client, policy, timeout }
    }

    /// Whether a URL may be registered; the answer is its normal form. The addresses behind a name
    /// are checked when connecting, not here: they can change.
    pub fn check_url(&self, url: &str) -> Result<Uri, UrlFault> {
        guard::check_url(url, &self.policy)
    }

    /// The same for what may go over TLS alone, but to an allowed loopback.
    pub fn check_https_url(&self, url: &str) -> Result<Uri, UrlFault> {
        guard::check_https_url(url, &self.policy)
    }

    /// Posts once and reads the answer. `now` is what a `Retry-After` date is measured from.
    pub async fn post(&self, request: Outgoing<'_>, now: Timestamp) -> Sent {
        let started_at = Instant::now();
        let deadline = started_at + self.timeout;
        let result = self.exchange(request, now, deadline).await;
        Sent { latency: started_at.elapsed(), result }
    }

    async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Answer, SendFault> {
        let uri = self.check_url(outgoing.uri).map_err(|fault| match fault {
            UrlFault::AddressNotPublic => SendFault::BlockedAddress,
            UrlFault::TooLong
            | UrlFault::Characters
            | UrlFault::NotAUrl
            | UrlFault::Scheme
            | UrlFault::HttpsRequired
            | UrlFault::UserInfo
            | UrlFault::Fragment
            | UrlFault::Host
            | UrlFault::PortNot443
            | UrlFault::PortReserved
            | UrlFault::OwnAddress => SendFault::Url,
        })?;
        let mut request = Request::new(Full::new(outgoing.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        request.headers_mut().extend(outgoing.headers);
        request.headers_mut().insert(USER_AGENT, AGENT);

        let response = timeout_at(deadline, self.client.request(request))
            .await
            .map_err(|_| SendFault::Timeout)?
            .map_err(|error| fault_of(&error))?;
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers(), now),
            excerpt: Vec::new(),
        };
        // The status has decided; a body that drips or breaks off changes nothing.
        timeout_at(deadline, read_excerpt(response.into_body(), &mut answer.excerpt)).await.ok();
        Ok(answer)
    }
}

/// Reads on beyond the excerpt, up to a limit, so that the connection can be used again.
async fn read_excerpt(mut body: Incoming, excerpt: &mut Vec<u8>) {
    let mut read_bytes = 0;
    while read_bytes < ATTEMPT_READ_BYTES_MAX {
        let Some(Ok(frame)) = body.frame().await else { return };
        let Some(data) = frame.data_ref() else { return };
        let room = ATTEMPT_EXCERPT_BYTES_MAX - excerpt.len();
        excerpt.extend(data.iter().take(room));
        read_bytes += data.len();
    }
}

/// A client without the address guard, for addresses that no merchant has a say in.
fn plain_client(
    extra_ca_file: Option<&Path>,
    connect_timeout: Duration,
) -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>, EgressError> {
    let mut http = HttpConnector::new();
    // The connector around it knows https.
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(connect_timeout));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(connect::tls_config(extra_ca_file)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector))
}

/// Seconds or an HTTP date; a date in the past is zero.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_micros(date.as_microsecond()).since(now))
}

fn fault_of(error: &legacy::Error) -> SendFault {
    let Some(cause) = error.source() else { return SendFault::Reset };
    if let Some(fault) = cause.downcast_ref::<SendFault>() {
        return *fault;
    }
    match cause.downcast_ref::<hyper::Error>() {
        Some(error) if error.is_parse_too_large() => SendFault::TooLargeHead,
        Some(error) if error.is_parse() => SendFault::NotHttp,
        Some(_) | None => SendFault::Reset,
    }
}

#[cfg(test)]
mod tests;
