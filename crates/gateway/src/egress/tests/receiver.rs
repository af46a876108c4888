//! A merchant's server as bad as need be: it writes the bytes it is told to, and tells what it got.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// What the receiver does after it has written its answer.
#[derive(Clone, Copy)]
pub(super) enum Then {
    WaitForMore,
    Close,
    /// Writes this again and again until nobody takes it.
    Repeat(&'static [u8]),
}

#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    Connection,
    Request(String),
    /// The connection is over; so many bytes of answer could be written to it.
    End {
        written: usize,
    },
}

pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    pub(super) seen: mpsc::UnboundedReceiver<Seen>,
}

impl Receiver {
    pub(super) async fn start(answer: &'static str, then: Then) -> Receiver {
        Receiver::start_with(answer, then, None).await
    }

    pub(super) async fn start_with(
        answer: &'static str,
        then: Then,
        tls: Option<TlsAcceptor>,
    ) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, seen) = mpsc::unbounded_channel();
        let tls = Arc::new(tls);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tell, tls) = (tell.clone(), Arc::clone(&tls));
                tokio::spawn(async move {
                    tell.send(Seen::Connection).ok();
                    let written = match tls.as_ref() {
                        None => talk(stream, answer, then, &tell).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => talk(stream, answer, then, &tell).await,
                            Err(_) => 0,
                        },
                    };
                    tell.send(Seen::End { written }).ok();
                });
            }
        });
        Receiver { address, seen }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hooks?a=1", self.address)
    }

    /// The next request, passing over what is told of connections.
    pub(super) async fn next_request(&mut self) -> String {
        loop {
            match self.seen.recv().await.unwrap() {
                Seen::Request(request) => return request,
                Seen::Connection | Seen::End { .. } => {}
            }
        }
    }

    /// Everything told until the next connection's end.
    pub(super) async fn until_end(&mut self) -> Vec<Seen> {
        let mut all = Vec::new();
        loop {
            all.push(self.seen.recv().await.unwrap());
            if matches!(all.last(), Some(Seen::End { .. })) {
                return all;
            }
        }
    }
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &str,
    then: Then,
    tell: &mpsc::UnboundedSender<Seen>,
) -> usize {
    let mut written = 0;
    while let Some(request) = read_request(&mut stream).await {
        tell.send(Seen::Request(request)).ok();
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return written;
        }
        written += answer.len();
        match then {
            Then::WaitForMore => {}
            Then::Close => return written,
            Then::Repeat(bytes) => {
                while stream.write_all(bytes).await.is_ok() {
                    written += bytes.len();
                }
                return written;
            }
        }
    }
    written
}

/// Head and body as one text; `None` when the other side is gone.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text.into_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
