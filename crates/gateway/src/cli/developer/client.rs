//! The API as a merchant's server calls it, and what its answers mean to a command.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::{HeaderValue, Method, Request, Uri, header};
use serde::Deserialize;

use super::CliFault;
use crate::egress::direct::Direct;

const API_PATH: &str = "/generation/v2";

/// How long an answer may take that has nothing to wait for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the gateway is, and who asks.
#[derive(Args, Debug)]
pub struct ApiArgs {
    /// The gateway's address
    #[arg(long, env = "DGSPAY_URL", default_value = "http://127.0.0.1:8080")]
    url: String,

    /// The account's API key
    #[arg(long, env = "DGSPAY_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,

    /// The account's number
    #[arg(long, env = "DGSPAY_ACCOUNT_NUMBER", value_name = "NUMBER")]
    pub account_number: Option<String>,

    /// More certificates to trust, as PEM
    #[arg(long, env = "DGSPAY_EXTRA_CA_FILE", value_name = "FILE")]
    extra_ca_file: Option<PathBuf>,
}

#[derive(Debug)]
pub struct ApiClient {
    pub direct: Direct,
    base: String,
    /// True for keys of the sandbox.
    pub is_test: bool,
    credentials: Vec<(&'static str, HeaderValue)>,
}

/// Why a call has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFault {
    /// Asking again will not help. `fields` are those at fault.
    #[error("the gateway refused: {message}")]
    Refused { message: String, fields: Vec<String> },
    /// Out of reach, or out of breath.
    #[error("{0}")]
    Away(String),
}

impl From<CallFault> for CliFault {
    fn from(fault: CallFault) -> CliFault {
        match fault {
            CallFault::Refused { .. } => CliFault::Refused(fault.to_string()),
            CallFault::Away(why) => CliFault::Unreachable(why),
        }
    }
}

impl ApiClient {
    pub fn new(args: &ApiArgs) -> Result<ApiClient, CliFault> {
        let missing = || {
            let message = "an API key is needed: give --api-key or DGSPAY_API_KEY. The sandbox \
                           prints it when it starts";
            CliFault::Usage(message.to_owned())
        };
        let key = args.api_key.as_deref().ok_or_else(missing)?;
        let mut credentials = vec![("x-dgs-api-key", secret_value("--api-key", key)?)];
        if let Some(number) = &args.account_number {
            let value = secret_value("--account-number", number)?;
            credentials.push(("x-dgs-account-number", value));
        }
        Ok(ApiClient {
            direct: Direct::new(args.extra_ca_file.as_deref())
                .map_err(|fault| CliFault::Usage(fault.to_string()))?,
            base: api_base(&args.url)?,
            is_test: key.starts_with("sk_test_"),
            credentials,
        })
    }

    /// `wait` is how long the gateway itself may hold the answer back.
    pub async fn get(&self, path: &str, wait: Duration) -> Result<Bytes, CallFault> {
        self.call(Method::GET, path, Bytes::new(), PATIENCE + wait).await
    }

    pub async fn post(&self, path: &str, body: String) -> Result<Bytes, CallFault> {
        self.call(Method::POST, path, Bytes::from(body), PATIENCE).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        patience: Duration,
    ) -> Result<Bytes, CallFault> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.credentials {
            request = request.header(*name, value);
        }
        let unfit =
            |error: http::Error| CallFault::Refused { message: error.to_string(), fields: vec![] };
        let request = request.body(body).map_err(unfit)?;
        let answer = self
            .direct
            .send(request, patience)
            .await
            .map_err(|fault| CallFault::Away(fault.to_string()))?;
        match answer.status().as_u16() {
            200..=299 => Ok(answer.into_body()),
            429 | 500.. => Err(CallFault::Away(refusal(&answer).0)),
            _ => {
                let (message, fields) = refusal(&answer);
                Err(CallFault::Refused { message, fields })
            }
        }
    }
}

/// A header value that must not be seen in any message.
fn secret_value(flag: &str, text: &str) -> Result<HeaderValue, CliFault> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| CliFault::Usage(format!("{flag} has characters that no header can carry")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Takes the address of the gateway or, as the sandbox prints it, of its API.
fn api_base(url: &str) -> Result<String, CliFault> {
    let url = url.trim_end_matches('/');
    let root = url.strip_suffix(API_PATH).unwrap_or(url);
    web_address("--url", root)?;
    Ok(format!("{root}{API_PATH}"))
}

pub fn web_address(flag: &str, text: &str) -> Result<Uri, CliFault> {
    let uri = text
        .parse::<Uri>()
        .ok()
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    uri.ok_or_else(|| {
        CliFault::Usage(format!("{flag} must be an address such as http://localhost:3000/webhook"))
    })
}

#[derive(Deserialize)]
struct Refusal {
    error_code: String,
    message: String,
    #[serde(default)]
    errors: Vec<FieldFault>,
}

#[derive(Deserialize)]
struct FieldFault {
    field: String,
    message: String,
}

/// What the gateway says is wrong, and the fields at fault.
fn refusal(answer: &http::Response<Bytes>) -> (String, Vec<String>) {
    let status = answer.status().as_u16();
    let Ok(refusal) = serde_json::from_slice::<Refusal>(answer.body()) else {
        return (format!("HTTP {status} without a reason; is this a dgspay gateway?"), Vec::new());
    };
    let mut text = format!("HTTP {status}, code {}: {}", refusal.error_code, refusal.message);
    for fault in &refusal.errors {
        text.push_str(&format!("\n  {} {}", fault.field, fault.message));
    }
    (text, refusal.errors.into_iter().map(|fault| fault.field).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_gateway_and_of_its_api_mean_the_same() {
        for url in ["http://localhost:8080", "http://localhost:8080/generation/v2/"] {
            assert_eq!(api_base(url).unwrap(), "http://localhost:8080/generation/v2");
        }
        for url in ["localhost:8080", "ftp://x", "http://", "", "/generation/v2"] {
            assert!(api_base(url).is_err(), "{url}");
        }
    }
}
