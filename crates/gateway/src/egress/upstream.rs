//! The way to providers. The operator names their addresses, so the guard against merchants' URLs
//! is not here; time, size and TLS are guarded all the same, and redirects are not followed.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use dialects::provider::{Reply, Request, Secret, Verb};
use domain::limits::{ATTEMPT_CONNECT_TIMEOUT, PROVIDER_ANSWER_BYTES_MAX};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{EgressError, plain_client};

const AGENT: HeaderValue = HeaderValue::from_static("DGS-Pay/1");

pub struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience_max: Option<Duration>,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upstream(..)")
    }
}

impl Upstream {
    pub fn new(
        extra_ca_file: Option<&Path>,
        patience_max: Option<Duration>,
    ) -> Result<Upstream, EgressError> {
        let client = plain_client(extra_ca_file, ATTEMPT_CONNECT_TIMEOUT)?;
        Ok(Upstream { client, patience_max })
    }

    /// Sends once. What cannot be said for certain is [`Reply::Lost`].
    pub async fn send(
        &self,
        request: &Request,
        bearer: Option<&Secret>,
        patience: Duration,
    ) -> Reply {
        let Some(request) = http_request(request, bearer) else { return Reply::NotSent };
        let patience = self.patience_max.map_or(patience, |max| patience.min(max));
        timeout(patience, self.exchange(request)).await.unwrap_or(Reply::Lost)
    }

    async fn exchange(&self, request: http::Request<Full<Bytes>>) -> Reply {
        let answer = match self.client.request(request).await {
            Ok(answer) => answer,
            Err(error) if was_never_sent(&error) => return Reply::NotSent,
            Err(error) => {
                tracing::debug!(%error, "a provider's answer is lost");
                return Reply::Lost;
            }
        };
        let status = answer.status().as_u16();
        match Limited::new(answer.into_body(), PROVIDER_ANSWER_BYTES_MAX).collect().await {
            Ok(body) => Reply::Answered { status, body: Zeroizing::new(body.to_bytes().to_vec()) },
            Err(_) => Reply::Lost,
        }
    }
}

/// Connecting comes before sending, TLS included.
fn was_never_sent(error: &legacy::Error) -> bool {
    error.is_connect()
}

/// `None` for what is no HTTP request at all: a fault of a setting.
fn http_request(request: &Request, bearer: Option<&Secret>) -> Option<http::Request<Full<Bytes>>> {
    let verb = match request.verb {
        Verb::Get => http::Method::GET,
        Verb::Post => http::Method::POST,
        Verb::Put => http::Method::PUT,
    };
    let body = Full::new(Bytes::copy_from_slice(&request.body));
    let mut made = http::Request::builder().method(verb).uri(&request.url).body(body).ok()?;
    let headers = made.headers_mut();
    headers.insert(USER_AGENT, AGENT);
    for (name, value) in &request.headers {
        headers.insert(HeaderName::from_static(name), secret_value(value.reveal())?);
    }
    if let Some(token) = bearer {
        let text = Zeroizing::new(format!("Bearer {}", token.reveal()));
        headers.insert(AUTHORIZATION, secret_value(&text)?);
    }
    Some(made)
}

fn secret_value(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
