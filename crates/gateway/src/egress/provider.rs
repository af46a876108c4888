//! Requests to providers that the operator has configured.

use std::time::Duration;

use bytes::Bytes;
use dialects::provider::{Reply, Request, Verb};
use http::Method;
use http::header::{HeaderName, HeaderValue};
use http_body_util::{BodyExt, Full, Limited};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Egress, SendFault, fault_of};

/// More than any answer of a provider.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

impl Egress {
    /// Sends once and reads the whole answer, whatever its status. Redirects are not followed.
    pub async fn call_provider(&self, request: &Request, patience: Duration) -> Reply {
        let Some(request) = http_request(request) else { return Reply::NotSent };
        timeout(patience, self.exchange_with_provider(request)).await.unwrap_or(Reply::Lost)
    }

    async fn exchange_with_provider(&self, request: http::Request<Full<Bytes>>) -> Reply {
        let answer = match self.client.request(request).await {
            Ok(answer) => answer,
            Err(error) => return unanswered(fault_of(&error)),
        };
        let status = answer.status().as_u16();
        match Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await {
            Ok(body) => Reply::Answered { status, body: Zeroizing::new(body.to_bytes().to_vec()) },
            Err(_) => Reply::Lost,
        }
    }
}

/// Whether nothing was sent for certain.
fn unanswered(fault: SendFault) -> Reply {
    match fault {
        SendFault::Url
        | SendFault::BlockedAddress
        | SendFault::Resolve
        | SendFault::Connect
        | SendFault::Tls => Reply::NotSent,
        SendFault::Timeout | SendFault::Reset | SendFault::TooLargeHead | SendFault::NotHttp => {
            Reply::Lost
        }
    }
}

fn http_request(request: &Request) -> Option<http::Request<Full<Bytes>>> {
    let method = match request.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
    };
    let mut built = http::Request::builder().method(method).uri(&request.url);
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value.reveal()).ok()?;
        value.set_sensitive(true);
        built = built.header(HeaderName::from_static(name), value);
    }
    built.body(Full::new(Bytes::copy_from_slice(&request.body))).ok()
}
