//! The operator's listener of a running gateway, for the commands that speak to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use dialects::provider::setting::KINDS;
use http::{Method, Request, header};
use serde::Deserialize;

use super::config::{faults_of, read_file};
use crate::config::serve::{data_folder, operator_listen};
use crate::config::source::Source;
use crate::config::{local_url, variable};
use crate::egress::direct::Direct;
use crate::operator::OperatorToken;

/// Two commits, each of which may wait for a busy disk.
const PATIENCE: Duration = Duration::from_secs(30);

/// The operator's listener, as the file of settings tells it.
#[derive(Debug)]
pub struct OperatorClient {
    direct: Direct,
    url: String,
    /// The data folder of the gateway.
    pub data: PathBuf,
}

impl OperatorClient {
    pub fn of(config: &Path) -> anyhow::Result<OperatorClient> {
        let text = read_file(config)?;
        let mut source = Source::of_file(&text, KINDS, &variable);
        let data = data_folder(&mut source);
        let listen = operator_listen(&mut source);
        let listen = listen
            .filter(|_| source.faults.is_empty())
            .ok_or_else(|| faults_of(config, &source.faults))?;
        Ok(OperatorClient { direct: Direct::new(None)?, url: local_url(listen), data })
    }

    /// Sends JSON, or nothing, and returns the answer of a success.
    pub async fn call(&self, method: Method, path: &str, body: String) -> anyhow::Result<Bytes> {
        self.send(method, path, ("application/json", body.into()), PATIENCE).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        (content_type, body): (&'static str, Bytes),
        patience: Duration,
    ) -> anyhow::Result<Bytes> {
        let token = OperatorToken::read(&self.data).with_context(|| {
            format!("the token in {} cannot be read; has serve been started?", self.data.display())
        })?;
        let mut value = http::HeaderValue::try_from(format!("Bearer {}", *token))?;
        value.set_sensitive(true);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::AUTHORIZATION, value)
            .header(header::CONTENT_TYPE, content_type)
            .body(body)?;
        let answer =
            self.direct.send(request, patience).await.with_context(|| {
                format!("nobody answers at {}; does dgspay serve run?", self.url)
            })?;
        let status = answer.status();
        anyhow::ensure!(status.is_success(), "{}", refusal(status, answer.body()));
        Ok(answer.into_body())
    }
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    errors: Vec<FieldFault>,
}

#[derive(Deserialize)]
struct FieldFault {
    field: String,
    message: String,
}

fn refusal(status: http::StatusCode, body: &[u8]) -> String {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
        return format!("HTTP {status} without a reason; is this a dgspay gateway?");
    };
    let faults =
        refusal.errors.iter().map(|fault| format!("\n  {} {}", fault.field, fault.message));
    format!("HTTP {}: {}{}", status.as_u16(), refusal.message, faults.collect::<String>())
}
