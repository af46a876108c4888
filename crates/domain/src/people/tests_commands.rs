//! Commands one after another, as people send them.

use std::time::Duration;

use super::decide::Who;
use super::*;

const EMAIL: &str = "jane@example.com";

fn second(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).plus(Duration::from_secs(seconds))
}

fn token(byte: u8) -> TokenHash {
    TokenHash([byte; 32])
}

fn book() -> Book {
    let mut book = Book { next_user: 1, last_hash: GENESIS, ..Book::default() };
    let add = AddPerson {
        email: EMAIL.into(),
        password: PasswordHash("x".into()),
        merchant_id: "m".into(),
        role: Role::Owner,
        address: "::1".into(),
        token: None,
    };
    decide(Command::AddPerson(Box::new(add)), &mut book, second(0)).unwrap();
    book
}

fn sign_in(book: &mut Book, is_right: bool, byte: u8, now: Timestamp) -> Result<Answer, Refusal> {
    let (email, address) = (EMAIL.to_owned(), "::1".to_owned());
    decide(Command::SignIn { email, is_right, token: token(byte), address }, book, now)
}

fn who(byte: u8) -> Who {
    Who { user: UserId(1), session: token(byte), address: "::1".into() }
}

#[test]
fn the_right_password_waits_too_once_too_many_failed() {
    let mut book = book();
    for failures in 0..10 {
        assert_eq!(sign_in(&mut book, false, 1, second(100 * failures)), Ok(Answer::Wrong));
    }
    let refused = sign_in(&mut book, true, 1, second(900 + 1799));
    assert_eq!(refused, Err(Refusal::TooSoon { opens_at: second(900 + 1800) }));
    assert!(matches!(sign_in(&mut book, true, 1, second(900 + 1800)), Ok(Answer::Session(_))));
    // Forgotten by then.
    assert_eq!(sign_in(&mut book, false, 1, second(2701)), Ok(Answer::Wrong));
    assert!(matches!(sign_in(&mut book, true, 1, second(2702)), Ok(Answer::Session(_))));
}

#[test]
fn being_locked_out_leaves_the_sessions_there_are() {
    let mut book = book();
    sign_in(&mut book, true, 7, second(0)).unwrap();
    for failures in 1..20 {
        sign_in(&mut book, false, 1, second(failures)).ok();
    }
    let confirm = Command::Confirm { who: who(7), is_right: true, token: token(8) };
    assert!(matches!(decide(confirm, &mut book, second(60)), Ok(Answer::Session(_))));
}

#[test]
fn a_code_serves_once_and_five_wrong_ones_lock() {
    let mut book = book();
    sign_in(&mut book, true, 1, second(0)).unwrap();
    let now = second(1);
    decide(Command::OfferTotp { who: who(1), sealed: vec![1] }, &mut book, now).unwrap();
    let enable = Command::EnableTotp { who: who(1), step: Some(5), recovery: vec![token(99)] };
    assert_eq!(decide(enable, &mut book, now), Ok(Answer::Done));
    let Ok(Answer::Session(half)) = sign_in(&mut book, true, 2, now) else { panic!() };
    assert_eq!(half.stage, Stage::AwaitsCode);
    // Half a session opens nothing.
    let deed = Deed::plain(Action::PaymentsExported);
    assert_eq!(
        decide(Command::Record { who: who(2), deed }, &mut book, now),
        Err(Refusal::SessionEnded)
    );
    let submit = |proof, byte, book: &mut Book, now| {
        decide(Command::SubmitCode { who: who(byte), proof, token: token(byte + 1) }, book, now)
    };
    assert_eq!(submit(Proof::Code(5), 2, &mut book, now), Ok(Answer::Wrong), "used");
    assert!(matches!(submit(Proof::Code(6), 2, &mut book, now), Ok(Answer::Session(_))));
    assert_eq!(submit(Proof::Code(7), 2, &mut book, now), Err(Refusal::SessionEnded), "rotated");
    sign_in(&mut book, true, 4, now).unwrap();
    assert!(matches!(
        submit(Proof::Recovery(token(99)), 4, &mut book, now),
        Ok(Answer::Session(_))
    ));
    sign_in(&mut book, true, 6, now).unwrap();
    assert_eq!(submit(Proof::Recovery(token(99)), 6, &mut book, now), Ok(Answer::Wrong));
    for _ in 0..4 {
        assert_eq!(submit(Proof::Wrong, 6, &mut book, now), Ok(Answer::Wrong));
    }
    assert!(matches!(submit(Proof::Code(9), 6, &mut book, now), Err(Refusal::TooSoon { .. })));
}

#[test]
fn a_new_password_ends_the_other_sessions_and_a_wrong_old_one_changes_nothing() {
    let mut book = book();
    for byte in [1, 2, 3] {
        sign_in(&mut book, true, byte, second(0)).unwrap();
    }
    let change = |password: Option<&str>| Command::ChangePassword {
        who: who(2),
        password: password.map(|text| PasswordHash(text.into())),
        token: token(9),
    };
    assert_eq!(decide(change(None), &mut book, second(1)), Ok(Answer::Wrong));
    assert_eq!(book.sessions.len(), 3);
    decide(change(Some("new")), &mut book, second(1)).unwrap();
    assert_eq!(book.sessions.iter().map(|one| one.token).collect::<Vec<_>>(), [token(9)]);
}

#[test]
fn the_log_shows_a_change_of_any_part() {
    let mut book = book();
    sign_in(&mut book, false, 1, second(0)).unwrap();
    sign_in(&mut book, true, 1, second(1)).unwrap();
    let mut before = GENESIS;
    for entry in &book.entries {
        assert_eq!(entry.hash, entry.hash_after(&before));
        let mut other = entry.clone();
        other.email.push('x');
        assert_ne!(entry.hash, other.hash_after(&before));
        before = entry.hash;
    }
    assert_eq!(book.entries.len(), 3);
}

#[test]
fn what_is_secret_asks_for_the_password_again() {
    let mut book = book();
    sign_in(&mut book, true, 1, second(0)).unwrap();
    let offer = || Command::OfferTotp { who: who(1), sealed: vec![1] };
    assert_eq!(decide(offer(), &mut book, second(299)), Ok(Answer::Done));
    assert_eq!(decide(offer(), &mut book, second(300)), Err(Refusal::NotConfirmed));
}
