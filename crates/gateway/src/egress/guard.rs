//! Which URLs and addresses may be called at all, so that a merchant's URL never makes us speak to
//! our own network. Pure rules: nothing here looks a name up or connects.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::limits::URL_CHARS_MAX;
use http::Uri;
use ipnet::{Ipv4Net, Ipv6Net};

use super::EgressPolicy;

/// Why a URL cannot be registered. Told to the merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    #[error("must be at most {URL_CHARS_MAX} characters")]
    TooLong,
    #[error(
        "must not contain spaces, control characters, backslashes or characters outside ASCII \
         (write a domain name in its xn-- form, a path percent-encoded)"
    )]
    Characters,
    #[error("must be a URL such as https://example.com/webhooks")]
    NotAUrl,
    #[error("must begin with https:// or http://")]
    Scheme,
    #[error("must begin with https://")]
    HttpsRequired,
    #[error("must not contain a user name or password")]
    UserInfo,
    #[error("must not contain a # part")]
    Fragment,
    #[error("must name its host by a full domain name or a plainly written IP address")]
    Host,
    #[error("must not point to a private, local or reserved address")]
    AddressNotPublic,
    #[error("must use port 443")]
    PortNot443,
    #[error("must use port 80, 443 or one from 1024 up")]
    PortReserved,
    #[error("must not point to this gateway itself")]
    OwnAddress,
}

/// Reads a URL under the policy. The answer is its one normal form: scheme and host in lower
/// case, no default port.
///
/// The host is stricter than what browsers read: whatever some resolver might take for an address
/// (`127.1`, `0x7f000001`, `①②⑦.1`) must be an address written the one plain way, or is refused.
pub(super) fn check_url(text: &str, policy: &EgressPolicy) -> Result<Uri, UrlFault> {
    if text.len() > URL_CHARS_MAX {
        return Err(UrlFault::TooLong);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(UrlFault::Characters);
    }
    let (scheme, rest) = text.split_once("://").ok_or(UrlFault::NotAUrl)?;
    let (scheme, default_port) = match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => ("https", 443),
        _ if scheme.eq_ignore_ascii_case("http") => ("http", 80),
        _ => return Err(UrlFault::Scheme),
    };
    if rest.contains('#') {
        return Err(UrlFault::Fragment);
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (host, port) = read_authority(authority)?;
    let port = port.unwrap_or(default_port);
    check_place(scheme, &host, port, policy)?;

    let authority = if port == default_port { host.to_string() } else { format!("{host}:{port}") };
    let slash = if path.starts_with('/') { "" } else { "/" };
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(format!("{slash}{path}"))
        .build()
        .map_err(|_| UrlFault::NotAUrl)
}

/// The same, and https unless it goes to an allowed loopback.
pub(super) fn check_https_url(text: &str, policy: &EgressPolicy) -> Result<Uri, UrlFault> {
    let uri = check_url(text, policy)?;
    // A loopback that is not allowed has been refused already.
    let is_loopback = uri.host().and_then(Host::parse).is_some_and(|host| host.is_loopback());
    if uri.scheme_str() == Some("https") || is_loopback {
        Ok(uri)
    } else {
        Err(UrlFault::HttpsRequired)
    }
}

/// Whether a connection may be opened to this very address.
pub(super) fn may_connect(address: IpAddr, policy: &EgressPolicy) -> bool {
    is_public(address) || (policy.allow_loopback && address.is_loopback())
}

/// A host as a URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Lower case, ASCII, and nothing that a resolver could read as an address.
    Name(String),
    Address(IpAddr),
}

impl Host {
    pub(super) fn parse(text: &str) -> Option<Host> {
        if let Some(bracketed) = text.strip_prefix('[') {
            let address: Ipv6Addr = bracketed.strip_suffix(']')?.parse().ok()?;
            return Some(Host::Address(address.into()));
        }
        let name = text.to_ascii_lowercase();
        // No top-level domain begins with a digit; every spelling of an IPv4 address has a last
        // part that does.
        let last_label = name.rsplit('.').next()?;
        if last_label.starts_with(|first: char| first.is_ascii_digit()) {
            return name.parse::<Ipv4Addr>().ok().map(|address| Host::Address(address.into()));
        }
        is_domain_name(&name).then_some(Host::Name(name))
    }

    /// `localhost` is loopback by its standard (RFC 6761), whatever a resolver says.
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Address(address) => address.is_loopback(),
        }
    }

    fn may_be_public(&self) -> bool {
        match self {
            Host::Name(name) => !NAMES_NEVER_PUBLIC.iter().any(|suffix| name.ends_with(suffix)),
            Host::Address(address) => is_public(*address),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Address(IpAddr::V4(address)) => address.fmt(f),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Told at registration as a courtesy; what protects is the check of the resolved address.
const NAMES_NEVER_PUBLIC: [&str; 6] =
    [".local", ".localdomain", ".internal", ".lan", ".home.arpa", ".onion"];

fn read_authority(authority: &str) -> Result<(Host, Option<u16>), UrlFault> {
    if authority.contains('@') {
        return Err(UrlFault::UserInfo);
    }
    let host_end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_end);
    let host = Host::parse(host).ok_or(UrlFault::Host)?;
    match port.strip_prefix(':') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = digits.parse().map_err(|_| UrlFault::PortReserved)?;
            Ok((host, Some(port)))
        }
        None if port.is_empty() => Ok((host, None)),
        Some(_) | None => Err(UrlFault::NotAUrl),
    }
}

fn check_place(
    scheme: &str,
    host: &Host,
    port: u16,
    policy: &EgressPolicy,
) -> Result<(), UrlFault> {
    if is_own(host, port, policy) {
        return Err(UrlFault::OwnAddress);
    }
    let is_loopback_allowed = policy.allow_loopback && host.is_loopback();
    if !is_loopback_allowed && (host.is_loopback() || !host.may_be_public()) {
        return Err(UrlFault::AddressNotPublic);
    }
    if policy.require_https && !is_loopback_allowed {
        return match (scheme, port) {
            ("https", 443) => Ok(()),
            ("https", _) => Err(UrlFault::PortNot443),
            _ => Err(UrlFault::HttpsRequired),
        };
    }
    match port {
        80 | 443 | 1024.. => Ok(()),
        _ => Err(UrlFault::PortReserved),
    }
}

/// All spellings of a loopback on our port are ours, if we are reached by one of them.
fn is_own(host: &Host, port: u16, policy: &EgressPolicy) -> bool {
    let Some(own) = &policy.own_url else { return false };
    let default_port = if own.scheme_str() == Some("https") { 443 } else { 80 };
    let Some(own_host) = own.host().and_then(Host::parse) else { return false };
    own.port_u16().unwrap_or(default_port) == port
        && (own_host == *host || (own_host.is_loopback() && host.is_loopback()))
}

fn is_domain_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A single label would be completed from the search list of our own network.
    let is_full = name.contains('.') || name == "localhost";
    is_full && name.len() <= 253 && name.split('.').all(is_label)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| range.contains(&address)),
        // Outside of global unicast lie also the forms that carry an IPv4 address inside:
        // ::ffff:0:0/96, ::/96, 64:ff9b::/96 and 64:ff9b:1::/48.
        IpAddr::V6(address) => {
            GLOBAL_UNICAST_V6.contains(&address)
                && !SPECIAL_V6.iter().any(|range| range.contains(&address))
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// From the IANA special-purpose address registry.
const SPECIAL_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 0, 8),          // this network
    v4(10, 0, 0, 0, 8),         // private
    v4(100, 64, 0, 0, 10),      // carrier-grade NAT
    v4(127, 0, 0, 0, 8),        // loopback
    v4(168, 63, 129, 16, 32),   // Azure's host agent, in a public range
    v4(169, 254, 0, 0, 16),     // link-local, cloud metadata
    v4(172, 16, 0, 0, 12),      // private
    v4(192, 0, 0, 0, 24),       // IETF protocol assignments
    v4(192, 0, 2, 0, 24),       // documentation
    v4(192, 88, 99, 0, 24),     // 6to4 relays
    v4(192, 168, 0, 0, 16),     // private
    v4(198, 18, 0, 0, 15),      // benchmarks
    v4(198, 51, 100, 0, 24),    // documentation
    v4(203, 0, 113, 0, 24),     // documentation
    v4(224, 0, 0, 0, 4),        // multicast
    v4(240, 0, 0, 0, 4),        // reserved
    v4(255, 255, 255, 255, 32), // broadcast
];

const GLOBAL_UNICAST_V6: Ipv6Net = v6(0x2000, 0, 3);

const SPECIAL_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 23),     // IETF protocol assignments, Teredo among them
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4: carries an IPv4 address
    v6(0x3ffe, 0, 16),     // 6bone, given back
    v6(0x3fff, 0, 20),     // documentation
];
