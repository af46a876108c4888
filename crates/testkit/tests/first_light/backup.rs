//! `dgspay backup`: a copy taken under load is whole, and a gateway can go on from it.

use std::thread;
use std::time::Duration;

use testkit::sandbox::dgspay;
use testkit::{Options, process};

use crate::charge_body::ChargeBody;
use crate::shop::Shop;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_copy_taken_under_load_is_whole() {
    let shop = Shop::open_with(Options::default().variable("DGSPAY_APPROVAL_DELAY_MS", "0"));
    let before = shop.charge(&ChargeBody::guide());
    let folder = tempfile::tempdir().expect("a folder can be made");
    let copy = folder.path().join("copy");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    shop.charge(&ChargeBody::guide());
                }
            });
        }
        let mut backup = dgspay();
        backup.args(["backup", "--data"]).arg(shop.sandbox.data()).arg("--to").arg(&copy);
        let finished = process::run(&mut backup, LIMIT).expect("the backup ends");
        assert!(finished.is_success(), "{finished:?}");
        // It never overwrites.
        let again = process::run(&mut backup, LIMIT).expect("the second backup ends");
        assert!(!again.is_success(), "{again:?}");
    });
    let mut audit = dgspay();
    audit.args(["audit", "--data"]).arg(&copy);
    let audited = process::run(&mut audit, LIMIT).expect("the audit ends");
    assert!(audited.is_success(), "{audited:?}");

    let restored = testkit::Sandbox::start_on(&copy, Options::default());
    assert_eq!(restored.credentials(), shop.sandbox.credentials());
    let path = format!("/transactions/{before}");
    assert_eq!(restored.request("GET", &path, &[], "").status, 200);
}
