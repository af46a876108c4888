//! `POST /charges`

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::json::{Object, Value};
use dialects::provider::{CardData, Service};
use domain::charge::{Charge, Customer, MobileMoney};
use domain::decide::{Command, CreateCharge};
use domain::money::{Currency, Money};
use domain::payment::{Method, PaymentKind};
use domain::phone::{Network, Phone};
use domain::provider_call::Provider;
use domain::scenario::{Choice, Scenario};
use domain::{AccountId, Environment, limits};

use crate::api::caller::Caller;
use crate::api::card_fields::{self, CardFields, nonce_problem};
use crate::api::form::Form;
use crate::api::idempotency_key::{key_use, keyed};
use crate::api::json_body::JsonBody;
use crate::api::onward::{self, Onward};
use crate::api::{Problem, written_answer};
use crate::app::App;
use crate::directory::Entry;
use crate::secrets::random_number;

const OPERATION: &str = "POST /charges";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = caller.0.account.id;
    let key_use = keyed(key_use(&headers, account, OPERATION, &body)?, &app);
    let request = read(&body, &app, &caller.0)?;
    let (nonce_field, data) = (request.nonce_field, request.card_data);
    let scope = key_use.as_ref().map(|key_use| key_use.scope.clone());
    let command = Command::CreateCharge(Box::new(CreateCharge { key_use, ..request.command }));
    let answer = onward::submit(&app, account, scope, command, Onward::Submission(data)).await;
    written_answer(answer.map_err(|error| nonce_problem(error, nonce_field))?)
}

/// A request whose every field is in order.
struct Request {
    command: CreateCharge,
    /// For a provider that is asked over the network.
    card_data: Option<CardData>,
    /// Where the nonce of the encrypted card stands, for the fault of one that is used.
    nonce_field: &'static str,
}

/// Reads the guide's parameter table from top to bottom, so that all faults come at once and in
/// its order.
fn read(body: &Object, app: &App, entry: &Entry) -> Result<Request, Problem> {
    let account = &entry.account;
    let mut form = Form::of(body);
    // What an amount and the fields after it mean depends on these two.
    let (method, currency) = (method(&form), currency(&form));
    if method == Method::Card {
        app.decryption_limit.check(account.id, app.clock.now())?;
    }
    let amount = amount(&mut form, currency.unwrap_or(Currency::Rwf));
    check_currency(&mut form, method, currency, &account.card_currencies);
    check_payment_type(&mut form);
    let customer = customer(&mut form);
    let redirect_url = redirect_url(&mut form, app.settings.environment, method);
    let (mobile_money, narration, fields) = if method == Method::Card {
        let narration = narration(&mut form);
        (None, narration, card_fields::read(&mut form, app, entry))
    } else {
        let mobile_money = mobile_money(&mut form);
        (mobile_money, narration(&mut form), None)
    };
    let choice = if method == Method::Card { Choice::CARD } else { Choice::MOBILE_MONEY };
    let scenario = scenario(&mut form, app.settings.environment, choice);
    let dgs_reference = dgs_reference(&mut form);
    let callback_url = callback_url(&mut form, app);
    form.finish()?;
    let (Some(gross), Some(customer), Some(scenario)) = (amount, customer, scenario) else {
        return Err(Problem::Bug);
    };
    let (card, card_data, card_nonce, nonce_field) = match fields {
        Some(CardFields { card, data, nonce, nonce_field }) => {
            (Some(card), Some(data), Some(nonce), nonce_field)
        }
        None => (None, None, None, ""),
    };
    let service = Service {
        kind: PaymentKind::Charge,
        method,
        network: mobile_money.as_ref().map(|used| used.network),
        currency: gross.currency(),
    };
    let provider = first_on_route(app, account.id, &service)?;
    let is_simulated = provider == Provider::Simulator;
    let first_word = is_simulated.then(|| match card {
        Some(_) => app.simulator.first_word_of_card(scenario, random_number()),
        None => app.simulator.first_word(scenario),
    });
    let command = CreateCharge {
        account: account.id,
        key_use: None,
        dgs_reference,
        method,
        gross,
        charge: Charge {
            customer,
            redirect_url,
            narration,
            mobile_money,
            card,
            page_url: None,
            instruction: None,
            scenario,
        },
        card_nonce,
        link: None,
        callback_url,
        provider,
        first_word,
        waits: !is_simulated,
    };
    let card_data = card_data.filter(|_| !is_simulated);
    Ok(Request { command, card_data, nonce_field })
}

/// The provider that a payment goes to first.
pub(super) fn first_on_route(
    app: &App,
    account: AccountId,
    service: &Service,
) -> Result<Provider, Problem> {
    app.route(account, service).first().copied().ok_or(Problem::NoProvider)
}

/// The method that the fields are read for; mobile money where the request names none of ours.
fn method(form: &Form<'_>) -> Method {
    match form.value("payment_type") {
        Some(Value::Text(word)) if word.trim() == Method::Card.word() => Method::Card,
        Some(_) | None => Method::MobileMoney,
    }
}

fn currency(form: &Form<'_>) -> Option<Currency> {
    match form.value("currency") {
        Some(Value::Text(code)) => Currency::parse(code.trim()),
        Some(_) | None => None,
    }
}

fn amount(form: &mut Form<'_>, currency: Currency) -> Option<Money> {
    let text = form.required_number("amount")?;
    form.keep("amount", Money::from_decimal_text(text, currency))
}

fn check_currency(
    form: &mut Form<'_>,
    method: Method,
    currency: Option<Currency>,
    of_cards: &[Currency],
) {
    if form.required_text("currency", 3).is_none() {
        return;
    }
    if method == Method::Card {
        if !currency.is_some_and(|currency| of_cards.contains(&currency)) {
            let codes: Vec<&str> = of_cards.iter().map(|currency| currency.code()).collect();
            form.fault("currency", format!("must be one of {} for cards", codes.join(", ")));
        }
    } else if currency != Some(Currency::Rwf) {
        form.fault("currency", "must be RWF for mobile money");
    }
}

fn check_payment_type(form: &mut Form<'_>) {
    if let Some(word) = form.required_text("payment_type", limits::NAME_CHARS_MAX)
        && !matches!(Method::parse(word), Some(Method::MobileMoney | Method::Card))
    {
        form.fault("payment_type", "must be mobile_money or card");
    }
}

fn narration(form: &mut Form<'_>) -> Option<String> {
    form.text("narration", limits::NARRATION_CHARS_MAX).map(str::to_owned)
}

fn customer(form: &mut Form<'_>) -> Option<Customer> {
    let email = email(form);
    let first_name = form.required_text("customer_first_name", limits::NAME_CHARS_MAX);
    let last_name = form.required_text("customer_last_name", limits::NAME_CHARS_MAX);
    let phone = phone(form);
    Some(Customer {
        email: email?,
        first_name: first_name?.to_owned(),
        last_name: last_name?.to_owned(),
        phone: phone?,
        address: None,
    })
}

pub(super) fn email(form: &mut Form<'_>) -> Option<String> {
    let email = form.required_text("customer_email", limits::EMAIL_CHARS_MAX)?;
    if !is_email(email) {
        form.fault("customer_email", "must be an email address");
    }
    Some(email.to_owned())
}

pub(super) fn phone(form: &mut Form<'_>) -> Option<Phone> {
    let number = form.required_text("customer_phone", limits::NAME_CHARS_MAX);
    let place = form.place();
    let code = form.required_text("customer_phone_country_code", limits::NAME_CHARS_MAX);
    match Phone::international(code?, number?) {
        Ok(phone) => Some(phone),
        Err(error @ domain::phone::PhoneError::NotACountryCode) => {
            form.fault("customer_phone_country_code", error.to_string());
            None
        }
        Err(error) => {
            form.fault_at(place, "customer_phone", error.to_string());
            None
        }
    }
}

/// One `@`, something before it, a domain with a dot behind it. More cannot be known without
/// sending a message.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let labels_are_fit = domain
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    !name.is_empty()
        && domain.contains('.')
        && labels_are_fit
        && !text.chars().any(|c| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';'))
}

/// A card's payer may have nowhere to go back to.
fn redirect_url(form: &mut Form<'_>, environment: Environment, method: Method) -> Option<String> {
    let text = if method == Method::Card {
        form.text("redirect_url", limits::URL_CHARS_MAX)?
    } else {
        form.required_text("redirect_url", limits::URL_CHARS_MAX)?
    };
    if is_web_address(text, environment) {
        return Some(text.to_owned());
    }
    form.fault("redirect_url", "must be an https address such as https://yourdomain.com/paid");
    None
}

/// Where a browser may be sent: https, in the sandbox http too.
pub(super) fn is_web_address(text: &str, environment: Environment) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    let scheme_is_fit = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => environment == Environment::Test,
        Some(_) | None => false,
    };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    scheme_is_fit && !authority.is_empty() && !authority.contains('@')
}

pub(super) fn mobile_money(form: &mut Form<'_>) -> Option<MobileMoney> {
    let network = match form.required_text("mobile_money_network", limits::NAME_CHARS_MAX) {
        Some(name) => {
            let network = Network::parse(name);
            if network.is_none() {
                form.fault("mobile_money_network", "must be MTN or Airtel");
            }
            network
        }
        None => None,
    };
    let number = form.required_text("mobile_money_phone", limits::NAME_CHARS_MAX)?;
    let phone = form.keep("mobile_money_phone", Phone::rwandan(number))?;
    Some(MobileMoney { network: network?, phone })
}

/// `None` only beside a fault.
pub(super) fn scenario(
    form: &mut Form<'_>,
    environment: Environment,
    choice: Choice,
) -> Option<Scenario> {
    if form.value("scenario_key").is_none() {
        return Some(Scenario::default());
    }
    if environment == Environment::Live {
        form.fault("scenario_key", "is for the sandbox alone");
        return None;
    }
    let text = form.required_text("scenario_key", limits::NAME_CHARS_MAX)?;
    let scenario = Scenario::parse(text, choice);
    if scenario.is_none() {
        let allowed = choice.listed();
        let count = if choice.issuers.is_empty() { "one" } else { "one or two, joined by &," };
        form.fault("scenario_key", format!("must be {count} of {allowed}"));
    }
    scenario
}

fn dgs_reference(form: &mut Form<'_>) -> Option<String> {
    let text = form.text("dgs_reference", limits::REFERENCE_CHARS_MAX)?;
    let is_fit = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if !is_fit {
        form.fault("dgs_reference", "may have letters, digits, dots, dashes and underscores");
    }
    is_fit.then(|| text.to_owned())
}

pub(super) fn callback_url(form: &mut Form<'_>, app: &App) -> Option<String> {
    let text = form.text("callback_url", limits::URL_CHARS_MAX)?;
    let checked = app.egress.check_url(text);
    form.keep("callback_url", checked).map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses() {
        for text in ["jane.doe@example.com", "j+1@sub.example.rw", "é@exemple.fr"] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "jane@localhost",
            "a b@example.com",
            "a@b@example.com",
            "a@example..com",
            "<a@example.com>",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn addresses_for_browsers() {
        let fit = |text| is_web_address(text, Environment::Live);
        assert!(fit("https://yourdomain.com/payment-success?x=1"));
        assert!(is_web_address("http://localhost:3000/ok", Environment::Test));
        for text in [
            "http://yourdomain.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example/",
            "https://",
            "https://user@evil.example/",
            "yourdomain.com",
            "ftp://x/",
        ] {
            assert!(!fit(text), "{text}");
        }
    }
}
