//! A browser without scripts: it keeps cookies, says where its forms come from, and sends back the
//! hidden fields of the page it stands on.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use testkit::sandbox::Options;
use testkit::{Answer, Client, Credentials, Sandbox};

pub const PASSWORD: &str = "correct horse battery";
pub const OWNER: &str = "owner@example.com";
pub const ROOT: &str = "/smart-merchant/";

#[derive(Clone)]
pub struct Browser {
    pub client: Client,
    pub cookies: BTreeMap<String, String>,
}

/// A sandbox whose owner has [`PASSWORD`].
pub fn sandbox(options: Options) -> Sandbox {
    Sandbox::start(options.flag("--portal-password", PASSWORD))
}

impl Browser {
    pub fn at(address: SocketAddr) -> Browser {
        let nothing = String::new;
        let credentials = Credentials {
            api_key: nothing(),
            account_number: nothing(),
            encryption_key: nothing(),
            webhook_secret: nothing(),
        };
        let client = Client { address, base_path: nothing(), credentials };
        Browser { client, cookies: BTreeMap::new() }
    }

    /// The owner of a sandbox, signed in.
    pub fn owner(sandbox: &Sandbox) -> Browser {
        let mut browser = Browser::at(sandbox.api.address);
        browser.sign_in(OWNER, PASSWORD);
        browser
    }

    pub fn sign_in(&mut self, email: &str, password: &str) {
        let answer = self.try_sign_in(email, password);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }

    pub fn try_sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("sign-in", &[("email", email), ("password", password)])
    }

    /// A page below the root.
    pub fn get(&mut self, page: &str) -> Answer {
        let cookie = self.cookie();
        let headers = [("Cookie", cookie.as_str())];
        let answer = self.client.bare_request("GET", &format!("{ROOT}{page}"), &headers, "");
        self.keep_cookies(&answer);
        answer
    }

    /// A page that must be there.
    pub fn page(&mut self, page: &str) -> String {
        let answer = self.get(page);
        assert_eq!(answer.status, 200, "{page}: {}", answer.text());
        answer.text().into_owned()
    }

    /// Sends a form as it stands on a page of ours, with the token of this session.
    pub fn post(&mut self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        let token = self.token();
        fields.push(("form_token", token.as_str()));
        let origin = format!("http://{}", self.client.address);
        self.post_with(page, &[("Origin", &origin)], &fields)
    }

    pub fn post_with(
        &mut self,
        page: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answer {
        let cookie = self.cookie();
        let mut all = vec![
            ("Cookie", cookie.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        all.extend_from_slice(headers);
        let answer =
            self.client.bare_request("POST", &format!("{ROOT}{page}"), &all, encoded(fields));
        self.keep_cookies(&answer);
        answer
    }

    /// The token that forms of this session carry; empty where there is none.
    pub fn token(&mut self) -> String {
        if self.cookies.is_empty() {
            return String::new();
        }
        let page = self.get("profile");
        let page = if page.status == 200 { page } else { self.get("sign-in/code") };
        let text = page.text().into_owned();
        between(&text, "name=\"form_token\" value=\"", "\"").unwrap_or_default().to_owned()
    }

    fn cookie(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for (name, value) in &answer.head.headers {
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let (pair, rest) = value.split_once(';').expect("attributes");
            let (name, text) = pair.split_once('=').expect("a name and a value");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), text.to_owned());
            }
        }
    }
}

pub fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        let escaped = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        });
        escaped.collect()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// A charge that the sandbox takes, with texts of the caller's own; its answer.
pub fn charge(sandbox: &Sandbox, name: &str, narration: &str) -> Answer {
    let body = serde_json::json!({
        "amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
        "customer_email": "jane@example.com", "customer_first_name": name,
        "customer_last_name": "Doe", "customer_phone": "789654321",
        "customer_phone_country_code": "250", "redirect_url": "https://shop.example/done",
        "narration": narration, "mobile_money_network": "MTN", "mobile_money_phone": "789654321",
    });
    sandbox.request("POST", "/charges", &[], body.to_string())
}
