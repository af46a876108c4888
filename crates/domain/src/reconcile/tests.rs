//! Statements with planted differences: all are found, and nothing else is.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const DAY_S: i64 = 24 * 3600;
/// 2026-11-01 in Kigali, and 28 days.
const FIRST_DAY: i64 = 20_758;
const DAYS: i64 = 28;
const MINUTE: Duration = Duration::from_secs(60);

fn period_in(offset: UtcOffset) -> Period {
    let (from, until) = (offset.start_of(FIRST_DAY), offset.start_of(FIRST_DAY + DAYS));
    Period { from, until, offset }
}

fn period() -> Period {
    period_in(UtcOffset::KIGALI)
}

/// Seconds after the midnight in Kigali that the period begins with.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(period().from.as_micros() + seconds * 1_000_000)
}

fn payment(id: i64, minor: i64, ended_at: Timestamp) -> OurPayment {
    OurPayment {
        account: AccountId(1 + id % 3),
        id: PaymentId(id),
        kind: PaymentKind::Charge,
        state: PaymentState::Successful,
        dgs_reference: format!("order-{id}"),
        client_reference: format!("9{id:09}"),
        provider_reference: Some(format!("FLW{id}")),
        gross: Money::from_minor(minor, Currency::Rwf).unwrap(),
        fee_minor: minor / 40,
        created_at: ended_at.minus(MINUTE),
        finished_at: Some(ended_at),
    }
}

/// The line that says of a payment what we say.
fn line(of: &OurPayment) -> StatementLine {
    StatementLine {
        number: 0,
        provider_reference: of.provider_reference.clone(),
        client_reference: Some(of.client_reference.clone()),
        amount_minor: of.asked_minor(),
        currency: of.gross.currency(),
        fee_minor: Some(7),
        status: if of.is_moved() { LineStatus::Succeeded } else { LineStatus::Failed },
        direction: Some(match of.kind {
            PaymentKind::Charge | PaymentKind::Conversion => Direction::In,
            PaymentKind::Disbursement | PaymentKind::Refund => Direction::Out,
        }),
        at: of.at(),
        is_day_only: false,
    }
}

fn differences(
    period: Period,
    payments: &[OurPayment],
    lines: &[StatementLine],
) -> Vec<Difference> {
    let mut matching = Matching::new(Provider::Flutterwave, period, payments.to_vec());
    for (number, line) in (2..).zip(lines) {
        matching.take(StatementLine { number, ..line.clone() }).unwrap();
    }
    matching.finish().differences
}

fn classes(
    period: Period,
    payments: &[OurPayment],
    lines: &[StatementLine],
) -> Vec<DifferenceClass> {
    differences(period, payments, lines).into_iter().map(|one| one.class).collect()
}

/// A difference by what a person would call it.
type Name = (DifferenceClass, Option<i64>, Option<String>);

fn name(one: &Difference) -> Name {
    let reference = one.theirs.as_ref().and_then(|line| line.provider_reference.clone());
    (one.class, one.ours.as_ref().map(|ours| ours.payment.0), reference)
}

/// Chance that can be repeated (the generator of Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn number(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).unwrap()
    }
}

#[derive(Default)]
struct World {
    payments: Vec<OurPayment>,
    lines: Vec<StatementLine>,
    planted: BTreeSet<Name>,
}

impl World {
    fn plant(&mut self, class: DifferenceClass, ours: &OurPayment, theirs: Option<&StatementLine>) {
        let reference = theirs.and_then(|line| line.provider_reference.clone());
        let is_new = self.planted.insert((class, Some(ours.id.0), reference));
        assert!(is_new);
    }
}

/// One payment in thirty has a planted difference; the classes take turns.
fn world(count: i64, seed: u64) -> World {
    let mut chance = Chance(seed);
    let mut world = World::default();
    for id in 1..=count {
        let ours = any_payment(id, &mut chance);
        if id % 30 == 0 {
            let class = DifferenceClass::ALL[usize::try_from(id / 30).unwrap() % 7];
            plant(class, ours, &mut chance, &mut world);
        } else {
            agree(ours, &mut chance, &mut world);
        }
    }
    for place in (1..world.lines.len()).rev() {
        let other = chance.below(u64::try_from(place).unwrap() + 1);
        world.lines.swap(place, usize::try_from(other).unwrap());
    }
    world
}

/// Ends half an hour from midnight at least, so that the minute between the clocks is no day.
fn any_payment(id: i64, chance: &mut Chance) -> OurPayment {
    let of_day = 1800 + chance.number(23 * 3600);
    let ended_at = at(chance.number(28) * DAY_S + of_day);
    let mut ours = payment(id, 1_000 + chance.number(50) * 500, ended_at);
    ours.kind = match chance.below(10) {
        0..=6 => PaymentKind::Charge,
        7 | 8 => PaymentKind::Disbursement,
        _ => PaymentKind::Refund,
    };
    if chance.below(4) == 0 {
        ours.gross = Money::from_minor(ours.gross.minor(), Currency::Usd).unwrap();
    }
    ours
}

/// The provider says the same, in one of the ways in which providers say it.
fn agree(mut ours: OurPayment, chance: &mut Chance, world: &mut World) {
    match chance.below(20) {
        0 => ours.state = PaymentState::Failed,
        1 => {
            ours.state = PaymentState::Pending;
            ours.finished_at = None;
        }
        2 => ours.state = PaymentState::ConfirmedLate,
        _ => {}
    }
    let mut theirs = line(&ours);
    theirs.at = theirs.at.minus(MINUTE);
    match chance.below(20) {
        0..=2 => theirs.provider_reference = None,
        3 | 4 => theirs.client_reference = None,
        5 if ours.is_moved() => {
            // Named by nothing: its amount is its own.
            ours.gross = Money::from_minor(5_000_000 + ours.id.0, ours.gross.currency()).unwrap();
            theirs.amount_minor = ours.asked_minor();
            (theirs.provider_reference, theirs.client_reference) = (None, None);
        }
        6 => theirs.direction = None,
        7 => {
            // Each step has its line.
            let earlier = theirs.at.minus(MINUTE);
            let step = StatementLine { status: LineStatus::Pending, at: earlier, ..theirs.clone() };
            world.lines.push(step);
        }
        _ => {}
    }
    if ours.is_moved() || chance.below(2) == 0 {
        world.lines.push(theirs);
    }
    world.payments.push(ours);
}

fn plant(class: DifferenceClass, mut ours: OurPayment, chance: &mut Chance, world: &mut World) {
    let mut theirs = line(&ours);
    match class {
        DifferenceClass::MissingHere => {
            world.planted.insert((class, None, theirs.provider_reference.clone()));
            world.lines.push(theirs);
            return;
        }
        DifferenceClass::MissingThere => {
            world.plant(class, &ours, None);
            world.payments.push(ours);
            return;
        }
        DifferenceClass::AmountDiffers => theirs.amount_minor += 1 + chance.number(9),
        DifferenceClass::CurrencyDiffers => theirs.currency = Currency::Kes,
        DifferenceClass::DuplicateLine => world.lines.push(theirs.clone()),
        DifferenceClass::OtherDay => {
            // A minute before midnight there, a minute after it here.
            let day = UtcOffset::KIGALI.day_of(ours.at());
            let midnight = UtcOffset::KIGALI.start_of(day);
            ours.finished_at = Some(midnight.plus(MINUTE));
            theirs.at = midnight.minus(MINUTE);
        }
        DifferenceClass::StatusDiffers => match chance.below(3) {
            0 => ours.state = PaymentState::Failed,
            1 => ours.state = PaymentState::Pending,
            _ => theirs.status = LineStatus::Failed,
        },
    }
    world.plant(class, &ours, Some(&theirs));
    world.payments.push(ours);
    world.lines.push(theirs);
}

fn assert_all_found(world: &World) -> Vec<Difference> {
    let found = differences(period(), &world.payments, &world.lines);
    let names: BTreeSet<Name> = found.iter().map(name).collect();
    let invented: Vec<_> = names.difference(&world.planted).collect();
    let missed: Vec<_> = world.planted.difference(&names).collect();
    assert!(invented.is_empty() && missed.is_empty(), "invented {invented:?}, missed {missed:?}");
    let ids: BTreeSet<&DifferenceId> = found.iter().map(|one| &one.id).collect();
    assert_eq!((found.len(), ids.len()), (world.planted.len(), world.planted.len()), "once each");
    found
}

#[test]
fn of_ten_thousand_lines_every_planted_difference_is_found_and_no_other() {
    let world = world(10_500, 1);
    assert!(world.lines.len() > 10_000);
    let found = assert_all_found(&world);
    for class in DifferenceClass::ALL {
        assert!(found.iter().filter(|one| one.class == class).count() >= 45, "{class:?}");
    }
}

#[test]
fn the_order_of_the_lines_changes_neither_what_is_found_nor_its_name() {
    let world = world(2_000, 2);
    let ids = |lines: &[StatementLine]| -> BTreeSet<DifferenceId> {
        differences(period(), &world.payments, lines).into_iter().map(|one| one.id).collect()
    };
    let mut backwards = world.lines.clone();
    backwards.reverse();
    assert_eq!(ids(&world.lines), ids(&backwards));
}

#[test]
fn a_period_that_overlaps_names_what_it_shares_alike() {
    let world = world(2_000, 3);
    let whole: BTreeSet<DifferenceId> =
        assert_all_found(&world).into_iter().map(|one| one.id).collect();
    let half = Period { from: UtcOffset::KIGALI.start_of(FIRST_DAY + 14), ..period() };
    let of_half = differences(half, &world.payments, &world.lines);
    assert!(of_half.len() > 20 && of_half.len() < whole.len());
    assert!(of_half.iter().all(|one| whole.contains(&one.id)));
}

proptest! {
    #[test]
    fn whatever_is_planted_is_found_and_nothing_is_invented(seed in any::<u64>()) {
        assert_all_found(&world(420, seed));
    }
}

#[test]
fn days_begin_at_midnight_in_the_zone_of_the_statement() {
    let day_before = Duration::from_secs(2 * 3600);
    // 22:00 UTC is midnight in Kigali.
    let ours = payment(1, 500, at(5 * DAY_S));
    let theirs = StatementLine { at: ours.at().minus(Duration::from_secs(1)), ..line(&ours) };
    let (ours, theirs) = ([ours], [theirs]);
    assert_eq!(classes(period(), &ours, &theirs), [DifferenceClass::OtherDay]);
    let utc = UtcOffset::from_east(0).unwrap();
    assert_eq!(classes(period_in(utc), &ours, &theirs), []);
    // Midnight in UTC is two in the morning in Kigali.
    let ours = payment(1, 500, at(5 * DAY_S).plus(day_before));
    let theirs = StatementLine { at: ours.at().minus(Duration::from_secs(1)), ..line(&ours) };
    let (ours, theirs) = ([ours], [theirs]);
    assert_eq!(classes(period(), &ours, &theirs), []);
    assert_eq!(classes(period_in(utc), &ours, &theirs), [DifferenceClass::OtherDay]);
}

#[test]
fn a_refund_under_its_charges_reference_is_the_refund() {
    let charge = payment(1, 500, at(DAY_S));
    let mut refund = payment(2, 500, at(DAY_S + 600));
    refund.kind = PaymentKind::Refund;
    refund.provider_reference = charge.provider_reference.clone();
    let lines = [line(&charge), line(&refund)];
    assert_eq!(classes(period(), &[charge.clone(), refund], &lines), []);
    // The provider gave back what we did not ask it to.
    assert_eq!(classes(period(), &[charge], &lines), [DifferenceClass::MissingHere]);
}

#[test]
fn what_was_taken_back_did_not_stay() {
    let ours = payment(1, 500, at(DAY_S));
    let taken_back =
        StatementLine { status: LineStatus::Failed, at: at(DAY_S + 60), ..line(&ours) };
    let lines = [taken_back, line(&ours)];
    assert_eq!(classes(period(), &[ours], &lines), [DifferenceClass::StatusDiffers]);
}

#[test]
fn a_line_that_could_be_two_payments_is_given_to_neither() {
    let (one, other) = (payment(1, 500, at(DAY_S)), payment(4, 500, at(DAY_S + 60)));
    let nameless = StatementLine { provider_reference: None, client_reference: None, ..line(&one) };
    let alone = std::slice::from_ref(&nameless);
    assert_eq!(classes(period(), std::slice::from_ref(&one), alone), []);
    use DifferenceClass as D;
    let both = [D::MissingHere, D::MissingThere, D::MissingThere];
    assert_eq!(classes(period(), &[one.clone(), other], alone), both);
    let twice = [nameless.clone(), nameless.clone()];
    let listed = differences(period(), std::slice::from_ref(&one), &twice);
    assert_eq!(listed.len(), 3);
    assert_ne!(listed[0].id, listed[1].id);
    let late = StatementLine { at: at(DAY_S + 3600), ..nameless };
    let apart = [D::MissingHere, D::MissingThere];
    assert_eq!(classes(period(), &[one], &[late]), apart);
}

#[test]
fn what_lies_outside_the_period_is_met_and_not_listed() {
    let before = payment(1, 500, at(-3600));
    let wrong = StatementLine { amount_minor: 1, ..line(&before) };
    let stranger = StatementLine {
        provider_reference: Some("X".to_owned()),
        client_reference: None,
        at: at(-60),
        ..line(&before)
    };
    assert_eq!(classes(period(), std::slice::from_ref(&before), &[wrong, stranger]), []);
    assert_eq!(classes(period(), &[before], &[]), []);
}

#[test]
fn two_things_that_differ_are_two_differences() {
    let ours = payment(1, 500, at(DAY_S));
    let theirs = StatementLine { amount_minor: 499, at: at(DAY_S - 1), ..line(&ours) };
    use DifferenceClass as D;
    assert_eq!(classes(period(), &[ours], &[theirs]), [D::AmountDiffers, D::OtherDay]);
}

#[test]
fn somebody_elses_statement_is_given_up() {
    let mut matching = Matching::new(Provider::Flutterwave, period(), Vec::new());
    let ours = payment(1, 500, at(DAY_S));
    let taken = (0..=crate::limits::DIFFERENCES_MAX)
        .map(|_| matching.take(line(&ours)))
        .find(Result::is_err);
    assert_eq!(taken, Some(Err(TooManyDifferences)));
}
