//! `POST /disburse/bulk` and `GET /disburse/bulk/{id}`

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::bulk_csv::read_bulk;
use dialects::json::{Object, Value, parse_large_object};
use dialects::object::bulk_progress_answer;
use domain::account::Account;
use domain::decide::{BulkLine, BulkMode, Command, CreateBulk, RefusedLine};
use domain::{BulkId, limits};
use store::query::bulks::list_bulk;

use crate::api::caller::Caller;
use crate::api::disbursements;
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::{is_json, is_type, tolerance};
use crate::api::problem::FieldFault;
use crate::api::{Problem, json_answer, written_answer};
use crate::app::App;
use crate::server::body;

const OPERATION: &str = "POST /disburse/bulk";

/// JSON, or a spreadsheet's CSV in the form of that JSON.
#[derive(Debug)]
pub struct BulkBody {
    object: Object,
    is_csv: bool,
}

impl FromRequest<Arc<App>> for BulkBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<BulkBody, Problem> {
        let is_csv = is_type(request.headers(), "text/csv");
        if !is_csv && !is_json(request.headers()) {
            return Err(Problem::WrongBulkType);
        }
        let query = request.uri().query().unwrap_or_default().to_owned();
        let bytes =
            body::read(request.into_body(), limits::BULK_BODY_BYTES_MAX, limits::BODY_TIMEOUT)
                .await?;
        let object = if is_csv {
            let mut parameters = form_urlencoded::parse(query.as_bytes());
            let mode = parameters.find(|(name, _)| name == "mode").map(|(_, value)| value);
            read_bulk(&bytes, mode.as_deref())?
        } else {
            parse_large_object(&bytes, tolerance(app.settings.environment))?
        };
        Ok(BulkBody { object, is_csv })
    }
}

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: BulkBody,
) -> Result<Response, Problem> {
    let account = &caller.0.account;
    let key_use = key_use(&headers, account.id, OPERATION, &body.object)?;
    let bulk = Bulk::read(&body, &app, account)?;
    if bulk.lines.is_empty() || (bulk.mode == BulkMode::All && !bulk.refused.is_empty()) {
        return Err(Problem::Lines(bulk.refused));
    }
    let routed = |line: BulkLine| {
        let order = disbursements::routed(&app, account.id, line.order)?;
        Ok(BulkLine { order, ..line })
    };
    let command = CreateBulk {
        account: account.id,
        key_use,
        mode: bulk.mode,
        lines: bulk.lines.into_iter().map(routed).collect::<Result<_, Problem>>()?,
        refused: bulk.refused,
    };
    written_answer(app.store.lane().submit(Command::CreateBulk(Box::new(command))).await?)
}

pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let bulk = BulkId::parse(&id).ok_or(Problem::NotFound)?;
    let made = app.store.read(move |reader| list_bulk(reader, account, bulk)).await?;
    let body = bulk_progress_answer(bulk, &made).ok_or(Problem::NotFound)?;
    Ok(json_answer(StatusCode::OK, body))
}

/// A bulk as it was sent, sorted into what can be done and what cannot.
struct Bulk {
    mode: BulkMode,
    lines: Vec<BulkLine>,
    refused: Vec<RefusedLine>,
}

impl Bulk {
    fn read(body: &BulkBody, app: &App, account: &Account) -> Result<Bulk, Problem> {
        let mut form = Form::of(&body.object);
        let mode = mode(&mut form);
        let values = form.required_list("disbursements");
        if values.is_some_and(|values| !(1..=limits::BULK_LINES_MAX).contains(&values.len())) {
            let message = format!("must have 1 to {} lines", limits::BULK_LINES_MAX);
            form.fault("disbursements", message);
        }
        form.finish()?;
        let (Some(mode), Some(values)) = (mode, values) else { return Err(Problem::Bug) };
        let mut bulk = Bulk { mode, lines: Vec::new(), refused: Vec::new() };
        let mut references = HashMap::new();
        for (line, value) in (1..).zip(values) {
            match read_line((line, value), &mut references, app, account) {
                Ok(line) => bulk.lines.push(line),
                Err(refused) if body.is_csv => bulk.refused.push(by_column(refused)),
                Err(refused) => bulk.refused.push(refused),
            }
        }
        Ok(bulk)
    }
}

fn mode(form: &mut Form<'_>) -> Option<BulkMode> {
    if form.value("mode").is_none() {
        return Some(BulkMode::All);
    }
    let mode = BulkMode::parse(form.required_text("mode", limits::NAME_CHARS_MAX)?);
    if mode.is_none() {
        form.fault("mode", "must be all or per_line");
    }
    mode
}

/// `references` has the names of the lines above: a name used twice is most likely a payment
/// about to be made twice.
fn read_line<'a>(
    (line, value): (i64, &'a Value),
    references: &mut HashMap<&'a str, i64>,
    app: &App,
    account: &Account,
) -> Result<BulkLine, RefusedLine> {
    let Value::Object(object) = value else {
        let faults = vec![("disbursements", "each line must be an object".to_owned())];
        return Err(RefusedLine { line, reference: None, faults });
    };
    let mut form = Form::of(object);
    let order = disbursements::read(&mut form, app, account);
    let reference = form.text("reference", limits::REFERENCE_CHARS_MAX);
    if let Some(reference) = reference
        && let Some(first) = references.insert(reference, line)
    {
        form.fault("reference", format!("is that of line {first} as well"));
    }
    let reference = reference.map(str::to_owned);
    let faults = form.into_faults();
    match order {
        Some(order) if faults.is_empty() => Ok(BulkLine { line, reference, order }),
        Some(_) | None => {
            let faults = faults.into_iter().map(|FieldFault { field, message }| (field, message));
            Err(RefusedLine { line, reference, faults: faults.collect() })
        }
    }
}

/// A spreadsheet has columns and no objects within objects.
fn by_column(mut refused: RefusedLine) -> RefusedLine {
    for (field, _) in &mut refused.faults {
        *field = field.strip_prefix("recipient.").unwrap_or(field);
    }
    refused
}
