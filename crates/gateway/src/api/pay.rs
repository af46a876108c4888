//! `POST /pay/{slug}/charges`: a payer pays through a link, by its page or by JSON, without an API
//! key. What is paid, and where the payer and the news go afterwards, the link alone says.

use std::sync::Arc;

use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use dialects::json::{Object, Value};
use dialects::provider::Service;
use domain::charge::{Charge, Customer};
use domain::decide::{Answer, Command, CreateCharge};
use domain::idempotency::{KeyScope, KeyUse};
use domain::limits;
use domain::link::{Link, Offer, Terms};
use domain::money::{Money, amount_text};
use domain::payment::{Method, PaymentKind};
use domain::provider_call::Provider;
use domain::scenario::Choice;
use store::query::links::find_link_by_slug;

use crate::api::charges::{email, first_on_route, mobile_money, phone, scenario};
use crate::api::form::Form;
use crate::api::idempotency_key::{fingerprint, first_answer, key_use};
use crate::api::json_body::{JsonBody, is_json, is_type};
use crate::api::onward::{self, Onward};
use crate::api::{Problem, written_answer};
use crate::app::App;
use crate::pages;
use crate::server::body;

const OPERATION: &str = "POST /pay/{slug}/charges";

/// The page's hidden field: the same in both copies of a form that is sent twice.
pub const FORM_TOKEN: &str = "form_token";

pub async fn create(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let sent = Sent::read(request, &headers, &app).await?;
    let link = find(&app, slug.clone()).await?;
    let paid = match &link {
        Some(link) => pay(&app, link, &headers, &sent).await,
        None => Err(Problem::NotFound),
    };
    match (paid, link) {
        (Ok(Answer::Written { body, .. }), Some(link)) if sent.wants_page => {
            pages::link::follow(&app, link.account, &body)
        }
        (Ok(answer), _) => written_answer(answer),
        (Err(problem), _) if sent.wants_page => {
            // As it is now: the refusal may be news about the link.
            let link = find(&app, slug).await?;
            pages::link::refused(&app, link.as_ref(), (&sent.body, problem), &headers)
        }
        (Err(problem), _) => Err(problem),
    }
}

pub async fn find(app: &App, slug: String) -> Result<Option<Link>, Problem> {
    Ok(app.store.read(move |reader| find_link_by_slug(reader, &slug)).await?)
}

/// What a payer sent, in whichever form.
struct Sent {
    body: Object,
    is_form: bool,
    /// Whether a person waits for a page, not a program for JSON.
    wants_page: bool,
}

impl Sent {
    async fn read(request: Request, headers: &HeaderMap, app: &Arc<App>) -> Result<Sent, Problem> {
        if is_json(headers) {
            let JsonBody(body) = JsonBody::from_request(request, app).await?;
            return Ok(Sent { body, is_form: false, wants_page: false });
        }
        if !is_type(headers, "application/x-www-form-urlencoded") {
            return Err(Problem::WrongType);
        }
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let wants_page = !accept.unwrap_or_default().contains("application/json");
        let bytes =
            body::read(request.into_body(), limits::BODY_BYTES_MAX, limits::BODY_TIMEOUT).await?;
        let members = form_urlencoded::parse(&bytes).map(|(name, text)| {
            let text = text.into_owned();
            // A form knows texts alone.
            let value = match &*name {
                "amount" if !text.trim().is_empty() => Value::Number(text.trim().to_owned()),
                _ => Value::Text(text),
            };
            (name.into_owned(), value)
        });
        Ok(Sent { body: Object::of_form(members.collect())?, is_form: true, wants_page })
    }

    /// The key that a repetition comes under: the payer's own, or that of the form.
    fn key_use(&self, headers: &HeaderMap, link: &Link) -> Result<Option<KeyUse>, Problem> {
        let named = key_use(headers, link.account, OPERATION, &self.body)?;
        let of_form = match self.body.find(FORM_TOKEN) {
            Some(Value::Text(token)) if self.is_form && !token.is_empty() => {
                let key = token.chars().take(limits::IDEMPOTENCY_KEY_CHARS_MAX).collect();
                let scope = KeyScope { account: link.account, operation: OPERATION, key };
                Some(KeyUse { scope, fingerprint: fingerprint(&self.body) })
            }
            Some(_) | None => None,
        };
        // Two links may be paid under the same key.
        Ok(named.or(of_form).map(|mut key_use| {
            key_use.scope.key = format!("{} {}", link.id.0, key_use.scope.key);
            key_use
        }))
    }
}

async fn pay(
    app: &Arc<App>,
    link: &Link,
    headers: &HeaderMap,
    sent: &Sent,
) -> Result<Answer, Problem> {
    let key_use = sent.key_use(headers, link)?;
    // A closed link says so before it finds fault with what was typed.
    let asked = match link.admit_anybody(app.clock.now()) {
        Ok(()) => read(sent, app, &link.offer),
        Err(refusal) => Err(Problem::Link(refusal)),
    };
    let (method, gross, charge) = match asked {
        Ok(asked) => asked,
        Err(problem) => return first_answer(app, key_use, problem).await,
    };
    let service = Service {
        kind: PaymentKind::Charge,
        method,
        network: charge.mobile_money.as_ref().map(|used| used.network),
        currency: gross.currency(),
    };
    let provider = first_on_route(app, link.account, &service)?;
    let is_simulated = provider == Provider::Simulator;
    let scope = key_use.as_ref().map(|key_use| key_use.scope.clone());
    let command = CreateCharge {
        account: link.account,
        key_use,
        dgs_reference: None,
        method,
        gross,
        first_word: is_simulated.then(|| app.simulator.first_word(charge.scenario)),
        waits: !is_simulated,
        charge,
        card_nonce: None,
        link: Some(link.id),
        callback_url: link.offer.callback_url.clone(),
        provider,
    };
    let command = Command::CreateCharge(Box::new(command));
    Ok(onward::submit(app, link.account, scope, command, Onward::Submission(None)).await?)
}

/// Reads the fields of `/charges` that a payer may fill in, in the order of its table.
fn read(sent: &Sent, app: &App, offer: &Offer) -> Result<(Method, Money, Charge), Problem> {
    let mut form = Form::of(&sent.body);
    let gross = amount(&mut form, offer);
    currency(&mut form, offer);
    let method = method(&mut form, offer);
    let email = email(&mut form);
    let first_name = name(&mut form, "customer_first_name", offer.collects_name);
    let last_name = name(&mut form, "customer_last_name", offer.collects_name);
    // On the page, the number that pays need not be typed twice.
    let is_left_out = sent.is_form && is_blank(&form, "customer_phone");
    let own_phone = if offer.collects_phone && !is_left_out { phone(&mut form) } else { None };
    let address = address(&mut form, offer.collects_address);
    let used = mobile_money(&mut form);
    let scenario = scenario(&mut form, app.settings.environment, Choice::MOBILE_MONEY);
    form.finish()?;
    let customer = match (email, first_name, last_name, &used) {
        (Some(email), Some(first_name), Some(last_name), Some(used)) => Customer {
            email,
            first_name,
            last_name,
            phone: own_phone.unwrap_or_else(|| used.phone.clone()),
            address,
        },
        _ => return Err(Problem::Bug),
    };
    let charge = Charge {
        customer,
        redirect_url: offer.redirect_url.clone(),
        narration: Some(offer.title.clone()),
        mobile_money: used,
        card: None,
        page_url: None,
        instruction: None,
        scenario: scenario.ok_or(Problem::Bug)?,
    };
    Ok((method.ok_or(Problem::Bug)?, gross.ok_or(Problem::Bug)?, charge))
}

/// What the link asks for; where that is fixed, no other amount is taken.
fn amount(form: &mut Form<'_>, offer: &Offer) -> Option<Money> {
    let (min, max) = match offer.terms {
        Terms::Fixed(amount) => {
            let sent =
                form.number("amount").map(|text| Money::from_decimal_text(text, offer.currency));
            if sent.is_some_and(|sent| sent != Ok(amount)) {
                let asked = amount_text(amount.minor(), offer.currency);
                form.fault("amount", format!("is {asked} at this link; it may be left out"));
            }
            return Some(amount);
        }
        Terms::Flexible { min, max } => (min, max),
    };
    let text = form.required_number("amount")?;
    let amount = form.keep("amount", Money::from_decimal_text(text, offer.currency))?;
    if let Some(min) = min
        && amount.minor() < min.minor()
    {
        form.fault("amount", format!("must be at least {min}"));
    }
    if let Some(max) = max
        && amount.minor() > max.minor()
    {
        form.fault("amount", format!("must be at most {max}"));
    }
    Some(amount)
}

fn currency(form: &mut Form<'_>, offer: &Offer) {
    if let Some(code) = form.text("currency", limits::NAME_CHARS_MAX)
        && code != offer.currency.code()
    {
        form.fault("currency", format!("is {} at this link; it may be left out", offer.currency));
    }
}

fn method(form: &mut Form<'_>, offer: &Offer) -> Option<Method> {
    let word = form.required_text("payment_type", limits::NAME_CHARS_MAX)?;
    let offered = || offer.methods.iter().copied().filter(|method| is_taken_here(*method));
    let method = offered().find(|method| method.word() == word);
    if method.is_none() {
        let words: Vec<&str> = offered().map(Method::word).collect();
        form.fault("payment_type", format!("must be one of: {}", words.join(", ")));
    }
    method
}

/// The methods that payers can use through a link.
pub const fn is_taken_here(method: Method) -> bool {
    match method {
        Method::MobileMoney => true,
        Method::Card | Method::Bank | Method::BankTransfer | Method::Wallet => false,
    }
}

/// A name that the link wants to know; empty where it does not.
fn name(form: &mut Form<'_>, field: &'static str, is_wanted: bool) -> Option<String> {
    if !is_wanted {
        return Some(String::new());
    }
    form.required_text(field, limits::NAME_CHARS_MAX).map(str::to_owned)
}

fn address(form: &mut Form<'_>, is_wanted: bool) -> Option<String> {
    if !is_wanted {
        return None;
    }
    form.required_text("customer_address", limits::ADDRESS_CHARS_MAX).map(str::to_owned)
}

fn is_blank(form: &Form<'_>, field: &str) -> bool {
    match form.value(field) {
        None => true,
        Some(Value::Text(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}
