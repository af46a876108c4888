//! The rules of the source tree that no compiler checks. Each prints the place that breaks it and
//! what to do instead, and each is shown an example that it must catch.

use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 500;

/// Files longer than they should be, with the length they may not exceed. Numbers only go down.
const RATCHET: &[(&str, usize)] = &[];

/// What ships. `testkit` and `bench` may open databases and connections as a test needs.
const PRODUCT: [&str; 4] =
    ["crates/domain/src/", "crates/dialects/src/", "crates/store/src/", "crates/gateway/src/"];

struct File {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

struct Finding {
    path: String,
    line: usize,
    what: String,
}

type Find = Box<dyn Fn(&[File]) -> Vec<Finding>>;

struct Rule {
    name: &'static str,
    instead: &'static str,
    find: Find,
    /// A path and a text that break the rule.
    example: (&'static str, String),
}

fn rules() -> Vec<Rule> {
    let mut rules = rules_of_crates();
    rules.extend(rules_of_code());
    rules.extend(rules_of_form());
    rules
}

fn rules_of_crates() -> Vec<Rule> {
    vec![
        Rule {
            name: "crates use only what their arrows allow",
            instead: "move the code to the crate that may use it; a new arrow or dependency of \
                      domain needs a record in docs/decisions",
            find: Box::new(foreign_dependencies),
            example: (
                "crates/domain/Cargo.toml",
                "[dependencies]\nserde.workspace = true\n".into(),
            ),
        },
        Rule {
            name: "every crate inherits the workspace's lints, which forbid unsafe code",
            instead: "add `[lints]` and `workspace = true` to the crate; keep `unsafe_code = \"forbid\"` \
                      in the root",
            find: Box::new(missing_lints),
            example: ("crates/store/Cargo.toml", "[package]\nname = \"store\"\n".into()),
        },
        Rule {
            name: "serde_json keeps numbers local",
            instead: "read exact numbers through RawValue: the feature would change every crate",
            find: Box::new(|files| {
                let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
                lines_with(manifests, &["arbitrary_precision"], &[])
            }),
            example: (
                "Cargo.toml",
                "serde_json = { features = [\"arbitrary_precision\"] }\n".into(),
            ),
        },
    ]
}

fn rules_of_code() -> Vec<Rule> {
    const SETTINGS: &[&str] =
        &["crates/gateway/src/main.rs", "crates/gateway/src/config/", "crates/gateway/src/cli/"];
    const IMPURE: &[&str] = &[
        "SystemTime",
        "Instant",
        "tokio",
        "async fn",
        " rand::",
        "std::fs",
        "std::net",
        "std::thread",
        "serde",
    ];
    const BUT_DOMAIN: &[&str] =
        &["crates/dialects/src/", "crates/store/src/", "crates/gateway/src/"];
    vec![
        only_in(
            &["crates/store/src/engine/sqlite.rs", "crates/store/src/migrations/"],
            &["begin immediate", "begin exclusive", "TransactionBehavior", ".transaction("],
            "one place begins writing transactions",
            "send a Command to the lane; the lane's engine begins and commits",
            ("crates/store/src/query/x.rs", "c.execute(\"BEGIN IMMEDIATE\");\n"),
        ),
        only_in(
            &["crates/gateway/src/egress"],
            &["TcpStream::connect", "HttpConnector", "lookup_host", "hyper_util::client"],
            "one place opens outbound connections",
            "send through gateway's egress, which guards the address that is dialled",
            ("crates/gateway/src/workers/x.rs", "TcpStream::connect(address)\n"),
        ),
        only_in(
            &[
                "crates/gateway/src/egress/",
                "crates/gateway/src/cli/developer/",
                "crates/gateway/src/cli/operator_client.rs",
            ],
            &["Direct::", "egress::direct"],
            "the client without an address guard is for the commands of a person",
            "send through egress::Egress",
            ("crates/gateway/src/workers/x.rs", "Direct::new(None)\n"),
        ),
        only_in(
            SETTINGS,
            &["std::env", "env::var", "env::args", "from_default_env", " env = \""],
            "settings are read in one place",
            "read it in config/ or cli/ and pass the value",
            ("crates/gateway/src/app.rs", "let home = std::env::var(\"HOME\");\n"),
        ),
        only_in(
            BUT_DOMAIN,
            IMPURE,
            "domain is pure: no clock, chance, files, connections or async",
            "take the value as an argument; Moment carries time and ids",
            ("crates/domain/src/x.rs", "let now = SystemTime::now();\n"),
        ),
        only_in(
            &["crates/store/src/"],
            &[
                "\"select ",
                "insert into ",
                "delete from ",
                "create table ",
                "\"update ",
                "\"pragma ",
            ],
            "SQL is written in store alone",
            "add a named function to crates/store/src/query and call it",
            ("crates/gateway/src/api/x.rs", "run(\"SELECT 1\")\n"),
        ),
    ]
}

/// A rule that tokens occur in the product's code nowhere but below certain paths.
fn only_in(
    allowed: &'static [&'static str],
    tokens: &'static [&'static str],
    name: &'static str,
    instead: &'static str,
    (path, text): (&'static str, &'static str),
) -> Rule {
    let find = Box::new(move |files: &[File]| lines_with(product(files), tokens, allowed));
    Rule { name, instead, find, example: (path, text.to_owned()) }
}

fn rules_of_form() -> Vec<Rule> {
    vec![
        Rule {
            name: "files are named after what they hold",
            instead: "name it by its subject in the field's terms",
            find: Box::new(vague_names),
            example: ("crates/store/src/utils.rs", "//! Things.\n".into()),
        },
        Rule {
            name: "a source file begins with what it owns",
            instead: "begin with one to three lines of //!",
            find: Box::new(missing_headlines),
            example: ("crates/store/src/x.rs", "pub fn x() {}\n".repeat(4)),
        },
        Rule {
            name: "files hold one thing in at most 500 lines",
            instead: "split by subject; the ratchet list may only shrink",
            find: Box::new(long_files),
            example: ("crates/store/src/x.rs", "//! x\n".repeat(LINES_MAX + 1)),
        },
        Rule {
            name: "no work notes in the tree",
            instead: "finish it, or leave it out and open an issue",
            find: Box::new(|files| {
                let notes = [
                    concat!("TO", "DO"),
                    concat!("FIX", "ME"),
                    concat!("dbg", "!("),
                    concat!("unimplemented", "!("),
                    concat!("#[ig", "nore"),
                ];
                let sources = files
                    .iter()
                    .filter(|file| !file.path.ends_with(".md") && !file.path.ends_with(".toml"));
                lines_holding(sources, &notes, &[])
            }),
            example: ("crates/store/src/x.rs", concat!("// TO", "DO later\n").into()),
        },
        Rule {
            name: "documents speak of the project alone",
            instead: "say what the program is and does; leave out who wrote it where and how",
            find: Box::new(|files| {
                let strangers = [
                    "/work/",
                    "/root/",
                    "worktree",
                    "assistant",
                    "language model",
                    "ai-generated",
                    "as requested",
                    "the brief",
                ];
                lines_holding(documents(files), &strangers, &[])
            }),
            example: ("docs/x.md", "Built under /work/main.\n".into()),
        },
        Rule {
            name: "links between documents lead somewhere",
            instead: "link to a file that is in the tree",
            find: Box::new(dead_links),
            example: ("docs/x.md", "See [this](no/such/file.md).\n".into()),
        },
    ]
}

#[test]
fn the_tree_keeps_every_rule() {
    let files = tree();
    let mut report = String::new();
    for rule in rules() {
        for finding in (rule.find)(&files) {
            report += &format!("{}:{}: {}\n", finding.path, finding.line, finding.what);
            report += &format!("    rule: {}\n    instead: {}\n", rule.name, rule.instead);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn every_rule_catches_its_example() {
    for rule in rules() {
        let (path, text) = rule.example;
        let file = File { path: path.to_owned(), text };
        assert!(!(rule.find)(&[file]).is_empty(), "{} lets its example pass", rule.name);
    }
}

/// A migration that has run somewhere must stay what it was: the list beside them is in the form
/// of sha256sum, which checks it.
#[test]
fn committed_migrations_never_change() {
    let folder = root().join("crates/store/src/migrations");
    let Ok(hashes) = fs::read_to_string(folder.join("HASHES")) else { return };
    for entry in fs::read_dir(&folder).expect("the folder is there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_listed = hashes.lines().any(|line| line.ends_with(&format!("  {name}")));
        assert!(
            !name.ends_with(".sql") || is_listed,
            "{name} is not in HASHES; instead: sha256sum {name} >> HASHES, in that folder"
        );
    }
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "HASHES"])
        .current_dir(&folder)
        .output()
        .expect("sha256sum runs");
    assert!(
        checked.status.success(),
        "a committed migration changed; instead: restore it and add a new one\n{}",
        String::from_utf8_lossy(&checked.stdout)
    );
}

/// Which crates of ours a crate may use, and what it must not bring from outside.
fn arrows(member: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    const NO_HTTP: &[&str] = &["axum", "hyper", "hyper-util", "hyper-rustls", "reqwest", "ureq"];
    const NO_IO: &[&str] =
        &["axum", "hyper", "hyper-util", "hyper-rustls", "reqwest", "ureq", "tokio", "rusqlite"];
    match member {
        "crates/domain" => Some((&["thiserror", "sha2", "uuid", "rust_decimal"], &[])),
        "crates/dialects" => Some((&["domain"], NO_IO)),
        "crates/store" => Some((&["domain"], NO_HTTP)),
        "crates/gateway" => Some((&["domain", "dialects", "store"], &["rusqlite"])),
        "crates/testkit" => Some((&["domain", "dialects", "store", "gateway"], &[])),
        "bench" => Some((&["domain", "dialects", "store", "gateway", "testkit"], &[])),
        _ => None,
    }
}

fn foreign_dependencies(files: &[File]) -> Vec<Finding> {
    const OURS: [&str; 6] = ["domain", "dialects", "store", "gateway", "testkit", "bench"];
    let mut findings = Vec::new();
    for (member, file) in manifests(files) {
        let Some((allowed, banned)) = arrows(member) else {
            findings.push(found(file, 1, "a crate without arrows: draw them in this test".into()));
            continue;
        };
        for (line, name) in dependencies(&file.text) {
            // The domain lists all it may use; the others only those of ours.
            let must_be_listed = member == "crates/domain" || OURS.contains(&name.as_str());
            let is_foreign = must_be_listed && !allowed.contains(&name.as_str());
            if is_foreign || banned.contains(&name.as_str()) {
                findings.push(found(file, line, format!("{member} must not use {name}")));
            }
        }
    }
    findings
}

/// Names in the `[dependencies]` sections of a manifest. Those of tests and build scripts are free.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let mut is_inside = false;
    for (number, line) in numbered(manifest) {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let section = header.trim_end_matches(']').rsplit_once("dependencies");
            let of_product = section.filter(|(before, _)| !before.ends_with('-'));
            is_inside = of_product.is_some_and(|(_, after)| after.is_empty());
            if let Some(name) = of_product.and_then(|(_, after)| after.strip_prefix('.')) {
                names.push((number, name.to_owned()));
            }
        } else if is_inside && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                names.push((number, name.to_owned()));
            }
        }
    }
    names
}

fn missing_lints(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, file) in manifests(files) {
        if !file.text.contains("[lints]\nworkspace = true") {
            findings.push(found(file, 1, "the workspace's lints are not inherited".into()));
        }
    }
    for file in files.iter().filter(|file| file.path == "Cargo.toml") {
        if file.text.contains("[workspace]") && !file.text.contains("unsafe_code = \"forbid\"") {
            findings.push(found(file, 1, "unsafe code is not forbidden".into()));
        }
    }
    findings
}

fn vague_names(files: &[File]) -> Vec<Finding> {
    const VAGUE: [&str; 8] =
        ["utils", "util", "helpers", "helper", "common", "misc", "manager", "types"];
    files
        .iter()
        .filter_map(|file| {
            let part = file.path.split(['/', '.']).find(|part| VAGUE.contains(part))?;
            Some(found(file, 1, format!("`{part}` says nothing")))
        })
        .collect()
}

fn missing_headlines(files: &[File]) -> Vec<Finding> {
    let sources = files.iter().filter(|file| file.path.ends_with(".rs"));
    // A crate that is still empty owns nothing yet.
    let written = sources.filter(|file| file.text.lines().count() > 3);
    let bare = written.filter(|file| !file.text.starts_with("//!"));
    bare.map(|file| found(file, 1, "the file does not say what it owns".into())).collect()
}

fn long_files(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.path.ends_with("LICENSE")) {
        let lines = file.text.lines().count();
        let known = RATCHET.iter().find(|(path, _)| *path == file.path).map(|(_, max)| *max);
        if lines > known.unwrap_or(LINES_MAX) {
            findings.push(found(file, lines, format!("{lines} lines")));
        } else if known.is_some_and(|max| lines < max) {
            findings.push(found(file, lines, format!("lower its line in RATCHET to {lines}")));
        }
    }
    findings
}

/// Markdown links to files, as opposed to addresses and places in the same file.
fn dead_links(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in documents(files) {
        let folder = root().join(&file.path).parent().map(Path::to_owned).unwrap_or_default();
        for (number, line) in numbered(&file.text) {
            for rest in line.split("](").skip(1) {
                let target = rest.split([')', '#']).next().unwrap_or_default();
                let is_file = !target.is_empty() && !target.contains("://");
                if is_file && !folder.join(target).exists() {
                    findings.push(found(file, number, format!("no such file: {target}")));
                }
            }
        }
    }
    findings
}

/// Places in production code that hold one of the tokens, case aside, outside the allowed files.
/// Comments and test modules do not count.
fn lines_with<'a>(
    files: impl Iterator<Item = &'a File>,
    tokens: &[&str],
    allowed: &[&str],
) -> Vec<Finding> {
    let production: Vec<File> = files
        .filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"))
        .map(|file| {
            let text = file.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let code = text.lines().map(|line| {
                let line_is_comment = line.trim_start().starts_with("//");
                if line_is_comment { "" } else { line }
            });
            File { path: file.path.clone(), text: code.collect::<Vec<_>>().join("\n") }
        })
        .collect();
    lines_holding(production.iter(), tokens, allowed)
}

fn lines_holding<'a>(
    files: impl Iterator<Item = &'a File>,
    tokens: &[&str],
    allowed: &[&str],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.filter(|file| !allowed.iter().any(|prefix| file.path.starts_with(prefix))) {
        for (number, line) in numbered(&file.text) {
            let line = line.to_lowercase();
            let token = tokens.iter().find(|token| line.contains(&token.to_lowercase()));
            if let Some(token) = token {
                findings.push(found(file, number, format!("`{}`", token.trim())));
            }
        }
    }
    findings
}

fn product(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| {
        file.path.ends_with(".rs") && PRODUCT.iter().any(|src| file.path.starts_with(src))
    })
}

fn documents(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path.ends_with(".md"))
}

/// The manifests of members, with the folder each is in.
fn manifests(files: &[File]) -> impl Iterator<Item = (&str, &File)> {
    files.iter().filter_map(|file| Some((file.path.strip_suffix("/Cargo.toml")?, file)))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index.saturating_add(1), line))
}

fn found(file: &File, line: usize, what: String) -> Finding {
    Finding { path: file.path.clone(), line, what }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root is there")
}

/// The text files of the project: what lies at the root, and the folders that hold its parts.
fn tree() -> Vec<File> {
    const FOLDERS: [&str; 5] = ["crates", "bench", "docs", "deploy", ".ci"];
    let root = root();
    let mut files = Vec::new();
    collect(&root, &root, &mut files, &|name| FOLDERS.contains(&name));
    assert!(files.len() > 30, "the tree was not found at {}", root.display());
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>, enters: &dyn Fn(&str) -> bool) {
    const TEXTS: [&str; 11] =
        ["rs", "sql", "toml", "md", "sh", "py", "js", "php", "html", "css", "service"];
    for entry in fs::read_dir(folder).expect("a folder can be read").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if enters(&name) {
                let is_ours =
                    |name: &str| !["target", "node_modules", "__pycache__"].contains(&name);
                collect(root, &path, files, &is_ours);
            }
            continue;
        }
        let kind = path.extension().map(|end| end.to_string_lossy().into_owned());
        let is_text = kind.is_none_or(|end| TEXTS.contains(&end.as_str()));
        let relative = path.strip_prefix(root).expect("it lies below the root");
        if is_text && let Ok(text) = fs::read_to_string(&path) {
            files.push(File { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
