//! The samples that merchants copy: each accepts what is genuine and nothing else, and the guide
//! shows what is tested.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::signature;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A body that no JSON library would write back in the same bytes.
const BODY: &str = "{\"amount\": 5000.0,  \"note\":\"caf\u{e9} \\u00e9\",\"event\":\"x\"}\n";

/// Runtime, its arguments, and the sample; Rust's is built beside the tests.
const SAMPLES: [(&str, &[&str], &str); 6] = [
    ("php", &[], "verify.php"),
    ("node", &[], "verify.mjs"),
    ("python3", &[], "verify.py"),
    ("go", &["run"], "verify.go"),
    ("java", &[], "verify.java"),
    ("", &[], "verify.rs"),
];

#[test]
fn samples_accept_what_is_genuine_and_nothing_else() {
    let genuine = signature::dgs(SECRET, BODY.as_bytes());
    let parsed: serde_json::Value = serde_json::from_str(BODY).expect("JSON");
    let of_parsed = signature::dgs(SECRET, parsed.to_string().as_bytes());
    let last = if genuine.ends_with('0') { "1" } else { "0" };
    let altered = format!("{}{last}", &genuine[..63]);
    let cases: [(&str, Option<&str>, bool); 9] = [
        ("genuine", Some(&genuine), true),
        ("one digit off", Some(&altered), false),
        ("of the parsed body", Some(&of_parsed), false),
        ("missing", None, false),
        ("empty", Some(""), false),
        ("short", Some(&genuine[..62]), false),
        ("long", Some(&format!("{genuine}00")), false),
        ("not ASCII, as many bytes", Some(&"\u{e9}".repeat(32)), false),
        ("not ASCII, as many characters", Some(&"\u{e9}".repeat(64)), false),
    ];
    for (runtime, args, sample) in SAMPLES {
        if !is_installed(runtime) {
            println!("skipped: {runtime} is not installed, so {sample} was not run");
            continue;
        }
        for (case, given, expected) in cases {
            let said = run((runtime, args, sample), Some(SECRET), given);
            assert_eq!(said, expected, "{sample}: a signature that is {case}");
        }
        // Whoever forgot the secret must not accept what anybody can sign.
        let anybodys = signature::dgs("", BODY.as_bytes());
        assert!(!run((runtime, args, sample), None, Some(&anybodys)), "{sample}: no secret");
        println!("{sample} was run");
    }
}

#[test]
fn the_guide_shows_the_samples_as_they_are_tested() {
    let guide = fs::read_to_string(docs().join("integrate.md")).expect("the guide");
    for (_, _, sample) in SAMPLES {
        let text = fs::read_to_string(docs().join("samples").join(sample)).expect("a sample");
        let (_, kind) = sample.split_once('.').expect("a kind");
        let kind = if kind == "mjs" { "js" } else { kind };
        // What stands below runs the function from a shell, which no merchant needs.
        let end = text.find("To try it").expect("a line that says how to try it");
        let shown = text[..end].rsplit_once('\n').expect("it is a line of its own").0.trim_end();
        let block = format!("```{kind}\n{shown}\n");
        assert!(guide.contains(&block), "docs/integrate.md must show this of {sample}:\n{block}");
    }
}

/// Whether the sample says that the body is genuine. A crash says no as well: it is no 200.
fn run(
    (runtime, args, sample): (&str, &[&str], &str),
    secret: Option<&str>,
    given: Option<&str>,
) -> bool {
    let mut command = if runtime.is_empty() {
        Command::new(example("verify_webhook"))
    } else {
        let mut command = Command::new(runtime);
        command.args(args).arg(docs().join("samples").join(sample));
        command
    };
    command.args(given).env_remove("DGSPAY_WEBHOOK_SECRET");
    command.envs(secret.map(|secret| ("DGSPAY_WEBHOOK_SECRET", secret)));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    // A sample that refuses at once, for want of a secret, does not read the body.
    stdin.write_all(BODY.as_bytes()).unwrap_or_default();
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.success(), said.trim() == "genuine", "{sample}: {said}");
    output.status.success()
}

fn is_installed(runtime: &str) -> bool {
    if runtime.is_empty() {
        return true;
    }
    let version = if runtime == "go" { "version" } else { "--version" };
    let asked =
        Command::new(runtime).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// A program of this crate's, built whenever all its targets are.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its executable");
    let folder = test.parent().and_then(Path::parent).expect("it lies in target/…/deps");
    let program = folder.join("examples").join(name);
    assert!(
        program.exists(),
        "{} is not built: run `cargo build -p testkit --examples` first",
        program.display()
    );
    program
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}
