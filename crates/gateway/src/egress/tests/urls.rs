//! Every spelling we know of that might reach our own network, and what stays allowed.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::egress::guard::{check_url, may_connect};
use crate::egress::{EgressPolicy, UrlFault};

const LIVE: EgressPolicy =
    EgressPolicy { allow_loopback: false, require_https: true, own_url: None, extra_ca_file: None };
const OPEN: EgressPolicy = EgressPolicy {
    allow_loopback: false,
    require_https: false,
    own_url: None,
    extra_ca_file: None,
};
const SANDBOX: EgressPolicy =
    EgressPolicy { allow_loopback: true, require_https: false, own_url: None, extra_ca_file: None };

/// Addresses of every range that is not public, first and last where the range is easily missed.
const SPECIAL_ADDRESSES: &[&str] = &[
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "10.0.0.0",
    "10.1.2.3",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.0.1.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "172.16.0.0",
    "172.17.0.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.1.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "254.255.255.255",
    "255.255.255.254",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::7f00:1",
    "::169.254.169.254",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "0:0:0:0:0:ffff:127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "64:ff9b:1:ffff::a00:1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:0:53aa:64c:0:5efe:7f00:1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "2002::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:101::1",
    "3ffe::1",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff00::1",
    "ff02::1",
    "ff0e::1",
];

const PUBLIC_ADDRESSES: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4009::200e",
    "3fff:1000::1",
];

/// Hosts that some parser or resolver takes for an address, a local name, or two hosts at once.
const TRICKY_HOSTS: &[&str] = &[
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "2130706433",
    "0",
    "00",
    "0.",
    "1",
    "0x7f000001",
    "0X7F000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.1",
    "0177.1",
    "00000177.0.0.1",
    "127.0.0.01",
    "127.0.0.0x1",
    "127.00.0.1",
    "3232235777",
    "0xc0a80101",
    "192.168.257",
    "10.1",
    "010.0.0.1",
    "012.1.2.3",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.16689662",
    "425.510.425.510",
    "127.0.0.1.1",
    "256.256.256.256",
    "999.1.1.1",
    "4294967296",
    "1e3",
    "0x",
    "0x.0x.0x.0x",
    "1.2.3",
    "1.2.3.4.5",
    "foo.1",
    "foo.0x7f",
    "example.com.127",
    "①②⑦.⓪.⓪.①",
    "１２７.0.0.1",
    "127。0。0。1",
    "127．0．0．1",
    "localhoſt",
    "ⓛocalhost",
    "exämple.com",
    "127.0.0.1%00.example.com",
    "127.0.0.1%2f.example.com",
    "%31%32%37.0.0.1",
    "%6c%6f%63%61%6chost",
    "example%2ecom",
    "loc\u{ad}alhost",
    "local\u{200b}host",
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "localhost.",
    "a.localhost",
    "a.b.LOCALHOST",
    "localhost.localdomain",
    "intranet",
    "metadata",
    "router",
    "example.com.",
    "example..com",
    ".example.com",
    "-a.example.com",
    "a-.example.com",
    "metadata.google.internal",
    "printer.local",
    "nas.lan",
    "gateway.home.arpa",
    "a.onion",
    "exa mple.com",
    "example.com\t",
    "exa\u{0}mple.com",
    "example.com\r\nHost:localhost",
    "example.com\\@127.0.0.1",
    "exa$mple.com",
    "exa*mple.com",
    "example,com",
    "example;com",
    "[",
    "]",
    "[]",
    "[::1",
    "::1]",
    "::1",
    "[::1]]",
    "[[::1]]",
    "[::1%lo]",
    "[::1%25lo]",
    "[fe80::1%25eth0]",
    "[v1.127]",
    "[127.0.0.1]",
    "[::127.1]",
    "[::ffff:0x7f.1]",
    "[1:2:3]",
    "[::1]a",
    "[::1].example.com",
    "a[::1]",
    "",
    ".",
    "..",
    "-",
    "$",
    "user@example.com",
    "user:pass@example.com",
    "@example.com",
    "example.com@127.0.0.1",
    "127.0.0.1@example.com",
    "a:b@c@example.com",
    "example.com:",
    "example.com::80",
    "example.com:80:80",
    "example.com:a",
    "example.com:+80",
    "example.com:-1",
    "example.com:0",
    "example.com:65536",
    "example.com:99999999999",
    "example.com:80@127.0.0.1",
    "example.com#@127.0.0.1",
    "127.0.0.1#.example.com",
];

const NOT_HTTP_URLS: &[&str] = &[
    "",
    " ",
    "example.com",
    "/webhooks",
    "//example.com",
    "https:",
    "https:/",
    "https://",
    "https:///",
    "https:example.com",
    "https:/example.com",
    "https:///example.com",
    "https:\\\\example.com",
    " https://example.com",
    "https://example.com ",
    "ftp://example.com",
    "file:///etc/passwd",
    "gopher://example.com:70/_x",
    "data:text/plain,x",
    "javascript:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "unix:///var/run/docker.sock",
    "ws://example.com",
    "dict://example.com:11211/",
    "ldap://example.com",
    "jar:https://example.com!/",
    "h\u{74}tps\u{0}://example.com",
    "ht\ntps://example.com",
    "https//example.com",
    "https;//example.com",
    "1https://example.com",
    "https://example.com/a b",
    "https://example.com/a\r\nX: y",
    "https://example.com/\u{7f}",
    "https://example.com/é",
    "https://example.com/a\\b",
    "https://example.com?#",
    "https://?a",
    "https://:443/",
];

#[test]
fn hostile_urls_are_refused_and_there_are_many() {
    let mut refused = BTreeSet::new();
    let mut hosts: Vec<String> = TRICKY_HOSTS.iter().map(|&host| host.to_owned()).collect();
    hosts.extend(SPECIAL_ADDRESSES.iter().map(|&address| url_host(address)));
    for host in hosts {
        for url in [format!("http://{host}/x"), format!("HTTPS://{host}")] {
            assert!(check_url(&url, &OPEN).is_err(), "{url:?}");
            assert!(check_url(&url, &LIVE).is_err(), "{url:?}");
            refused.insert(url);
        }
    }
    for &url in NOT_HTTP_URLS {
        assert!(check_url(url, &SANDBOX).is_err(), "{url:?}");
        refused.insert(url.to_owned());
    }
    assert!(refused.len() >= 400, "{}", refused.len());
}

#[test]
fn special_addresses_are_never_connected_to_and_public_ones_may_be() {
    for &text in SPECIAL_ADDRESSES {
        let address: IpAddr = text.parse().unwrap();
        assert!(!may_connect(address, &OPEN), "{address}");
        assert!(!may_connect(address, &LIVE), "{address}");
        assert_eq!(may_connect(address, &SANDBOX), address.is_loopback(), "{address}");
    }
    for &text in PUBLIC_ADDRESSES {
        assert!(may_connect(text.parse().unwrap(), &LIVE), "{text}");
        assert!(check_url(&format!("https://{}/", url_host(text)), &LIVE).is_ok(), "{text}");
    }
}

#[test]
fn allowed_urls_get_one_normal_form() {
    for (url, policy, normal) in [
        ("https://example.com", &LIVE, "https://example.com/"),
        ("HTTPS://Example.COM:443/Hooks?A=b", &LIVE, "https://example.com/Hooks?A=b"),
        ("https://example.com?a=b/c", &LIVE, "https://example.com/?a=b/c"),
        ("https://hooks.example.co.rw/a%20b//c", &LIVE, "https://hooks.example.co.rw/a%20b//c"),
        ("https://xn--exmple-cua.com/", &LIVE, "https://xn--exmple-cua.com/"),
        ("https://my_app.example.com/", &LIVE, "https://my_app.example.com/"),
        ("https://8.8.8.8/x", &LIVE, "https://8.8.8.8/x"),
        ("https://[2606:4700:4700:0::1111]/", &LIVE, "https://[2606:4700:4700::1111]/"),
        ("https://127.0.0.1.example.com/", &LIVE, "https://127.0.0.1.example.com/"),
        ("https://localhost.example.com/", &LIVE, "https://localhost.example.com/"),
        ("http://example.com:80/", &OPEN, "http://example.com/"),
        ("http://example.com:443/", &OPEN, "http://example.com:443/"),
        ("http://example.com:8080/@x:y", &OPEN, "http://example.com:8080/@x:y"),
        ("https://example.com:65535/", &OPEN, "https://example.com:65535/"),
        ("http://127.0.0.1:3000/x", &SANDBOX, "http://127.0.0.1:3000/x"),
        ("http://127.8.9.1/", &SANDBOX, "http://127.8.9.1/"),
        ("http://[::1]:3000/", &SANDBOX, "http://[::1]:3000/"),
        ("http://LOCALHOST:3000/", &SANDBOX, "http://localhost:3000/"),
        ("http://shop.localhost:3000/", &SANDBOX, "http://shop.localhost:3000/"),
    ] {
        assert_eq!(check_url(url, policy).map(|uri| uri.to_string()).as_deref(), Ok(normal));
    }
}

#[test]
fn the_reason_is_told() {
    use UrlFault::*;
    let long = format!("https://example.com/{}", "a".repeat(2048 - 20));
    assert!(check_url(&long, &LIVE).is_ok());
    let too_long = format!("{long}a");
    let no_http_but_loopback = EgressPolicy { require_https: true, ..SANDBOX };
    for (url, policy, fault) in [
        (too_long.as_str(), &LIVE, TooLong),
        ("https://example.com/é", &LIVE, Characters),
        ("example.com", &LIVE, NotAUrl),
        ("ftp://example.com", &LIVE, Scheme),
        ("http://example.com", &LIVE, HttpsRequired),
        ("http://example.com", &no_http_but_loopback, HttpsRequired),
        ("https://a:b@example.com", &LIVE, UserInfo),
        ("https://example.com#a", &LIVE, Fragment),
        ("https://127.1/", &LIVE, Host),
        ("https://intranet/", &LIVE, Host),
        ("https://127.0.0.1/", &LIVE, AddressNotPublic),
        ("https://localhost/", &OPEN, AddressNotPublic),
        ("http://10.0.0.1/", &SANDBOX, AddressNotPublic),
        ("http://[::ffff:127.0.0.1]/", &SANDBOX, AddressNotPublic),
        ("https://example.com:8443/", &LIVE, PortNot443),
        ("https://example.com:80/", &LIVE, PortNot443),
        ("http://example.com:22/", &OPEN, PortReserved),
        ("http://example.com:25/", &OPEN, PortReserved),
        ("http://127.0.0.1:1023/", &SANDBOX, PortReserved),
    ] {
        assert_eq!(check_url(url, policy), Err(fault), "{url}");
    }
    assert!(check_url("http://localhost:3000", &no_http_but_loopback).is_ok());
    assert_eq!(TooLong.to_string(), "must be at most 2048 characters");
}

fn url_host(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

#[test]
fn webhooks_to_ourselves_are_refused() {
    let at = |own: &str| EgressPolicy { own_url: own.parse().ok(), ..SANDBOX };
    let local = at("http://127.0.0.1:8080");
    for url in ["http://127.0.0.1:8080/", "http://localhost:8080/x", "http://[::1]:8080/"] {
        assert_eq!(check_url(url, &local), Err(UrlFault::OwnAddress), "{url}");
    }
    assert!(check_url("http://127.0.0.1:8081/", &local).is_ok());
    let named = at("https://pay.example.com");
    assert_eq!(check_url("https://PAY.example.com/hook", &named), Err(UrlFault::OwnAddress));
    assert!(check_url("https://shop.example.com/hook", &named).is_ok());
}

#[test]
fn some_dialects_go_over_tls_alone() {
    let check = |url| super::super::guard::check_https_url(url, &SANDBOX);
    assert!(check("https://shop.example.com/hook").is_ok());
    assert!(check("http://127.0.0.1:9000/hook").is_ok());
    assert_eq!(check("http://shop.example.com/hook"), Err(UrlFault::HttpsRequired));
}
