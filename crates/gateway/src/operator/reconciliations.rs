//! Providers' statements, compared and recorded while the gateway runs. No money moves by it.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use dialects::object::event_time;
use dialects::statement::{Column, Form, json_of_item, parse_date, parse_zone};
use domain::calendar::{Day, UtcOffset};
use domain::decide::{Command, ResolveDifference};
use domain::limits::{NAME_CHARS_MAX, RESOLUTION_NOTE_BYTES_MAX};
use domain::provider_call::Provider;
use domain::reconcile::DifferenceId;
use domain::{Currency, Environment};
use serde::Serialize;
use serde_json::value::RawValue;
use store::query::reconciliation::{Wanted, each_item, find_item};

use crate::api::form;
use crate::api::json_body::is_type;
use crate::api::{FieldFault, Problem};
use crate::app::App;
use crate::operator::{Operator, StrictBody, answer, statement_file};
use crate::reconcile::{self, ReconcileError};

/// Shown at once, those first that were listed first: what is resolved makes room.
const DIFFERENCES_SHOWN_MAX: u32 = 1_000;

#[derive(Serialize)]
struct Compared {
    status: &'static str,
    environment: &'static str,
    provider: &'static str,
    run_id: String,
    /// The period: from the first moment, until before the second.
    from: String,
    until: String,
    lines: u64,
    matched: u64,
    differences: u64,
    /// Of those, the ones that were not listed before.
    newly_listed: u64,
}

#[derive(Serialize)]
struct Listed {
    status: &'static str,
    environment: &'static str,
    data: Vec<Box<RawValue>>,
}

pub async fn import(
    State(operator): State<Arc<Operator>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    if !is_type(request.headers(), "text/csv") {
        return Err(Problem::NotCsv);
    }
    let mut query = Query::of(&query.unwrap_or_default());
    let (environment, asked) = query.read_import();
    query.finish()?;
    let (Some(environment), Some(asked)) = (environment, asked) else { return Err(Problem::Bug) };
    let app = operator.find(environment).ok_or(Problem::NotFound)?;
    let folder = app.settings.data.clone();
    let mut statement = statement_file::receive(request.into_body(), &folder).await?;
    let compare = move || {
        let reader = store::open_to_read(&folder)?;
        reconcile::compare(&reader, &mut statement, &asked)
    };
    let compared = tokio::task::spawn_blocking(compare).await.map_err(|_| Problem::Bug)?;
    let report = compared.map_err(problem)?;
    let newly_listed = reconcile::record(app.store.lane(), &report).await?;
    let run = report.run;
    answer(&Compared {
        status: "success",
        environment: environment.word(),
        provider: run.provider.word(),
        run_id: run.id.0,
        from: event_time(run.period.from),
        until: event_time(run.period.until),
        lines: run.counts.lines,
        matched: run.counts.matched,
        differences: run.counts.differences,
        newly_listed,
    })
}

fn problem(error: ReconcileError) -> Problem {
    match error {
        ReconcileError::Store(error) => Problem::from(error),
        ReconcileError::NoStatement
        | ReconcileError::Statement(_)
        | ReconcileError::NoPeriod
        | ReconcileError::PeriodBackwards
        | ReconcileError::PeriodTooLong
        | ReconcileError::TooMany(_) => Problem::field("statement", error.to_string()),
    }
}

pub async fn list(
    State(operator): State<Arc<Operator>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::of(&query.unwrap_or_default());
    let environment = query.environment();
    let wanted = query.value("state", Some("open"), "must be open, resolved or all", |word| {
        Some(match word {
            "open" => Wanted::Open,
            "resolved" => Wanted::Resolved,
            "all" => Wanted::All,
            _ => return None,
        })
    });
    query.finish()?;
    let (Some(environment), Some(wanted)) = (environment, wanted) else {
        return Err(Problem::Bug);
    };
    let app = operator.find(environment).ok_or(Problem::NotFound)?;
    let read = move |reader: &store::Reader| {
        let mut items = Vec::new();
        each_item(reader, (wanted, DIFFERENCES_SHOWN_MAX), |item| {
            items.push(item);
            Ok(())
        })?;
        Ok(items)
    };
    let items = app.store.read(read).await?;
    let objects = items.iter().map(|item| json_of_item(item).and_then(RawValue::from_string));
    let data = objects.collect::<Result<Vec<_>, _>>().map_err(|_| Problem::Bug)?;
    answer(&Listed { status: "success", environment: environment.word(), data })
}

pub async fn resolve(
    State(operator): State<Arc<Operator>>,
    Path(id): Path<String>,
    StrictBody(body): StrictBody,
) -> Result<Response, Problem> {
    let mut form = form::Form::of(&body);
    let environment = form.required_text("environment", NAME_CHARS_MAX).and_then(|word| {
        let environment = Environment::parse(word);
        if environment.is_none() {
            form.fault("environment", "must be test or live");
        }
        environment
    });
    let note = form.required_text("note", RESOLUTION_NOTE_BYTES_MAX);
    if note.is_some_and(|note| note.len() > RESOLUTION_NOTE_BYTES_MAX) {
        form.fault("note", format!("must have at most {RESOLUTION_NOTE_BYTES_MAX} bytes"));
    }
    form.finish()?;
    let (Some(environment), Some(note)) = (environment, note) else { return Err(Problem::Bug) };
    let app = operator.find(environment).ok_or(Problem::NotFound)?;
    let difference = DifferenceId(id);
    let account = find(app, &difference).await?.ok_or(Problem::NotFound)?.difference.account();
    let resolve = ResolveDifference { account, difference: difference.clone(), note: note.into() };
    app.store.lane().submit(Command::ResolveDifference(Box::new(resolve))).await?;
    let item = find(app, &difference).await?.ok_or(Problem::Bug)?;
    let text = json_of_item(&item).and_then(RawValue::from_string).map_err(|_| Problem::Bug)?;
    answer(&Listed { status: "success", environment: environment.word(), data: vec![text] })
}

async fn find(
    app: &App,
    id: &DifferenceId,
) -> Result<Option<domain::reconcile::ReconciliationItem>, Problem> {
    let id = id.clone();
    Ok(app.store.read(move |reader| find_item(reader, &id)).await?)
}

/// The parameters of a query, all faults of which are told at once.
struct Query {
    parameters: Vec<(String, String)>,
    faults: Vec<FieldFault>,
}

impl Query {
    fn of(query: &str) -> Query {
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Query { parameters, faults: Vec::new() }
    }

    /// `None` where it is absent or at fault.
    fn value<T>(
        &mut self,
        name: &'static str,
        otherwise: Option<&str>,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let given = self.parameters.iter().find(|(other, _)| other == name);
        let value = parse(given.map(|(_, value)| value.as_str()).or(otherwise)?);
        if value.is_none() {
            self.faults.push(FieldFault { field: name, message: wanted.to_owned() });
        }
        value
    }

    fn environment(&mut self) -> Option<Environment> {
        self.value("environment", Some(""), "must be test or live", Environment::parse)
    }

    fn read_import(&mut self) -> (Option<Environment>, Option<reconcile::Request>) {
        let environment = self.environment();
        let provider =
            self.value("provider", Some(""), "must be a provider's name", Provider::parse);
        let wanted = "must be a day such as 2026-11-21";
        let first_day: Option<Day> = self.value("from", None, wanted, parse_date);
        let last_day = self.value("to", None, wanted, parse_date);
        let wanted = "must be a zone that is known, or its distance from UTC such as +02:00";
        let offset: Option<UtcOffset> =
            self.value("timezone", Some("Africa/Kigali"), wanted, parse_zone);
        let currency =
            self.value("currency", None, "must be a currency such as RWF", Currency::parse);
        let columns = self.columns();
        let file_name = self.value("file_name", Some("statement.csv"), "", |name| {
            Some(name.chars().take(NAME_CHARS_MAX).collect())
        });
        let request = provider.zip(offset).zip(file_name);
        let request = request.map(|((provider, offset), file_name)| reconcile::Request {
            form: Form { provider, offset, currency, columns },
            file_name,
            first_day,
            last_day,
        });
        (environment, request)
    }

    fn columns(&mut self) -> Vec<(Column, String)> {
        let given = self.parameters.iter().filter(|(name, _)| name == "column");
        let columns: Option<Vec<_>> = given.map(|(_, value)| Column::parse_named(value)).collect();
        columns.unwrap_or_else(|| {
            let words = Column::ALL.map(Column::word).join(", ");
            let message = format!("must be WORD=NAME, where WORD is one of {words}");
            self.faults.push(FieldFault { field: "column", message });
            Vec::new()
        })
    }

    fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::Fields(self.faults)) }
    }
}
