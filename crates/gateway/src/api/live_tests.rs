//! What holds in live alone: the whitelist of addresses, no scenarios, strict JSON. The router of
//! a live gateway is asked directly, as from any address: the tests of `dgspay serve` have but one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::account::Account;
use domain::decide::{Command, OpenAccount, SecretKind};
use domain::fee::FeeRule;
use domain::settlement::SettlementRule;
use domain::{AccountId, Environment, limits};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::app::App;
use crate::config::Settings;
use crate::portal::{People, Portal};
use crate::secrets::{self, MasterKey};
use crate::server::Peer;

const ID: AccountId = AccountId(7);
const NUMBER: &str = "ACC-0000007";

struct Live {
    app: Arc<App>,
    portal: Arc<Portal>,
    key: String,
    _folder: tempfile::TempDir,
}

impl Live {
    async fn with_whitelist(networks: &[&str]) -> Live {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            environment: Environment::Live,
            public_url: "https://pay.example".to_owned(),
            data: folder.path().to_owned(),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..Settings::for_tests()
        };
        let (_, stop) = watch::channel(false);
        let (app, _fresh) =
            App::build(settings, MasterKey::of_folder(folder.path()).unwrap(), stop).unwrap();
        let key = secrets::fresh(SecretKind::ApiKey, Environment::Live).unwrap();
        let account = Account {
            id: ID,
            merchant_id: "m".to_owned(),
            merchant_name: "M".to_owned(),
            environment: Environment::Live,
            number: NUMBER.to_owned(),
            requires_number: true,
            allowed_networks: networks.iter().map(|&block| block.to_owned()).collect(),
            charge_fee: FeeRule::CHARGE_DEFAULT,
            disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
            settlement: SettlementRule::BusinessDays(1),
            card_currencies: Vec::new(),
        };
        let sealed = app.master_key.seal((ID, SecretKind::ApiKey), &key, app.clock.now()).unwrap();
        let open = OpenAccount {
            account,
            webhook_url: None,
            secrets: vec![sealed],
            opening_funds: Vec::new(),
        };
        app.store.lane().submit(Command::OpenAccount(Box::new(open))).await.unwrap();
        app.refresh_directory().await.unwrap();
        let people_key = MasterKey::of_folder(folder.path()).unwrap();
        let people = People::open(folder.path(), people_key, Arc::default()).unwrap();
        let portal = Arc::new(Portal::new(vec![Arc::clone(&app)], Arc::new(people), None));
        Live { app, portal, key: key.to_string(), _folder: folder }
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = super::router(&self.app, &self.portal).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), limits::BODY_BYTES_MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn request(&self, path: &str, body: Option<&str>, peer: &str) -> axum::http::request::Builder {
        let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
        Request::builder()
            .method(if body.is_some() { "POST" } else { "GET" })
            .uri(format!("/generation/v2{path}"))
            .header("X-DGS-API-Key", &self.key)
            .header("X-DGS-ACCOUNT-NUMBER", NUMBER)
            .header("Content-Type", "application/json")
            .extension(Peer(peer))
    }
}

#[tokio::test]
async fn only_addresses_on_the_whitelist_are_let_in() {
    let live = Live::with_whitelist(&["203.0.113.0/24", "2001:db8::/32"]).await;
    for (peer, forwarded, expected) in [
        ("203.0.113.9", None, StatusCode::OK),
        ("[2001:db8::5]", None, StatusCode::OK),
        ("[::ffff:203.0.113.9]", None, StatusCode::OK),
        ("198.51.100.1", None, StatusCode::FORBIDDEN),
        // Only a trusted proxy is believed, and only its own hop.
        ("198.51.100.1", Some("203.0.113.9"), StatusCode::FORBIDDEN),
        ("10.1.2.3", Some("203.0.113.9"), StatusCode::OK),
        ("10.1.2.3", Some("203.0.113.9, 198.51.100.1"), StatusCode::FORBIDDEN),
    ] {
        let mut request = live.request("/balance", None, peer);
        if let Some(forwarded) = forwarded {
            request = request.header("X-Forwarded-For", forwarded);
        }
        let (status, body) = live.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, expected, "{peer} {forwarded:?}: {body}");
        assert_eq!(body.contains(r#""error_code":"91""#), expected == StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn an_empty_whitelist_lets_everybody_in() {
    let live = Live::with_whitelist(&[]).await;
    let request = live.request("/balance", None, "198.51.100.1").body(Body::empty()).unwrap();
    assert_eq!(live.ask(request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_sandboxs_liberties_end_here() {
    let live = Live::with_whitelist(&[]).await;
    for (path, body, status, part) in [
        ("/charges", r#"{"scenario_key": "scenario:auth_pin"}"#, 400, "for the sandbox alone"),
        ("/convert", r#"{"scenario_key": "scenario:failed"}"#, 400, "for the sandbox alone"),
        ("/refunds", r#"{"scenario_key": "scenario:failed"}"#, 400, "for the sandbox alone"),
        ("/charges", r#"{"redirect_url": "http://yourdomain.com/"}"#, 400, "https address"),
        ("/charges", r#"{"amount": 1,}"#, 400, "not valid JSON"),
        ("/disburse", r#"{"scenario_key": "scenario:successful"}"#, 400, "for the sandbox alone"),
        ("/disburse/bulk", r#"{"mode": "all",}"#, 400, "not valid JSON"),
        ("/sandbox/clock", r#"{"advance_seconds": 1}"#, 404, "\"92\""),
        ("/sandbox/deposits", r#"{"account_number": "1"}"#, 404, "\"92\""),
    ] {
        let request = live.request(path, Some(body), "198.51.100.1");
        let (seen, answer) = live.ask(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(seen.as_u16(), status, "{path} {body}: {answer}");
        assert!(answer.contains(part), "{path} {body}: {answer}");
    }
}

impl Settings {
    fn for_tests() -> Settings {
        Settings {
            environment: Environment::Test,
            public_url: "http://127.0.0.1".to_owned(),
            data: std::path::PathBuf::new(),
            allow_loopback_webhooks: false,
            extra_ca_file: None,
            banks_file: None,
            approval_delay: Duration::from_secs(2),
            transfer_delay: Duration::from_secs(2),
            conversion_delay: Duration::from_secs(2),
            requests_per_second: None,
            dusupay_digest: dialects::signing::RsaDigest::Sha512,
            dusupay_retries_server_errors: false,
            trusted_proxies: Vec::new(),
            group_commands: limits::GROUP_COMMANDS_MAX,
            provider_patience: None,
            providers: Vec::new(),
            routes: domain::route::Routes::new(vec![domain::provider_call::Provider::Simulator]),
            rates_from: None,
            bank: None,
        }
    }
}

#[tokio::test]
async fn no_link_offers_what_nobody_serves() {
    let live = Live::with_whitelist(&[]).await;
    for (currency, methods, words) in [
        ("NGN", "", "your account can take no payments in NGN"),
        ("RWF", r#","payment_types":["bank_transfer"]"#, "bank_transfer is not offered in RWF"),
    ] {
        let body =
            format!(r#"{{"title":"T","amount_type":"flexible","currency":"{currency}"{methods}}}"#);
        let request = live.request("/payment-links", Some(&body), "203.0.113.9");
        let (status, text) = live.ask(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
        assert!(text.contains(words), "{text}");
    }
}
