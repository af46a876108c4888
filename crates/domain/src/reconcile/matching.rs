//! Which line is which payment: by the provider's reference, else by ours, else by amount and time
//! where only one fits. What is held in memory grows with our payments and with what differs, not
//! with the statement.

use std::collections::HashMap;
use std::time::Duration;

use super::{
    Difference, DifferenceClass, DifferenceId, OurPayment, Period, StatementLine, digest_of,
};
use crate::limits::DIFFERENCES_MAX;
use crate::provider_call::Provider;
use crate::time::Timestamp;

/// A line without references is a payment that ended this long before or after it, at most: a
/// provider's clock and ours, and the time that news of the end takes.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// The statement cannot be of this provider, or not of our business with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {DIFFERENCES_MAX} lines are of no payment of ours or are there twice: is this \
         the right provider's statement, with the right columns?"
)]
pub struct TooManyDifferences;

/// What a run went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub lines: u64,
    /// Lines that are a payment of ours; the second line of a payment is not counted.
    pub matched: u64,
    pub differences: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of their classes, then of the file, then of our payments.
    pub differences: Vec<Difference>,
    pub counts: Counts,
}

/// Takes a statement line by line, in the order of the file.
#[derive(Debug)]
pub struct Matching {
    provider: Provider,
    period: Period,
    payments: Vec<OurPayment>,
    by_provider_reference: HashMap<String, Vec<usize>>,
    by_client_reference: HashMap<String, usize>,
    /// By payment, the line that speaks for it.
    met: Vec<Option<StatementLine>>,
    /// With the place of their payment.
    repeated: Vec<(usize, StatementLine)>,
    /// Money that moved there, by no reference of ours.
    strangers: Vec<StatementLine>,
    lines: u64,
}

impl Matching {
    /// `payments` are all that lines of the period may be about: the period's own, and those
    /// before and after it that the provider may have dated otherwise.
    pub fn new(provider: Provider, period: Period, mut payments: Vec<OurPayment>) -> Matching {
        payments.sort_unstable_by_key(|payment| (payment.account, payment.id));
        let mut by_provider_reference: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_client_reference = HashMap::new();
        for (place, payment) in payments.iter().enumerate() {
            if let Some(reference) = &payment.provider_reference {
                by_provider_reference.entry(reference.clone()).or_default().push(place);
            }
            by_client_reference.insert(payment.client_reference.clone(), place);
        }
        let met = payments.iter().map(|_| None).collect();
        let (repeated, strangers) = (Vec::new(), Vec::new());
        Matching {
            provider,
            period,
            payments,
            by_provider_reference,
            by_client_reference,
            met,
            repeated,
            strangers,
            lines: 0,
        }
    }

    pub fn take(&mut self, line: StatementLine) -> Result<(), TooManyDifferences> {
        self.lines = self.lines.saturating_add(1);
        match self.find(&line) {
            Some(place) => self.meet(place, line),
            // Nothing moved there, and we know of nothing: both sides agree.
            None if !line.is_moved() => {}
            None => self.strangers.push(line),
        }
        let held = self.strangers.len().saturating_add(self.repeated.len());
        if held > DIFFERENCES_MAX { Err(TooManyDifferences) } else { Ok(()) }
    }

    fn find(&self, line: &StatementLine) -> Option<usize> {
        let fits = |place: &usize| {
            self.payments.get(*place).is_some_and(|payment| payment.fits(line.direction))
        };
        let asked = |place: &&usize| {
            self.payments.get(**place).is_some_and(|payment| {
                payment.asked_minor() == line.amount_minor
                    && payment.gross.currency() == line.currency
            })
        };
        let named = line.provider_reference.as_ref();
        let mut candidates = Vec::new();
        if let Some(places) = named.and_then(|name| self.by_provider_reference.get(name)) {
            candidates.extend(places.iter().copied().filter(fits));
        }
        let ours = line.client_reference.as_ref();
        // Providers name a refund as they name its charge: then the amount tells them apart.
        candidates
            .iter()
            .find(asked)
            .or(candidates.first())
            .copied()
            .or_else(|| self.by_client_reference.get(ours?).copied().filter(fits))
    }

    /// Of several lines about a payment the latest speaks for it: a provider may list each step.
    /// Money that moved twice is a repetition.
    fn meet(&mut self, place: usize, line: StatementLine) {
        let Some(known) = self.met.get_mut(place) else { return };
        match known {
            Some(first) if first.is_moved() && line.is_moved() => self.repeated.push((place, line)),
            Some(first) if (first.at, first.is_moved()) > (line.at, line.is_moved()) => {}
            Some(_) | None => *known = Some(line),
        }
    }

    pub fn finish(mut self) -> Outcome {
        self.meet_by_amount();
        let mut differences = Vec::new();
        let mut matched = 0_u64;
        for (payment, line) in self.payments.iter().zip(&self.met) {
            match line {
                Some(line) => {
                    matched = matched.saturating_add(1);
                    differences.extend(self.compare(payment, line));
                }
                None if payment.is_moved() && self.period.contains(payment.at()) => {
                    differences.push(self.pair(DifferenceClass::MissingThere, payment, None));
                }
                None => {}
            }
        }
        differences.extend(self.repetitions());
        differences.extend(self.unknown_lines());
        // Stable: what has no line keeps the order of our payments.
        differences
            .sort_by_key(|one| (one.class, one.theirs.as_ref().map_or(0, |line| line.number)));
        let found = u64::try_from(differences.len()).unwrap_or(u64::MAX);
        let counts = Counts { lines: self.lines, matched, differences: found };
        Outcome { differences, counts }
    }

    /// What differs between a payment and the line that speaks for it, one for each class.
    fn compare(&self, payment: &OurPayment, line: &StatementLine) -> Vec<Difference> {
        let (here, there) = (payment.is_moved(), line.is_moved());
        let is_of_period = self.period.contains(line.at) || self.period.contains(payment.at());
        if !is_of_period || (!here && !there) {
            return Vec::new();
        }
        let mut found = Vec::new();
        if here != there {
            found.push(DifferenceClass::StatusDiffers);
        }
        if payment.gross.currency() != line.currency {
            found.push(DifferenceClass::CurrencyDiffers);
        } else if payment.asked_minor() != line.amount_minor {
            found.push(DifferenceClass::AmountDiffers);
        }
        let day = |at| self.period.offset.day_of(at);
        if here && there && day(payment.at()) != day(line.at) {
            found.push(DifferenceClass::OtherDay);
        }
        found.into_iter().map(|class| self.pair(class, payment, Some(line))).collect()
    }

    /// Named by the payment and by what the line says, so that a statement which says something
    /// else later is a difference of its own.
    fn pair(
        &self,
        class: DifferenceClass,
        payment: &OurPayment,
        line: Option<&StatementLine>,
    ) -> Difference {
        let said = match (class, line) {
            (DifferenceClass::AmountDiffers, Some(line)) => line.amount_minor.to_string(),
            (DifferenceClass::CurrencyDiffers, Some(line)) => line.currency.code().to_owned(),
            (DifferenceClass::OtherDay, Some(line)) => {
                self.period.offset.day_of(line.at).to_string()
            }
            (DifferenceClass::StatusDiffers, Some(line)) => line.is_moved().to_string(),
            (
                DifferenceClass::AmountDiffers
                | DifferenceClass::CurrencyDiffers
                | DifferenceClass::OtherDay
                | DifferenceClass::StatusDiffers
                | DifferenceClass::MissingHere
                | DifferenceClass::MissingThere
                | DifferenceClass::DuplicateLine,
                _,
            ) => String::new(),
        };
        let id = self.name(class, &subject_of(payment), &said);
        Difference { id, class, ours: Some(payment.side()), theirs: line.cloned() }
    }

    fn repetitions(&self) -> Vec<Difference> {
        let class = DifferenceClass::DuplicateLine;
        let mut times: HashMap<usize, u64> = HashMap::new();
        let mut found = Vec::new();
        for (place, line) in &self.repeated {
            let Some(payment) = self.payments.get(*place) else { continue };
            if !self.period.contains(line.at) && !self.period.contains(payment.at()) {
                continue;
            }
            let nth = count(times.entry(*place).or_default());
            let id = self.name(class, &subject_of(payment), &nth.to_string());
            let ours = Some(payment.side());
            found.push(Difference { id, class, ours, theirs: Some(line.clone()) });
        }
        found
    }

    /// A second line under the same reference repeats the first. Without a reference nothing tells
    /// a repetition from a second payment.
    fn unknown_lines(&self) -> Vec<Difference> {
        let mut times: HashMap<String, u64> = HashMap::new();
        let mut found = Vec::new();
        for line in self.strangers.iter().filter(|line| self.period.contains(line.at)) {
            let subject = name_of(line);
            let nth = count(times.entry(subject.clone()).or_default());
            let is_named = line.provider_reference.is_some() || line.client_reference.is_some();
            let class = match nth {
                1 => DifferenceClass::MissingHere,
                _ if is_named => DifferenceClass::DuplicateLine,
                _ => DifferenceClass::MissingHere,
            };
            let id = self.name(class, &subject, &nth.to_string());
            found.push(Difference { id, class, ours: None, theirs: Some(line.clone()) });
        }
        found
    }

    fn name(&self, class: DifferenceClass, subject: &str, said: &str) -> DifferenceId {
        DifferenceId(digest_of(&[self.provider.word(), class.word(), subject, said]))
    }

    /// Gives lines that name no payment to the one they must be: each fits the other alone.
    fn meet_by_amount(&mut self) {
        let mut unmet: HashMap<_, Vec<(Timestamp, usize)>> = HashMap::new();
        for (place, (payment, line)) in self.payments.iter().zip(&self.met).enumerate() {
            if line.is_none() && payment.is_moved() {
                let worth = (payment.gross.currency(), payment.asked_minor());
                unmet.entry(worth).or_default().push((payment.at(), place));
            }
        }
        unmet.values_mut().for_each(|places| places.sort_unstable());
        let mut wanted: HashMap<usize, u64> = HashMap::new();
        let mut choices = Vec::with_capacity(self.strangers.len());
        for line in &self.strangers {
            let near = unmet.get(&(line.currency, line.amount_minor));
            let fitting = near.map_or(Vec::new(), |near| self.fitting(line, near));
            for place in &fitting {
                count(wanted.entry(*place).or_default());
            }
            choices.push(match fitting.as_slice() {
                [one] => Some(*one),
                _ => None,
            });
        }
        let strangers = std::mem::take(&mut self.strangers);
        for (line, choice) in strangers.into_iter().zip(choices) {
            match choice.filter(|place| wanted.get(place) == Some(&1)) {
                Some(place) => self.meet(place, line),
                None => self.strangers.push(line),
            }
        }
    }

    /// Payments of the line's amount, sorted by their end, that the line may be.
    fn fitting(&self, line: &StatementLine, near: &[(Timestamp, usize)]) -> Vec<usize> {
        // A reference of ours that we do not know names somebody else's payment.
        if line.is_day_only || line.client_reference.is_some() {
            return Vec::new();
        }
        let earliest = near.partition_point(|(at, _)| *at < line.at.minus(WINDOW));
        let latest = line.at.plus(WINDOW);
        near.iter()
            .skip(earliest)
            .take_while(|(at, _)| *at <= latest)
            .map(|(_, place)| *place)
            .filter(|place| {
                self.payments.get(*place).is_some_and(|payment| {
                    let is_nameless =
                        line.provider_reference.is_none() || payment.provider_reference.is_none();
                    is_nameless && payment.fits(line.direction)
                })
            })
            .collect()
    }
}

fn count(times: &mut u64) -> u64 {
    *times = times.saturating_add(1);
    *times
}

fn subject_of(payment: &OurPayment) -> String {
    format!("payment {} {}", payment.account.0, payment.id.0)
}

fn name_of(line: &StatementLine) -> String {
    let direction = line.direction.map_or("", super::Direction::word);
    match (&line.provider_reference, &line.client_reference) {
        (Some(theirs), _) => format!("theirs {direction} {theirs}"),
        (None, Some(ours)) => format!("ours {direction} {ours}"),
        (None, None) => {
            let (at_us, currency) = (line.at.as_micros(), line.currency);
            format!("nameless {direction} {} {currency} {at_us}", line.amount_minor)
        }
    }
}
