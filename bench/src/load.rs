//! The load generator: sends charges over a number of connections, as fast as they are answered or
//! at a pace of its own, and remembers how long each took.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::request::ChargeRequest;
use crate::stopwatch::{Stopwatch, micros};
use crate::wire::{Connection, WireError};

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("a connection could not be opened: {0}")]
    Connect(std::io::Error),
    #[error("the gateway closed a connection instead of answering")]
    Closed,
    #[error("the gateway answered {status}: {body}")]
    Refused { status: u16, body: String },
    #[error("a connection's task died: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// What a load saw. Every one of its requests was answered 200.
#[derive(Debug)]
pub struct Seen {
    pub elapsed: Duration,
    pub latencies: Latencies,
}

/// What is sent, and how fast.
#[derive(Clone, Debug)]
pub struct Load {
    pub count: usize,
    /// Each has one request at a time.
    pub connections: usize,
    /// `None` for as many as are answered.
    pub per_second: Option<NonZeroU32>,
    /// The number of the first request. A key serves once in the life of a gateway.
    pub first: usize,
    /// Where the charges, in turn, want their events told; none of their own when there are none.
    pub callback_urls: Vec<String>,
}

impl Load {
    /// As fast as they are answered.
    pub fn of(count: usize, connections: usize) -> Load {
        Load { count, connections, per_second: None, first: 0, callback_urls: Vec::new() }
    }

    /// However fast they are answered.
    pub fn paced(count: usize, per_second: NonZeroU32) -> Load {
        // So many that none has to wait for an answer, as long as those take less than a second.
        let connections = 64.max(usize::try_from(per_second.get()).unwrap_or(usize::MAX) / 4);
        Load {
            count,
            connections,
            per_second: Some(per_second),
            first: 0,
            callback_urls: Vec::new(),
        }
    }

    /// How long after the first request this one is to be sent.
    fn starts_after(&self, sequence: usize) -> Duration {
        let sequence = u64::try_from(sequence).unwrap_or(u64::MAX);
        self.per_second.map_or(Duration::ZERO, |per_second| {
            Duration::from_micros(sequence.saturating_mul(1_000_000) / u64::from(per_second.get()))
        })
    }
}

pub async fn run(gateway: SocketAddr, load: Load) -> Result<Seen, LoadError> {
    // Opened before the clock starts: merchants keep theirs open too.
    let mut opened = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        opened.push(Connection::open(gateway).await.map_err(LoadError::Connect)?);
    }
    let (load, next) = (Arc::new(load), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    let stopwatch = Stopwatch::start();
    for connection in opened {
        let request = ChargeRequest::new(gateway);
        let line = Line { connection, request, stopwatch };
        tasks.spawn(line.keep_busy(Arc::clone(&load), Arc::clone(&next)));
    }
    let mut all_us = Vec::with_capacity(load.count);
    while let Some(done) = tasks.join_next().await {
        all_us.append(&mut done??);
    }
    Ok(Seen { elapsed: stopwatch.elapsed(), latencies: Latencies::new(all_us) })
}

/// One connection to the gateway.
struct Line {
    connection: Connection,
    request: ChargeRequest,
    /// Since the load began.
    stopwatch: Stopwatch,
}

impl Line {
    async fn keep_busy(
        mut self,
        load: Arc<Load>,
        next: Arc<AtomicUsize>,
    ) -> Result<Vec<u64>, LoadError> {
        let mut latencies_us = Vec::new();
        loop {
            let sequence = next.fetch_add(1, Ordering::Relaxed);
            if sequence >= load.count {
                return Ok(latencies_us);
            }
            let late_us = self.wait_until(load.starts_after(sequence)).await;
            let url = load.callback_urls.get(sequence % load.callback_urls.len().max(1));
            let took = self.send(load.first + sequence, url.map(String::as_str)).await?;
            latencies_us.push(if load.per_second.is_some() { late_us } else { 0 } + micros(took));
        }
    }

    /// Tells how late it is already. What the timer makes of a millisecond is not the gateway's
    /// fault, so it is 0 for one that had to wait.
    async fn wait_until(&self, start: Duration) -> u64 {
        let elapsed = self.stopwatch.elapsed();
        match start.checked_sub(elapsed) {
            Some(left) if !left.is_zero() => {
                tokio::time::sleep(left).await;
                0
            }
            Some(_) | None => micros(elapsed.saturating_sub(start)),
        }
    }

    async fn send(&mut self, sequence: usize, url: Option<&str>) -> Result<Duration, LoadError> {
        let bytes = self.request.numbered(sequence, url);
        let stopwatch = Stopwatch::start();
        self.connection.write(bytes).await.map_err(WireError::from)?;
        let answer = self.connection.read().await?.ok_or(LoadError::Closed)?;
        let took = stopwatch.elapsed();
        if answer.status() == Some(200) {
            return Ok(took);
        }
        Err(LoadError::Refused {
            status: answer.status().unwrap_or_default(),
            body: String::from_utf8_lossy(answer.body).into_owned(),
        })
    }
}

/// How many of `count` there were in a second.
pub fn per_second(count: usize, elapsed: Duration) -> u64 {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    count.saturating_mul(1_000_000) / micros(elapsed).max(1)
}

#[derive(Debug)]
pub struct Latencies {
    sorted_us: Vec<u64>,
}

impl Latencies {
    pub fn new(mut latencies_us: Vec<u64>) -> Latencies {
        latencies_us.sort_unstable();
        Latencies { sorted_us: latencies_us }
    }

    /// The least latency that `per_mille` of all requests did not exceed.
    pub fn percentile_us(&self, per_mille: usize) -> u64 {
        let rank = (self.sorted_us.len() * per_mille).div_ceil(1000);
        self.sorted_us.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_spreads_the_requests_over_time() {
        let load = Load::paced(1000, NonZeroU32::new(200).unwrap());
        assert_eq!(load.starts_after(0), Duration::ZERO);
        assert_eq!(load.starts_after(500), Duration::from_millis(2500));
        assert_eq!(Load::of(1000, 64).starts_after(500), Duration::ZERO);
    }

    #[test]
    fn a_percentile_is_a_latency_that_was_seen() {
        let latencies = Latencies::new((1..=1000).rev().collect());
        assert_eq!(
            [0, 500, 990, 999, 1000].map(|per_mille| latencies.percentile_us(per_mille)),
            [1, 500, 990, 999, 1000]
        );
        let few = Latencies::new(vec![30, 10, 20]);
        assert_eq!([500, 990, 999].map(|per_mille| few.percentile_us(per_mille)), [20, 30, 30]);
        assert_eq!(Latencies::new(Vec::new()).percentile_us(500), 0);
    }
}
