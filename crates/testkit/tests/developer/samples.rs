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

/// The samples, and what must be installed to run each.
const SAMPLES: [(&str, &str); 6] = [
    ("verify.php", "php"),
    ("verify.mjs", "node"),
    ("verify.py", "python3"),
    ("verify.go", "go"),
    ("verify.java", "javac"),
    ("verify.rs", "rustc"),
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
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (sample, runtime) in SAMPLES {
        if !is_installed(runtime) {
            println!("skipped: {runtime} is not installed, so {sample} was not run");
            continue;
        }
        let program = prepare(sample, runtime, folder.path());
        for (case, given, expected) in cases {
            let said = says_genuine(&program, Some(SECRET), given);
            assert_eq!(said, expected, "{sample}: a signature that is {case}");
        }
        // Whoever forgot the secret must not accept what anybody can sign.
        let anybodys = signature::dgs("", BODY.as_bytes());
        assert!(!says_genuine(&program, None, Some(&anybodys)), "{sample}: no secret");
        println!("{sample} was run");
    }
}

#[test]
fn the_guide_shows_the_samples_as_they_are_tested() {
    let guide = fs::read_to_string(docs().join("webhooks.md")).expect("the guide");
    for (sample, _) in SAMPLES {
        let text = fs::read_to_string(docs().join("samples").join(sample)).expect("a sample");
        let (_, kind) = sample.split_once('.').expect("a kind");
        let kind = if kind == "mjs" { "js" } else { kind };
        // What stands below runs the function from a shell, which no merchant needs.
        let end = text.find("To try it").expect("a line that says how to try it");
        let shown = text[..end].rsplit_once('\n').expect("it is a line of its own").0.trim_end();
        let block = format!("```{kind}\n{shown}\n");
        assert!(guide.contains(&block), "docs/webhooks.md must show this of {sample}:\n{block}");
    }
}

/// The command that runs a sample, compiled once where it can be.
fn prepare(sample: &str, runtime: &str, folder: &Path) -> Vec<PathBuf> {
    let source = docs().join("samples").join(sample);
    match runtime {
        "rustc" => vec![example("verify_webhook")],
        "javac" => {
            build(Command::new("javac").arg("-d").arg(folder).arg(source));
            ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"]
                .map(PathBuf::from)
                .into_iter()
                .chain([folder.to_owned(), "Webhook".into()])
                .collect()
        }
        "go" => {
            let program = folder.join("verify_go");
            build(Command::new("go").args(["build", "-o"]).arg(&program).arg(source));
            vec![program]
        }
        interpreter => vec![interpreter.into(), source],
    }
}

fn build(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// Whether the sample says that the body is genuine. A crash says no as well: it is no 200.
fn says_genuine(program: &[PathBuf], secret: Option<&str>, given: Option<&str>) -> bool {
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]);
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
    assert_eq!(output.status.success(), said.trim() == "genuine", "{program:?}: {said}");
    output.status.success()
}

fn is_installed(runtime: &str) -> bool {
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
