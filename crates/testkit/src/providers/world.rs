//! The truth on a provider's side: what was asked of it, what it did, which tokens are good, whom
//! it told. Tests read it, and move it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

use super::cast::{Cast, Part};
use super::faults::{Fault, Plan};
use super::{Call, Notice, Protocol, Seal, wire};

/// How long a test waits for a request before it fails.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Money from a payer.
    Charge,
    /// Money to a recipient.
    Transfer,
    /// Money of a charge back to its payer.
    Refund,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    /// The money moved.
    Executed,
    /// It will not move; the provider's own word or code for why.
    Declined(String),
}

/// What the payer, or the network, will say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Approve,
    /// With the provider's own word or code.
    Decline(String),
    /// Nothing, ever.
    Never,
}

/// One payment at the provider.
#[derive(Clone, Debug)]
pub struct Entry {
    pub kind: Kind,
    /// The client's own name for it.
    pub reference: String,
    /// The provider's.
    pub id: String,
    /// Decimal text in the major unit, as the client wrote it.
    pub amount: String,
    pub currency: String,
    /// Whose phone, card or account.
    pub party: String,
    pub decision: Decision,
    /// Where the client wants to be told; the world's own address when it does not say.
    pub callback_url: Option<String>,
    /// What else the protocol keeps.
    pub detail: Value,
    pub state: State,
    /// How often the money moved. Above 1 the client paid twice.
    pub executions: u32,
    /// How often the client asked for it, under this reference.
    pub submissions: u32,
}

impl Entry {
    /// A pending one that nobody objects to.
    pub fn new(kind: Kind, reference: &str, id: &str) -> Entry {
        Entry {
            kind,
            reference: reference.to_owned(),
            id: id.to_owned(),
            amount: String::new(),
            currency: String::new(),
            party: String::new(),
            decision: Decision::Approve,
            callback_url: None,
            detail: Value::Null,
            state: State::Pending,
            executions: 0,
            submissions: 1,
        }
    }
}

/// When a pending payment meets its decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// When the test says so.
    ByHand,
    /// Once the answer to its request is made, which does not know of it yet.
    #[default]
    AfterAnswer,
    /// When its client first asks how it stands.
    OnEnquiry,
}

/// How the client is told of an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Callbacks {
    None,
    #[default]
    Once,
    Duplicate,
    /// Before the answer to the request that led to the end.
    Early,
    /// When the test says so: [`World::release`].
    Late,
    /// Signed with a wrong key.
    Forged,
    /// Rightly signed, with a 1 written before the amount.
    Misstated,
}

/// How a test wants the world to be. Changed at any time.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    pub plan: Plan,
    pub pace: Pace,
    pub callbacks: Callbacks,
    /// Where callbacks go that name no place of their own.
    pub callback_url: Option<String>,
}

pub struct World {
    pub(super) protocol: Box<dyn Protocol>,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    wishes: Wishes,
    cast: Cast,
    /// Requests that are being answered.
    open_requests: u64,
    entries: Vec<Entry>,
    serials: usize,
    /// To be settled once their answers are made.
    opened: VecDeque<String>,
    /// Ended, and their clients not told.
    untold: VecDeque<String>,
    /// The same, of those whose clients are told when the test says so.
    late: VecDeque<String>,
    tokens_given: u64,
    /// Tokens up to this number are void.
    tokens_void: u64,
    requests: BTreeMap<String, u64>,
    calls: Vec<Call>,
    /// The status of each callback's answer; 0 where none came.
    told: Vec<(String, u16)>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("entries", &self.entries()).finish_non_exhaustive()
    }
}

/// For the test.
impl World {
    pub fn new(protocol: Box<dyn Protocol>, wishes: Wishes) -> World {
        World {
            protocol,
            inner: Mutex::new(Inner { wishes, ..Inner::default() }),
            changed: Condvar::new(),
        }
    }

    pub fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        change(&mut self.lock().wishes);
    }

    /// Gives whoever has this phone a part of its own, whatever the wishes are.
    pub fn cast(&self, phone: &str, part: Part) {
        self.lock().cast.give(phone, part);
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// Everything that was asked, in the order it came.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many requests of an operation came; of `token`, how often a token was asked for.
    pub fn requests(&self, operation: &str) -> u64 {
        self.lock().requests.get(operation).copied().unwrap_or(0)
    }

    /// References of the payments told about, with the status of the answer.
    pub fn told(&self) -> Vec<(String, u16)> {
        self.lock().told.clone()
    }

    /// Blocks until no request is being answered, however slowly, and whoever was to be told is.
    pub fn wait_for_quiet(&self) {
        let inner = self.lock();
        drop(self.changed.wait_while(inner, |inner| inner.open_requests > 0));
    }

    /// Blocks until a request of this operation came.
    pub fn wait_for_request(&self, operation: &str) {
        let is_missing = |inner: &mut Inner| {
            !inner.calls.iter().any(|call| self.protocol.operation(call) == operation)
        };
        let waited = self.changed.wait_timeout_while(self.lock(), WAIT_LIMIT, is_missing);
        let is_late = waited.expect("no holder panicked").1.timed_out();
        assert!(!is_late, "no request of {operation} came");
    }

    pub fn expire_tokens(&self) {
        let mut inner = self.lock();
        inner.tokens_void = inner.tokens_given;
    }

    /// The payer, or the network, says it now; the client is told before this returns.
    pub fn decide(&self, reference: &str, decision: Decision) {
        self.change(reference, |entry| entry.decision = decision);
        self.settle(reference);
        self.tell();
    }

    /// Late callbacks go out, all of them.
    pub fn release(&self) {
        {
            let mut inner = self.lock();
            let late = std::mem::take(&mut inner.late);
            inner.untold.extend(late);
        }
        while self.tell_next() {}
    }

    /// Tells of a payment once more.
    pub fn repeat(&self, reference: &str) {
        self.lock().untold.push_back(reference.to_owned());
        self.release();
    }
}

/// For protocols.
impl World {
    pub fn find(&self, is_it: impl Fn(&Entry) -> bool) -> Option<Entry> {
        self.lock().entries.iter().find(|entry| is_it(entry)).cloned()
    }

    pub fn find_reference(&self, reference: &str) -> Option<Entry> {
        self.find(|entry| entry.reference == reference)
    }

    /// Takes a new payment up. The one that is there already under this reference otherwise.
    pub fn open(&self, mut entry: Entry) -> Result<(), Box<Entry>> {
        let mut inner = self.lock();
        let there = inner.entries.iter_mut().find(|other| other.reference == entry.reference);
        if let Some(there) = there {
            there.submissions += 1;
            return Err(Box::new(there.clone()));
        }
        if let Some(part) = inner.cast.find(&entry) {
            entry.decision = part.decision.clone();
        }
        inner.cast.learn(&entry);
        if inner.pace(&entry) == Pace::AfterAnswer {
            inner.opened.push_back(entry.reference.clone());
        }
        inner.entries.push(entry);
        Ok(())
    }

    /// Changes a payment; what it is then.
    pub fn change(&self, reference: &str, change: impl FnOnce(&mut Entry)) -> Option<Entry> {
        let mut inner = self.lock();
        let entry = inner.entries.iter_mut().find(|entry| entry.reference == reference)?;
        change(entry);
        Some(entry.clone())
    }

    /// A pending payment meets its decision; its client is told when the answer is out.
    pub fn settle(&self, reference: &str) {
        let mut inner = self.lock();
        let entry = inner.entries.iter_mut().find(|entry| entry.reference == reference);
        let Some(entry) = entry.filter(|entry| entry.state == State::Pending) else { return };
        match &entry.decision {
            Decision::Approve => {
                entry.state = State::Executed;
                entry.executions += 1;
            }
            Decision::Decline(code) => entry.state = State::Declined(code.clone()),
            Decision::Never => return,
        }
        let entry = entry.clone();
        let is_late = inner.cast.find(&entry).is_some_and(|part| part.callbacks == Callbacks::Late);
        let queue = if is_late { &mut inner.late } else { &mut inner.untold };
        queue.push_back(reference.to_owned());
    }

    /// The client asked how a payment stands: what it is then.
    pub fn enquired(&self, is_it: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let entry = self.find(&is_it)?;
        let settles = self.lock().pace(&entry) == Pace::OnEnquiry;
        if settles {
            self.settle(&entry.reference);
        }
        self.find_reference(&entry.reference)
    }

    /// A new token, `NAME-NUMBER`. Good until [`World::expire_tokens`].
    pub fn give_token(&self, name: &str) -> String {
        let mut inner = self.lock();
        inner.tokens_given += 1;
        format!("{name}-{}", inner.tokens_given)
    }

    pub fn takes_token(&self, name: &str, token: Option<&str>) -> bool {
        let inner = self.lock();
        let number = token.and_then(|token| token.strip_prefix(name)?.strip_prefix('-'));
        let number = number.and_then(|digits| digits.parse().ok()).unwrap_or(0);
        (inner.tokens_void + 1..=inner.tokens_given).contains(&number)
    }

    /// How a payment stands is told once the answer is out, without its end.
    pub fn announce(&self, reference: &str) {
        self.lock().untold.push_back(reference.to_owned());
    }

    /// Asks the client something, where it has an address; the status of its answer, 0 for none.
    pub fn ask_client(&self, question: &Notice) -> Option<u16> {
        let url = self.lock().wishes.callback_url.clone()?;
        Some(wire::notify(&url, question).unwrap_or(0))
    }

    /// A number that was not drawn before, for ids.
    pub fn serial(&self) -> usize {
        let mut inner = self.lock();
        inner.serials += 1;
        inner.serials
    }
}

/// For the server.
impl World {
    /// Counts a request, and says what goes wrong with it.
    pub(super) fn meet(&self, operation: &str, call: &Call) -> Option<Fault> {
        let planned = self.count(operation);
        planned.or_else(|| self.lock().cast.fault(call, operation))
    }

    /// The same, of what no request is known of.
    pub(super) fn count(&self, operation: &str) -> Option<Fault> {
        let mut inner = self.lock();
        let count = inner.requests.entry(operation.to_owned()).or_default();
        let number = *count;
        *count += 1;
        inner.wishes.plan.fault(operation, number)
    }

    /// Notes a request; it is being answered as long as what this returns lives.
    pub(super) fn record(&self, call: &Call) -> Answering<'_> {
        let mut inner = self.lock();
        inner.calls.push(call.clone());
        inner.open_requests += 1;
        self.changed.notify_all();
        Answering(self)
    }

    /// Tells of the ends that are told before the answer.
    pub(super) fn tell_early(&self) {
        let mut inner = self.lock();
        let next = inner.untold.back().cloned();
        let entry = inner.entries.iter().find(|entry| Some(&entry.reference) == next.as_ref());
        let callbacks = entry.map(|entry| inner.callbacks(entry));
        if callbacks == Some(Callbacks::Early) {
            inner.untold.rotate_right(1);
            drop(inner);
            self.tell_next();
        }
    }

    /// New payments meet their decisions, where the pace has it so.
    pub(super) fn settle_opened(&self) {
        loop {
            let opened = self.lock().opened.pop_front();
            match opened {
                Some(reference) => self.settle(&reference),
                None => return,
            }
        }
    }

    /// Tells of every end that is not told yet, unless that is to be late.
    pub(super) fn tell(&self) {
        let waits = self.lock().wishes.callbacks == Callbacks::Late;
        while !waits && self.tell_next() {}
    }

    /// Never while holding the lock: the client may ask back before it answers.
    fn tell_next(&self) -> bool {
        let (mut entry, callbacks, own_url) = {
            let mut inner = self.lock();
            let Some(reference) = inner.untold.pop_front() else { return false };
            let entry = inner.entries.iter().find(|entry| entry.reference == reference).cloned();
            let Some(entry) = entry else { return true };
            let callbacks = inner.callbacks(&entry);
            (entry, callbacks, inner.wishes.callback_url.clone())
        };
        let (times, seal) = match callbacks {
            Callbacks::None => (0, Seal::Right),
            Callbacks::Once | Callbacks::Early | Callbacks::Late | Callbacks::Misstated => {
                (1, Seal::Right)
            }
            Callbacks::Duplicate => (2, Seal::Right),
            Callbacks::Forged => (1, Seal::Forged),
        };
        if callbacks == Callbacks::Misstated {
            entry.amount = format!("1{}", entry.amount);
        }
        let url = entry.callback_url.clone().or(own_url);
        if let (Some(notice), Some(url)) = (self.protocol.notice(&entry, seal), url) {
            for _ in 0..times {
                self.tell_until_taken(&entry.reference, &url, &notice);
            }
        }
        true
    }

    fn tell_until_taken(&self, reference: &str, url: &str, notice: &Notice) {
        for sends in 1.. {
            let status = wire::notify(url, notice).unwrap_or(0);
            self.lock().told.push((reference.to_owned(), status));
            if !self.protocol.sends_again(status, sends) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder panicked")
    }
}

pub(super) struct Answering<'a>(&'a World);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.lock().open_requests -= 1;
        self.0.changed.notify_all();
    }
}

impl Inner {
    fn pace(&self, entry: &Entry) -> Pace {
        self.cast.find(entry).map_or(self.wishes.pace, |part| part.pace)
    }

    fn callbacks(&self, entry: &Entry) -> Callbacks {
        self.cast.find(entry).map_or(self.wishes.callbacks, |part| part.callbacks)
    }
}
