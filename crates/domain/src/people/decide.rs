//! What every command about people leads to. As in [`crate::decide`]: a decision reads and changes
//! the book alone, and a refusal changes nothing.

use std::collections::BTreeMap;

use crate::people::{
    Action, Deed, Entry, Gate, Membership, PasswordHash, Role, SESSION_TOUCH_AFTER, SESSIONS_MAX,
    Session, Stage, Throttle, TokenHash, Totp, User, UserId,
};
use crate::time::Timestamp;

/// Who asks: somebody within a session of theirs.
#[derive(Clone, Debug)]
pub struct Who {
    pub user: UserId,
    pub session: TokenHash,
    pub address: String,
}

/// Everything that may change about people. The list is closed.
#[derive(Debug)]
pub enum Command {
    AddPerson(Box<AddPerson>),
    /// A password was typed for an address that may be nobody's.
    SignIn {
        email: String,
        is_right: bool,
        token: TokenHash,
        address: String,
    },
    SubmitCode {
        who: Who,
        proof: Proof,
        token: TokenHash,
    },
    /// The password was typed again.
    Confirm {
        who: Who,
        is_right: bool,
        token: TokenHash,
    },
    SignOut(Who),
    Touch(Who),
    /// `None` where the old password was wrong.
    ChangePassword {
        who: Who,
        password: Option<PasswordHash>,
        token: TokenHash,
    },
    SetLanguage {
        who: Who,
        language: String,
    },
    SetTheme {
        who: Who,
        theme: String,
    },
    OfferTotp {
        who: Who,
        sealed: Vec<u8>,
    },
    EnableTotp {
        who: Who,
        step: Option<i64>,
        recovery: Vec<TokenHash>,
    },
    DisableTotp(Who),
    /// Notes what is about to be done in an environment.
    Record {
        who: Who,
        deed: Deed,
    },
    /// The operator's word: a new password for somebody, who must sign in again.
    ReplacePassword {
        email: String,
        password: PasswordHash,
    },
}

#[derive(Debug)]
pub struct AddPerson {
    pub email: String,
    pub password: PasswordHash,
    pub merchant_id: String,
    pub role: Role,
    pub address: String,
    /// Signed in at once.
    pub token: Option<TokenHash>,
}

/// What was shown as the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The code of this time step.
    Code(i64),
    Recovery(TokenHash),
    Wrong,
}

/// What a command's sender is told after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Session(Session),
    /// What was shown is wrong; it is counted.
    Wrong,
    Done,
}

/// Why a command changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("too many attempts failed")]
    TooSoon { opens_at: Timestamp },
    #[error("the session has ended")]
    SessionEnded,
    #[error("the password must be typed again")]
    NotConfirmed,
    #[error("somebody has this address already")]
    EmailTaken,
    #[error("nobody has this address")]
    Unknown,
}

/// The rows that a command reads and writes: one person, and what failed before.
#[derive(Debug, Default)]
pub struct Book {
    pub user: Option<User>,
    pub membership: Option<Membership>,
    pub sessions: Vec<Session>,
    pub throttles: BTreeMap<String, Throttle>,
    /// Free for somebody new.
    pub next_user: i64,
    /// Of the last entry of the log.
    pub last_number: i64,
    pub last_hash: [u8; 32],
    /// To be added.
    pub entries: Vec<Entry>,
}

/// Which rows a command must see.
#[derive(Debug)]
pub enum Subject<'a> {
    Email(&'a str),
    User(UserId),
}

#[derive(Debug)]
pub struct Needs<'a> {
    pub subject: Subject<'a>,
    pub gates: Vec<Gate>,
}

impl Needs<'_> {
    pub fn of(command: &Command) -> Needs<'_> {
        match command {
            Command::AddPerson(add) => Needs {
                subject: Subject::Email(&add.email),
                gates: vec![Gate::SignUp(add.address.clone())],
            },
            Command::SignIn { email, address, .. } => Needs {
                subject: Subject::Email(email),
                gates: vec![Gate::Account(email.clone()), Gate::Address(address.clone())],
            },
            Command::ReplacePassword { email, .. } => {
                Needs { subject: Subject::Email(email), gates: Vec::new() }
            }
            Command::SubmitCode { who, .. } => Needs::of_user(who, Some(Gate::Code(who.user))),
            Command::Confirm { who, .. }
            | Command::ChangePassword { who, .. }
            | Command::EnableTotp { who, .. } => Needs::of_user(who, Some(Gate::Confirm(who.user))),
            Command::SignOut(who)
            | Command::Touch(who)
            | Command::SetLanguage { who, .. }
            | Command::SetTheme { who, .. }
            | Command::OfferTotp { who, .. }
            | Command::DisableTotp(who)
            | Command::Record { who, .. } => Needs::of_user(who, None),
        }
    }

    fn of_user(who: &Who, gate: Option<Gate>) -> Needs<'static> {
        Needs { subject: Subject::User(who.user), gates: gate.into_iter().collect() }
    }
}

pub fn decide(command: Command, book: &mut Book, now: Timestamp) -> Result<Answer, Refusal> {
    match command {
        Command::AddPerson(add) => add_person(*add, book, now),
        Command::SignIn { email, is_right, token, address } => {
            sign_in(&email, is_right, token, &address, (book, now))
        }
        Command::SubmitCode { who, proof, token } => submit_code(&who, proof, token, book, now),
        Command::Confirm { who, is_right, token } => {
            book.session(&who, now)?;
            if !book.pass(&Gate::Confirm(who.user), is_right, now)? {
                book.note(&who.address, Deed::plain(Action::ConfirmationRefused), now);
                return Ok(Answer::Wrong);
            }
            book.note(&who.address, Deed::plain(Action::PasswordConfirmed), now);
            let session = book.session(&who, now)?;
            session.confirmed_at = now;
            Ok(rotated(session, token, now))
        }
        Command::SignOut(who) => {
            book.session(&who, now)?;
            book.sessions.retain(|session| session.token != who.session);
            book.note(&who.address, Deed::plain(Action::SignedOut), now);
            Ok(Answer::Done)
        }
        Command::Touch(who) => {
            let session = book.session(&who, now)?;
            if now.since(session.seen_at) >= SESSION_TOUCH_AFTER {
                session.seen_at = now;
            }
            Ok(Answer::Done)
        }
        Command::ChangePassword { who, password, token } => {
            change_password(&who, password, token, book, now)
        }
        Command::SetLanguage { who, language } => {
            book.person(&who, now)?.language = language;
            Ok(Answer::Done)
        }
        Command::SetTheme { who, theme } => {
            book.person(&who, now)?.theme = theme;
            Ok(Answer::Done)
        }
        Command::OfferTotp { who, sealed } => {
            book.confirmed(&who, now)?;
            let user = book.person(&who, now)?;
            if user.totp.enabled_at.is_none() {
                user.totp = Totp { sealed, ..Totp::default() };
            }
            Ok(Answer::Done)
        }
        Command::EnableTotp { who, step, recovery } => enable_totp(&who, step, recovery, book, now),
        Command::DisableTotp(who) => {
            book.confirmed(&who, now)?;
            book.person(&who, now)?.totp = Totp::default();
            book.note(&who.address, Deed::plain(Action::TotpDisabled), now);
            Ok(Answer::Done)
        }
        Command::Record { who, deed } => {
            book.session(&who, now)?;
            book.note(&who.address, deed, now);
            Ok(Answer::Done)
        }
        Command::ReplacePassword { password, .. } => {
            book.user.as_mut().ok_or(Refusal::Unknown)?.password = password;
            book.sessions.clear();
            Ok(Answer::Done)
        }
    }
}

fn add_person(add: AddPerson, book: &mut Book, now: Timestamp) -> Result<Answer, Refusal> {
    // Each counts as a failure would: what is bounded is how many addresses can be tried out.
    let gate = Gate::SignUp(add.address.clone());
    let signs_up = add.token.is_some();
    if signs_up {
        book.await_gate(&gate, now)?;
    }
    if book.user.is_some() {
        return Err(Refusal::EmailTaken);
    }
    if signs_up {
        book.count_failure(&gate, now);
    }
    let id = UserId(book.next_user);
    book.user = Some(User {
        id,
        email: add.email,
        password: add.password,
        totp: Totp::default(),
        language: String::new(),
        theme: String::new(),
        created_at: now,
    });
    book.membership = Some(Membership { user: id, merchant_id: add.merchant_id, role: add.role });
    let deed = Deed { detail: add.role.word().to_owned(), ..Deed::plain(Action::PersonAdded) };
    book.note(&add.address, deed, now);
    Ok(add.token.map_or(Answer::Done, |token| {
        Answer::Session(book.begin_session(id, Stage::SignedIn, token, now))
    }))
}

fn sign_in(
    email: &str,
    is_right: bool,
    token: TokenHash,
    address: &str,
    (book, now): (&mut Book, Timestamp),
) -> Result<Answer, Refusal> {
    let (of_address, of_account) =
        (Gate::Address(address.to_owned()), Gate::Account(email.to_owned()));
    book.await_gate(&of_address, now)?;
    book.await_gate(&of_account, now)?;
    let found = book.user.as_ref().filter(|_| is_right);
    let Some((id, has_totp)) = found.map(|user| (user.id, user.totp.enabled_at.is_some())) else {
        book.count_failure(&of_address, now);
        book.count_failure(&of_account, now);
        book.note(address, Deed::plain(Action::SignInRefused), now);
        return Ok(Answer::Wrong);
    };
    book.throttles.insert(of_account.key(), Throttle::default());
    let stage = if has_totp { Stage::AwaitsCode } else { Stage::SignedIn };
    if stage == Stage::SignedIn {
        book.note(address, Deed::plain(Action::SignedIn), now);
    }
    Ok(Answer::Session(book.begin_session(id, stage, token, now)))
}

fn submit_code(
    who: &Who,
    proof: Proof,
    token: TokenHash,
    book: &mut Book,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    book.half_session(who, now)?;
    let gate = Gate::Code(who.user);
    book.await_gate(&gate, now)?;
    let user = book.user.as_mut().ok_or(Refusal::SessionEnded)?;
    let is_right = match proof {
        Proof::Code(step) if step > user.totp.used_step => {
            user.totp.used_step = step;
            true
        }
        Proof::Recovery(code) => {
            let before = user.totp.recovery.len();
            user.totp.recovery.retain(|one| *one != code);
            user.totp.recovery.len() < before
        }
        Proof::Code(_) | Proof::Wrong => false,
    };
    if !book.pass(&gate, is_right, now)? {
        book.note(&who.address, Deed::plain(Action::CodeRefused), now);
        return Ok(Answer::Wrong);
    }
    let session = book.half_session(who, now)?;
    session.stage = Stage::SignedIn;
    session.created_at = now;
    let answer = rotated(session, token, now);
    if let Proof::Recovery(_) = proof {
        book.note(&who.address, Deed::plain(Action::RecoveryCodeUsed), now);
    }
    book.note(&who.address, Deed::plain(Action::SignedIn), now);
    Ok(answer)
}

/// Ends every other session: who knew the old password is out.
fn change_password(
    who: &Who,
    password: Option<PasswordHash>,
    token: TokenHash,
    book: &mut Book,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    book.session(who, now)?;
    if !book.pass(&Gate::Confirm(who.user), password.is_some(), now)? {
        book.note(&who.address, Deed::plain(Action::ConfirmationRefused), now);
        return Ok(Answer::Wrong);
    }
    if let Some(password) = password {
        book.person(who, now)?.password = password;
    }
    book.sessions.retain(|session| session.token == who.session);
    book.note(&who.address, Deed::plain(Action::PasswordChanged), now);
    let session = book.session(who, now)?;
    session.confirmed_at = now;
    Ok(rotated(session, token, now))
}

fn enable_totp(
    who: &Who,
    step: Option<i64>,
    recovery: Vec<TokenHash>,
    book: &mut Book,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    book.confirmed(who, now)?;
    let Some(step) =
        step.filter(|_| book.user.as_ref().is_some_and(|user| !user.totp.sealed.is_empty()))
    else {
        book.pass(&Gate::Confirm(who.user), false, now)?;
        return Ok(Answer::Wrong);
    };
    let user = book.person(who, now)?;
    user.totp.enabled_at = Some(now);
    user.totp.used_step = step;
    user.totp.recovery = recovery;
    book.sessions.retain(|session| session.token == who.session);
    book.note(&who.address, Deed::plain(Action::TotpEnabled), now);
    Ok(Answer::Done)
}

fn rotated(session: &mut Session, token: TokenHash, now: Timestamp) -> Answer {
    session.token = token;
    session.seen_at = now;
    Answer::Session(*session)
}

impl Book {
    fn living(&mut self, who: &Who, stage: Stage, now: Timestamp) -> Result<&mut Session, Refusal> {
        self.sessions
            .iter_mut()
            .find(|one| one.token == who.session && one.stage == stage && one.is_alive(now))
            .ok_or(Refusal::SessionEnded)
    }

    fn session(&mut self, who: &Who, now: Timestamp) -> Result<&mut Session, Refusal> {
        self.living(who, Stage::SignedIn, now)
    }

    fn half_session(&mut self, who: &Who, now: Timestamp) -> Result<&mut Session, Refusal> {
        self.living(who, Stage::AwaitsCode, now)
    }

    fn confirmed(&mut self, who: &Who, now: Timestamp) -> Result<(), Refusal> {
        if self.session(who, now)?.is_confirmed(now) { Ok(()) } else { Err(Refusal::NotConfirmed) }
    }

    fn person(&mut self, who: &Who, now: Timestamp) -> Result<&mut User, Refusal> {
        self.session(who, now)?;
        self.user.as_mut().ok_or(Refusal::SessionEnded)
    }

    fn begin_session(
        &mut self,
        user: UserId,
        stage: Stage,
        token: TokenHash,
        now: Timestamp,
    ) -> Session {
        let session =
            Session { token, user, stage, created_at: now, seen_at: now, confirmed_at: now };
        self.sessions.retain(|one| one.is_alive(now));
        self.sessions.sort_by_key(|one| one.created_at);
        let surplus = self.sessions.len().saturating_add(1).saturating_sub(SESSIONS_MAX);
        self.sessions.drain(..surplus);
        self.sessions.push(session);
        session
    }

    fn throttle(&self, gate: &Gate) -> Throttle {
        self.throttles.get(&gate.key()).copied().unwrap_or_default()
    }

    fn await_gate(&self, gate: &Gate, now: Timestamp) -> Result<(), Refusal> {
        let throttle = self.throttle(gate);
        if gate.is_open(throttle, now) {
            return Ok(());
        }
        Err(Refusal::TooSoon { opens_at: gate.opens_at(throttle) })
    }

    fn count_failure(&mut self, gate: &Gate, now: Timestamp) {
        self.throttles.insert(gate.key(), self.throttle(gate).after_failure(now));
    }

    /// Counts a failure, or forgets those before. Returns whether it was none.
    fn pass(&mut self, gate: &Gate, is_right: bool, now: Timestamp) -> Result<bool, Refusal> {
        self.await_gate(gate, now)?;
        if is_right {
            self.throttles.insert(gate.key(), Throttle::default());
        } else {
            self.count_failure(gate, now);
        }
        Ok(is_right)
    }

    /// Adds to the log, where there is somebody whose merchant has one.
    fn note(&mut self, address: &str, deed: Deed, now: Timestamp) {
        let (Some(user), Some(membership)) = (&self.user, &self.membership) else { return };
        let mut entry = Entry {
            number: self.last_number.saturating_add(1),
            at: now,
            user: user.id,
            merchant_id: membership.merchant_id.clone(),
            email: user.email.clone(),
            address: address.to_owned(),
            deed,
            hash: [0; 32],
        };
        entry.hash = entry.hash_after(&self.last_hash);
        self.last_number = entry.number;
        self.last_hash = entry.hash;
        self.entries.push(entry);
    }
}
