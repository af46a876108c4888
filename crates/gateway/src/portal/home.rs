//! The first page: what came in today and lately, what the wallet holds, what needs attention.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::book::DAY_US;
use domain::delivery::DeliveryState;
use domain::endpoint::EndpointState;
use domain::money::{amount_text, balance_text};
use domain::payment::PaymentState;
use domain::people::Permission;
use domain::{AccountId, Currency, Environment, Timestamp};
use store::query::accounts::list_endpoints_of;
use store::query::deliveries::{self, count_deliveries};
use store::query::overview::{count_for_review, list_days, sum_charges};
use store::query::wallets::list_wallets;
use store::{Reader, StoreError};

use crate::pages::see_other;
use crate::portal::Door;
use crate::portal::layout::{self, Shell, time_text};
use crate::portal::scope::Scope;
use crate::portal::turned::Turned;
use crate::portal::visit::Member;

/// Days that the chart shows, today among them.
const DAYS: i64 = 14;

/// The chart in the units of its picture.
const CHART_HEIGHT: u64 = 120;
const BAR_STEP: i64 = 40;

#[derive(Template)]
#[template(path = "portal/home.html")]
struct Home<'a> {
    shell: &'a Shell,
    volumes: Vec<String>,
    count_today: u64,
    /// Of the charges that ended today; `None` where none did.
    success_rate: Option<String>,
    days: Vec<Day>,
    chart_width: i64,
    is_quiet: bool,
    balances: Vec<Balance>,
    attention: Vec<Attention>,
    list_path: String,
    curl: String,
}

struct Day {
    name: String,
    short: String,
    successful: u64,
    failed: u64,
    x: i64,
    good_y: u64,
    good_height: u64,
    bad_y: u64,
    bad_height: u64,
}

struct Balance {
    currency: &'static str,
    available: String,
    pending: String,
    held: String,
}

struct Attention {
    text: &'static str,
    detail: String,
}

/// What the store says.
struct Facts {
    days: Vec<(i64, PaymentState, u64)>,
    volumes: Vec<(Currency, i64)>,
    balances: Vec<(Currency, domain::ledger::Wallet)>,
    failing: Vec<String>,
    parked: u64,
    for_review: u64,
}

/// `/smart-merchant/`: to the environment that has an account, live before test.
pub async fn start(State(door): State<Arc<Door>>, member: Member) -> Response {
    let merchant_id = &member.person.membership.merchant_id;
    let has_account = |environment| {
        door.portal.find(environment).is_some_and(|app| {
            app.directory().entries().any(|entry| entry.account.merchant_id == *merchant_id)
        })
    };
    // The listener that somebody came to is the one they mean.
    let own = door.app.settings.environment;
    let shown =
        [own, Environment::Test, Environment::Live].into_iter().find(|one| has_account(*one));
    see_other(&format!("/smart-merchant/{}", shown.unwrap_or(own).word()))
}

pub async fn show(Path(environment): Path<String>, member: Member) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::SeePayments)?;
    let (account, now) = (scope.account(), scope.app.clock.now());
    let today = now.as_micros().div_euclid(DAY_US);
    let read = move |reader: &Reader| reader.snapshot(|reader| facts(reader, account, today));
    let facts = scope.app.store.read(read).await?;
    let shell = scope.shell();
    let of_today = |state| -> u64 {
        let rows = facts.days.iter().filter(|(day, found, _)| *day == today && *found == state);
        rows.map(|(_, _, count)| count).sum()
    };
    let (good, bad) = (of_today(PaymentState::Successful), of_today(PaymentState::Failed));
    let ended = good + bad;
    let days = chart(&facts.days, today);
    let volumes = facts.volumes.iter();
    let page = Home {
        volumes: volumes
            .map(|(currency, minor)| {
                format!("{} {currency}", grouped(&amount_text(*minor, *currency)))
            })
            .collect(),
        count_today: ended + of_today(PaymentState::Pending),
        success_rate: (ended > 0).then(|| format!("{} %", good * 100 / ended)),
        is_quiet: days.iter().all(|day| day.successful + day.failed == 0),
        chart_width: DAYS * BAR_STEP,
        days,
        balances: facts.balances.iter().map(balance).collect(),
        attention: attention(&facts, &shell),
        list_path: scope.path("/transactions"),
        curl: format!("{}/generation/v2/charges", scope.app.settings.public_url),
        shell: &shell,
    };
    Ok(layout::show(StatusCode::OK, &page))
}

fn facts(reader: &Reader, account: AccountId, today: i64) -> Result<Facts, StoreError> {
    let parked = deliveries::Filter { state: Some(DeliveryState::Parked), ..Default::default() };
    let endpoints = list_endpoints_of(reader, account)?;
    let failing = endpoints.into_iter().filter(|one| one.state != EndpointState::Enabled);
    Ok(Facts {
        days: list_days(reader, account, today - DAYS + 1)?,
        volumes: sum_charges(reader, account, Timestamp::from_micros(today * DAY_US))?,
        balances: list_wallets(reader, account)?,
        failing: failing.map(|one| one.url).collect(),
        parked: count_deliveries(reader, account, &parked)?,
        for_review: count_for_review(reader, account)?,
    })
}

fn balance((currency, wallet): &(Currency, domain::ledger::Wallet)) -> Balance {
    let text = |minor| grouped(&balance_text(minor, *currency));
    Balance {
        currency: currency.code(),
        available: text(wallet.available_minor),
        pending: text(wallet.pending_minor),
        held: text(wallet.held_minor),
    }
}

fn attention(facts: &Facts, shell: &Shell) -> Vec<Attention> {
    let words = shell.words;
    let mut list = Vec::new();
    for url in &facts.failing {
        list.push(Attention { text: words.endpoint_failing, detail: url.clone() });
    }
    for (count, text) in
        [(facts.parked, words.deliveries_parked), (facts.for_review, words.payments_for_review)]
    {
        if count > 0 {
            list.push(Attention { text, detail: count.to_string() });
        }
    }
    list
}

/// A bar for each day: failed charges on top of successful ones.
fn chart(counts: &[(i64, PaymentState, u64)], today: i64) -> Vec<Day> {
    let count_of = |day: i64, state| -> u64 {
        let rows = counts.iter().filter(|(found, of, _)| *found == day && *of == state);
        rows.map(|(_, _, count)| count).sum()
    };
    let span = || today - DAYS + 1..=today;
    let ended = |day| count_of(day, PaymentState::Successful) + count_of(day, PaymentState::Failed);
    let most = span().map(ended).max().unwrap_or(0).max(1);
    // Of at least one unit, so that a single failure is seen beside a thousand successes.
    let height = |count: u64| if count == 0 { 0 } else { (count * CHART_HEIGHT / most).max(1) };
    let bars = span().zip((0..).step_by(usize::try_from(BAR_STEP).unwrap_or(1)));
    bars.map(|(day, x)| {
        let successful = count_of(day, PaymentState::Successful);
        let failed = count_of(day, PaymentState::Failed);
        let (good_height, bad_height) = (height(successful), height(failed));
        let good_y = CHART_HEIGHT.saturating_sub(good_height);
        let bad_y = good_y.saturating_sub(bad_height);
        let at = Timestamp::from_micros(day * DAY_US).plus(Duration::ZERO);
        let name: String = time_text(at).chars().take(10).collect();
        let short = name.chars().skip(8).collect();
        Day { name, short, successful, failed, x, good_y, good_height, bad_y, bad_height }
    })
    .collect()
}

/// Digits in groups of three, parted so that they do not break: `1 234 567.50`.
pub fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, None), |(a, b)| (a, Some(b)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    rest.map_or(text.clone(), |rest| format!("{text}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1\u{a0}000"),
            ("1234567.5", "1\u{a0}234\u{a0}567.5"),
            ("-123456", "-123\u{a0}456"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn bars_stand_on_the_ground_and_within_the_chart() {
        let counts = [
            (100, PaymentState::Successful, 1000),
            (100, PaymentState::Failed, 1),
            (87, PaymentState::Failed, 7),
        ];
        let days = chart(&counts, 100);
        assert_eq!(days.len(), 14);
        for day in &days {
            assert_eq!(day.bad_y + day.bad_height + day.good_height, CHART_HEIGHT, "{}", day.name);
        }
        let (first, last) = (&days[0], &days[13]);
        assert_eq!((first.failed, last.successful, last.bad_height), (7, 1000, 1));
        assert_eq!((last.name.as_str(), last.short.as_str()), ("1970-04-11", "11"));
    }
}
