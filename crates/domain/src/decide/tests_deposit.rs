//! Deposits: one credit each, whoever says what how often.

use super::tests::{ACCOUNT, World};
use super::*;
use crate::deposit::{Deposit, DepositState, Judgement, Notice, ReviewReason, Sender, Sums, Trust};
use crate::ledger::{Fact, Place};
use crate::payment::{Method, PaymentState};
use crate::provider_call::Provider;
use crate::virtual_account::VirtualAccountKind;
use std::time::Duration;

fn notice(settlement_id: &str) -> Notice {
    Notice {
        provider: Provider::Providus,
        settlement_id: settlement_id.to_owned(),
        session_id: "s".to_owned(),
        account_number: "9977581536".to_owned(),
        sums: Sums {
            currency: Currency::Ngn,
            transaction_minor: 10_000,
            settled_minor: 9_800,
            fee_minor: 186,
            vat_minor: 14,
        },
        sender: Sender { account_name: "ADA OBI STORES".to_owned(), ..Sender::default() },
        remarks: Some("rent".to_owned()),
        paid_at: None,
    }
}

impl World {
    fn take(&mut self, notice: Notice, trust: Trust) -> Result<Answer, Refusal> {
        let open = OpenVirtualAccount {
            account: ACCOUNT,
            key_use: None,
            provider: Provider::Providus,
            kind: VirtualAccountKind::Reserved,
            number: notice.account_number.clone(),
            name: "Ada Obi".to_owned(),
            bank_name: "Bank".to_owned(),
        };
        // The number is taken from the second deposit on.
        self.run(Command::OpenVirtualAccount(Box::new(open))).ok();
        let take = TakeDeposit { notice, trust };
        self.run(Command::TakeDeposit(Box::new(take)))
    }

    fn judge(&mut self, judgement: Judgement) {
        let deposit = (Provider::Providus, "one".to_owned());
        let judge = JudgeDeposit { account: ACCOUNT, deposit, judgement };
        self.run(Command::JudgeDeposit(Box::new(judge))).unwrap();
    }

    fn deposit(&self) -> &Deposit {
        self.book.deposits.find(&(Provider::Providus, "one".to_owned())).unwrap()
    }
}

#[test]
fn a_deposit_is_a_charge_that_has_succeeded() {
    let mut world = World::new();
    assert_eq!(world.take(notice("one"), Trust::Credit), Ok(Answer::Done));
    assert_eq!(world.deposit().state, DepositState::Credited);
    let id = world.deposit().payment.unwrap();
    let payment = world.book.payments.find(&(ACCOUNT, id)).unwrap();
    assert_eq!(payment.state, PaymentState::Successful);
    assert_eq!((payment.method, payment.provider), (Method::BankTransfer, Provider::Providus));
    // Of what the bank settles; the merchant's fee is 3 % of that.
    assert_eq!((payment.gross.minor(), payment.fee_minor), (9_800, 294));
    assert_eq!(payment.provider_reference.as_deref(), Some("one"));
    let Some(Detail::Charge(charge)) = world.book.details.find(&(ACCOUNT, id)) else { panic!() };
    let customer = &charge.customer;
    assert_eq!((customer.first_name.as_str(), customer.last_name.as_str()), ("ADA", "OBI STORES"));
    assert_eq!(world.book.journals.len(), 1);
    let journal = &world.book.journals[0];
    assert_eq!(journal.fact, Fact::ChargeSucceeded);
    assert_eq!(journal.transfers[0].debit, Place::Provider(Provider::Providus));
    assert_eq!(world.book.events.len(), 1);
    assert_eq!(world.book.settlements.rows().count(), 1);

    assert_eq!(world.take(notice("one"), Trust::Credit), Err(Refusal::DepositRepeated));
    for judgement in [Judgement::Credit, Judgement::Reject, Judgement::Silent] {
        world.judge(judgement);
    }
    assert_eq!((world.book.journals.len(), world.deposit().payment), (1, Some(id)));
    assert_eq!(world.take(notice("two"), Trust::Credit), Ok(Answer::Done));
    assert_eq!(world.book.journals.len(), 2);
}

#[test]
fn a_number_is_one_merchants_and_money_for_no_number_is_refused() {
    let mut world = World::new();
    let take = TakeDeposit { notice: notice("one"), trust: Trust::Credit };
    let refused = world.run(Command::TakeDeposit(Box::new(take)));
    assert_eq!(refused, Err(Refusal::VirtualAccountUnknown));
    assert!(world.book.deposits.rows().next().is_none());
    let open = || {
        Command::OpenVirtualAccount(Box::new(OpenVirtualAccount {
            account: ACCOUNT,
            key_use: None,
            provider: Provider::Providus,
            kind: VirtualAccountKind::Dynamic,
            number: "1".to_owned(),
            name: "Ada".to_owned(),
            bank_name: "Bank".to_owned(),
        }))
    };
    assert!(world.run(open()).is_ok());
    assert_eq!(world.run(open()), Err(Refusal::NumberTaken));
}

#[test]
fn what_does_not_add_up_waits_for_a_person() {
    let mut world = World::new();
    let mut wrong = notice("one");
    wrong.sums.settled_minor += 1;
    world.take(wrong, Trust::Credit).unwrap();
    assert_eq!(world.deposit().review, Some(ReviewReason::SumsDiffer));
    assert!(world.book.journals.is_empty() && world.book.events.is_empty());
    world.judge(Judgement::Credit);
    assert_eq!(world.deposit().state, DepositState::Credited);
    assert_eq!(world.book.journals.len(), 1);

    let mut kept = notice("two");
    kept.sums = Sums { settled_minor: 0, fee_minor: 10_000, vat_minor: 0, ..kept.sums };
    world.take(kept, Trust::Credit).unwrap();
    assert_eq!(world.book.journals.len(), 1);
}

#[test]
fn the_bank_is_asked_until_it_says_something() {
    let mut world = World::new();
    world.take(notice("one"), Trust::Verify).unwrap();
    assert_eq!(
        (world.deposit().state, world.deposit().due_at),
        (DepositState::Unverified, world.now)
    );
    world.judge(Judgement::Unheard);
    assert_eq!(world.deposit().due_at, world.now.plus(Duration::from_secs(5)), "it may be late");
    world.judge(Judgement::Silent);
    assert_eq!(world.deposit().due_at, world.now.plus(Duration::from_secs(15)));
    assert!(world.book.journals.is_empty());
    world.judge(Judgement::Credit);
    assert_eq!((world.deposit().state, world.book.journals.len()), (DepositState::Credited, 1));
}

#[test]
fn what_the_bank_denies_or_never_says_is_held() {
    for (after, judgement, reason) in [
        (0, Judgement::Hold(ReviewReason::BankDisagrees), ReviewReason::BankDisagrees),
        (80, Judgement::Unheard, ReviewReason::UnknownToBank),
        (7 * 24 * 3600, Judgement::Silent, ReviewReason::BankSilent),
    ] {
        let mut world = World::new();
        world.take(notice("one"), Trust::Verify).unwrap();
        world.now = world.now.plus(Duration::from_secs(after));
        world.judge(judgement);
        assert_eq!(world.deposit().review, Some(reason));
        assert!(world.book.journals.is_empty());
        world.judge(Judgement::Reject);
        world.judge(Judgement::Credit);
        assert_eq!(world.deposit().state, DepositState::Rejected);
        assert!(world.book.journals.is_empty());
    }
    let mut world = World::new();
    world.take(notice("one"), Trust::Review).unwrap();
    assert_eq!(world.deposit().review, Some(ReviewReason::NotVerified));
}
