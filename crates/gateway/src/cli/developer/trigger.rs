//! `dgspay trigger`: makes an event happen for real. It asks the sandbox for a payment and waits
//! for its end; nothing is canned.

use std::io::{Write, stdout};
use std::time::Duration;

use clap::Args;
use serde_json::value::RawValue;

use super::CliFault;
use super::client::{ApiArgs, ApiClient};
use super::fault::EXIT_CODES;
use super::feed::{Feed, FeedEvent};
use super::listen::print_line;
use super::recipe::Recipe;

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct TriggerArgs {
    /// The event to bring about: payment.success, payment.failed, disbursement.success, …
    event: String,

    /// Change a field of the request; an empty value leaves it out
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    #[command(flatten)]
    api: ApiArgs,

    /// Seconds to wait for the event
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,

    /// One JSON object per line: the gateway's answer, then the event
    #[arg(long)]
    json: bool,
}

pub async fn run(args: TriggerArgs) -> Result<(), CliFault> {
    let recipe = Recipe::find(&args.event)?;
    let body = recipe.body(&args.set)?;
    let client = ApiClient::new(&args.api)?;
    if !client.is_test {
        let message = "trigger makes payments, so it takes keys of the sandbox alone (sk_test_…)";
        return Err(CliFault::Usage(message.to_owned()));
    }
    // Found before the payment is asked for, so that its event cannot be missed.
    let mut feed = Feed::from_now_at_once(&client).await?;
    let answer = client.post(recipe.path, body).await?;
    let reference = reference(&answer, recipe.reference).ok_or_else(|| {
        CliFault::Refused(format!("no payment came of it: {}", String::from_utf8_lossy(&answer)))
    })?;
    if args.json {
        let raw: &RawValue = serde_json::from_slice(&answer).unwrap_or(RawValue::NULL);
        print_line(&raw)?;
    } else {
        writeln!(stdout(), "{reference}  pending")?;
    }
    let event =
        tokio::time::timeout(Duration::from_secs(args.timeout), event_of(&mut feed, &reference))
            .await
            .map_err(|_| {
                CliFault::Late(format!("{reference} has no event after {} s", args.timeout))
            })??;
    if args.json {
        print_line(&event)?;
    } else {
        writeln!(stdout(), "{reference}  {}  {}\n{}", event.r#type, event.id, event.body)?;
    }
    if event.r#type == recipe.event {
        return Ok(());
    }
    Err(CliFault::Refused(format!("{} came instead of {}", event.r#type, recipe.event)))
}

fn reference(answer: &[u8], member: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    answer.get(member)?.as_str().map(str::to_owned)
}

async fn event_of(feed: &mut Feed<'_>, reference: &str) -> Result<FeedEvent, CliFault> {
    loop {
        let events = feed.next().await?;
        if let Some(event) = events.into_iter().find(|event| event.dgs_reference == reference) {
            return Ok(event);
        }
    }
}
