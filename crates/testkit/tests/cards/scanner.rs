//! Looks for known card data, in every form it could leak in, in any bytes.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// First bytes that a needle may begin with, by a hash of four of them.
const GATES: usize = 1 << 22;

#[derive(Debug)]
pub struct Scanner {
    needles: HashMap<usize, HashSet<Vec<u8>>>,
    /// Short codes count only where no digit or letter stands beside them.
    codes: HashSet<Vec<u8>>,
    gates: Vec<bool>,
}

impl Scanner {
    pub fn new() -> Scanner {
        Scanner { needles: HashMap::new(), codes: HashSet::new(), gates: vec![false; GATES] }
    }

    /// A card number: plain, as people write it, and encoded.
    pub fn add_number(&mut self, number: &str) {
        for form in forms_of_number(number) {
            self.add(&form);
        }
    }

    /// A CVV, PIN or one-time code, plain.
    pub fn add_code(&mut self, code: &str) {
        self.open_gate(code.as_bytes());
        self.codes.insert(code.as_bytes().to_vec());
    }

    /// A ciphertext, as it was sent.
    pub fn add(&mut self, needle: &str) {
        self.open_gate(needle.as_bytes());
        self.needles.entry(needle.len()).or_default().insert(needle.as_bytes().to_vec());
    }

    /// Every hit in these bytes, with its place.
    pub fn scan(&self, bytes: &[u8]) -> Vec<(usize, String)> {
        let mut hits = Vec::new();
        for at in 0..bytes.len().saturating_sub(3) {
            if !self.gates[gate(&bytes[at..])] {
                continue;
            }
            for (length, needles) in &self.needles {
                let window = bytes.get(at..at + length);
                if window.is_some_and(|window| needles.contains(window)) {
                    hits.push((at, String::from_utf8_lossy(&bytes[at..at + length]).into_owned()));
                }
            }
            for code in self.codes.iter().filter(|code| bytes[at..].starts_with(code)) {
                let joins = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
                let before = at.checked_sub(1).and_then(|place| bytes.get(place));
                if !joins(before) && !joins(bytes.get(at + code.len())) {
                    hits.push((at, String::from_utf8_lossy(code).into_owned()));
                }
            }
        }
        hits
    }

    fn open_gate(&mut self, needle: &[u8]) {
        assert!(needle.len() >= 4, "too short to be told from chance");
        self.gates[gate(needle)] = true;
    }
}

pub fn forms_of_number(number: &str) -> Vec<String> {
    let groups = |joint: &str| {
        let parts: Vec<&str> = number.as_bytes().chunks(4).map(digits).collect();
        parts.join(joint)
    };
    vec![
        number.to_owned(),
        groups(" "),
        groups("-"),
        groups("%20"),
        groups("+"),
        STANDARD_NO_PAD.encode(number),
        STANDARD.encode(groups(" ")),
        hex::encode(number),
        hex::encode_upper(number),
        hex::encode(groups(" ")),
    ]
}

fn digits(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("digits")
}

fn gate(bytes: &[u8]) -> usize {
    let four = bytes.iter().take(4).fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
    let mixed = four.wrapping_mul(0x9e37_79b9) >> 10;
    usize::try_from(mixed).expect("22 bits")
}
