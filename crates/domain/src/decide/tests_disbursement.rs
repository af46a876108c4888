//! Disbursements decided: what is set aside, what comes back, and what a bulk does as one.

use super::tests::{ACCOUNT, World};
use super::*;
use crate::disbursement::{Disbursement, Recipient};
use crate::idempotency::KeyScope;
use crate::idempotency::{Fingerprint, KeyUse};
use crate::ledger::{Fact, Wallet};
use crate::money::Money;
use crate::payment::Reason;
use crate::phone::{Network, Phone};
use crate::provider_call::{Provider, Verdict, Word};
use crate::scenario::Scenario;

const RWF: (AccountId, Currency) = (ACCOUNT, Currency::Rwf);

fn order(minor: i64) -> Order {
    let phone = Phone::rwandan("0788123456").unwrap();
    Order {
        gross: Money::from_minor(minor, Currency::Rwf).unwrap(),
        disbursement: Disbursement {
            recipient: Recipient::MobileMoney { network: Network::Mtn, phone, name: None },
            narration: None,
            scenario: Scenario::default(),
            bulk: None,
            proof: None,
        },
        callback_url: None,
        provider: Provider::Simulator,
        first_word: None,
    }
}

fn disburse(minor: i64) -> Command {
    Command::CreateDisbursement(Box::new(CreateDisbursement {
        account: ACCOUNT,
        key_use: None,
        order: order(minor),
    }))
}

fn bulk(mode: BulkMode, amounts: &[i64], key_use: Option<KeyUse>) -> Command {
    let line =
        |(line, minor): (i64, &i64)| BulkLine { line, reference: None, order: order(*minor) };
    Command::CreateBulk(Box::new(CreateBulk {
        account: ACCOUNT,
        key_use,
        mode,
        lines: (1..).zip(amounts).map(line).collect(),
        refused: Vec::new(),
    }))
}

fn with_funds(available_minor: i64) -> World {
    let mut world = World::new();
    world.book.wallets.load(RWF, Wallet { available_minor, ..Wallet::default() });
    world
}

fn wallet(world: &World) -> (i64, i64) {
    let wallet = world.book.wallets.find(&RWF).unwrap();
    (wallet.available_minor, wallet.held_minor)
}

/// The first disbursement of the book ends as its provider says.
fn end(world: &mut World, verdict: Verdict) {
    let payment = world.book.payments.new_rows().next().unwrap().1.id;
    let proof = Some("PROOF-1".to_owned());
    let word = Word { proof, ..Word::of(verdict) };
    let report =
        Report { account: ACCOUNT, payment, word, reported: Reported::ByPoll, due_at: None };
    world.run(Command::ReportProvider(report)).unwrap();
}

fn written(answer: Result<Answer, Refusal>) -> (String, bool) {
    let Ok(Answer::Written { body, is_replay }) = answer else { panic!("{answer:?}") };
    (body, is_replay)
}

#[test]
fn the_gross_is_held_and_leaves_when_the_transfer_is_made() {
    let mut world = with_funds(10_000);
    world.run(disburse(4_000)).unwrap();
    assert_eq!(wallet(&world), (6_000, 4_000));
    end(&mut world, Verdict::Succeeded);
    assert_eq!(wallet(&world), (6_000, 0));
    let facts: Vec<Fact> = world.book.journals.iter().map(|journal| journal.fact).collect();
    assert_eq!(facts, [Fact::DisbursementAccepted, Fact::DisbursementSucceeded]);
    let moved: Vec<i64> =
        world.book.journals[1].transfers.iter().map(|transfer| transfer.amount.minor()).collect();
    assert_eq!(moved, [3_900, 100], "the recipient's part and the fee");
    let detail = world.book.details.new_rows().next().unwrap().1;
    assert!(
        matches!(detail, Detail::Disbursement(made) if made.proof.as_deref() == Some("PROOF-1"))
    );
}

#[test]
fn a_failure_gives_the_gross_back_once() {
    let mut world = with_funds(10_000);
    world.run(disburse(4_000)).unwrap();
    let reason =
        Reason { kind: "declined".to_owned(), code: "51".to_owned(), text: "No".to_owned() };
    for _ in 0..3 {
        end(&mut world, Verdict::Declined(reason.clone()));
        assert_eq!(wallet(&world), (10_000, 0));
    }
    assert_eq!(world.told().len(), 1);
}

#[test]
fn a_short_wallet_is_told_what_it_lacks_and_keeps_what_it_has() {
    let mut world = with_funds(4_100);
    world.run(disburse(4_000)).unwrap();
    let short = ShortWallet { available_minor: 100, required_minor: 101, currency: Currency::Rwf };
    assert_eq!(world.run(disburse(101)), Err(Refusal::ShortWallet(short)));
    assert_eq!(wallet(&world), (100, 4_000));
    assert_eq!(world.book.payments.new_rows().count(), 1);
}

#[test]
fn an_amount_within_the_fee_is_refused() {
    let mut world = with_funds(10_000);
    for minor in [1, 99, 100] {
        let refusal = world.run(disburse(minor)).unwrap_err();
        assert_eq!(refusal, Refusal::FeeTakesAll { fee: "100 RWF".to_owned() }, "{minor}");
    }
    world.run(disburse(101)).unwrap();
}

#[test]
fn a_bulk_is_done_whole_or_not_at_all() {
    let mut world = with_funds(1_000);
    let short =
        ShortWallet { available_minor: 1_000, required_minor: 1_001, currency: Currency::Rwf };
    let refused = world.run(bulk(BulkMode::All, &[500, 501], None));
    assert_eq!(refused, Err(Refusal::ShortWallet(short)));
    let refused = world.run(bulk(BulkMode::All, &[500, 100], None));
    assert!(matches!(refused, Err(Refusal::LinesRefused(lines)) if lines[0].line == 2));
    assert_eq!((wallet(&world), world.book.journals.len()), ((1_000, 0), 0));
    world.run(bulk(BulkMode::All, &[500, 500], None)).unwrap();
    assert_eq!((wallet(&world), world.book.journals.len()), ((0, 1_000), 2));
}

#[test]
fn line_by_line_does_what_it_can() {
    let mut world = with_funds(1_000);
    let answer = world.run(bulk(BulkMode::PerLine, &[600, 100, 600, 400], None));
    assert_eq!(written(answer).0, "[1, 4] not [2, 3]");
    assert_eq!(wallet(&world), (0, 1_000));
    let refused = world.run(bulk(BulkMode::PerLine, &[600, 400], None));
    assert!(matches!(refused, Err(Refusal::LinesRefused(lines)) if lines.len() == 2));
}

#[test]
fn a_bulk_under_a_key_is_one_effect() {
    let mut world = with_funds(1_000);
    let scope =
        KeyScope { account: ACCOUNT, operation: "POST /disburse/bulk", key: "k".to_owned() };
    let key_use = Some(KeyUse { scope, fingerprint: Fingerprint([7; 32]) });
    let first = written(world.run(bulk(BulkMode::All, &[300, 200], key_use.clone())));
    let again = written(world.run(bulk(BulkMode::All, &[300, 200], key_use)));
    assert_eq!((first.1, again.1, first.0), (false, true, again.0));
    assert_eq!(wallet(&world), (500, 500));
}
