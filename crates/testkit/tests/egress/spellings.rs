//! Ways to write the address of something in our own network.

use std::net::Ipv4Addr;

/// Of one address.
pub fn of(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let number = u32::from(address);
    let [high, low] = [number >> 16, number & 0xffff];
    vec![
        format!("http://{address}/"),
        format!("https://{address}/"),
        format!("HTTP://{address}:8080/x"),
        format!("http://{address}./"),
        format!("http://{number}/"),
        format!("http://{number}./"),
        format!("http://{:#x}/", number),
        format!("http://0X{number:X}/"),
        format!("http://0{number:o}/"),
        format!("http://{a:#x}.{b:#x}.{c:#x}.{d:#x}/"),
        format!("http://0{a:o}.0{b:o}.0{c:o}.0{d:o}/"),
        format!("http://0000{a:o}.{b}.{c}.{d}/"),
        format!("http://{a}.{b}.{low}/"),
        format!("http://{a}.{}/", number & 0x00ff_ffff),
        format!("http://{}.{}.{}.{}/", u16::from(a) + 256, u16::from(b) + 256, c, d),
        format!("http://{}/", in_digits(address, '０')),
        format!("http://{}/", address.to_string().replace('.', "。")),
        format!("http://{}/", address.to_string().replace('.', "%2e")),
        format!("http://{}/", percent_encoded(address)),
        format!("http://[::ffff:{address}]/"),
        format!("http://[::ffff:{high:x}:{low:x}]/"),
        format!("http://[::{address}]/"),
        format!("http://[64:ff9b::{address}]/"),
        format!("http://[2002:{high:x}:{low:x}::1]/"),
        format!("http://example.com@{address}/"),
        format!("http://example.com:80@{address}/"),
        format!("http://{address}#@example.com/"),
        format!("http://example.com\\@{address}/"),
        format!("http://{address}\\.example.com/"),
        format!("http://{address}%00.example.com/"),
        format!("http://{address}%23.example.com/"),
        format!("http:/{address}/"),
        format!("http:{address}/"),
        format!("//{address}/"),
        format!("http:///{address}/"),
        format!("http://\t{address}/"),
        format!("http://{address}\r\n/"),
        format!("gopher://{address}:6379/_INFO"),
        format!("file://{address}/etc/passwd"),
    ]
}

/// Names that only a resolver can tell what they are: they are taken, and refused when it has.
pub const NAMES: [&str; 8] = [
    "http://127.0.0.1.nip.example/",
    "http://10-0-0-1.sslip.example/",
    "http://localtest.example/",
    "https://metadata.example.com/computeMetadata/v1/",
    "http://xn--metadata-example.com:8080/",
    "http://spoofed.localhost.example.com/",
    "http://EXAMPLE.com:1024/",
    "https://a.very.long.name.of.many.labels.example.com/?q=http://127.0.0.1/",
];

pub const OTHERS: [&str; 24] = [
    "http://localhost/",
    "http://LOCALHOST:8080/",
    "http://localhost./",
    "http://a.localhost/",
    "http://localhost.localdomain/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://loc\u{ad}alhost/",
    "http://①②⑦.⓪.⓪.①/",
    "http://intranet/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://printer.local/",
    "http://router.lan/",
    "http://nas.home.arpa/",
    "http://0/",
    "http://127.1/",
    "http://[::]/",
    "http://[::1%25lo]/",
    "http://[fe80::1%25out0]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::1]:80:80/",
    "http://example.com:22/",
    "unix:///var/run/docker.sock",
    "data:text/plain,x",
    "http://",
];

/// The address in the digits of another script.
fn in_digits(address: Ipv4Addr, zero: char) -> String {
    let digit = |c: char| {
        c.to_digit(10).and_then(|value| char::from_u32(u32::from(zero) + value)).unwrap_or(c)
    };
    address.to_string().chars().map(digit).collect()
}

fn percent_encoded(address: Ipv4Addr) -> String {
    address.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect()
}
