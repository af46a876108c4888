//! The guide's routine and the served script in a real browser, where one is installed.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};
use testkit::process::Process;

use crate::desk::{Desk, card, text};

#[test]
fn what_a_browser_encrypts_is_charged() {
    let installed = Command::new("chromium").arg("--version").stdout(Stdio::null()).status();
    if !installed.is_ok_and(|status| status.success()) {
        println!("skipped: chromium is not installed");
        return;
    }
    let desk = Desk::open();
    let page = desk.sandbox.data().join("../checkout.html");
    fs::write(&page, checkout(&desk)).expect("a page can be written");
    // Stays open until it is killed at the end of this test.
    let _browser = Process::spawn(
        Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", desk.sandbox.data().join("../profile").display()))
            .args(["--remote-debugging-port=0"])
            .arg(format!("file://{}", page.display()))
            .stderr(Stdio::null()),
    );
    let made = made_by_browser(&desk);
    for way in ["encrypted", "sealed"] {
        let answer = desk.charge(made[way].clone(), json!({}));
        assert_eq!(answer.json()["transaction_status"], "successful", "{way}: {}", answer.text());
    }
    println!("chromium's cards are charged");
}

/// What the page was to tell by the address that it went to.
fn made_by_browser(desk: &Desk) -> Value {
    let told = |path: &str| path.strip_prefix("/ok/made/").map(str::to_owned);
    desk.receiver.wait_for("the browser", |all| all.iter().any(|one| told(&one.path).is_some()));
    let all = desk.receiver.received();
    let text = all.iter().find_map(|one| told(&one.path)).expect("it came");
    let bytes = URL_SAFE.decode(text).expect("base64 of the alphabet for addresses");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// A page that encrypts a card, and goes on to the receiver with what it made.
fn checkout(desk: &Desk) -> String {
    let key = &desk.sandbox.credentials().encryption_key;
    let public = desk.sandbox.request("GET", "/card-public-key", &[], "").json();
    let script = fs::read_to_string(&desk.script).expect("the script");
    format!(
        "<!doctype html><script>{script}</script><script>
         (async () => {{
           const card = {card};
           const encrypted = await dgspay.encryptCard('{key}', card);
           const sealed = await dgspay.sealCard('{public}', card);
           const made = btoa(JSON.stringify({{ encrypted, sealed }}));
           location = '{receiver}' + made.replaceAll('+', '-').replaceAll('/', '_');
         }})();
         </script>",
        card = card(),
        public = text(&public, "public_key"),
        receiver = desk.receiver.url("/ok/made/"),
    )
}
