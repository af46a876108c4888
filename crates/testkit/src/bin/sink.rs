//! A webhook receiver as a process of its own, to be killed: prints what came, then answers 200.

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use testkit::http::{read_head, read_request_body};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming().map_while(Result::ok) {
        // A sender that was killed resets its connections.
        thread::spawn(move || serve(stream).unwrap_or_default());
    }
    Ok(())
}

fn serve(stream: TcpStream) -> io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(head) = read_head(&mut reader)? {
        let body = read_request_body(&mut reader, &head)?;
        let id = head.header("webhook-id").unwrap_or_default();
        // One write, so that a kill never leaves half a line; and before the answer, so that what
        // was acknowledged was seen.
        let line = format!("{id} {}\n", String::from_utf8_lossy(&body));
        io::stdout().lock().write_all(line.as_bytes())?;
        io::stdout().flush()?;
        writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
    }
    Ok(())
}
