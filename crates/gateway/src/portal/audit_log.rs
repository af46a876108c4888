//! What the people of a merchant did, the newest first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::Environment;
use domain::people::Permission;
use store::people::list_entries;

use crate::portal::Door;
use crate::portal::layout::{self, Shell, time_text};
use crate::portal::scope::Scope;
use crate::portal::turned::Turned;
use crate::portal::visit::Member;

const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "portal/audit_log.html")]
struct AuditLog<'a> {
    shell: &'a Shell,
    rows: Vec<Row>,
    older: Option<String>,
}

struct Row {
    at: String,
    who: String,
    what: &'static str,
    environment: &'static str,
    detail: String,
    address: String,
    /// The beginning of the hash, by which two people can tell that they see the same log.
    hash: String,
}

pub async fn show(
    State(door): State<Arc<Door>>,
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
    member: Member,
) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::SeeAudit)?;
    let query = query.unwrap_or_default();
    let below = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "below")
        .and_then(|(_, text)| text.parse().ok());
    let merchant_id = scope.entry.account.merchant_id.clone();
    let read = move |reader: &store::Reader| list_entries(reader, &merchant_id, below, ROWS);
    let entries = door.portal.people.database.read(read).await?;
    let shell = scope.shell();
    let words = shell.words;
    let is_full = u32::try_from(entries.len()) == Ok(ROWS);
    let last = entries.last().filter(|_| is_full);
    let older = last.map(|entry| scope.path(&format!("/audit-log?below={}", entry.number)));
    let rows = entries.into_iter().map(|entry| Row {
        at: time_text(entry.at),
        who: entry.email,
        what: (words.action)(entry.deed.action),
        environment: match entry.deed.environment {
            Some(Environment::Test) => words.test,
            Some(Environment::Live) => words.live,
            None => "",
        },
        detail: entry.deed.detail,
        address: entry.address,
        hash: hex::encode(entry.hash).chars().take(12).collect(),
    });
    let page = AuditLog { shell: &shell, rows: rows.collect(), older };
    Ok(layout::show(StatusCode::OK, &page))
}
