//! Follows the gateway's feed of events, through its restarts and the network's, the laptop's sleep
//! included. It moves on only from what it has been given.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::CliFault;
use super::client::{ApiClient, CallFault};

/// How long one question waits for the next event; an interruption that nobody reports, such as
/// the laptop's sleep, is noticed as late as that.
const WAIT: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize, Serialize)]
pub struct FeedEvent {
    pub id: String,
    pub r#type: String,
    pub created_at: String,
    pub dgs_reference: String,
    /// To the byte what webhooks carry.
    pub body: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<FeedEvent>,
    next_after: Option<String>,
}

#[derive(Debug)]
pub struct Feed<'a> {
    client: &'a ApiClient,
    /// Comma list; all when `None`.
    types: Option<String>,
    /// The last event that was given; `None` is before the oldest.
    pub after: Option<String>,
}

impl<'a> Feed<'a> {
    pub fn after(client: &'a ApiClient, after: Option<String>) -> Feed<'a> {
        Feed { client, types: None, after }
    }

    /// What happens from now on. Waits for a gateway that cannot be reached yet.
    pub async fn from_now(client: &'a ApiClient) -> Result<Feed<'a>, CliFault> {
        let mut feed = Feed::after(client, Some("now".to_owned()));
        let page = feed.page_when_there_is_one(Duration::ZERO).await?;
        feed.after = page.next_after;
        Ok(feed)
    }

    /// The same, from a gateway that must be there.
    pub async fn from_now_at_once(client: &'a ApiClient) -> Result<Feed<'a>, CliFault> {
        let mut feed = Feed::after(client, Some("now".to_owned()));
        feed.after = feed.page(Duration::ZERO).await?.next_after;
        Ok(feed)
    }

    pub fn only(self, types: Option<String>) -> Feed<'a> {
        Feed { types, ..self }
    }

    /// The next events, however long it takes for one to happen.
    pub async fn next(&mut self) -> Result<Vec<FeedEvent>, CliFault> {
        loop {
            let page = self.page_when_there_is_one(WAIT).await?;
            self.after = page.next_after;
            if !page.data.is_empty() {
                return Ok(page.data);
            }
        }
    }

    async fn page_when_there_is_one(&self, wait: Duration) -> Result<Page, CliFault> {
        let mut pauses = Pauses::up_to(Duration::from_secs(5));
        let mut is_away = false;
        loop {
            match self.page(wait).await {
                Ok(page) => {
                    if is_away {
                        eprintln!("dgspay: the gateway is there again");
                    }
                    return Ok(page);
                }
                Err(CallFault::Away(why)) => {
                    if !is_away {
                        eprintln!("dgspay: the gateway is not there ({why}); trying until it is");
                    }
                    is_away = true;
                    tokio::time::sleep(pauses.next_pause()).await;
                }
                Err(CallFault::Refused { fields, .. })
                    if fields.iter().any(|field| field == "after") =>
                {
                    return Err(CliFault::EventUnknown(self.after.clone().unwrap_or_default()));
                }
                Err(refused) => return Err(refused.into()),
            }
        }
    }

    async fn page(&self, wait: Duration) -> Result<Page, CallFault> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("wait", &wait.as_secs().to_string());
        if let Some(after) = &self.after {
            query.append_pair("after", after);
        }
        if let Some(types) = &self.types {
            query.append_pair("types", types);
        }
        let answer = self.client.get(&format!("/events?{}", query.finish()), wait).await?;
        serde_json::from_slice(&answer)
            .map_err(|error| CallFault::Away(format!("an unreadable answer: {error}")))
    }
}

/// Pauses between attempts, each twice as long as the one before.
#[derive(Debug)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    pub fn up_to(longest: Duration) -> Pauses {
        Pauses { next: Duration::from_millis(250), longest }
    }

    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        pause
    }
}
