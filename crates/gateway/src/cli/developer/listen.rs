//! `dgspay listen`: brings a developer's own machine, which no webhook reaches, every event of the
//! account once and in order.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::CliFault;
use super::client::{ApiArgs, ApiClient};
use super::cursor::{Cursor, Found};
use super::fault::EXIT_CODES;
use super::feed::{Feed, FeedEvent, Pauses};
use super::forward::{Attempt, Forwarder, SecretArgs};

/// The longest pause before a receiver that does not answer 200 is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(10);

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct ListenArgs {
    /// Where events go, such as http://localhost:3000/webhook
    #[arg(long, value_name = "URL")]
    forward_to: String,

    #[command(flatten)]
    secret: SecretArgs,

    #[command(flatten)]
    api: ApiArgs,

    /// Where to remember the last event that was answered with 200
    #[arg(long, value_name = "FILE", default_value = ".dgspay-cursor")]
    cursor: PathBuf,

    /// Without a cursor, begin with the account's oldest event instead of the next one
    #[arg(long)]
    from_oldest: bool,

    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct ReadyLine<'a> {
    ready: bool,
    forward_to: &'a str,
    after: Option<&'a str>,
}

#[derive(Serialize)]
struct AttemptLine<'a> {
    id: &'a str,
    r#type: &'a str,
    created_at: &'a str,
    dgs_reference: &'a str,
    attempt: u32,
    http_status: Option<u16>,
    fault: Option<String>,
    latency_ms: u64,
    /// `null` once it is delivered.
    next_attempt_in_ms: Option<u64>,
}

pub async fn run(args: ListenArgs) -> Result<(), CliFault> {
    let client = ApiClient::new(&args.api)?;
    let forwarder = Forwarder::new(&client.direct, &args.forward_to, &args.secret)?;
    let number = args.api.account_number.as_deref();
    let (cursor, found) = Cursor::open(&args.cursor, number)?;
    let mut feed = match found {
        Found::After(after) => Feed::after(&client, after),
        Found::Nothing if args.from_oldest => Feed::after(&client, None),
        Found::Nothing => Feed::from_now(&client).await?,
    };
    // Whoever reads "Ready" may rely on every event that happens from then on.
    cursor.advance(feed.after.as_deref())?;
    print_ready(&args, feed.after.as_deref())?;
    loop {
        for event in feed.next().await.map_err(|fault| with_way_out(fault, &args))? {
            deliver(&forwarder, &event, args.json).await?;
            cursor.advance(Some(&event.id))?;
        }
    }
}

/// Sends the event until it is answered with 200: the next one must not overtake it.
async fn deliver(forwarder: &Forwarder<'_>, event: &FeedEvent, json: bool) -> Result<(), CliFault> {
    let mut pauses = Pauses::up_to(PAUSE_MAX);
    for number in 1.. {
        let attempt = forwarder.attempt(event).await;
        let pause = (!attempt.is_delivered()).then(|| pauses.next_pause());
        print_attempt(event, (number, &attempt), pause, json)?;
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => break,
        }
    }
    Ok(())
}

/// A cursor can outlive the data it points into.
fn with_way_out(fault: CliFault, args: &ListenArgs) -> CliFault {
    let CliFault::EventUnknown(_) = &fault else { return fault };
    let cursor = args.cursor.display();
    CliFault::Refused(format!("{fault}. To begin anew, remove {cursor} or name another --cursor"))
}

fn print_ready(args: &ListenArgs, after: Option<&str>) -> Result<(), CliFault> {
    let forward_to = args.forward_to.as_str();
    if args.json {
        return print_line(&ReadyLine { ready: true, forward_to, after });
    }
    let place = match after {
        Some(after) => format!("every event after {after}"),
        None => "every event".to_owned(),
    };
    writeln!(stdout(), "Ready: {place} goes to {forward_to}")?;
    Ok(())
}

fn print_attempt(
    event: &FeedEvent,
    (number, attempt): (u32, &Attempt),
    pause: Option<Duration>,
    json: bool,
) -> Result<(), CliFault> {
    let FeedEvent { id, r#type, created_at, dgs_reference, .. } = event;
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if json {
        return print_line(&AttemptLine {
            id,
            r#type,
            created_at,
            dgs_reference,
            attempt: number,
            http_status: attempt.result.as_ref().ok().copied(),
            fault: attempt.result.as_ref().err().map(ToString::to_string),
            latency_ms: ms(attempt.latency),
            next_attempt_in_ms: pause.map(ms),
        });
    }
    let then = match pause {
        Some(pause) => format!("; attempt {number}, again in {} s", pause.as_secs_f32()),
        None => String::new(),
    };
    writeln!(stdout(), "{created_at}  {type}  {dgs_reference}  {id}  -> {attempt}{then}")?;
    Ok(())
}

pub fn print_line(line: &impl Serialize) -> Result<(), CliFault> {
    let text = serde_json::to_string(line).unwrap_or_default();
    writeln!(stdout(), "{text}")?;
    Ok(())
}
