//! The developer's own client, for the commands that run on a developer's machine. It goes
//! wherever it is told, without the address guard, because the developer names the address: the
//! gateway itself never uses it.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::limits::ATTEMPT_CONNECT_TIMEOUT;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::timeout;

use super::{EgressError, plain_client};

/// More than a full page of events.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub struct Direct {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why there is no whole answer. Says all it knows: it is the developer's own network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectFault {
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("{0}")]
    NoAnswer(String),
    #[error("the answer is larger than 4 MiB")]
    TooLarge,
}

impl Direct {
    pub fn new(extra_ca_file: Option<&Path>) -> Result<Direct, EgressError> {
        Ok(Direct { client: plain_client(extra_ca_file, ATTEMPT_CONNECT_TIMEOUT)? })
    }

    /// Sends once and reads the whole answer, whatever its status. Redirects are not followed.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        patience: Duration,
    ) -> Result<Response<Bytes>, DirectFault> {
        timeout(patience, self.exchange(request))
            .await
            .unwrap_or(Err(DirectFault::Timeout(patience)))
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, DirectFault> {
        let answer = self
            .client
            .request(request.map(Full::new))
            .await
            .map_err(|error| DirectFault::NoAnswer(innermost(&error)))?;
        let (head, body) = answer.into_parts();
        match Limited::new(body, ANSWER_BYTES_MAX).collect().await {
            Ok(collected) => Ok(Response::from_parts(head, collected.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(DirectFault::TooLarge),
            Err(error) => Err(DirectFault::NoAnswer(innermost(error.as_ref()))),
        }
    }
}

/// The cause of all causes, such as "Connection refused"; what lies around it only says that
/// something failed.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
