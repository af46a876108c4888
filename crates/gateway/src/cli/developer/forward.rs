//! Sends an event to the developer's own receiver, signed as a webhook is.

use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use dialects::webhook::{Dgs, Dialect, Message, Secrets, WebhookSecret};
use domain::limits::ATTEMPT_TIMEOUT;
use http::{Request, Uri, header};
use tokio::time::Instant;

use super::CliFault;
use super::client::web_address;
use super::feed::FeedEvent;
use crate::clock::Clock;
use crate::egress::AGENT;
use crate::egress::direct::{Direct, DirectFault};

/// What a receiver checks.
#[derive(Args, Debug)]
pub struct SecretArgs {
    /// The account's webhook secret, which signs what is forwarded
    #[arg(long, env = "DGSPAY_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRET")]
    webhook_secret: Option<String>,
}

#[derive(Debug)]
pub struct Forwarder<'a> {
    direct: &'a Direct,
    uri: Uri,
    secret: WebhookSecret,
    clock: Clock,
}

/// What became of one attempt.
#[derive(Debug)]
pub struct Attempt {
    pub result: Result<u16, DirectFault>,
    pub latency: Duration,
}

impl Attempt {
    pub fn is_delivered(&self) -> bool {
        self.result == Ok(200)
    }
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.result {
            Ok(status) => write!(f, "{status} in {} ms", self.latency.as_millis()),
            Err(fault) => write!(f, "{fault}"),
        }
    }
}

impl<'a> Forwarder<'a> {
    pub fn new(direct: &'a Direct, url: &str, args: &SecretArgs) -> Result<Self, CliFault> {
        let secret = args.webhook_secret.as_deref().filter(|secret| !secret.is_empty());
        let missing = || {
            let message = "what is forwarded is signed, so the webhook secret is needed: give \
                           --webhook-secret or DGSPAY_WEBHOOK_SECRET. The sandbox prints it when \
                           it starts, beside \"Webhook secret\"";
            CliFault::Usage(message.to_owned())
        };
        Ok(Forwarder {
            direct,
            uri: web_address("--forward-to", url)?,
            secret: WebhookSecret::new(secret.ok_or_else(missing)?),
            clock: Clock::default(),
        })
    }

    pub async fn attempt(&self, event: &FeedEvent) -> Attempt {
        let started_at = Instant::now();
        let body = Bytes::copy_from_slice(event.body.get().as_bytes());
        let mut request = Request::post(&self.uri)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, AGENT);
        // By the world's clock, which receivers compare with their own, even where the sandbox's
        // has been moved ahead.
        let seconds = self.clock.now().as_secs();
        let message = Message { event_id: &event.id, unix_seconds: seconds, body: &body };
        for (name, value) in Dgs.sign(&Secrets { lead: &self.secret, other: None }, &message) {
            request = request.header(name, value);
        }
        let result = match request.body(body) {
            Ok(request) => self.direct.send(request, ATTEMPT_TIMEOUT).await,
            Err(error) => Err(DirectFault::NoAnswer(error.to_string())),
        };
        let result = result.map(|answer| answer.status().as_u16());
        Attempt { result, latency: started_at.elapsed() }
    }
}
