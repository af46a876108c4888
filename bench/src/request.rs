//! The request that every measure sends: the guide's mobile money charge, each under an
//! idempotency key of its own.

use std::net::SocketAddr;

pub const API_KEY: &str = "sk_test_BenchBenchBenchBenchBenchBenchBenchBench";
pub const ACCOUNT_NUMBER: &str = "ACC-0001234";

const BODY: &str = r#"{"amount":2000,"currency":"RWF","payment_type":"mobile_money","customer_email":"jane.doe@example.com","customer_first_name":"Jane","customer_last_name":"Doe","customer_phone":"789654321","customer_phone_country_code":"250","redirect_url":"https://yourdomain.com/payment-success","narration":"Payment for Invoice #5678","mobile_money_network":"MTN","mobile_money_phone":"789654321"}"#;

/// What stands before the address in a body that names one.
const CALLBACK_URL: &str = r#","callback_url":""#;

/// A request in pieces, and the last one that was put together from them.
#[derive(Clone, Debug)]
pub struct ChargeRequest {
    head: String,
    text: String,
}

impl ChargeRequest {
    pub fn new(gateway: SocketAddr) -> ChargeRequest {
        let head = format!(
            "POST /generation/v2/charges HTTP/1.1\r\nHost: {gateway}\r\n\
             X-DGS-API-Key: {API_KEY}\r\nX-DGS-ACCOUNT-NUMBER: {ACCOUNT_NUMBER}\r\n\
             Content-Type: application/json\r\nIdempotency-Key: "
        );
        ChargeRequest { head, text: String::new() }
    }

    /// The request number `sequence`, with the address that it wants its event told.
    pub fn numbered(&mut self, sequence: usize, callback_url: Option<&str>) -> &[u8] {
        self.text.clear();
        self.text += &self.head;
        self.text += &idempotency_key(sequence);
        let extra = callback_url.map_or(0, |url| CALLBACK_URL.len() + url.len() + 1);
        self.text += &format!("\r\nContent-Length: {}\r\n\r\n", BODY.len() + extra);
        self.text += BODY.trim_end_matches('}');
        if let Some(url) = callback_url {
            for piece in [CALLBACK_URL, url, "\""] {
                self.text += piece;
            }
        }
        self.text += "}";
        self.text.as_bytes()
    }
}

/// Merchants' keys come in no order (most are UUIDs), which costs an index more than keys in
/// order would: so these come in none either, yet are the same in every run.
fn idempotency_key(sequence: usize) -> String {
    let sequence = u64::try_from(sequence).unwrap_or(u64::MAX);
    format!("{:016x}{sequence:016x}", scatter(sequence))
}

/// SplitMix64: numbers without an order that are the same in every run.
pub fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_requests_differ_in_the_key_alone() {
        let mut request = ChargeRequest::new(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let first = String::from_utf8(request.numbered(1, None).to_vec()).unwrap();
        let second = String::from_utf8(request.numbered(2, None).to_vec()).unwrap();
        assert_ne!(first, second);
        assert_eq!(first.replace(&idempotency_key(1), &idempotency_key(2)), second);
        assert!(second.ends_with(BODY));
    }

    #[test]
    fn a_callback_url_is_one_more_field() {
        let mut request = ChargeRequest::new(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let text = String::from_utf8(request.numbered(1, Some("http://a/")).to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(body.ends_with(r#""mobile_money_phone":"789654321","callback_url":"http://a/"}"#));
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
    }
}
