//! What a configuration must say before anything runs, and that all of it is told at once.

use domain::Environment;

use crate::config::fake_provider::FAKE;
use crate::config::serve::ServeSettings;

const LIVE: &str = "
[test]
listen = \"127.0.0.1:8080\"
[live]
listen = \"127.0.0.1:8081\"
public_url = \"https://pay.example.rw/\"
[providers.airtel_money]
url = \"https://provider.example\"
client_secret = \"x\"
[routes]
mobile_money = \"airtel_money\"
";

fn read(text: &str, variables: &[(&str, &str)]) -> Result<ServeSettings, String> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    ServeSettings::read(text, &[FAKE], &variable).map_err(|faults| faults.join("\n"))
}

/// A key, and a data folder on a disk, wherever the tests run.
fn on_disk() -> Vec<(&'static str, &'static str)> {
    const KEY: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
    vec![("DGSPAY_MASTER_KEY", KEY), ("DGSPAY_DATA", concat!(env!("CARGO_MANIFEST_DIR"), "/x"))]
}

#[test]
fn both_environments_run_apart() {
    let read = read(LIVE, &on_disk()).unwrap();
    let [test, live] = read.environments.as_slice() else { panic!("{read:?}") };
    assert_eq!(test.settings.environment, Environment::Test);
    assert_eq!(live.settings.environment, Environment::Live);
    assert!(test.settings.data.ends_with("x/test") && live.settings.data.ends_with("x/live"));
    assert_eq!(live.settings.public_url, "https://pay.example.rw");
    assert_eq!((test.settings.providers.len(), live.settings.providers.len()), (0, 1));
    assert_eq!(read.operator_listen.to_string(), "127.0.0.1:9090");
    assert!(read.master_key.is_some());
}

#[test]
fn test_alone_needs_nothing_but_an_address() {
    let read = read("test.listen = \"127.0.0.1:0\"", &[]).unwrap();
    assert_eq!(read.environments.len(), 1);
    assert!(read.master_key.is_none());
    assert!(!read.environments[0].settings.allow_loopback_webhooks);
}

#[test]
fn live_tells_all_that_it_lacks_at_once() {
    let told = read("live.listen = \"127.0.0.1:9090\"", &[("DGSPAY_DATA", "/proc")]).unwrap_err();
    for part in [
        "`live.public_url` is missing",
        "live: no provider is configured",
        "live: no payment leads to a provider",
        "`master_key.file` is missing, and so is DGSPAY_MASTER_KEY",
        "`live.listen` and `operator.listen` are one address",
    ] {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
}

#[test]
fn each_fault_of_a_value_is_told() {
    for (name, from, to, variable, part) in [
        ("http", "https://pay", "http://pay", None, "`live.public_url` must be an https address"),
        ("a path", ".rw/", ".rw/x", None, "`live.public_url` must be an https address"),
        ("a name", "127.0.0.1:8081", "localhost:8081", None, "`live.listen` must be an address"),
        ("one port", "127.0.0.1:8081", "0.0.0.0:8080", None, "`test.listen` and `live.listen`"),
        ("key", "", "", Some(("DGSPAY_MASTER_KEY", "abc")), "must be 64 hex digits"),
        ("log", "", "", Some(("DGSPAY_LOG", "loud")), "`log` must be text, json or off"),
        ("proxy", "", "", Some(("DGSPAY_TRUSTED_PROXIES", "10.0.0.0/8,x")), "`trusted_proxies`"),
        ("rule", "", "", Some(("DGSPAY_SETTLEMENT", "soon")), "`settlement` must be"),
        ("no rates", "", "", Some(("DGSPAY_LIVE_RATES_FROM", "airtel_money")), "`live.rates_from`"),
        ("not here", "", "", Some(("DGSPAY_TEST_RATES_FROM", "flutterwave")), "`test.rates_from`"),
        ("nothing", LIVE, "", None, "nothing would run"),
    ] {
        let mut variables = on_disk();
        if let Some((variable, value)) = variable {
            variables.retain(|(other, _)| *other != variable);
            variables.push((variable, value));
        }
        let told = read(&LIVE.replace(from, to), &variables).unwrap_err();
        assert!(told.contains(part), "{name}: {told}");
        assert_eq!(told.lines().count(), 1, "{name}: {told}");
    }
}

#[test]
fn live_refuses_a_folder_in_memory() {
    // Where there is no such file system, there is nothing to refuse.
    let is_there = std::fs::read_to_string("/proc/mounts")
        .is_ok_and(|mounts| mounts.lines().any(|line| line.starts_with("tmpfs /dev/shm ")));
    let mut variables = on_disk();
    variables[1] = ("DGSPAY_DATA", "/dev/shm/not/there/yet");
    let told = read(LIVE, &variables).err().unwrap_or_default();
    assert_eq!(told.contains("lies in memory"), is_there, "{told}");
}
