//! Does what the gateway does with a connector, in the simplest way: sends what it wants sent and
//! hands it the replies, with its tokens. Keeps nothing, stores nothing, tries nothing twice but a
//! request whose token was refused.

use std::cell::RefCell;
use std::collections::BTreeMap;

use dialects::provider::look_up::{Found, LookUp};
use dialects::provider::{Ask, Connector, Next, Reply, Request, Secret, Verb};
use domain::provider_call::Word;

use super::wire::{self, Sent, Unanswered};

/// No connector needs so many requests for one question.
const REQUESTS_MAX: usize = 16;

const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Asks a provider over plain HTTP, with a fresh token.
pub fn drive(connector: &dyn Connector, ask: &Ask<'_>) -> Word {
    Driver::new(connector, None).ask(ask)
}

/// One client of one provider, with its tokens.
#[derive(Debug)]
pub struct Driver<'a> {
    connector: &'a dyn Connector,
    ca_pem: Option<&'a str>,
    tokens: RefCell<BTreeMap<&'static str, Secret>>,
}

impl<'a> Driver<'a> {
    /// `ca_pem` as [`Server::ca_pem`](super::Server::ca_pem) tells it.
    pub fn new(connector: &'a dyn Connector, ca_pem: Option<&'a str>) -> Driver<'a> {
        Driver { connector, ca_pem, tokens: RefCell::default() }
    }

    /// Panics when the connector never comes to an end.
    pub fn ask(&self, ask: &Ask<'_>) -> Word {
        let mut replies = Vec::new();
        while replies.len() < REQUESTS_MAX {
            match self.connector.next(ask, &replies) {
                Next::Send(request) => replies.push(self.send(&request)),
                Next::Done(word) => return word,
            }
        }
        panic!("{:?} asks without end: {replies:?}", self.connector.provider())
    }

    pub fn look_up(&self, what: &LookUp) -> Option<Found> {
        let requests = self.connector.look_up(what);
        let replies: Vec<Reply> = requests.iter().map(|request| self.send(request)).collect();
        self.connector.read_look_up(what, &replies)
    }

    /// One request, with its token; once more with a new one when that is refused.
    pub fn send(&self, request: &Request) -> Reply {
        let Some(name) = request.token else { return self.exchange(request, None) };
        for _ in 0..2 {
            let Some(token) = self.token(name) else { return Reply::NotSent };
            match self.exchange(request, Some(&token)) {
                Reply::Answered { status: 401, .. } => self.tokens.borrow_mut().remove(name),
                reply @ (Reply::Answered { .. } | Reply::Lost | Reply::NotSent) => return reply,
            };
        }
        Reply::NotSent
    }

    fn token(&self, name: &'static str) -> Option<Secret> {
        if let Some(token) = self.tokens.borrow().get(name) {
            return Some(token.clone());
        }
        let request = self.connector.token_request(name)?;
        let Reply::Answered { status, body } = self.exchange(&request, None) else { return None };
        let token = self.connector.read_token(status, &body)?.text;
        self.tokens.borrow_mut().insert(name, token.clone());
        Some(token)
    }

    fn exchange(&self, request: &Request, token: Option<&Secret>) -> Reply {
        let bearer = token.map(|token| format!("Bearer {}", token.reveal()));
        let mut headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(name, value)| (*name, value.reveal())).collect();
        headers.extend(bearer.as_deref().map(|value| ("authorization", value)));
        let method = match request.verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
        };
        let sent = Sent { method, url: &request.url, headers, body: &request.body };
        match wire::send(&sent, self.ca_pem) {
            Ok(answer) if answer.body.len() > ANSWER_BYTES_MAX => Reply::Lost,
            Ok(answer) => Reply::Answered { status: answer.status, body: answer.body.into() },
            Err(Unanswered::Lost(_)) => Reply::Lost,
            Err(Unanswered::NotSent(_)) => Reply::NotSent,
        }
    }
}
