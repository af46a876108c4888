//! A merchant's receiver as a process that a test can kill: it writes a line with each event's
//! id, reference and signature check to a file before it answers 200.
//! `durable_receiver ADDRESS FILE SECRET`

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use testkit::http::{fields, read_head, read_request_body};
use testkit::signature;

fn main() -> io::Result<()> {
    let [_, address, file, secret] = <[String; 4]>::try_from(env::args().collect::<Vec<_>>())
        .map_err(|_| io::Error::other("durable_receiver ADDRESS FILE SECRET"))?;
    let listener = TcpListener::bind(address)?;
    println!("listening");
    let mut journal = OpenOptions::new().create(true).append(true).open(file)?;
    for stream in listener.incoming() {
        // A sender that was killed leaves broken connections behind.
        if let Err(error) = stream.and_then(|stream| serve(stream, &mut journal, &secret)) {
            println!("{error}");
        }
    }
    Ok(())
}

/// One connection at a time is enough: there is one sender, and it sends one event at a time.
fn serve(stream: TcpStream, journal: &mut File, secret: &str) -> io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let Some(head) = read_head(&mut reader)? else { return Ok(()) };
    let body = read_request_body(&mut reader, &head)?;
    let is_signed = head.header("x-dgs-signature") == Some(&signature::dgs(secret, &body));
    let event = fields(&String::from_utf8_lossy(&body));
    let line = format!(
        "{} {} {}\n",
        head.header("webhook-id").unwrap_or_default(),
        event.get("dgs_reference").map_or("", |text| text.trim_matches('"')),
        if is_signed { "signed" } else { "FORGED" },
    );
    journal.write_all(line.as_bytes())?;
    writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
