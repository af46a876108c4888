//! A merchant who names the address of every payment's webhook, and reads in the gateway's log
//! what became of it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use testkit::{Answer, Options, Sandbox};

use crate::ranges::OURS;

const WAIT_LIMIT: Duration = Duration::from_secs(60);

pub struct Shop {
    sandbox: Sandbox,
    /// How each attempt ended, by address, in the words of the log.
    outcomes: HashMap<String, Vec<String>>,
}

impl Shop {
    pub fn open() -> Shop {
        let options = Options::default()
            .flag("--listen", &format!("{OURS}:0"))
            .flag("--allow-loopback-webhooks", "false")
            .flag("--approval-delay-ms", "0");
        Shop { sandbox: Sandbox::start(options), outcomes: HashMap::new() }
    }

    pub fn charge(&self, callback_url: &str) -> Answer {
        let url = serde_json::Value::from(callback_url);
        let body = format!(
            r#"{{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
                "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
                "customer_last_name": "Doe", "customer_phone": "789654321",
                "customer_phone_country_code": "250", "mobile_money_network": "MTN",
                "mobile_money_phone": "789654321",
                "redirect_url": "https://yourdomain.com/payment-success", "callback_url": {url}}}"#
        );
        self.sandbox.request("POST", "/charges", &[], body)
    }

    pub fn advance_clock(&self, seconds: u64) {
        self.sandbox.advance_clock(seconds);
    }

    pub fn outcomes(&self) -> &HashMap<String, Vec<String>> {
        &self.outcomes
    }

    /// Reads the log until so many attempts were made for each address.
    pub fn wait_for_attempts(&mut self, urls: &[String], count: usize) {
        let deadline = Instant::now() + WAIT_LIMIT;
        let mut waited_for: Vec<&String> = urls.iter().collect();
        loop {
            waited_for.retain(|url| self.outcomes.get(*url).map_or(0, Vec::len) < count);
            if waited_for.is_empty() {
                return;
            }
            let line = self.sandbox.next_line(deadline).unwrap_or_else(|why| {
                panic!("no attempt number {count} for {waited_for:?} ({why:?})")
            });
            if let Some((url, word)) = read_attempt(&line) {
                self.outcomes.entry(url).or_default().push(word);
            }
        }
    }
}

/// `… webhook evt_1 -> http://example.com/ blocked_address 0 ms, attempt 1`
fn read_attempt(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.split_once("webhook evt_")?;
    let (_, rest) = rest.split_once(" -> ")?;
    let mut words = rest.split(' ');
    Some((words.next()?.to_owned(), words.next()?.to_owned()))
}
