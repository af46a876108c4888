//! Stands between a connection and hyper: lets through only complete, well-formed request heads,
//! and answers the others itself, because hyper is more lenient and answers without a body.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::Limits;
use super::framing::{Fault, Framing};
use super::request_id::RequestId;

/// A connection whose reader sees whole request heads and untouched bodies, then an end.
#[derive(Debug)]
pub struct HeadGuard<S> {
    stream: S,
    framing: Framing,
    /// The beginning of a head whose end has not come yet.
    held: BytesMut,
    /// How many of the held bytes may be read on by now.
    released: usize,
    /// Whether the reader is told that nothing follows.
    ended: bool,
    fault: Option<Fault>,
    patience: Patience,
    limits: Limits,
}

impl<S: AsyncRead + AsyncWrite + Unpin> HeadGuard<S> {
    pub fn new(stream: S, limits: Limits) -> HeadGuard<S> {
        HeadGuard {
            stream,
            framing: Framing::default(),
            held: BytesMut::new(),
            released: 0,
            ended: false,
            fault: None,
            patience: Patience::new(limits.head_timeout),
            limits,
        }
    }

    /// Ends the connection once hyper is done with it, so that a refusal comes after the answers
    /// to the requests before it.
    pub async fn finish(mut self) {
        let linger = self.limits.linger;
        // A client that takes neither the refusal nor the end is cut off.
        let _closed = tokio::time::timeout(linger, self.close()).await;
    }

    async fn close(&mut self) -> io::Result<()> {
        if let Some(answer) = self.fault.and_then(refusal) {
            self.stream.write_all(answer.as_bytes()).await?;
        }
        self.stream.shutdown().await?;
        // Closing over unread bytes resets the connection, and the client would lose the answer.
        let mut ignored = [0; 4096];
        while !self.framing.is_idle() && self.stream.read(&mut ignored).await? > 0 {}
        Ok(())
    }

    /// Looks at what was read into `buf` from `start` on, and takes back what must wait.
    fn inspect(&mut self, buf: &mut ReadBuf<'_>, start: usize) {
        let fresh = &buf.filled()[start..];
        let fed = self.framing.feed(fresh);
        self.fault = fed.fault;
        self.ended = fed.fault.is_some();
        if fed.passed > 0 || self.held.is_empty() {
            // A head has its full time from its first byte on, whatever was waited for before.
            self.patience.renew();
        }
        if self.held.is_empty() {
            if !self.ended {
                self.held.extend_from_slice(&fresh[fed.passed..]);
            }
            buf.set_filled(start + fed.passed);
        } else {
            if fed.passed > 0 {
                self.released = self.held.len() + fed.passed;
            }
            self.held.extend_from_slice(fresh);
            buf.set_filled(start);
        }
    }

    fn hand_over_released(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.released.min(buf.remaining());
        buf.put_slice(&self.held[..count]);
        self.held.advance(count);
        self.released -= count;
    }

    fn out_of_patience(&mut self) {
        self.ended = true;
        // A connection that merely idles ends without a word: no request is there to be answered.
        if !self.framing.is_idle() {
            self.fault = Some(Fault::HeadTooSlow);
        }
    }

    /// Bounds how long a client may leave an answer untaken.
    fn written<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_pending() {
            ready!(self.patience.poll_end(cx, self.limits.write_timeout));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.patience.renew();
        outcome
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for HeadGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guard = &mut *self;
        let start = buf.filled().len();
        loop {
            if guard.released > 0 {
                guard.hand_over_released(buf);
                return Poll::Ready(Ok(()));
            }
            if guard.ended || buf.filled().len() > start {
                return Poll::Ready(Ok(()));
            }
            match Pin::new(&mut guard.stream).poll_read(cx, buf)? {
                Poll::Ready(()) if buf.filled().len() == start => guard.ended = true,
                Poll::Ready(()) => guard.inspect(buf, start),
                Poll::Pending if guard.framing.awaits_head() => {
                    ready!(guard.patience.poll_end(cx, guard.limits.head_timeout));
                    guard.out_of_patience();
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for HeadGuard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(outcome, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Nothing yet: `finish` may have a last word to say.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// How long the peer is still waited for. One timer serves reading and writing, as hyper awaits
/// the next head only when the last answer is written.
#[derive(Debug)]
struct Patience {
    timer: Pin<Box<Sleep>>,
    is_running: bool,
}

impl Patience {
    fn new(first: Duration) -> Patience {
        Patience { timer: Box::pin(tokio::time::sleep(first)), is_running: false }
    }

    /// The next wait starts anew.
    fn renew(&mut self) {
        self.is_running = false;
    }

    fn poll_end(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        if !self.is_running {
            self.timer.as_mut().reset(Instant::now() + limit);
            self.is_running = true;
        }
        self.timer.as_mut().poll(cx)
    }
}

/// Our answer to a request that hyper never sees. It has the form of every other error.
fn refusal(fault: Fault) -> Option<String> {
    let status = match fault {
        Fault::RequestLineMalformed
        | Fault::VersionUnsupported
        | Fault::LineMalformed
        | Fault::HeaderMalformed
        | Fault::HostNotOnce
        | Fault::LengthMalformed
        | Fault::EncodingRefused => "400 Bad Request",
        Fault::HeadTooSlow => "408 Request Timeout",
        Fault::HeadTooLarge => "431 Request Header Fields Too Large",
        // The head was good, so whoever reads the body answers.
        Fault::ChunkMalformed => return None,
    };
    let request_id = RequestId::make();
    let body = format!(
        r#"{{"status":"failed","error_code":"90","message":"{fault}","request_id":"{request_id}"}}"#
    );
    Some(format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Request-Id: {request_id}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A peer whose writes arrive exactly as they were cut.
    struct Pieces(VecDeque<Vec<u8>>);

    impl AsyncRead for Pieces {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if let Some(piece) = self.0.pop_front() {
                buf.put_slice(&piece);
            }
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Pieces {
        fn poll_write(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    async fn read_through(pieces: impl IntoIterator<Item = &[u8]>) -> (Vec<u8>, Option<Fault>) {
        let pieces = Pieces(pieces.into_iter().map(<[u8]>::to_vec).collect());
        let mut guard = HeadGuard::new(pieces, Limits::default());
        let mut read = Vec::new();
        // A small buffer, so that released bytes are handed over in several parts.
        let mut part = [0; 48];
        loop {
            let count = guard.read(&mut part).await.unwrap();
            if count == 0 {
                return (read, guard.fault);
            }
            read.extend_from_slice(&part[..count]);
        }
    }

    const GOOD: &[u8] = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\
        POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
        GET /c HTTP/1.1\r\nHost: h\r\n\r\n";

    #[tokio::test]
    async fn messages_pass_unchanged_however_they_are_cut() {
        for size in 1..=48 {
            let (read, fault) = read_through(GOOD.chunks(size)).await;
            assert_eq!((read.as_slice(), fault), (GOOD, None), "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn no_byte_of_a_bad_head_is_seen() {
        let sent = [GOOD, b"GET /d HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n"].concat();
        for size in 1..=48 {
            let (read, fault) = read_through(sent.chunks(size)).await;
            assert_eq!((read.as_slice(), fault), (GOOD, Some(Fault::HeaderMalformed)), "{size}");
        }
    }
}
