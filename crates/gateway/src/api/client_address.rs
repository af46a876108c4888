//! The address of a client behind the proxies that an operator trusts, and no others.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The socket's own address, unless it is a trusted proxy's: then the right-most address of
/// `X-Forwarded-For` or `Forwarded` that is not one. What stands further left was written by the
/// client and proves nothing.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let mut hops = forwarded_for(headers);
    let mut client = peer;
    while let Some(hop) = hops.pop() {
        match hop {
            Some(address) => client = address,
            // An unreadable hop: nothing beyond the last proxy is known.
            None => return client,
        }
        if !is_trusted(&client) {
            return client;
        }
    }
    client
}

/// The hops from left to right; `None` for one that is no address.
fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = |name: &str| -> Vec<String> {
        let texts = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
        texts.flat_map(|text| text.split(',')).map(|hop| hop.trim().to_owned()).collect()
    };
    let simple = values("x-forwarded-for");
    if !simple.is_empty() {
        return simple.iter().map(|hop| parse(hop)).collect();
    }
    values("forwarded").iter().map(|hop| parse(for_part(hop))).collect()
}

/// The address in `for="[2001:db8::1]:4711";proto=https`.
fn for_part(hop: &str) -> &str {
    let parts = hop.split(';').map(str::trim);
    let found = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("for"));
    found.map_or("", |(_, value)| value.trim_matches('"'))
}

fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().ok();
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for (peer, name, value, expected) in [
            ("203.0.113.9", "x-forwarded-for", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "x-forwarded-for", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "x-forwarded-for", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
            ("10.0.0.1", "x-forwarded-for", "1.1.1.1, garbage", "10.0.0.1"),
            ("10.0.0.1", "x-forwarded-for", "198.51.100.1:9000", "198.51.100.1"),
            ("10.0.0.1", "x-real-ip", "198.51.100.1", "10.0.0.1"),
            ("::ffff:10.0.0.1", "x-forwarded-for", "198.51.100.1", "198.51.100.1"),
            ("fd00::1", "forwarded", "for=\"[2001:db8::7]:80\";proto=https", "2001:db8::7"),
            ("10.0.0.1", "forwarded", "For=1.1.1.1, for=198.51.100.1", "198.51.100.1"),
        ] {
            let mut headers = HeaderMap::new();
            let name = axum::http::HeaderName::from_static(name);
            headers.insert(name, value.parse().unwrap());
            let client = client_address(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{peer} {value}");
        }
    }
}
