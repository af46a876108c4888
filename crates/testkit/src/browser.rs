//! A real browser, driven by Debian's chromedriver over WebDriver (W3C), which is plain HTTP.

use std::io;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Connection;
use crate::process::Process;

const START_LIMIT: Duration = Duration::from_secs(60);
/// The name under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

#[derive(Debug)]
pub struct Browser {
    address: SocketAddr,
    session: String,
    _driver: Process,
}

impl Browser {
    /// `None`, with a printed note, where Chromium or its driver is not installed.
    pub fn open() -> Option<Browser> {
        for program in ["chromium", "chromedriver"] {
            let found = Command::new(program).arg("--version").stdout(Stdio::null()).status();
            if !found.is_ok_and(|status| status.success()) {
                println!("skipped: {program} is not installed");
                return None;
            }
        }
        let driver =
            Process::spawn(Command::new("chromedriver").arg("--port=0").stderr(Stdio::null()));
        let line = driver.wait_for_line(START_LIMIT, |line| line.contains("started successfully"));
        let port = line.trim_end_matches('.').rsplit(' ').next().and_then(|word| word.parse().ok());
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("the line names the port")));
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments}}}});
        let made = call(address, "POST", "/session", &wanted).expect("a session");
        let session = format!("/session/{}", made["sessionId"].as_str().expect("an id"));
        Some(Browser { address, session, _driver: driver })
    }

    pub fn visit(&self, url: &str) {
        self.call("POST", "/url", &json!({"url": url}));
    }

    /// Clicks what a CSS selector finds first, and waits for the page that it leads to.
    pub fn click(&self, selector: &str) {
        let wish = json!({"using": "css selector", "value": selector});
        let found = self.call("POST", "/element", &wish);
        let element = found[ELEMENT].as_str().expect("an element");
        self.call("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Runs a script in the page; what it hands to its last argument.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.call("POST", "/execute/async", &json!({"script": script, "args": arguments}))
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        call(self.address, method, &format!("{}{path}", self.session), body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser; its driver alone would leave it behind.
        call(self.address, "DELETE", &self.session, &json!({})).map(drop).unwrap_or_default();
    }
}

/// The `value` of an answer.
fn call(address: SocketAddr, method: &str, path: &str, body: &Value) -> io::Result<Value> {
    let body = body.to_string();
    let mut connection = Connection::open(address)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    connection.send((head + &body).as_bytes())?;
    let answer = connection.read_answer()?;
    match answer.status {
        200 => Ok(answer.json()["value"].clone()),
        _ => Err(io::Error::other(answer.text().into_owned())),
    }
}
