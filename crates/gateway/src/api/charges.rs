//! `POST /charges`

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::json::Object;
use domain::charge::{Charge, Customer, MobileMoney};
use domain::decide::{Command, CreateCharge};
use domain::money::{Currency, Money};
use domain::payment::Method;
use domain::phone::{Network, Phone};
use domain::provider_call::Provider;
use domain::scenario::{Choice, Scenario};
use domain::{Environment, limits};

use crate::api::caller::Caller;
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::JsonBody;
use crate::api::{Problem, written_answer};
use crate::app::App;

const OPERATION: &str = "POST /charges";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = &caller.0.account;
    let key_use = key_use(&headers, account.id, OPERATION, &body)?;
    let request = read(&body, &app)?;
    let command = CreateCharge {
        account: account.id,
        key_use,
        dgs_reference: request.dgs_reference,
        method: Method::MobileMoney,
        gross: request.amount,
        first_word: Some(app.simulator.first_word(request.charge.scenario)),
        charge: request.charge,
        link: None,
        callback_url: request.callback_url,
        provider: Provider::Simulator,
    };
    written_answer(app.store.lane().submit(Command::CreateCharge(Box::new(command))).await?)
}

/// A request whose every field is in order.
struct Request {
    amount: Money,
    charge: Charge,
    dgs_reference: Option<String>,
    callback_url: Option<String>,
}

/// Reads the guide's parameter table from top to bottom, so that all faults come at once and in
/// its order.
fn read(body: &Object, app: &App) -> Result<Request, Problem> {
    let mut form = Form::of(body);
    let amount = amount(&mut form);
    currency(&mut form);
    payment_type(&mut form);
    let customer = customer(&mut form);
    let redirect_url = redirect_url(&mut form, app.settings.environment);
    let mobile_money = mobile_money(&mut form);
    let narration = form.text("narration", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let scenario = scenario(&mut form, app.settings.environment, Choice::MOBILE_MONEY);
    let dgs_reference = dgs_reference(&mut form);
    let callback_url = callback_url(&mut form, app);
    form.finish()?;
    let (Some(amount), Some(customer), Some(scenario)) = (amount, customer, scenario) else {
        return Err(Problem::Bug);
    };
    let charge = Charge { customer, redirect_url, narration, mobile_money, card: None, scenario };
    Ok(Request { amount, charge, dgs_reference, callback_url })
}

fn amount(form: &mut Form<'_>) -> Option<Money> {
    let text = form.required_number("amount")?;
    form.keep("amount", Money::from_decimal_text(text, Currency::Rwf))
}

fn currency(form: &mut Form<'_>) {
    if let Some(code) = form.required_text("currency", 3)
        && code != Currency::Rwf.code()
    {
        form.fault("currency", "must be RWF for mobile money");
    }
}

fn payment_type(form: &mut Form<'_>) {
    if let Some(word) = form.required_text("payment_type", limits::NAME_CHARS_MAX)
        && Method::parse(word) != Some(Method::MobileMoney)
    {
        form.fault("payment_type", "must be mobile_money");
    }
}

fn customer(form: &mut Form<'_>) -> Option<Customer> {
    let email = form.required_text("customer_email", limits::EMAIL_CHARS_MAX);
    if let Some(email) = email
        && !is_email(email)
    {
        form.fault("customer_email", "must be an email address");
    }
    let first_name = form.required_text("customer_first_name", limits::NAME_CHARS_MAX);
    let last_name = form.required_text("customer_last_name", limits::NAME_CHARS_MAX);
    let number = form.required_text("customer_phone", limits::NAME_CHARS_MAX);
    let place = form.place();
    let code = form.required_text("customer_phone_country_code", limits::NAME_CHARS_MAX);
    let phone = match Phone::international(code?, number?) {
        Ok(phone) => phone,
        Err(error @ domain::phone::PhoneError::NotACountryCode) => {
            form.fault("customer_phone_country_code", error.to_string());
            return None;
        }
        Err(error) => {
            form.fault_at(place, "customer_phone", error.to_string());
            return None;
        }
    };
    Some(Customer {
        email: email?.to_owned(),
        first_name: first_name?.to_owned(),
        last_name: last_name?.to_owned(),
        phone,
    })
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

fn redirect_url(form: &mut Form<'_>, environment: Environment) -> Option<String> {
    let text = form.required_text("redirect_url", limits::URL_CHARS_MAX)?;
    if is_web_address(text, environment) {
        return Some(text.to_owned());
    }
    form.fault("redirect_url", "must be an https address such as https://yourdomain.com/paid");
    None
}

/// Where a browser may be sent: https, in the sandbox http too.
fn is_web_address(text: &str, environment: Environment) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    let scheme_is_fit = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => environment == Environment::Test,
        Some(_) | None => false,
    };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    scheme_is_fit && !authority.is_empty() && !authority.contains('@')
}

fn mobile_money(form: &mut Form<'_>) -> Option<MobileMoney> {
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
