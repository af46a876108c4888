//! The request that every measure sends: the guide's mobile money charge, each under an
//! idempotency key of its own.

use std::net::SocketAddr;
use std::ops::Range;

pub const API_KEY: &str = "sk_test_BenchBenchBenchBenchBenchBenchBenchBench";
pub const ACCOUNT_NUMBER: &str = "ACC-0001234";

const BODY: &str = r#"{"amount":2000,"currency":"RWF","payment_type":"mobile_money","customer_email":"jane.doe@example.com","customer_first_name":"Jane","customer_last_name":"Doe","customer_phone":"789654321","customer_phone_country_code":"250","redirect_url":"https://yourdomain.com/payment-success","narration":"Payment for Invoice #5678","mobile_money_network":"MTN","mobile_money_phone":"789654321"}"#;

/// The bytes of a request, ready but for the key.
#[derive(Clone, Debug)]
pub struct ChargeRequest {
    bytes: Vec<u8>,
    key: Range<usize>,
}

impl ChargeRequest {
    pub fn new(gateway: SocketAddr) -> ChargeRequest {
        let mut text = format!(
            "POST /generation/v2/charges HTTP/1.1\r\nHost: {gateway}\r\n\
             X-DGS-API-Key: {API_KEY}\r\nX-DGS-ACCOUNT-NUMBER: {ACCOUNT_NUMBER}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: ",
            BODY.len()
        );
        let key_at = text.len();
        text += &idempotency_key(0);
        let key = key_at..text.len();
        text += "\r\n\r\n";
        text += BODY;
        ChargeRequest { bytes: text.into_bytes(), key }
    }

    /// The request number `sequence`.
    pub fn numbered(&mut self, sequence: usize) -> &[u8] {
        self.bytes[self.key.clone()].copy_from_slice(idempotency_key(sequence).as_bytes());
        &self.bytes
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
        let first = String::from_utf8(request.numbered(1).to_vec()).unwrap();
        let second = String::from_utf8(request.numbered(2).to_vec()).unwrap();
        assert_ne!(first, second);
        assert_eq!(first.replace(&idempotency_key(1), &idempotency_key(2)), second);
        assert!(second.ends_with(BODY));
    }
}
