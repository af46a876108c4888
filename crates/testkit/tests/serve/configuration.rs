//! The file of settings: written, checked, and refused with all that is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use testkit::process;
use testkit::sandbox::dgspay;

use crate::gateway::{config, folder, run};

#[test]
fn a_new_file_passes_once_it_is_filled_in() {
    let folder = folder();
    let file = config(folder.path());
    let made = run(folder.path(), &["config", "init"]);
    assert!(made.is_success(), "{made:?}");
    let text = fs::read_to_string(&file).expect("the file is there");
    let mode = fs::metadata(&file).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // It never overwrites.
    assert_eq!(run(folder.path(), &["config", "init"]).code, Some(1));

    let checked = run(folder.path(), &["config", "check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    for part in ["live.public_url", "master_key.file", "no provider is configured"] {
        assert!(checked.errors.contains(part), "{part} is not in: {}", checked.errors);
    }
    let key = folder.path().join("master.key");
    fs::write(&key, "a1".repeat(32)).expect("a key can be written");
    let filled = text
        .replace("listen = \"127.0.0.1:8081\"\n", "")
        .replace("\nfile = \"\"", &format!("\nfile = \"{}\"", key.display()));
    fs::write(&file, filled).expect("the file can be written");
    for (mode, part) in [(0o644, "others may read it"), (0o600, "")] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("it is ours");
        let checked = run(folder.path(), &["config", "check"]);
        assert_eq!(checked.is_success(), part.is_empty(), "{checked:?}");
        assert!(checked.errors.contains(part), "{checked:?}");
    }
}

#[test]
fn live_does_not_start_before_all_is_there() {
    let folder = folder();
    let text = "[live]\nlisten = \"127.0.0.1:9090\"\npublic_url = \"http://pay.example.rw\"\n\
                [routes]\ncard = \"nobody\"\n[tset]\nlisten = \"SECRET\"\n";
    fs::write(config(folder.path()), text).expect("settings can be written");
    for arguments in [["serve", "--config"], ["config", "check"]] {
        let mut command = dgspay();
        command.env("DGSPAY_DATA", folder.path().join("data")).args(arguments);
        if arguments[0] == "serve" {
            command.arg(config(folder.path()));
        } else {
            command.env("DGSPAY_CONFIG", config(folder.path()));
        }
        let limit = std::time::Duration::from_secs(60);
        let refused = process::run(&mut command, limit).expect("it ends");
        assert_eq!(refused.code, Some(1), "{refused:?}");
        for part in [
            "`tset.listen` is unknown; did you mean `test.listen`?",
            "`live.public_url` must be an https address",
            "live: no provider is configured",
            "live: `routes.card`: nobody is no provider",
            "`master_key.file` is missing, and so is DGSPAY_MASTER_KEY",
            "`live.listen` and `operator.listen` are one address",
        ] {
            assert!(refused.errors.contains(part), "{part} is not in: {}", refused.errors);
        }
        assert!(!refused.errors.contains("SECRET"), "{}", refused.errors);
        assert!(!folder.path().join("data").exists(), "nothing is made before all is right");
    }
}

#[test]
fn a_sandbox_refuses_routes_that_lead_nowhere() {
    let folder = folder();
    let mut command = dgspay();
    command.env("DGSPAY_ROUTE_MOBILE_MONEY", "nobody").args(["sandbox", "--listen", "127.0.0.1:0"]);
    command.arg("--data").arg(folder.path());
    let refused = process::run(&mut command, std::time::Duration::from_secs(60));
    let refused = refused.expect("it ends");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.errors.contains("nobody is no provider"), "{}", refused.errors);
}
