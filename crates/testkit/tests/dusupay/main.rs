//! DusuPay's connector and DusuPay's server, over HTTP: whatever goes wrong between them, the
//! connector says what is true at the server, or that it does not know.

mod callbacks;
mod case;
mod faults;

use std::time::Duration;

use dialects::provider::Connector;
use dialects::provider::look_up::{Found, LookUp};
use domain::payment::NextAction;
use domain::provider_call::Verdict;
use domain::{Currency, Money};
use testkit::providers::drive::Driver;
use testkit::providers::world::Wishes;
use testkit::providers::{Callbacks, Decision, Pace, State, dusupay};

use crate::case::{Bench, Case, connector, read};

const PHONE: &str = "250789654321";

fn minor(amount: i64) -> Option<Money> {
    Money::from_minor(amount, Currency::Rwf).ok()
}

#[test]
fn a_collection_is_paid_on_the_phone() {
    let bench = Bench::with("/ok", Wishes { pace: Pace::ByHand, ..Wishes::default() });
    let case = Case::collect(PHONE);
    let word = bench.submit(&case);
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Redirect));
    assert_eq!(bench.enquire(&case).verdict, Verdict::Pending);
    bench.server.world.decide(case.reference(), Decision::Approve);
    let end = bench.enquire(&case);
    assert_eq!((end.verdict, end.stated), (Verdict::Succeeded, minor(5000)));
    assert_eq!(end.provider_reference, word.provider_reference);
    let told = read(&bench.connector, &bench.callbacks(1)[0]).expect("authentic");
    assert_eq!(told.word, None, "with keys, an end is asked about");
}

#[test]
fn a_payer_without_money_ends_a_collection() {
    let bench = Bench::open("/ok");
    let case = Case::collect(dusupay::PHONE_WITHOUT_MONEY);
    bench.submit(&case);
    let Verdict::Declined(reason) = bench.enquire(&case).verdict else { panic!("not declined") };
    assert_eq!((reason.code.as_str(), reason.text.as_str()), ("05", "Insufficient funds"));
}

#[test]
fn a_code_is_asked_for_shown_wrongly_and_shown_rightly() {
    let bench = Bench::open("/ok");
    let case = Case::collect(dusupay::PHONE_WITH_OTP);
    bench.submit(&case);
    let told = read(&bench.connector, &bench.callbacks(1)[0]).expect("authentic");
    let word = told.word.expect("nothing moves: it is believed");
    assert_eq!(word.verdict, Verdict::NextAction(NextAction::Otp));
    assert_eq!(word.instruction.as_deref(), Some("Enter the code that was sent to your phone"));
    assert_eq!(bench.enquire(&case).verdict, Verdict::NextAction(NextAction::Otp));
    let wrong = bench.authorize(&case, "000000");
    assert_eq!(wrong.verdict, Verdict::NextAction(NextAction::Otp));
    assert_eq!(bench.authorize(&case, dusupay::OTP).verdict, Verdict::Pending);
    assert_eq!(bench.enquire(&case).verdict, Verdict::Succeeded);
}

#[test]
fn payouts_reach_phones_and_banks_once_we_own_up_to_them() {
    for case in [Case::pay_phone(PHONE), Case::pay_bank()] {
        let bench = Bench::open("/ok/x");
        assert_eq!(bench.submit(&case).verdict, Verdict::Pending);
        let end = bench.enquire(&case);
        assert_eq!((end.verdict, end.stated), (Verdict::Succeeded, minor(4900)), "the net");
        let asked = bench.receiver.received().remove(0);
        assert_eq!(asked.method, "GET");
        let query = asked.path.split_once('?').expect("a query").1;
        assert_eq!(bench.connector.payout_question(query).as_deref(), Some(case.reference()));
    }
}

#[test]
fn a_payout_that_we_do_not_know_is_not_made() {
    let bench = Bench::open("/404");
    let case = Case::pay_phone(PHONE);
    bench.submit(&case);
    assert!(matches!(bench.enquire(&case).verdict, Verdict::Declined(_)));
    assert_eq!(bench.server.world.entries()[0].executions, 0);
}

#[test]
fn a_second_submission_finds_the_first() {
    let bench = Bench::open("/ok");
    let case = Case::collect(PHONE);
    bench.submit(&case);
    assert_eq!(bench.submit(&case).verdict, Verdict::Succeeded, "the refusal is not believed");
    let entry = bench.server.world.entries().remove(0);
    assert_eq!((entry.executions, entry.submissions), (1, 2));
}

#[test]
fn a_bad_request_is_declined_and_wrong_keys_are_not() {
    let bench = Bench::open("/ok");
    let case = Case::collect(PHONE);
    let ask_with = |more: &[(&str, &str)]| {
        let connector = connector(&bench.server.url(), more).expect("settings");
        let bench = Bench { connector, ..Bench::open("/ok") };
        bench.submit(&case).verdict
    };
    let Verdict::Declined(reason) = ask_with(&[("mtn_provider_code", "mtn_xx")]) else {
        panic!("not declined")
    };
    assert_eq!(reason.text, "provider_code is not known");
    assert_eq!(ask_with(&[("public_key", "wrong")]), Verdict::Unknown);
    assert!(bench.server.world.entries().is_empty());
    // The public key is right, so DusuPay can say that it has no such payout.
    let connector = connector(&bench.server.url(), &[("secret_key", "wrong")]).expect("settings");
    let payer = Bench { connector, ..Bench::open("/ok") };
    assert_eq!(payer.submit(&Case::pay_bank()).verdict, Verdict::NotSent);
}

#[test]
fn status_requests_that_come_too_soon_are_made_again_later() {
    let bench = Bench::hasty(2);
    let case = Case::collect(PHONE);
    assert_eq!(bench.submit(&case).ask_again_after, Some(Duration::from_secs(125)));
    for _ in 0..2 {
        assert_eq!(bench.enquire(&case).verdict, Verdict::Unknown);
    }
    assert_eq!(bench.enquire(&case).verdict, Verdict::Succeeded);
}

#[test]
fn the_page_balances_and_what_nobody_knows() {
    let bench = Bench::with("/ok", Wishes { callbacks: Callbacks::None, ..Wishes::default() });
    let (paid, unknown) = (Case::collect(PHONE), Case::pay_bank());
    assert_eq!(bench.enquire(&unknown).verdict, Verdict::Unheard);
    let more = [("hosted_page", "on")];
    let connector = connector(&bench.server.url(), &more).expect("settings");
    let bench = Bench { connector, ..bench };
    let page = bench.submit(&paid).page_url;
    assert!(page.is_some_and(|url| url.starts_with("https://pay.dusupay.example/")));
    assert_eq!(bench.server.world.entries()[0].state, State::Executed);
    let found = Driver::new(&bench.connector, None).look_up(&LookUp::Balances);
    let Some(Found::Balances(balances)) = found else { panic!("{found:?}") };
    let shown: Vec<(Option<&str>, &str)> =
        balances.iter().map(|one| (one.product.as_deref(), one.available.as_str())).collect();
    let of = |product, available| (Some(product), available);
    assert_eq!(shown, [of("MERCHANT_COLLECTION", "5000"), of("MERCHANT_PAYOUT", "10000000")]);
}
