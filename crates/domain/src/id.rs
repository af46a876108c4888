//! Names of things. All are time-ordered 63-bit numbers from one source per node, so that new
//! rows go to the end of every index, and each is written outside in the form its kind has.

use sha2::Digest;

use crate::time::Timestamp;

/// The first millisecond an id can name: 2025-01-01T00:00:00Z.
const EPOCH_MS: i64 = 1_735_689_600_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const SEQUENCE_MAX: i64 = (1 << SEQUENCE_BITS) - 1;

/// A merchant in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub i64);

/// A charge, disbursement, conversion or refund. Its digits are the guide's `transaction_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaymentId(pub i64);

/// A fact told to merchants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub i64);

/// A payment link. Its number is time-ordered like all others; outside it is a UUIDv7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub i64);

/// Disbursements that were asked for together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BulkId(pub i64);

/// An address of a merchant that wants events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub i64);

/// A bank account number that money comes in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VirtualAccountId(pub i64);

/// A credit that a bank told us of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DepositId(pub i64);

/// Bits of an id below its milliseconds: the node, then a sequence within the millisecond.
const LOW_BITS: u32 = NODE_BITS + SEQUENCE_BITS;
const LOW_MASK: u128 = (1 << LOW_BITS) - 1;

impl PaymentId {
    /// The last millisecond that an id can name.
    pub const MILLIS_MAX: i64 = i64::MAX >> LOW_BITS;

    /// The milliseconds from the first that an id can name.
    pub const fn millis(self) -> i64 {
        self.0 >> LOW_BITS
    }

    /// The record's `id`: a UUIDv7 that says the same as the number, so it needs no index.
    pub fn record_id(self) -> String {
        let number = u128::try_from(self.0).unwrap_or(0);
        let millis = (number >> LOW_BITS).saturating_add(EPOCH_MS.unsigned_abs().into());
        let low = number & LOW_MASK;
        // 48 bits of time, version 7, 12 + 10 bits of our number around variant 2, 52 bits of filler.
        let value = (millis << 80)
            | (7 << 76)
            | ((low >> 10) << 64)
            | (2 << 62)
            | ((low & 0x3ff) << 52)
            | self.filler();
        uuid::Uuid::from_u128(value).to_string()
    }

    /// The id that a record's UUID stands for, if it is one of ours.
    pub fn from_record_id(text: &str) -> Option<PaymentId> {
        let value = uuid::Uuid::try_parse(text).ok()?.as_u128();
        let millis = (value >> 80).checked_sub(EPOCH_MS.unsigned_abs().into())?;
        let low = (((value >> 64) & 0xfff) << 10) | ((value >> 52) & 0x3ff);
        let id = PaymentId(i64::try_from((millis << LOW_BITS) | low).ok()?);
        (id.record_id() == text.to_ascii_lowercase()).then_some(id)
    }

    /// The lowest id that a payment created at `at` may have.
    pub fn first_at(at: Timestamp) -> PaymentId {
        let millis = at.as_millis().saturating_sub(EPOCH_MS).max(0);
        PaymentId(millis.saturating_mul(1 << LOW_BITS))
    }

    /// The highest id that a payment created at `at` may have.
    pub fn last_at(at: Timestamp) -> PaymentId {
        let next = Timestamp::from_micros(at.as_micros().saturating_add(1000));
        PaymentId(PaymentId::first_at(next).0.saturating_sub(1))
    }

    /// The start of the millisecond that the id tells.
    pub fn made_at(self) -> Timestamp {
        let millis = self.millis().saturating_add(EPOCH_MS);
        Timestamp::from_micros(millis.saturating_mul(1000))
    }

    /// 52 bits that follow from the number but are not guessed from it at a glance.
    fn filler(self) -> u128 {
        let digest = sha2::Sha256::digest(self.0.to_be_bytes());
        let first = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        u128::from(first >> 12)
    }
}

impl LinkId {
    /// The link's `id`, read back by [`LinkId::parse`].
    pub fn text(self) -> String {
        PaymentId(self.0).record_id()
    }

    pub fn parse(text: &str) -> Option<LinkId> {
        PaymentId::from_record_id(text).map(|id| LinkId(id.0))
    }
}

impl EventId {
    /// The text merchants see, also the `webhook-id` header.
    pub fn text(self) -> String {
        format!("evt_{}", self.0)
    }

    pub fn parse(text: &str) -> Option<EventId> {
        parse_digits(text.strip_prefix("evt_")?).map(EventId)
    }
}

impl EndpointId {
    /// The text merchants see.
    pub fn text(self) -> String {
        format!("end_{}", self.0)
    }

    pub fn parse(text: &str) -> Option<EndpointId> {
        parse_digits(text.strip_prefix("end_")?).map(EndpointId)
    }
}

impl BulkId {
    /// The text merchants see.
    pub fn text(self) -> String {
        format!("bulk_{}", self.0)
    }

    pub fn parse(text: &str) -> Option<BulkId> {
        parse_digits(text.strip_prefix("bulk_")?).map(BulkId)
    }
}

impl VirtualAccountId {
    /// The text merchants see.
    pub fn text(self) -> String {
        format!("va_{}", self.0)
    }
}

impl DepositId {
    /// The text merchants see.
    pub fn text(self) -> String {
        format!("dep_{}", self.0)
    }
}

/// Reads a positive id from plain decimal digits, refusing any second spelling.
pub fn parse_digits(text: &str) -> Option<i64> {
    let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Where ids come from: one per lane, so that two lanes never make the same.
#[derive(Debug)]
pub struct IdSource {
    node: i64,
    last: i64,
}

impl IdSource {
    /// `last` is the highest id ever made by this node, so that a clock set back makes no id twice.
    pub fn after(node: u16, last: i64) -> IdSource {
        let node_max = (1_i64 << NODE_BITS).saturating_sub(1);
        IdSource { node: i64::from(node) & node_max, last }
    }

    /// An id from an hour before the last: no id below it will be made by any node whose clock is
    /// right within the hour.
    pub fn horizon(&self) -> i64 {
        const HOUR_MS: i64 = 3_600_000;
        self.last.saturating_sub(HOUR_MS << LOW_BITS).max(1)
    }

    /// An id in a millisecond in which this node has made none before, so that the millisecond
    /// alone tells it from all others of its kind.
    pub fn next_in_own_millisecond(&mut self, now: Timestamp) -> i64 {
        let last = PaymentId(self.last).made_at();
        let first_free = Timestamp::from_micros(last.as_micros().saturating_add(1000));
        self.next(now.max(first_free))
    }

    /// The next id: greater than all before it, and telling the millisecond of `now` where it can.
    pub fn next(&mut self, now: Timestamp) -> i64 {
        let millis = now.as_millis().saturating_sub(EPOCH_MS).max(0);
        let earliest = (millis << LOW_BITS) | (self.node << SEQUENCE_BITS);
        let sequence_spent = self.last & SEQUENCE_MAX == SEQUENCE_MAX;
        self.last = if earliest > self.last {
            earliest
        } else if sequence_spent {
            // The millisecond is full: borrow the next one.
            let next_millis = (self.last >> LOW_BITS).saturating_add(1);
            (next_millis << LOW_BITS) | (self.node << SEQUENCE_BITS)
        } else {
            self.last.saturating_add(1)
        };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    #[test]
    fn ids_rise_even_when_the_clock_does_not() {
        let mut ids = IdSource::after(3, 0);
        let mut last = 0;
        for step in 0..20_000_i64 {
            let id = ids.next(Timestamp::from_micros(NOW.as_micros() - step * 10));
            assert!(id > last);
            last = id;
        }
        let mut restarted = IdSource::after(3, last);
        assert!(restarted.next(Timestamp::from_micros(0)) > last);
    }

    #[test]
    fn two_nodes_never_make_the_same_id() {
        let (mut one, mut two) = (IdSource::after(1, 0), IdSource::after(2, 0));
        let ids: std::collections::HashSet<i64> =
            (0..9000).flat_map(|_| [one.next(NOW), two.next(NOW)]).collect();
        assert_eq!(ids.len(), 18_000);
    }

    #[test]
    fn a_record_id_is_a_version_7_uuid_of_the_same_moment() {
        let id = PaymentId(IdSource::after(0, 0).next(NOW));
        let uuid = uuid::Uuid::try_parse(&id.record_id()).unwrap();
        assert_eq!(uuid.get_version_num(), 7);
        let (seconds, _) = uuid.get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, 1_795_000_000);
    }

    #[test]
    fn only_our_own_uuids_name_a_record() {
        let id = PaymentId(IdSource::after(9, 0).next(NOW));
        let text = id.record_id();
        assert_eq!(PaymentId::from_record_id(&text), Some(id));
        let mut other = text.clone();
        let last = if other.pop() == Some('0') { '1' } else { '0' };
        other.push(last);
        assert_eq!(PaymentId::from_record_id(&other), None);
        assert_eq!(PaymentId::from_record_id("not a uuid"), None);
    }

    proptest! {
        #[test]
        fn an_id_lies_between_the_bounds_of_its_moment(ms in 1_740_000_000_000i64..2_000_000_000_000, made in 1usize..9000) {
            let now = Timestamp::from_micros(ms * 1000 + 999);
            let mut ids = IdSource::after(5, 0);
            let id = (0..made).map(|_| PaymentId(ids.next(now))).last().unwrap();
            let created_at = now.max(id.made_at());
            prop_assert!(PaymentId::first_at(created_at) <= id && id <= PaymentId::last_at(created_at));
        }

        #[test]
        fn record_ids_go_both_ways_and_keep_the_order(a in 1i64.., b in 1i64..) {
            let (a, b) = (PaymentId(a), PaymentId(b));
            prop_assert_eq!(PaymentId::from_record_id(&a.record_id()), Some(a));
            prop_assert_eq!(a.record_id().cmp(&b.record_id()), a.cmp(&b));
        }
    }
}
