//! People who use the portal: what each may do, how long a session lasts, how guessing is slowed
//! down, and the log of what they did. Of both environments: a person is one in both.

mod audit;
mod decide;
mod throttle;

#[cfg(test)]
mod tests_commands;

pub use audit::{Action, Deed, Entry, GENESIS};
pub use decide::{AddPerson, Answer, Book, Command, Needs, Proof, Refusal, Subject, Who, decide};
pub use throttle::{Gate, Throttle};

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

/// Characters of a password. NIST SP 800-63B asks for no rule of composition beside a length.
pub const PASSWORD_CHARS_MIN: usize = 12;
pub const PASSWORD_CHARS_MAX: usize = 128;

/// How long a session lasts without a request, and in all (OWASP ASVS 3.3, for money).
pub const SESSION_IDLE_MAX: Duration = Duration::from_secs(15 * 60);
pub const SESSION_AGE_MAX: Duration = Duration::from_secs(8 * 3600);

/// A request within this time of the last one noted is not noted again: it would cost a flush.
pub const SESSION_TOUCH_AFTER: Duration = Duration::from_secs(60);

/// How long a typed password lets change what is secret.
pub const CONFIRMED_FOR: Duration = Duration::from_secs(5 * 60);

/// How long a password without its second factor waits for it.
pub const CODE_WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// Sessions that one person may have at once; a new one ends the oldest.
pub const SESSIONS_MAX: usize = 10;

/// One-time codes to get in without the phone.
pub const RECOVERY_CODES: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// What somebody is within a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Owner,
    Developer,
    Finance,
    Viewer,
}

/// What a page or a form asks of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    SeePayments,
    ExportPayments,
    ResendEvents,
    ConfigureAccount,
    SeeAudit,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Owner, Role::Developer, Role::Finance, Role::Viewer];

    pub const fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Developer => "developer",
            Role::Finance => "finance",
            Role::Viewer => "viewer",
        }
    }

    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::SeePayments => true,
            Permission::ExportPayments => matches!(self, Role::Owner | Role::Finance),
            Permission::ResendEvents | Permission::ConfigureAccount => {
                matches!(self, Role::Owner | Role::Developer)
            }
            Permission::SeeAudit => matches!(self, Role::Owner),
        }
    }
}

/// The hash of a password with its parameters, as text. Not shown: it can be guessed at.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// SHA-256 of a session's token, or of a recovery code. They have 80 random bits or more, so a
/// plain hash hides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash(pub [u8; 32]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// In lower case; found by it.
    pub email: String,
    pub password: PasswordHash,
    pub totp: Totp,
    /// `en`, `fr` or `rw`; empty for what the browser asks for.
    pub language: String,
    /// `light` or `dark`; empty for what the system says.
    pub theme: String,
    pub created_at: Timestamp,
}

/// The second factor of somebody (RFC 6238).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totp {
    /// Sealed; offered before it is in use.
    pub sealed: Vec<u8>,
    /// When a code of it was first shown; `None` while it is not asked for.
    pub enabled_at: Option<Timestamp>,
    /// The last time step whose code was taken: none serves twice.
    pub used_step: i64,
    /// What is left of the recovery codes.
    pub recovery: Vec<TokenHash>,
}

/// Who belongs to which merchant, as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub user: UserId,
    pub merchant_id: String,
    pub role: Role,
}

/// How far somebody has come in signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The password was right; the code of the second factor is awaited.
    AwaitsCode,
    SignedIn,
}

impl Stage {
    pub const fn word(self) -> &'static str {
        match self {
            Stage::AwaitsCode => "awaits_code",
            Stage::SignedIn => "signed_in",
        }
    }

    pub fn parse(word: &str) -> Option<Stage> {
        [Stage::AwaitsCode, Stage::SignedIn].into_iter().find(|stage| stage.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub token: TokenHash,
    pub user: UserId,
    pub stage: Stage,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// When the password was last typed.
    pub confirmed_at: Timestamp,
}

impl Session {
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let age = now.since(self.created_at);
        match self.stage {
            Stage::AwaitsCode => age < CODE_WAIT_MAX,
            Stage::SignedIn => age < SESSION_AGE_MAX && now.since(self.seen_at) < SESSION_IDLE_MAX,
        }
    }

    pub fn is_confirmed(&self, now: Timestamp) -> bool {
        now.since(self.confirmed_at) < CONFIRMED_FOR
    }
}

/// An address as people type it: one `@`, no blanks. `None` where it cannot be one.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, host) = text.split_once('@')?;
    let is_fit = !name.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains('@')
        && text.len() <= crate::limits::EMAIL_CHARS_MAX
        && !text.chars().any(|one| one.is_whitespace() || one.is_control());
    is_fit.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_what_they_may() {
        use Permission as P;
        let all =
            [P::SeePayments, P::ExportPayments, P::ResendEvents, P::ConfigureAccount, P::SeeAudit];
        let mut table = String::new();
        for role in Role::ALL {
            let may: Vec<String> = all
                .into_iter()
                .filter(|permission| role.may(*permission))
                .map(|permission| format!("{permission:?}"))
                .collect();
            table += &format!("{}: {}\n", role.word(), may.join(" "));
        }
        assert_eq!(
            table,
            "owner: SeePayments ExportPayments ResendEvents ConfigureAccount SeeAudit\n\
             developer: SeePayments ResendEvents ConfigureAccount\n\
             finance: SeePayments ExportPayments\n\
             viewer: SeePayments\n"
        );
    }

    #[test]
    fn sessions_end_by_idleness_and_by_age() {
        let second = |s: u64| Timestamp::default().plus(Duration::from_secs(s));
        let session = Session {
            token: TokenHash([0; 32]),
            user: UserId(1),
            stage: Stage::SignedIn,
            created_at: second(0),
            seen_at: second(28_000),
            confirmed_at: second(0),
        };
        assert!(session.is_alive(second(28_799)) && !session.is_alive(second(28_800)));
        let idle = Session { seen_at: second(0), ..session };
        assert!(idle.is_alive(second(899)) && !idle.is_alive(second(900)));
        assert!(idle.is_confirmed(second(299)) && !idle.is_confirmed(second(300)));
        let half = Session { stage: Stage::AwaitsCode, ..session };
        assert!(half.is_alive(second(299)) && !half.is_alive(second(300)));
    }

    #[test]
    fn addresses_are_one_however_they_are_typed() {
        for (text, expected) in [
            (" Jane.Doe@Example.COM ", Some("jane.doe@example.com")),
            ("a@b.c", Some("a@b.c")),
            ("a@b", None),
            ("@b.c", None),
            ("a@b@c.d", None),
            ("a b@c.d", None),
            ("a@.c", None),
            ("a\u{0}@c.d", None),
            ("", None),
        ] {
            assert_eq!(email(text).as_deref(), expected, "{text}");
        }
    }
}
