//! Counts the connections that are open, in all and from each address, and refuses more.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Limits;

#[derive(Clone, Debug, Default)]
pub(super) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The right of one connection to be open, given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    address: IpAddr,
}

impl Seats {
    pub(super) fn take(&self, peer: IpAddr, limits: &Limits) -> Option<Seat> {
        let address = counted_as(peer);
        let mut taken = self.taken();
        let from_address = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.in_all >= limits.connections_max
            || from_address >= limits.connections_per_address_max
        {
            return None;
        }
        taken.in_all += 1;
        taken.by_address.insert(address, from_address + 1);
        Some(Seat { seats: self.clone(), address })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.in_all -= 1;
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// One customer of an IPv6 provider owns a whole /64, so that counts as one address.
fn counted_as(peer: IpAddr) -> IpAddr {
    const NETWORK: u128 = u128::MAX << 64;
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_by_network_and_given_back() {
        let limits =
            Limits { connections_max: 3, connections_per_address_max: 2, ..Limits::default() };
        let seats = Seats::default();
        let take = |address: &str| seats.take(address.parse().unwrap(), &limits);

        let first = take("2001:db8:1:2::1").unwrap();
        let _second = take("2001:db8:1:2:ffff::9").unwrap();
        assert!(take("2001:db8:1:2::3").is_none(), "the third from one /64");
        let _other = take("192.0.2.1").unwrap();
        assert!(take("192.0.2.2").is_none(), "the fourth in all");

        drop(first);
        assert!(take("::ffff:192.0.2.1").is_some(), "a mapped address is the IPv4 one");
        assert_eq!(seats.taken().in_all, 2);
        assert_eq!(seats.taken().by_address.len(), 2);
    }
}
