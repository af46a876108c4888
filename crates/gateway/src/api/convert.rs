//! `POST /convert`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dialects::json::Object;
use dialects::object::{conversion_preview, conversion_short_wallet};
use domain::Environment;
use domain::conversion::Quote;
use domain::decide::{Command, CreateConversion, Refusal};
use domain::money::{Currency, Money, MoneyError};
use domain::provider_call::{Provider, Verdict, Word};
use domain::scenario::{Choice, Scenario};
use store::SubmitError;
use store::query::rates::find_rate;

use crate::api::caller::Caller;
use crate::api::charges::{callback_url, scenario};
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::JsonBody;
use crate::api::problem::FieldFault;
use crate::api::{Problem, json_answer, written_answer};
use crate::app::App;

const OPERATION: &str = "POST /convert";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = key_use(&headers, account, OPERATION, &body)?;
    let request = read(&body, &app)?;
    let (source, target) = (request.source, request.target);
    let quote = app.store.read(move |reader| find_rate(reader, source.currency(), target)).await?;
    if request.action == Action::Preview {
        return preview(source, quote);
    }
    // The sandbox simulates; the operator's own book stands behind everything else.
    let (provider, first_word) = match app.settings.environment {
        Environment::Test => (Provider::Simulator, app.simulator.first_conversion_word()),
        Environment::Live => {
            let at_once = Some(Duration::ZERO);
            let begun = Word { ask_again_after: at_once, ..Word::of(Verdict::Pending) };
            (Provider::Treasury, begun)
        }
    };
    let command = CreateConversion {
        account,
        key_use,
        source,
        quote,
        scenario: request.scenario,
        callback_url: request.callback_url,
        provider,
        first_word: Some(first_word),
    };
    match app.store.lane().submit(Command::CreateConversion(Box::new(command))).await {
        Ok(answer) => written_answer(answer),
        Err(SubmitError::Refused(refusal)) => refused(refusal),
        Err(error) => Err(error.into()),
    }
}

/// Nothing moves, so nothing is kept under an idempotency key either.
fn preview(source: Money, quote: Option<Quote>) -> Result<Response, Problem> {
    let Some(quote) = quote else { return refused(Refusal::RateUnknown) };
    match quote.rate.convert(source, quote.target) {
        Ok(target) => {
            let body = conversion_preview(source, target, quote.rate);
            Ok(json_answer(StatusCode::OK, body))
        }
        Err(error) => refused(error.into()),
    }
}

/// The refusals that are worded for conversions.
fn refused(refusal: Refusal) -> Result<Response, Problem> {
    if let Refusal::ShortWallet(short) = refusal {
        let body = conversion_short_wallet(&short);
        return Ok(json_answer(StatusCode::BAD_REQUEST, body));
    }
    if let Refusal::Money(error) = refusal {
        let message = if error == MoneyError::AmountMustBePositive {
            // The amount itself is: what it would bring is not.
            "is too small to bring anything in the target currency".to_owned()
        } else {
            error.to_string()
        };
        return Err(Problem::Fields(vec![FieldFault { field: "from_amount", message }]));
    }
    Err(refusal.into())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Preview,
    Convert,
}

/// A request whose every field is in order.
struct Request {
    action: Action,
    source: Money,
    target: Currency,
    scenario: Scenario,
    callback_url: Option<String>,
}

/// Reads the guide's parameter table from top to bottom.
fn read(body: &Object, app: &App) -> Result<Request, Problem> {
    let mut form = Form::of(body);
    let action = action(&mut form);
    let from = currency(&mut form, "from_currency");
    let target = currency(&mut form, "to_currency");
    if from.is_some() && from == target {
        form.fault("to_currency", "must differ from from_currency");
    }
    let source = source(&mut form, from);
    let scenario = scenario(&mut form, app.settings.environment, Choice::OUTCOME);
    let callback_url = callback_url(&mut form, app);
    form.finish()?;
    let (Some(action), Some(source), Some(target), Some(scenario)) =
        (action, source, target, scenario)
    else {
        return Err(Problem::Bug);
    };
    Ok(Request { action, source, target, scenario, callback_url })
}

fn action(form: &mut Form<'_>) -> Option<Action> {
    match form.required_text("action", 10)? {
        "preview" => Some(Action::Preview),
        "convert" => Some(Action::Convert),
        _ => {
            form.fault("action", "must be preview or convert");
            None
        }
    }
}

fn currency(form: &mut Form<'_>, field: &'static str) -> Option<Currency> {
    let currency = Currency::parse(form.required_text(field, 3)?);
    if currency.is_none() {
        form.fault(field, "must be a currency code such as USD");
    }
    currency
}

/// That an amount is above zero can be said even where its currency is at fault.
fn source(form: &mut Form<'_>, currency: Option<Currency>) -> Option<Money> {
    let text = form.required_number("from_amount")?;
    let parsed = Money::from_decimal_text(text, currency.unwrap_or(Currency::Usd));
    if currency.is_none() && parsed == Err(MoneyError::TooManyDecimals) {
        return None;
    }
    form.keep("from_amount", parsed)
}
