//! A merchant's webhook receiver on this machine: acknowledges at once, and counts the events it
//! was told of, each once however often it is delivered.

use std::collections::HashSet;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::wire::{Connection, WireError};

#[derive(Debug)]
pub struct Receiver {
    pub url: String,
    event_count: watch::Receiver<usize>,
    /// Ends the receiver when it is dropped.
    _accepting: JoinSet<()>,
}

impl Receiver {
    pub async fn start() -> io::Result<Receiver> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/webhooks", listener.local_addr()?);
        let (sender, event_count) = watch::channel(0);
        let events = Arc::new(Events { bodies: Mutex::default(), count: sender });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, events));
        Ok(Receiver { url, event_count, _accepting: accepting })
    }

    /// Waits until `count` events have come, and tells how many have when it is over.
    pub async fn wait_for(&self, count: usize, at_most: Duration) -> usize {
        let mut seen = self.event_count.clone();
        // Whether it came in time or not, what matters is how many there are now.
        drop(tokio::time::timeout(at_most, seen.wait_for(|seen| *seen >= count)).await);
        *self.event_count.borrow()
    }
}

struct Events {
    /// An event's body is frozen, so every delivery of it carries the same bytes.
    bodies: Mutex<HashSet<Vec<u8>>>,
    count: watch::Sender<usize>,
}

async fn accept(listener: TcpListener, events: Arc<Events>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        if let Ok(connection) = Connection::over(stream) {
            connections.spawn(acknowledge(connection, Arc::clone(&events)));
        }
    }
}

/// A delivery that could not be read is not acknowledged, and so comes again.
async fn acknowledge(mut connection: Connection, events: Arc<Events>) -> Result<(), WireError> {
    while let Some(delivery) = connection.read().await? {
        let count = {
            let mut bodies = events.bodies.lock().unwrap_or_else(PoisonError::into_inner);
            bodies.insert(delivery.body.to_vec());
            bodies.len()
        };
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
        events.count.send_replace(count);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_delivered_twice_counts_once() {
        let receiver = Receiver::start().await.unwrap();
        let address = receiver.url.split('/').nth(2).unwrap().parse().unwrap();
        let mut gateway = Connection::open(address).await.unwrap();
        for body in ["one", "one", "two"] {
            let delivery = format!("POST /webhooks HTTP/1.1\r\nContent-Length: 3\r\n\r\n{body}");
            gateway.write(delivery.as_bytes()).await.unwrap();
            assert_eq!(gateway.read().await.unwrap().unwrap().status(), Some(200));
        }
        assert_eq!(receiver.wait_for(2, Duration::from_secs(10)).await, 2);
    }
}
