//! The program itself. That it is asked for here also makes `cargo test` build it, for the tests
//! elsewhere that start it.

use std::process::Command;

fn said(arguments: &[&str]) -> (Option<i32>, String) {
    let finished = Command::new(env!("CARGO_BIN_EXE_dgspay"))
        .args(arguments)
        .output()
        .expect("the program can be started");
    let text = [finished.stdout, finished.stderr].concat();
    (finished.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn it_tells_its_version_and_its_commands() {
    let (code, text) = said(&["--version"]);
    assert_eq!((code, text.trim()), (Some(0), concat!("dgspay ", env!("CARGO_PKG_VERSION"))));
    let (code, text) = said(&["--help"]);
    assert_eq!(code, Some(0));
    for command in ["sandbox", "audit", "backup", "listen", "trigger", "events"] {
        assert!(text.contains(command), "{command} is missing: {text}");
    }
}

#[test]
fn what_it_does_not_understand_it_refuses_with_2() {
    for arguments in [&["no-such-command"][..], &["sandbox", "--listen", "nowhere"]] {
        assert_eq!(said(arguments).0, Some(2), "{arguments:?}");
    }
}
