//! `dgspay trigger`: real payments, real webhooks.

use testkit::{Options, Receiver, Sandbox, signature};

use crate::desk::{command, feed, finished, get, open};

#[test]
fn it_makes_a_payment_whose_webhook_arrives() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::start(Options::default().webhook_url(&receiver.url("/ok")));
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (event, amount) in [("payment.success", "5000"), ("payment.failed", "700")] {
        let set = format!("amount={amount}");
        let args = ["trigger", event, "--set", &set, "--set", "customer_phone=0781234567"];
        let ended = finished(&mut command(&sandbox, folder.path(), &args));
        assert!(ended.is_success(), "{}{}", ended.output, ended.errors);
        let reference = ended.output.split_whitespace().next().expect("a reference").to_owned();
        let webhook = receiver.wait_for_event(&reference);
        signature::assert_signed(&webhook, &sandbox.credentials().webhook_secret);
        assert_eq!(webhook.fields()["event"], format!("\"{event}\""));
        assert_eq!(webhook.fields()["amount"], amount);
        let body = String::from_utf8_lossy(&webhook.body);
        assert!(ended.output.contains(body.as_ref()), "{}", ended.output);
        assert!(ended.output.contains(webhook.header("webhook-id")), "{}", ended.output);
        let record = get(&sandbox, &format!("/transactions/{reference}"));
        assert_eq!(record.status, 200, "{}", record.text());
    }
    let audit = sandbox.audit();
    assert!(audit.is_success(), "{}\n{}", audit.output, audit.errors);
}

#[test]
fn it_knows_every_event() {
    let (sandbox, folder) = open();
    let run = |event: &str, set: &[&str]| {
        let ended =
            finished(&mut command(&sandbox, folder.path(), &[&["trigger", event], set].concat()));
        assert!(ended.is_success(), "{event}: {}{}", ended.output, ended.errors);
        ended.output.split_whitespace().next().expect("a reference").to_owned()
    };
    for event in
        ["disbursement.success", "disbursement.failed", "conversion.success", "conversion.failed"]
    {
        run(event, &[]);
    }
    let charge = format!("dgs_reference={}", run("payment.success", &[]));
    run("refund.failed", &["--set", &charge, "--set", "amount=500"]);
    run("payment.refunded", &["--set", &charge]);
    let kinds: Vec<String> =
        feed(&sandbox, "").events.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds.len(), 7, "nothing else happened: {kinds:?}");
}

#[test]
fn its_lines_for_machines_are_the_answer_and_the_event() {
    let (sandbox, folder) = open();
    let args = ["trigger", "payment.success", "--json", "--set", "dgs_reference=order-7"];
    let ended = finished(&mut command(&sandbox, folder.path(), &args));
    assert!(ended.is_success(), "{}", ended.errors);
    let lines: Vec<serde_json::Value> =
        ended.output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "{}", ended.output);
    assert_eq!(lines[0]["message"], "Charge initiated");
    assert_eq!(lines[0]["dgs_reference"], "order-7");
    assert_eq!(lines[1]["type"], "payment.success");
    assert_eq!(lines[1]["body"]["dgs_reference"], "order-7");
}

#[test]
fn its_exit_code_says_how_it_went() {
    let (mut sandbox, folder) = open();
    let declines = "scenario_key=issuer:do_not_honor";
    let waits = "scenario_key=scenario:auth_redirect";
    let table: [(&[&str], i32, &str); 6] = [
        (&["payment.won"], 2, "payment.success, payment.failed"),
        (&["payment.success", "--set", "ammount=1"], 2, "ammount"),
        (&["payment.success", "--set", "amount=much"], 2, "number"),
        (&["payment.success", "--set", "amount=0"], 1, "code 90"),
        (&["payment.success", "--set", declines], 1, "payment.failed came"),
        (&["payment.success", "--set", waits, "--timeout", "1"], 4, "no event"),
    ];
    for (args, code, said) in table {
        let args = [&["trigger"], args].concat();
        let ended = finished(&mut command(&sandbox, folder.path(), &args));
        assert_eq!(ended.code, Some(code), "{args:?}: {}{}", ended.output, ended.errors);
        assert!(ended.errors.contains(said), "{args:?}: {}", ended.errors);
    }
    let mut live = command(&sandbox, folder.path(), &["trigger", "payment.success"]);
    let ended = finished(live.env("DGSPAY_API_KEY", "sk_live_0123456789abcdef"));
    assert_eq!(ended.code, Some(2), "money that is real is not touched: {}", ended.errors);
    sandbox.kill();
    let ended = finished(&mut command(&sandbox, folder.path(), &["trigger", "payment.success"]));
    assert_eq!(ended.code, Some(3), "{}", ended.errors);
}
