//! A merchant's webhook receiver. The path of the URL says how it behaves; everything it gets
//! is kept as it came.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Fields, Head, fields, read_head, read_request_body};

/// How long a test waits for a webhook before it fails with what came instead.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

const DRIP_EVERY: Duration = Duration::from_millis(100);

/// How much of what came a failed wait shows.
const SHOWN_MAX: usize = 20;

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub head: Head,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.head.header(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.head.headers))
    }

    pub fn fields(&self) -> Fields {
        fields(&String::from_utf8_lossy(&self.body))
    }

    /// The `dgs_reference` of the event, without its quotes.
    pub fn reference(&self) -> String {
        let fields = self.fields();
        fields
            .get("dgs_reference")
            .map(|text| text.trim_matches('"').to_owned())
            .unwrap_or_default()
    }
}

/// Behaviours by the first part of the path: `/ok` answers 200; `/flaky` answers 500 to the
/// first attempt of each event, then 200; `/flaky/0.3` answers 500 to 3 requests of 10; `/silent`
/// never answers; `/slow/20` answers 200 after 20 s; `/429-after/40` asks the first time to come
/// back after 40 s; `/huge` answers 200 with a body without end, `/drip` with one that never gets
/// on; `/reset` hangs up; `/301` points to `/ok`; any other number is the status answered. What
/// follows tells tests apart: `/ok/this-test`.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    received: Mutex<Vec<Received>>,
    changed: Condvar,
    is_closed: AtomicBool,
}

impl Receiver {
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let log = Arc::new(Log::default());
        let its_log = Arc::clone(&log);
        thread::spawn(move || accept(&listener, &its_log));
        Receiver { address, log }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.log.lock().clone()
    }

    /// What came to one path.
    pub fn received_at(&self, path: &str) -> Vec<Received> {
        self.log.lock().iter().filter(|one| one.path == path).cloned().collect()
    }

    /// Blocks until `is_enough` says so of all that came; panics with what came instead.
    pub fn wait_for(&self, what: &str, mut is_enough: impl FnMut(&[Received]) -> bool) {
        let mut waited = self.log.lock();
        let deadline = Instant::now() + WAIT_LIMIT;
        while !is_enough(&waited) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let count = waited.len();
                let seen: Vec<String> = waited.iter().rev().take(SHOWN_MAX).map(summary).collect();
                // Not while holding the lock: other threads go on recording.
                drop(waited);
                panic!("waited in vain for {what}; {count} came, the latest: {seen:#?}");
            }
            waited = self.log.changed.wait_timeout(waited, left).expect("no holder panicked").0;
        }
    }

    /// Blocks until `count` requests came to a path.
    pub fn wait_at(&self, path: &str, count: usize) -> Vec<Received> {
        self.wait_for(&format!("{count} at {path}"), |all| {
            all.iter().filter(|one| one.path == path).count() >= count
        });
        self.received_at(path)
    }

    /// Blocks until the event of a payment came; the first of its kind.
    pub fn wait_for_event(&self, reference: &str) -> Received {
        let of_payment = |one: &&Received| one.reference() == reference;
        self.wait_for(&format!("the event of {reference}"), |all| {
            all.iter().any(|one| of_payment(&one))
        });
        let found = self.log.lock().iter().find(of_payment).cloned();
        found.expect("it came")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.log.is_closed.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees that it is over.
        TcpStream::connect(self.address).map(drop).unwrap_or_default();
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().expect("no holder panicked")
    }

    fn record(&self, one: Received) {
        self.lock().push(one);
        self.changed.notify_all();
    }

    /// How often this body came to this path.
    fn count(&self, path: &str, body: &[u8]) -> usize {
        self.lock().iter().filter(|one| one.path == path && one.body == body).count()
    }
}

fn accept(listener: &TcpListener, log: &Arc<Log>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if log.is_closed.load(Ordering::SeqCst) {
            return;
        }
        let log = Arc::clone(log);
        // A sender that was killed resets its connections; that is no fault of the receiver.
        thread::spawn(move || serve(stream, &log).unwrap_or_default());
    }
}

fn serve(stream: TcpStream, log: &Log) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(head) = read_head(&mut reader)? {
        let body = read_request_body(&mut reader, &head)?;
        let mut words = head.first_line.split(' ').map(str::to_owned);
        let method = words.next().unwrap_or_default();
        let path = words.next().unwrap_or_default();
        log.record(Received {
            method,
            path: path.clone(),
            head,
            body: body.clone(),
            at: Instant::now(),
        });
        let mut parts = path.split('/').skip(1);
        let (behaviour, argument) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match behaviour {
            "silent" => return reader.read(&mut [0]).map(drop),
            "slow" => {
                wait_for_hang_up(&mut reader, Duration::from_secs(number(argument)))?;
                answer(&mut writer, "200")?;
            }
            "429-after" if log.count(&path, &body) == 1 => {
                let wish = format!("429 Wait\r\nRetry-After: {}", number(argument));
                answer(&mut writer, &wish)?;
            }
            "429-after" => answer(&mut writer, "200")?,
            "huge" => return pour(&mut writer, &[b'x'; 64 * 1024], None, &mut reader),
            "drip" => return pour(&mut writer, b"x", Some(DRIP_EVERY), &mut reader),
            "reset" => return Ok(()),
            "flaky" if argument.starts_with("0.") => {
                let tenths = number(argument.trim_start_matches("0."));
                let place = u64::try_from(log.lock().len() % 10).unwrap_or(0);
                answer(&mut writer, if place < tenths { "500" } else { "200" })?;
            }
            "flaky" if log.count(&path, &body) == 1 => answer(&mut writer, "500")?,
            "ok" | "flaky" => answer(&mut writer, "200")?,
            "301" => answer(&mut writer, "301 Moved\r\nLocation: /ok/redirected")?,
            status => answer(&mut writer, status)?,
        }
    }
    Ok(())
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("a number, not {text}"))
}

/// Waits until the sender has had enough, or the time is over.
fn wait_for_hang_up(reader: &mut BufReader<TcpStream>, limit: Duration) -> io::Result<()> {
    reader.get_ref().set_read_timeout(Some(limit))?;
    match reader.fill_buf() {
        Ok(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        Err(_) => Ok(()),
    }
}

/// Says 200 and then goes on until the sender hangs up.
fn pour(
    writer: &mut TcpStream,
    part: &[u8],
    every: Option<Duration>,
    reader: &mut BufReader<TcpStream>,
) -> io::Result<()> {
    writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")?;
    loop {
        writer.write_all(part)?;
        if let Some(pause) = every {
            wait_for_hang_up(reader, pause)?;
        }
    }
}

fn answer(writer: &mut TcpStream, status: &str) -> io::Result<()> {
    let status_line = match status.split_once(' ') {
        Some(_) => status.to_owned(),
        None => format!("{status} Status"),
    };
    // 204 must not have a body, and no sender needs one.
    let length = if status == "204" { "" } else { "Content-Length: 0\r\n" };
    writer.write_all(format!("HTTP/1.1 {status_line}\r\n{length}\r\n").as_bytes())
}

fn summary(one: &Received) -> String {
    format!("{} {} {}", one.method, one.path, String::from_utf8_lossy(&one.body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Connection;

    /// The harness is the judge of others, so it is judged first.
    #[test]
    fn the_path_says_how_it_behaves() {
        let receiver = Receiver::start();
        let mut connection = Connection::open(receiver.address).expect("it listens");
        for (path, expected) in
            [("/ok", 200), ("/410/x", 410), ("/flaky", 500), ("/flaky", 200), ("/301", 301)]
        {
            let body = r#"{"dgs_reference": "a"}"#;
            let head = format!("POST {path} HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
            connection.send((head + body).as_bytes()).expect("it reads");
            assert_eq!(connection.read_answer().expect("it answers").status, expected, "{path}");
        }
        assert_eq!(receiver.wait_at("/flaky", 2).len(), 2);
        assert_eq!(receiver.wait_for_event("a").path, "/ok");
        assert_eq!(receiver.received().len(), 5);
    }
}
