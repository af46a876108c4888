//! A network namespace whose every packet to an address that is not public is counted. The test
//! starts itself again inside of it.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, io};

use testkit::process;

use crate::ranges::{self, OURS, PUBLIC};

/// Set for the test inside the namespace.
const INSIDE: &str = "DGSPAY_TEST_NAMESPACE";

const RUN_LIMIT: Duration = Duration::from_secs(1800);

/// The way out, which leads nowhere. Its other end is in the namespace too.
const DEVICE: &str = "out0";

/// Runs the test of this full name inside a namespace of its own, where `test` is done.
pub fn run(full_name: &str, test: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        count_packets();
        assert_every_range_is_counted();
        count_packets();
        return test();
    }
    let namespace = match Namespace::make() {
        Ok(namespace) => namespace,
        Err(why) => {
            // Past the capture of passing tests: whoever runs them must know.
            let note = format!("\nNOT RUN: {full_name}: {why}\n");
            return io::stderr().write_all(note.as_bytes()).unwrap_or_default();
        }
    };
    let mut command = Command::new("ip");
    command
        .args(["netns", "exec", &namespace.name])
        .arg(env::current_exe().expect("a test knows its executable"))
        .args(["--exact", full_name, "--nocapture"])
        .env(INSIDE, &namespace.name);
    let inside = process::run(&mut command, RUN_LIMIT).expect("the test inside ends");
    let has_run = inside.output.contains("1 passed");
    assert!(inside.is_success() && has_run, "{}\n{}", inside.output, inside.errors);
}

/// Packets that left for each range that is not public; those with none are left out.
pub fn packets_to_private_ranges() -> Vec<String> {
    counters().into_iter().filter(|(name, count)| name != PUBLIC && *count > 0).map(show).collect()
}

pub fn packets_to_public_address() -> u64 {
    counters().into_iter().filter(|(name, _)| name == PUBLIC).map(|(_, count)| count).sum()
}

struct Namespace {
    name: String,
}

impl Namespace {
    fn make() -> Result<Namespace, String> {
        nft(&["--version"], "")?;
        let name = format!("dgspay-{}-{:?}", std::process::id(), std::thread::current().id());
        let name: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        ip(&["netns", "add", &name])?;
        let namespace = Namespace { name };
        namespace.furnish()?;
        Ok(namespace)
    }

    fn furnish(&self) -> Result<(), String> {
        let inside = |rest: &str| {
            let mut arguments = vec!["-n", self.name.as_str()];
            arguments.extend(rest.split(' '));
            ip(&arguments)
        };
        inside("link set lo up")?;
        inside(&format!("link add {DEVICE} type veth peer name out1"))?;
        // Nobody is there to be asked for a hardware address.
        inside(&format!("link set {DEVICE} arp off up"))?;
        inside("link set out1 up")?;
        for address in [OURS, PUBLIC] {
            inside(&format!("address add {address}/32 dev {DEVICE}"))?;
        }
        inside(&format!("-6 address add 2a00:1::1/128 dev {DEVICE} nodad"))?;
        inside(&format!("route add default dev {DEVICE}"))?;
        inside(&format!("-6 route add default dev {DEVICE}"))?;
        let folder = self.folder();
        fs::create_dir_all(&folder)
            .and_then(|()| {
                let text = format!("nameserver {OURS}\noptions timeout:1 attempts:3\n");
                fs::write(folder.join("resolv.conf"), text)
            })
            .map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// What lies here takes the place of its namesakes in /etc.
    fn folder(&self) -> PathBuf {
        PathBuf::from("/etc/netns").join(&self.name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        for undone in [
            ip(&["netns", "delete", &self.name]),
            fs::remove_dir_all(self.folder()).map_err(|error| error.to_string()),
        ] {
            undone.unwrap_or_else(|why| eprintln!("{} is left behind: {why}", self.name));
        }
        // Only when no other namespace uses it.
        fs::remove_dir("/etc/netns").unwrap_or_default();
    }
}

/// Counts from zero. Neighbours are looked for by the kernel itself, so that is not counted.
fn count_packets() {
    let rules = ranges::V4
        .iter()
        .map(|(range, _)| format!("ip daddr {range} counter comment \"{range}\"\n"))
        .chain(ranges::V6.iter().map(|(range, _)| {
            format!("meta l4proto != ipv6-icmp ip6 daddr {range} counter comment \"{range}\"\n")
        }))
        .chain([format!("ip daddr {PUBLIC} counter comment \"{PUBLIC}\"\n")])
        .collect::<String>();
    let hook = "type filter hook output priority 0;";
    let text = format!("flush ruleset\ntable inet out {{\nchain out {{\n{hook}\n{rules}}}\n}}\n");
    nft(&["-f", "-"], &text).expect("the rules are taken");
}

/// The judge is judged first: a packet to each range is seen.
fn assert_every_range_is_counted() {
    for (_, address) in ranges::V4.iter().chain(&ranges::V6) {
        send_one(address.parse().expect("an address"))
            .unwrap_or_else(|error| panic!("nothing can be sent to {address}: {error}"));
    }
    let counters = counters();
    for (range, address) in ranges::V4.iter().chain(&ranges::V6) {
        let is_counted = counters.iter().any(|(name, count)| name == range && *count > 0);
        assert!(is_counted, "a packet to {address} is not counted: {counters:?}");
    }
}

fn send_one(address: IpAddr) -> io::Result<()> {
    const DISCARD: u16 = 9;
    let (from, to) = match address {
        IpAddr::V4(_) => ("0.0.0.0:0", SocketAddr::new(address, DISCARD)),
        IpAddr::V6(v6) => {
            let index = fs::read_to_string(format!("/sys/class/net/{DEVICE}/ifindex"))?;
            let index = index.trim().parse().map_err(io::Error::other)?;
            ("[::]:0", SocketAddr::V6(SocketAddrV6::new(v6, DISCARD, 0, index)))
        }
    };
    UdpSocket::bind(from)?.send_to(b"x", to).map(drop)
}

/// What each rule has counted, by its comment.
fn counters() -> Vec<(String, u64)> {
    let text = nft(&["list", "table", "inet", "out"], "").expect("the rules are there");
    let counters: Vec<(String, u64)> = text.lines().filter_map(read_counter).collect();
    assert_eq!(counters.len(), ranges::V4.len() + ranges::V6.len() + 1, "{text}");
    counters
}

fn read_counter(line: &str) -> Option<(String, u64)> {
    let (_, rest) = line.split_once("counter packets ")?;
    let (_, comment) = rest.split_once("comment \"")?;
    Some((
        comment.trim_end().trim_end_matches('"').to_owned(),
        rest.split(' ').next()?.parse().ok()?,
    ))
}

fn show((range, count): (String, u64)) -> String {
    format!("{count} to {range}")
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    run_tool("ip", arguments, "").map(drop)
}

fn nft(arguments: &[&str], input: &str) -> Result<String, String> {
    run_tool("nft", arguments, input)
}

fn run_tool(tool: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let feed = || {
        let mut child = Command::new(tool)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // Closed when dropped here: that is the end of the input.
        child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()))?;
        child.wait_with_output()
    };
    let done = feed().map_err(|error| format!("{tool} is needed: {error}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&done.stderr);
        Err(format!("{tool} {}: {}", arguments.join(" "), errors.trim()))
    }
}
