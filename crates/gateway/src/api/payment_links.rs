//! `/payment-links`: a merchant makes, lists, looks at, changes and archives payment links.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::json::Object;
use dialects::object::{LinkPage, link_answer, link_list_answer};
use domain::LinkId;
use domain::decide::{ArchiveLink, ChangeLink, Command, CreateLink, Refusal};
use domain::idempotency::KeyUse;
use store::SubmitError;
use store::query::links::{count_links, find_link, list_links};

use crate::api::caller::Caller;
use crate::api::idempotency_key::{key_use, replayed};
use crate::api::json_body::JsonBody;
use crate::api::paging::Paging;
use crate::api::{Problem, json_answer, offer_form, written_answer};
use crate::app::App;

const CREATE: &str = "POST /payment-links";
const CHANGE: &str = "PATCH /payment-links/{id}";
const ARCHIVE: &str = "DELETE /payment-links/{id}";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = &caller.0.account;
    let key_use = key_use(&headers, account.id, CREATE, &body)?;
    let offer = match offer_form::read(&body, &app, account, None) {
        Ok(offer) => offer,
        Err(problem) => return replayed(&app, key_use, problem).await,
    };
    let command = CreateLink { account: account.id, key_use, offer };
    written_answer(app.store.lane().submit(Command::CreateLink(Box::new(command))).await?)
}

pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut paging = Paging::FIRST;
    let mut faults = Vec::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        faults.extend(paging.take(&name, &value).err());
    }
    if !faults.is_empty() {
        return Err(Problem::Fields(faults));
    }
    let account = caller.0.account.id;
    let (links, total) = app
        .store
        .read(move |reader| {
            reader.snapshot(|reader| {
                let links = list_links(reader, account, paging.limit, paging.skip())?;
                Ok((links, count_links(reader, account)?))
            })
        })
        .await?;
    let page = LinkPage { page: paging.page, limit: paging.limit, total };
    let body = link_list_answer(&links, page, &app.settings.public_url, app.clock.now());
    Ok(json_answer(StatusCode::OK, body))
}

pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (account, id) = (caller.0.account.id, named(&name)?);
    let link = app.store.read(move |reader| find_link(reader, account, id)).await?;
    let link = link.ok_or(Problem::NotFound)?;
    let body = link_answer(&link, &app.settings.public_url, app.clock.now());
    Ok(json_answer(StatusCode::OK, body))
}

pub async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = &caller.0.account;
    let (account_id, id) = (account.id, named(&name)?);
    let key_use = key_use(&headers, account.id, CHANGE, &body)?.map(|one| on_link(one, id));
    loop {
        let link = app.store.read(move |reader| find_link(reader, account_id, id)).await?;
        let before = link.ok_or(Problem::NotFound)?.offer;
        let after = match offer_form::read(&body, &app, account, Some(&before)) {
            Ok(offer) => offer,
            Err(problem) => return replayed(&app, key_use, problem).await,
        };
        let command =
            ChangeLink { account: account.id, link: id, key_use: key_use.clone(), before, after };
        match app.store.lane().submit(Command::ChangeLink(Box::new(command))).await {
            // Another request was faster, so each round ends with one of them done.
            Err(SubmitError::Refused(Refusal::LinkChanged)) => {}
            result => return written_answer(result?),
        }
    }
}

pub async fn archive(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (account, link) = (caller.0.account.id, named(&name)?);
    let key_use = key_use(&headers, account, ARCHIVE, &Object::default())?;
    let key_use = key_use.map(|one| on_link(one, link));
    let command = ArchiveLink { account, link, key_use };
    written_answer(app.store.lane().submit(Command::ArchiveLink(command)).await?)
}

fn named(text: &str) -> Result<LinkId, Problem> {
    LinkId::parse(text).ok_or(Problem::NotFound)
}

/// A key counts for one path. No key of a merchant's own has a space in it.
fn on_link(mut key_use: KeyUse, link: LinkId) -> KeyUse {
    key_use.scope.key = format!("{} {}", link.0, key_use.scope.key);
    key_use
}
