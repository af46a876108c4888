//! The account's settings, named as the guide names them. Nothing is shown or changed before the
//! password was typed again, and each is in the log before it is done.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::decide::{
    Command, ConfigureAccount, ConfigureEndpoint, EndpointChange, Rotation, SealedSecret,
    SecretKind,
};
use domain::endpoint::Endpoint;
use domain::limits;
use domain::people::{Action, Permission};
use store::query::accounts::{find_secret, list_endpoints_of};

use crate::config::network;
use crate::pages::see_other;
use crate::portal::ROOT;
use crate::portal::fields::{Fields, MemberForm};
use crate::portal::layout::{self, Shell};
use crate::portal::scope::Scope;
use crate::portal::turned::Turned;
use crate::portal::visit::Member;
use crate::secrets::{self, MasterKey, SecretText};

/// Blocks that a whitelist may have.
const NETWORKS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "portal/api_settings.html")]
struct ApiSettings<'a> {
    shell: &'a Shell,
    is_confirmed: bool,
    confirm_path: String,
    path: String,
    base_url: String,
    account_number: &'a str,
    requires_number: bool,
    networks: String,
    webhook_url: String,
    /// Both secrets sign until then.
    overlap_until: Option<String>,
    shown: Option<Shown>,
    fault: Option<Fault>,
    is_saved: bool,
}

/// A secret that this page shows, this once.
struct Shown {
    kind: SecretKind,
    text: SecretText,
}

impl Shown {
    fn of(shown: Option<&Shown>, kind: SecretKind) -> Option<&str> {
        shown.filter(|one| one.kind == kind).map(|one| one.text.as_str())
    }
}

impl ApiSettings<'_> {
    fn api_key(&self) -> Option<&str> {
        Shown::of(self.shown.as_ref(), SecretKind::ApiKey)
    }

    fn encryption_key(&self) -> Option<&str> {
        Shown::of(self.shown.as_ref(), SecretKind::Encryption)
    }

    fn webhook_secret(&self) -> Option<&str> {
        Shown::of(self.shown.as_ref(), SecretKind::Webhook)
    }
}

/// A field that was not taken.
struct Fault {
    field: &'static str,
    text: String,
    typed: String,
}

/// What came of a form.
enum Outcome {
    Saved,
    Shown(SecretKind, SecretText),
    Refused(Fault),
}

pub async fn show(Path(environment): Path<String>, member: Member) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::ConfigureAccount)?;
    let is_saved = scope.member.visit.here.ends_with("?saved=yes");
    settings_page(&scope, is_saved, None).await
}

pub async fn change(
    Path((environment, action)): Path<(String, String)>,
    form: MemberForm,
) -> Result<Response, Turned> {
    let MemberForm { member, fields } = form;
    let scope = Scope::enter(member, &environment, Permission::ConfigureAccount)?;
    if !scope.member.is_confirmed() {
        return Err(Turned::to(&confirm_path(&scope)));
    }
    let outcome = match action.as_str() {
        "api-key" => rotate(&scope, SecretKind::ApiKey, Action::ApiKeyRotated).await?,
        "encryption-key" => {
            rotate(&scope, SecretKind::Encryption, Action::EncryptionKeyRotated).await?
        }
        "show-encryption-key" => {
            scope.record(Action::EncryptionKeyShown, String::new()).await?;
            let sealed = sealed_of(&scope, SecretKind::Encryption).await?;
            let text = scope.app.master_key.open(&sealed)?;
            Outcome::Shown(SecretKind::Encryption, text)
        }
        "webhook-url" => set_webhook_url(&scope, &fields).await?,
        "webhook-secret" => rotate_webhook_secret(&scope).await?,
        "show-webhook-secret" => {
            scope.record(Action::WebhookSecretShown, String::new()).await?;
            Outcome::Shown(SecretKind::Webhook, webhook_secret(&scope).await?)
        }
        "networks" => set_networks(&scope, &fields).await?,
        "account-number" => {
            let is_wanted = fields.text("requires_number") == "yes";
            let detail = if is_wanted { "on" } else { "off" };
            scope.record(Action::NumberRequirementChanged, detail.to_owned()).await?;
            let nothing = ConfigureAccount::nothing(scope.account());
            let wish = ConfigureAccount { requires_number: Some(is_wanted), ..nothing };
            configure(&scope, wish).await?
        }
        _ => return Err(Turned::not_found(&scope.member.visit)),
    };
    match outcome {
        // So that a reload sends nothing again.
        Outcome::Saved => Ok(see_other(&scope.path("/api-settings?saved=yes"))),
        Outcome::Shown(..) | Outcome::Refused(_) => {
            settings_page(&scope, false, Some(outcome)).await
        }
    }
}

fn confirm_path(scope: &Scope) -> String {
    format!("{ROOT}confirm?next={}", scope.path("/api-settings"))
}

async fn settings_page(
    scope: &Scope,
    is_saved: bool,
    outcome: Option<Outcome>,
) -> Result<Response, Turned> {
    let account = scope.account();
    // As it is now: a form may just have changed it.
    let directory = scope.app.directory();
    let entry = directory.find(account).unwrap_or(&scope.entry);
    let primary = primary(scope).await?;
    let (shown, fault) = match outcome {
        Some(Outcome::Shown(kind, text)) => (Some(Shown { kind, text }), None),
        Some(Outcome::Refused(fault)) => (None, Some(fault)),
        Some(Outcome::Saved) | None => (None, None),
    };
    let typed = |field: &str, stored: String| match &fault {
        Some(fault) if fault.field == field => fault.typed.clone(),
        Some(_) | None => stored,
    };
    let now = scope.app.clock.now();
    let old = primary.as_ref().and_then(|endpoint| endpoint.old_secret.as_ref());
    let old = old.filter(|old| now < old.ends_at);
    let shell = Shell { here: scope.path("/api-settings"), ..scope.shell() };
    let page = ApiSettings {
        is_confirmed: scope.member.is_confirmed(),
        confirm_path: confirm_path(scope),
        path: scope.path("/api-settings"),
        base_url: format!("{}/generation/v2", scope.app.settings.public_url),
        account_number: &entry.account.number,
        requires_number: entry.account.requires_number,
        networks: typed("networks", entry.account.allowed_networks.join("\n")),
        webhook_url: typed(
            "webhook_url",
            primary.as_ref().map(|endpoint| endpoint.url.clone()).unwrap_or_default(),
        ),
        overlap_until: old.map(|old| layout::time_text(old.ends_at)),
        is_saved,
        shell: &shell,
        shown,
        fault,
    };
    let status = if page.fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(layout::show(status, &page))
}

/// The endpoint behind the webhook URL; others are managed through the API.
async fn primary(scope: &Scope) -> Result<Option<Endpoint>, Turned> {
    let account = scope.account();
    let endpoints = scope.app.store.read(move |reader| list_endpoints_of(reader, account)).await?;
    Ok(endpoints.into_iter().find(|endpoint| endpoint.id == Endpoint::PRIMARY))
}

async fn sealed_of(scope: &Scope, kind: SecretKind) -> Result<SealedSecret, Turned> {
    let account = scope.account();
    let found = scope.app.store.read(move |reader| find_secret(reader, account, kind)).await?;
    let sealed = found.unwrap_or_default();
    let created_at = scope.app.clock.now();
    Ok(SealedSecret { account, kind, sealed, key_hash: None, created_at, old_ends_at: None })
}

async fn rotate(scope: &Scope, kind: SecretKind, action: Action) -> Result<Outcome, Turned> {
    let text = secrets::fresh(kind, scope.environment())?;
    let (account, now) = (scope.account(), scope.app.clock.now());
    let is_readable = match kind {
        // A sandbox prints its key at every start, and keeps it for that.
        SecretKind::ApiKey => !sealed_of(scope, kind).await?.sealed.is_empty(),
        SecretKind::Encryption | SecretKind::Webhook => true,
    };
    let sealed = if is_readable {
        scope.app.master_key.seal((account, kind), &text, now)?
    } else {
        MasterKey::hash_only(account, &text, now)
    };
    scope.record(action, String::new()).await?;
    let nothing = ConfigureAccount::nothing(account);
    configure(scope, ConfigureAccount { secrets: vec![sealed], ..nothing }).await?;
    Ok(Outcome::Shown(kind, text))
}

async fn configure(scope: &Scope, wish: ConfigureAccount) -> Result<Outcome, Turned> {
    submit(scope, Command::ConfigureAccount(Box::new(wish))).await
}

async fn configure_endpoint(scope: &Scope, change: EndpointChange) -> Result<Outcome, Turned> {
    let configure = ConfigureEndpoint { account: scope.account(), key_use: None, change };
    submit(scope, Command::ConfigureEndpoint(Box::new(configure))).await
}

async fn submit(scope: &Scope, command: Command) -> Result<Outcome, Turned> {
    scope.app.store.lane().submit(command).await?;
    // What follows finds the account as it is now.
    if let Err(error) = scope.app.refresh_directory().await {
        tracing::error!(%error, "the accounts could not be read again");
    }
    Ok(Outcome::Saved)
}

/// An empty address removes the endpoint.
async fn set_webhook_url(scope: &Scope, fields: &Fields) -> Result<Outcome, Turned> {
    let typed = fields.text("webhook_url").trim();
    if typed.is_empty() {
        if primary(scope).await?.is_none() {
            return Ok(Outcome::Saved);
        }
        scope.record(Action::WebhookUrlChanged, String::new()).await?;
        return configure_endpoint(scope, EndpointChange::Delete(Endpoint::PRIMARY)).await;
    }
    if let Err(fault) = scope.app.egress.check_url(typed) {
        let (field, text) = ("webhook_url", fault.to_string());
        return Ok(Outcome::Refused(Fault { field, text, typed: typed.to_owned() }));
    }
    // Without the query, in which some keep a secret.
    let plain = typed.split('?').next().unwrap_or_default();
    scope.record(Action::WebhookUrlChanged, plain.to_owned()).await?;
    let nothing = ConfigureAccount::nothing(scope.account());
    configure(scope, ConfigureAccount { webhook_url: Some(typed.to_owned()), ..nothing }).await
}

/// The old one signs beside the new one for a day, where there is somebody to tell.
async fn rotate_webhook_secret(scope: &Scope) -> Result<Outcome, Turned> {
    if primary(scope).await?.is_none() {
        return rotate(scope, SecretKind::Webhook, Action::WebhookSecretRotated).await;
    }
    let text = secrets::new_webhook_secret()?;
    let (account, now) = (scope.account(), scope.app.clock.now());
    let rotation = Rotation {
        secret: scope.app.master_key.seal((account, SecretKind::Webhook), &text, now)?,
        secret_of_account: sealed_of(scope, SecretKind::Webhook).await?.sealed,
        overlap: limits::SECRET_OVERLAP_DEFAULT,
        old_signs_alone: false,
    };
    scope.record(Action::WebhookSecretRotated, String::new()).await?;
    let change = EndpointChange::RotateSecret(Endpoint::PRIMARY, rotation);
    configure_endpoint(scope, change).await?;
    Ok(Outcome::Shown(SecretKind::Webhook, text))
}

async fn webhook_secret(scope: &Scope) -> Result<SecretText, Turned> {
    let own = primary(scope).await?.and_then(|endpoint| endpoint.secret);
    let sealed = match own {
        Some(sealed) => sealed,
        None => sealed_of(scope, SecretKind::Webhook).await?.sealed,
    };
    Ok(scope.app.master_key.open_kind((scope.account(), SecretKind::Webhook), &sealed)?)
}

async fn set_networks(scope: &Scope, fields: &Fields) -> Result<Outcome, Turned> {
    let typed = fields.text("networks");
    let words = scope.member.visit.words();
    let parts = typed.split([',', '\n', '\r', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let blocks: Option<Vec<String>> =
        parts.map(|part| network(part).map(|block| block.trunc().to_string())).collect();
    let Some(mut blocks) = blocks.filter(|blocks| blocks.len() <= NETWORKS_MAX) else {
        let (field, text) = ("networks", words.networks_fault.to_owned());
        return Ok(Outcome::Refused(Fault { field, text, typed: typed.to_owned() }));
    };
    blocks.sort();
    blocks.dedup();
    scope.record(Action::NetworksChanged, blocks.join(", ")).await?;
    let nothing = ConfigureAccount::nothing(scope.account());
    configure(scope, ConfigureAccount { allowed_networks: Some(blocks), ..nothing }).await
}
