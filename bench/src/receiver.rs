//! A merchant's webhook receiver on this machine: notes when each event came first, however often
//! it is delivered.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::stopwatch::unix_us;
use crate::wire::{Connection, WireError};

/// How it treats a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// Acknowledges at once.
    Prompt,
    /// Acknowledges two seconds later.
    Slow,
    /// Takes the delivery and never answers.
    Silent,
    /// Answers 503, and counts nothing.
    Down,
}

const SLOW_BY: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Receiver {
    pub address: SocketAddr,
    pub url: String,
    events: Arc<Events>,
    /// Ends the receiver when it is dropped.
    _accepting: JoinSet<()>,
}

#[derive(Debug)]
struct Events {
    /// By the number of the event, in microseconds since 1970.
    came_at_us: Mutex<HashMap<i64, u64>>,
    count: watch::Sender<usize>,
    manner: watch::Sender<Manner>,
}

impl Receiver {
    /// Listens on all addresses of this machine, so that it can play many receivers.
    pub async fn start(manner: Manner) -> io::Result<Receiver> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_addr()?.port()));
        let events = Arc::new(Events {
            came_at_us: Mutex::default(),
            count: watch::Sender::new(0),
            manner: watch::Sender::new(manner),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&events)));
        let url = format!("http://{address}/webhooks");
        Ok(Receiver { address, url, events, _accepting: accepting })
    }

    pub fn become_prompt(&self) {
        self.events.manner.send_replace(Manner::Prompt);
    }

    /// Waits until `count` events have come, and tells how many have when it is over.
    pub async fn wait_for(&self, count: usize, at_most: Duration) -> usize {
        let mut seen = self.events.count.subscribe();
        // Whether it came in time or not, what matters is how many there are now.
        drop(tokio::time::timeout(at_most, seen.wait_for(|seen| *seen >= count)).await);
        *self.events.count.borrow()
    }

    /// When each event came first, by its number.
    pub fn came_at_us(&self) -> HashMap<i64, u64> {
        self.events.came_at_us.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Events {
    /// What came without the number of an event counts as one.
    fn note(&self, webhook_id: Option<&str>) {
        let came_at_us = unix_us();
        let number = webhook_id.and_then(|id| id.strip_prefix("evt_")?.parse().ok());
        let count = {
            let mut all = self.came_at_us.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(number.unwrap_or_default()).or_insert(came_at_us);
            all.len()
        };
        self.count.send_replace(count);
    }
}

async fn accept(listener: TcpListener, events: Arc<Events>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        if let Ok(connection) = Connection::over(stream) {
            connections.spawn(answer(connection, Arc::clone(&events)));
        }
    }
}

/// A delivery that could not be read is not acknowledged, and so comes again.
async fn answer(mut connection: Connection, events: Arc<Events>) -> Result<(), WireError> {
    while let Some(delivery) = connection.read().await? {
        let manner = *events.manner.borrow();
        if manner != Manner::Down {
            events.note(delivery.header("webhook-id"));
        }
        let status = match manner {
            Manner::Prompt => "200 OK",
            Manner::Slow => {
                tokio::time::sleep(SLOW_BY).await;
                "200 OK"
            }
            Manner::Silent => {
                // Until the other side has had enough.
                while connection.read().await?.is_some() {}
                return Ok(());
            }
            Manner::Down => "503 Down",
        };
        connection
            .write(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes())
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn deliver(receiver: &Receiver, event: &str) -> Option<u16> {
        let mut gateway = Connection::open(receiver.address).await.unwrap();
        let head =
            format!("POST / HTTP/1.1\r\nwebhook-id: {event}\r\nContent-Length: 2\r\n\r\n{{}}");
        gateway.write(head.as_bytes()).await.unwrap();
        gateway.read().await.unwrap().unwrap().status()
    }

    #[tokio::test]
    async fn an_event_counts_once_and_only_when_it_is_taken() {
        let receiver = Receiver::start(Manner::Down).await.unwrap();
        assert_eq!(deliver(&receiver, "evt_3").await, Some(503));
        receiver.become_prompt();
        for event in ["evt_1", "evt_1", "evt_2"] {
            assert_eq!(deliver(&receiver, event).await, Some(200));
        }
        assert_eq!(receiver.wait_for(2, Duration::from_secs(10)).await, 2);
        let mut events: Vec<i64> = receiver.came_at_us().into_keys().collect();
        events.sort_unstable();
        assert_eq!(events, [1, 2]);
    }
}
