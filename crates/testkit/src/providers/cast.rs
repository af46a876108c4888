//! A part for each single payment, found by its payer or recipient: what the provider will make of
//! it, and what goes wrong with the requests about it. So a campaign of thousands of payments at
//! once is the same in every run, in whatever order their requests come.

use std::collections::HashMap;

use serde_json::Value;

use super::faults::{Fault, Plan};
use super::world::{Callbacks, Decision, Pace};
use super::{Call, Entry};

/// What happens to one payment, whatever happens to the others.
#[derive(Clone, Debug)]
pub struct Part {
    pub decision: Decision,
    pub pace: Pace,
    pub callbacks: Callbacks,
    pub plan: Plan,
}

/// The parts that are given out.
#[derive(Debug, Default)]
pub struct Cast {
    parts: HashMap<String, Part>,
    /// Who stands behind a reference, or behind a provider's own id.
    known: HashMap<String, String>,
    requests: HashMap<(String, String), u64>,
}

impl Cast {
    /// `phone` is of nine digits at least; the last nine count, because providers want it in
    /// different forms.
    pub fn give(&mut self, phone: &str, part: Part) {
        if let Some(key) = key(phone) {
            self.parts.insert(key, part);
        }
    }

    /// The part of a payment at the provider.
    pub fn find(&self, entry: &Entry) -> Option<&Part> {
        self.parts.get(&key(&entry.party)?)
    }

    /// A payment is taken up: from now on it is known by its names too.
    pub fn learn(&mut self, entry: &Entry) {
        if let Some(key) = key(&entry.party) {
            self.known.insert(entry.reference.clone(), key.clone());
            self.known.insert(entry.id.clone(), key);
        }
    }

    /// What goes wrong with a request that is about a payment with a part.
    pub fn fault(&mut self, call: &Call, operation: &str) -> Option<Fault> {
        if self.parts.is_empty() {
            return None;
        }
        let who = words(call).into_iter().find_map(|word| {
            let known = self.known.get(&word).cloned();
            known.or_else(|| key(&word).filter(|key| self.parts.contains_key(key)))
        })?;
        let number = self.requests.entry((who.clone(), operation.to_owned())).or_default();
        let count = *number;
        *number += 1;
        self.parts.get(&who)?.plan.fault(operation, count)
    }
}

fn key(phone: &str) -> Option<String> {
    let digits = phone.len() >= 9 && phone.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| phone[phone.len() - 9..].to_owned())
}

/// Everything in a request that may name a payment or whoever pays it.
fn words(call: &Call) -> Vec<String> {
    let mut words: Vec<String> = call.path.split('/').map(str::to_owned).collect();
    words.extend(call.query.iter().map(|(_, value)| value.clone()));
    words.extend(call.header("x-reference-id").map(str::to_owned));
    collect(&call.json(), &mut words);
    words
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => words.push(text.trim_start_matches('+').to_owned()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(members) => members.values().for_each(|member| collect(member, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
