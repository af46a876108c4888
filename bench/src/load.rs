//! The load generator: keeps a number of connections busy until a number of charges is accepted,
//! and remembers how long each took.

use std::net::SocketAddr;
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

/// Sends `count` charges over `connections` connections, each with one request at a time.
pub async fn run(gateway: SocketAddr, connections: usize, count: usize) -> Result<Seen, LoadError> {
    // Opened before the clock starts: merchants keep theirs open too.
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(gateway).await.map_err(LoadError::Connect)?);
    }
    let request = ChargeRequest::new(gateway);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let stopwatch = Stopwatch::start();
    for connection in opened {
        tasks.spawn(keep_busy(connection, request.clone(), Arc::clone(&next), count));
    }
    let mut all_us = Vec::with_capacity(count);
    while let Some(done) = tasks.join_next().await {
        all_us.append(&mut done??);
    }
    Ok(Seen { elapsed: stopwatch.elapsed(), latencies: Latencies::new(all_us) })
}

async fn keep_busy(
    mut connection: Connection,
    mut request: ChargeRequest,
    next: Arc<AtomicUsize>,
    count: usize,
) -> Result<Vec<u64>, LoadError> {
    let mut latencies_us = Vec::new();
    loop {
        let sequence = next.fetch_add(1, Ordering::Relaxed);
        if sequence >= count {
            return Ok(latencies_us);
        }
        let stopwatch = Stopwatch::start();
        connection.write(request.numbered(sequence)).await.map_err(WireError::from)?;
        let answer = connection.read().await?.ok_or(LoadError::Closed)?;
        latencies_us.push(micros(stopwatch.elapsed()));
        if answer.status() != Some(200) {
            return Err(LoadError::Refused {
                status: answer.status().unwrap_or_default(),
                body: String::from_utf8_lossy(answer.body).into_owned(),
            });
        }
    }
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
