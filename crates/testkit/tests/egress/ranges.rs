//! The address ranges that are not public, after the special-purpose registries of IANA, each
//! with an address in it.

/// What `nft` matches, and an address that it must match.
pub type Range = (&'static str, &'static str);

pub const V4: [Range; 16] = [
    ("0.0.0.0/8", "0.1.2.3"),
    ("10.0.0.0/8", "10.0.0.1"),
    ("100.64.0.0/10", "100.100.100.200"),
    ("127.0.0.0/8", "127.0.0.1"),
    ("168.63.129.16", "168.63.129.16"),
    ("169.254.0.0/16", "169.254.169.254"),
    ("172.16.0.0/12", "172.17.0.1"),
    ("192.0.0.0/24", "192.0.0.192"),
    ("192.0.2.0/24", "192.0.2.1"),
    ("192.88.99.0/24", "192.88.99.1"),
    ("192.168.0.0/16", "192.168.1.1"),
    ("198.18.0.0/15", "198.19.0.1"),
    ("198.51.100.0/24", "198.51.100.1"),
    ("203.0.113.0/24", "203.0.113.1"),
    ("224.0.0.0/4", "239.255.255.250"),
    ("240.0.0.0/4", "240.0.0.1"),
];

pub const V6: [Range; 14] = [
    ("::/96", "::1"),
    ("::ffff:0:0:0/96", "::ffff:0:10.0.0.1"),
    ("64:ff9b::/96", "64:ff9b::10.0.0.1"),
    ("64:ff9b:1::/48", "64:ff9b:1::1"),
    ("100::/64", "100::1"),
    ("2001::/32", "2001::1"),
    ("2001:db8::/32", "2001:db8::1"),
    ("2002::/16", "2002:a00:1::1"),
    ("3fff::/20", "3fff::1"),
    ("4000::/3", "4000::1"),
    ("fc00::/7", "fd00:ec2::254"),
    ("fe80::/10", "fe80::1"),
    ("fec0::/10", "fec0::1"),
    ("ff00::/8", "ff02::1"),
];

/// Where the gateway and the name server listen: it looks public, so that their own traffic is
/// not counted.
pub const OURS: &str = "11.0.0.1";

/// A public address that answers: nothing listens there, and it says so.
pub const PUBLIC: &str = "11.0.0.2";
