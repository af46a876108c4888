//! What the merchant is told: payloads, signatures, and the schedule that ends with a 200.

use std::collections::BTreeSet;

use testkit::{Options, Received, signature};

use crate::charge_body::ChargeBody;
use crate::shop::{Shop, unquoted};

/// Seconds between one attempt and the next, each ±20 %.
const DELAYS_S: [u64; 16] = [
    5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 86_400, 86_400, 86_400,
    86_400, 86_400,
];

const MONTH_S: u64 = 30 * 24 * 3600;

#[test]
fn an_acknowledged_event_comes_exactly_once() {
    let shop = Shop::open();
    let references: BTreeSet<String> = (0..30).map(|_| shop.charge(&ChargeBody::guide())).collect();
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    shop.receiver.wait_at("/ok", references.len());
    shop.fence("first");
    shop.sandbox.advance_clock(MONTH_S);
    shop.fence("second");
    let came = shop.receiver.received_at("/ok");
    let told: BTreeSet<String> = came.iter().map(Received::reference).collect();
    assert_eq!((came.len(), &told), (references.len(), &references));
    let ids: BTreeSet<&str> = came.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), came.len(), "every event has an id of its own");
}

#[test]
fn a_failing_receiver_is_tried_17_times_over_a_week_then_left_alone() {
    let shop = Shop::open_telling("/500", Options::default());
    shop.charge(&ChargeBody::guide());
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    shop.receiver.wait_at("/500", 1);
    for (made, delay) in (1..).zip(DELAYS_S) {
        // The fence also tells that the attempt is on record, so its delay has begun.
        shop.fence(&format!("{made}-made"));
        if delay >= 60 {
            shop.sandbox.advance_clock(delay * 8 / 10 - 20);
            shop.fence(&format!("{made}-early"));
            assert_eq!(shop.receiver.received_at("/500").len(), made, "earlier than {delay} s");
            shop.sandbox.advance_clock(delay * 4 / 10 + 20);
        } else {
            shop.sandbox.advance_clock(delay * 12 / 10);
        }
        shop.receiver.wait_at("/500", made + 1);
    }
    shop.fence("parked");
    shop.sandbox.advance_clock(MONTH_S);
    shop.fence("a-month-later");
    let attempts = shop.receiver.received_at("/500");
    assert_eq!(attempts.len(), 17);
    let secret = &shop.sandbox.credentials().webhook_secret;
    let mut sent_at: Vec<u64> = Vec::new();
    for attempt in &attempts {
        signature::assert_signed(attempt, secret);
        assert_eq!(attempt.body, attempts[0].body, "the same bytes each time");
        assert_eq!(attempt.header("webhook-id"), attempts[0].header("webhook-id"));
        sent_at.push(attempt.header("webhook-timestamp").parse().expect("Unix seconds"));
    }
    assert!(sent_at.is_sorted_by(|one, next| one < next), "{sent_at:?}");
}

/// The guide's rule. A redirect is no acknowledgement either, and is not followed.
#[test]
fn only_200_acknowledges() {
    let shop = Shop::open();
    let paths = ["/201", "/202", "/204", "/299", "/301", "/302", "/400", "/404", "/503", "/flaky"];
    for path in paths {
        let url = shop.receiver.url(path);
        shop.charge(&ChargeBody::guide().with_text("callback_url", &url));
    }
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    for path in paths {
        shop.receiver.wait_at(path, 1);
    }
    shop.fence("on-record");
    shop.sandbox.advance_clock(10);
    for path in paths {
        shop.receiver.wait_at(path, 2);
    }
    shop.fence("flaky-is-content");
    shop.sandbox.advance_clock(60);
    shop.receiver.wait_at("/201", 3);
    shop.fence("end");
    assert_eq!(shop.receiver.received_at("/flaky").len(), 2);
    assert_eq!(shop.receiver.received_at("/ok/redirected").len(), 0);
    assert_eq!(shop.receiver.received_at("/ok").len(), 0);
}

#[test]
fn gone_ends_it_for_that_endpoint() {
    let shop = Shop::open_telling("/410", Options::default());
    shop.charge(&ChargeBody::guide());
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    shop.receiver.wait_at("/410", 1);
    shop.fence("on-record");
    shop.sandbox.advance_clock(MONTH_S);
    shop.charge(&ChargeBody::guide());
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    shop.fence("end");
    assert_eq!(shop.receiver.received_at("/410").len(), 1, "nothing more comes, ever");
}

#[test]
fn a_slow_and_a_dead_receiver_hold_up_nobody() {
    let shop = Shop::open();
    let dead = {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        format!("http://{}/", closed.local_addr().expect("its address"))
    };
    let silent = shop.receiver.url("/silent");
    for url in [&silent, &dead].into_iter().cycle().take(60) {
        shop.charge(&ChargeBody::guide().with_text("callback_url", url));
    }
    let reference = shop.charge(&ChargeBody::guide());
    let began = std::time::Instant::now();
    shop.finish(&reference);
    let waited = began.elapsed();
    // The silent ones are still being waited for (15 s each).
    assert!(waited.as_secs() < 10, "{waited:?}");
}

#[test]
fn a_callback_url_takes_the_place_of_the_accounts_own() {
    let shop = Shop::open();
    let url = shop.receiver.url("/ok/elsewhere");
    let elsewhere = shop.charge(&ChargeBody::guide().with_text("callback_url", &url));
    let here = shop.charge(&ChargeBody::guide());
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    for (path, reference) in [("/ok/elsewhere", elsewhere), ("/ok", here)] {
        let came = shop.receiver.wait_at(path, 1);
        assert_eq!(came.iter().map(Received::reference).collect::<Vec<_>>(), [reference]);
        signature::assert_signed(&came[0], &shop.sandbox.credentials().webhook_secret);
    }
}

#[test]
fn a_callback_url_must_be_one_we_may_call() {
    let shop = Shop::open();
    for url in [
        "yourdomain.com",
        "ftp://yourdomain.com/",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "https://user:password@yourdomain.com/",
    ] {
        let answer = shop.post_charge(&ChargeBody::guide().with_text("callback_url", url), &[]);
        crate::shop::assert_refused(url, &answer, 400, "90");
        assert_eq!(crate::shop::faulty_fields(&answer), ["callback_url"], "{url}");
    }
}

#[test]
fn without_any_url_nothing_is_sent_and_nothing_is_lost() {
    let shop = Shop {
        sandbox: testkit::Sandbox::start(Options::default()),
        receiver: testkit::Receiver::start(),
    };
    let reference = shop.charge(&ChargeBody::guide());
    shop.sandbox.advance_clock(crate::shop::APPROVAL_S);
    shop.fence("others");
    assert_eq!(unquoted(&shop.record(&reference)["status"]), "success");
    assert_eq!(shop.receiver.received().len(), 1, "the fence's own");
}
