//! Who may see what: every page and form, for every role, of one's own merchant and of another's,
//! in both environments.

use serde_json::json;

use crate::browser::{Browser, between};
use crate::gateway::{Gateway, TEST};

const ROLES: [&str; 4] = ["owner", "developer", "finance", "viewer"];

/// Somebody in a role of a merchant, signed in.
fn member(gateway: &Gateway, merchant: &str, role: &str) -> Browser {
    let listed = gateway.ask("GET", "/operator/merchants", "").json();
    let all = listed["merchants"].as_array().expect("merchants");
    let found = all.iter().find(|one| one["name"] == merchant).expect("the merchant");
    let email = format!("{role}@{}.example", merchant.to_lowercase());
    let body = json!({"email": email, "role": role, "merchant_id": found["merchant_id"]});
    let added = gateway.ask("POST", "/operator/people", &body.to_string());
    let password = added.json()["password"].as_str().expect("a password").to_owned();
    let nobody = Browser::at("127.0.0.1:1".parse().expect("an address")).client.credentials;
    let mut browser = Browser::at(gateway.merchant("Test", nobody).address);
    browser.sign_in(&email, &password);
    browser
}

/// A payment of a merchant; the id that its page has.
fn payment(gateway: &Gateway, credentials: &testkit::Credentials) -> String {
    let mut client = gateway.merchant("Test", credentials.clone());
    client.base_path = "/generation/v2".to_owned();
    let body = json!({
        "amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
        "customer_email": "jane@example.com", "customer_first_name": "Jane",
        "customer_last_name": "Doe", "customer_phone": "789654321",
        "customer_phone_country_code": "250", "redirect_url": "https://shop.example/done",
        "mobile_money_network": "MTN", "mobile_money_phone": "789654321",
    });
    let answer = client.request("POST", "/charges", &[], body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["transaction_id"].as_str().expect("an id").to_owned()
}

#[test]
fn each_role_sees_its_own_and_nothing_else() {
    let gateway = Gateway::start(TEST);
    let ours = gateway.open("Ours").remove(0).1;
    let theirs = gateway.open("Theirs").remove(0).1;
    let (own, foreign) = (payment(&gateway, &ours), payment(&gateway, &theirs));
    let mut table = String::new();
    for role in ROLES {
        let mut browser = member(&gateway, "Ours", role);
        let token = browser.token();
        let origin = format!("http://{}", browser.client.address);
        let mut row = Vec::new();
        for path in [
            "",
            "/transactions",
            "/transactions.csv",
            "/transactions/news?after=-1",
            "/api-settings",
            "/audit-log",
        ] {
            let answer = browser.get(&format!("test{path}"));
            assert!(!answer.text().contains(&theirs.account_number), "{role} {path}");
            row.push(answer.status.to_string());
            // Of no environment but those that are.
            for environment in ["live", "prod", "..", "TEST"] {
                let answer = browser.get(&format!("{environment}{path}"));
                let text = answer.text();
                let is_closed = answer.status >= 400 || text.contains("Not open yet");
                assert!(is_closed, "{role} {environment}{path}: {}", answer.status);
                assert!(!text.contains(&ours.account_number));
            }
        }
        row.push(browser.get(&format!("test/transactions/{own}")).status.to_string());
        for environment in ["test", "live"] {
            let page = browser.get(&format!("{environment}/transactions/{foreign}"));
            assert!(!page.text().contains("Jane"), "{role}");
            assert!(page.status == 404 || page.text().contains("Not open yet"), "{role}");
        }
        for (path, field) in [
            ("api-settings/show-encryption-key", ("x", "x")),
            ("api-settings/account-number", ("requires_number", "yes")),
            (&format!("transactions/{own}/resend"), ("event", "evt_1")),
            (&format!("transactions/{foreign}/resend"), ("event", "evt_1")),
        ] {
            let headers = [("Origin", origin.as_str())];
            let fields = [("form_token", token.as_str()), field];
            let answer = browser.post_with(&format!("test/{path}"), &headers, &fields);
            row.push(answer.status.to_string());
            assert!(!answer.text().contains(&theirs.encryption_key), "{role} {path}");
            let live = browser.post_with(&format!("live/{path}"), &headers, &fields);
            assert!(live.status >= 400 || live.text().contains("Not open yet"), "{role} {path}");
        }
        table += &format!("{role}: {}\n", row.join(" "));
    }
    assert_eq!(
        table,
        "owner: 200 200 200 200 200 200 200 200 303 404 404\n\
         developer: 200 200 403 200 200 403 200 200 303 404 404\n\
         finance: 200 200 200 200 403 403 200 403 403 403 403\n\
         viewer: 200 200 403 200 403 403 200 403 403 403 403\n"
    );
}

#[test]
fn links_lead_only_where_a_role_may_go() {
    let gateway = Gateway::start(TEST);
    gateway.open("Ours");
    for role in ROLES {
        let mut browser = member(&gateway, "Ours", role);
        for page in ["test", "test/transactions", "profile", "live"] {
            let text = browser.page(page);
            for link in text.split("href=\"/smart-merchant/").skip(1) {
                let path = between(link, "", "\"")
                    .expect("an end")
                    .replace("&amp;", "&")
                    .replace("&#38;", "&");
                let status = browser.get(&path).status;
                assert!(status == 200 || status == 303, "{role} on {page}: {path} {status}");
            }
        }
    }
}
