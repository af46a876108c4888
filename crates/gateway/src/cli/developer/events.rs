//! `dgspay events`: shows events as they happen, and has one sent again.

use std::io::{Write, stdout};

use clap::{Args, Subcommand};
use serde::Deserialize;

use super::CliFault;
use super::client::{ApiArgs, ApiClient};
use super::fault::EXIT_CODES;
use super::feed::{Feed, FeedEvent};
use super::forward::{Forwarder, SecretArgs};
use super::listen::print_line;

#[derive(Subcommand, Debug)]
pub enum EventsCommand {
    /// Show the account's events as they happen
    Tail(TailArgs),
    /// Send an event again: to its endpoints, or to an address of yours
    Resend(ResendArgs),
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct TailArgs {
    #[command(flatten)]
    api: ApiArgs,

    /// Only these, such as payment.success,payment.failed
    #[arg(long, value_name = "TYPES")]
    types: Option<String>,

    /// Begin after this event instead of with the next one
    #[arg(long, value_name = "EVENT", conflicts_with = "from_oldest")]
    after: Option<String>,

    /// Begin with the account's oldest event
    #[arg(long)]
    from_oldest: bool,

    /// One JSON object per line, as the API gives it
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct ResendArgs {
    /// The event's id, evt_…
    event: String,

    /// Send it here, from this machine, instead of to its endpoints
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,

    #[command(flatten)]
    secret: SecretArgs,

    #[command(flatten)]
    api: ApiArgs,
}

pub async fn run(command: EventsCommand) -> Result<(), CliFault> {
    match command {
        EventsCommand::Tail(args) => tail(args).await,
        EventsCommand::Resend(args) => resend(args).await,
    }
}

async fn tail(args: TailArgs) -> Result<(), CliFault> {
    let client = ApiClient::new(&args.api)?;
    let feed = if args.from_oldest || args.after.is_some() {
        Feed::after(&client, args.after)
    } else {
        Feed::from_now(&client).await?
    };
    let mut feed = feed.only(args.types);
    loop {
        for event in feed.next().await? {
            if args.json {
                print_line(&event)?;
            } else {
                let FeedEvent { id, r#type, created_at, dgs_reference, .. } = event;
                writeln!(stdout(), "{created_at}  {type}  {dgs_reference}  {id}")?;
            }
        }
    }
}

#[derive(Deserialize)]
struct Single {
    data: FeedEvent,
}

async fn resend(args: ResendArgs) -> Result<(), CliFault> {
    let client = ApiClient::new(&args.api)?;
    let id = &args.event;
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(CliFault::Usage(format!("{id} is no event's id; they begin with evt_")));
    }
    let Some(url) = &args.forward_to else {
        client.post(&format!("/events/{id}/resend"), "{}".to_owned()).await?;
        writeln!(stdout(), "{id} is sent to its endpoints again")?;
        return Ok(());
    };
    let forwarder = Forwarder::new(&client.direct, url, &args.secret)?;
    let answer = client.get(&format!("/events/{id}"), std::time::Duration::ZERO).await?;
    let single: Single = serde_json::from_slice(&answer)
        .map_err(|error| CliFault::Refused(format!("an unreadable answer: {error}")))?;
    let attempt = forwarder.attempt(&single.data).await;
    if !attempt.is_delivered() {
        return Err(CliFault::Refused(format!("{id} -> {attempt}")));
    }
    writeln!(stdout(), "{id} -> {attempt}")?;
    Ok(())
}
