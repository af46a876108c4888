//! `/pay/{slug}`: the page of a payment link. It works without scripts; what a merchant or a payer
//! typed is only ever text on it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use dialects::json::{Object, Value};
use dialects::page_token;
use domain::link::{Link, LinkRefusal, Terms};
use domain::money::Currency;
use domain::payment::Method;
use domain::{AccountId, PaymentId};
use serde::Deserialize;

use crate::api::{Problem, pay};
use crate::app::App;
use crate::pages::{Language, LinkTexts, POLICY, Texts, page, see_other};
use crate::secrets;

const NUMBER: &str = r#"type="tel" inputmode="tel" maxlength="20""#;
const NUMBER_REQUIRED: &str = r#"type="tel" inputmode="tel" maxlength="20" required"#;

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    texts: &'static Texts,
    merchant: &'a str,
    title: &'a str,
    description: Option<&'a str>,
    logo: Option<&'a str>,
    /// Where to send the form.
    action: String,
    /// What is to be paid, unless the payer says.
    fixed: Option<String>,
    currency: &'static str,
    limits: String,
    methods: Vec<Choice>,
    takes_mobile_money: bool,
    takes_transfer: bool,
    /// What kinds of input the numbers are.
    mobile_kind: &'static str,
    contact_kind: &'static str,
    contact_label: &'static str,
    collects_name: bool,
    collects_phone: bool,
    collects_address: bool,
    typed: Typed<'a>,
    token: String,
    notice: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "link_closed.html")]
struct LinkClosed<'a> {
    texts: &'static Texts,
    merchant: &'a str,
    title: &'static str,
    text: &'static str,
}

/// A field of the form as it was sent.
#[derive(Clone, Copy, Default)]
struct Field<'a> {
    value: &'a str,
    fault: Option<&'static str>,
}

/// A way to pay.
struct Choice {
    word: &'static str,
    name: &'static str,
    is_chosen: bool,
}

#[derive(Default)]
struct Typed<'a> {
    method: &'a str,
    amount: Field<'a>,
    first_name: Field<'a>,
    last_name: Field<'a>,
    email: Field<'a>,
    country_code: Field<'a>,
    phone: Field<'a>,
    address: Field<'a>,
    network: Field<'a>,
    mobile_number: Field<'a>,
}

pub async fn show(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let texts = Language::wanted_by(&headers).texts();
    let Some(link) = pay::find(&app, slug).await? else { return Ok(unknown(texts)) };
    if let Err(refusal) = link.admit_anybody(app.clock.now()) {
        return Ok(closed(&app, &link, refusal, texts));
    }
    let typed = Typed {
        country_code: Field { value: country_code(link.offer.currency), fault: None },
        ..Typed::default()
    };
    form(&app, &link, texts, Filled { status: StatusCode::OK, typed, token: None, notice: None })
}

/// Where payers in a currency mostly have their phones.
fn country_code(currency: Currency) -> &'static str {
    if currency == Currency::Ngn { domain::phone::NIGERIA } else { domain::phone::RWANDA }
}

/// The form's address, typed or gone back to.
pub async fn back(Path(slug): Path<String>) -> Response {
    see_other(&format!(
        "/pay/{}",
        form_urlencoded::byte_serialize(slug.as_bytes()).collect::<String>()
    ))
}

/// Sends the payer to the page that follows the payment of an answer, or the transfer that is
/// yet to be made.
pub fn follow(app: &App, account: AccountId, answer: &str) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    struct Made<'a> {
        transaction_id: Option<&'a str>,
        next_action_redirect_url: Option<&'a str>,
    }
    let made: Made<'_> = serde_json::from_str(answer).map_err(|_| Problem::Bug)?;
    let Some(id) = made.transaction_id else {
        let url = made.next_action_redirect_url.ok_or(Problem::Bug)?;
        return Ok(see_other(url.strip_prefix(&app.settings.public_url).unwrap_or(url)));
    };
    let payment = id.parse().map(PaymentId).map_err(|_| Problem::Bug)?;
    let token = page_token::write(&app.wording.page_key, account, payment);
    Ok(see_other(&format!("/pay/status/{token}")))
}

/// The page after a form that was not taken, with what was typed.
pub fn refused(
    app: &App,
    link: Option<&Link>,
    (sent, problem): (&Object, Problem),
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let texts = Language::wanted_by(headers).texts();
    let Some(link) = link else { return Ok(unknown(texts)) };
    if let Problem::Link(refusal) = &problem {
        return Ok(closed(app, link, *refusal, texts));
    }
    let words = &texts.link;
    let (status, faulty, notice) = if let Problem::Fields(faults) = &problem {
        let names = faults.iter().map(|fault| fault.field).collect();
        (StatusCode::BAD_REQUEST, names, words.check_fields)
    } else if let Problem::Conflict(_) = &problem {
        (StatusCode::CONFLICT, Vec::new(), words.sent_already)
    } else if let Problem::NoProvider = &problem {
        (StatusCode::SERVICE_UNAVAILABLE, Vec::new(), words.unpayable_text)
    } else if problem.may_pass() {
        (StatusCode::SERVICE_UNAVAILABLE, Vec::new(), words.try_again)
    } else {
        return Err(problem);
    };
    // A form that may have been taken is sent again under its own token.
    let may_be_taken = status == StatusCode::SERVICE_UNAVAILABLE;
    let token = may_be_taken.then(|| text(sent, pay::FORM_TOKEN).to_owned());
    let typed = typed(sent, &faulty, words);
    form(app, link, texts, Filled { status, typed, token, notice: Some(notice) })
}

fn unknown(texts: &'static Texts) -> Response {
    let (title, text) = (texts.link.unknown_title, texts.not_found_text);
    page(StatusCode::NOT_FOUND, &LinkClosed { texts, merchant: "", title, text })
}

fn closed(app: &App, link: &Link, refusal: LinkRefusal, texts: &'static Texts) -> Response {
    let status = match refusal {
        LinkRefusal::Archived | LinkRefusal::Expired | LinkRefusal::Exhausted => StatusCode::GONE,
        LinkRefusal::Taken => StatusCode::CONFLICT,
        LinkRefusal::AmountDiffers | LinkRefusal::MethodNotOffered => StatusCode::BAD_REQUEST,
    };
    let (title, text) = closing_words(refusal, &texts.link);
    let directory = app.directory();
    let merchant = directory.find(link.account).map(|entry| entry.account.merchant_name.as_str());
    page(status, &LinkClosed { texts, merchant: merchant.unwrap_or_default(), title, text })
}

/// The title and the text that say why a link takes nothing.
pub(super) const fn closing_words(
    refusal: LinkRefusal,
    words: &'static LinkTexts,
) -> (&'static str, &'static str) {
    match refusal {
        LinkRefusal::Archived => (words.archived_title, words.archived_text),
        LinkRefusal::Expired => (words.expired_title, words.expired_text),
        LinkRefusal::Exhausted => (words.exhausted_title, words.exhausted_text),
        LinkRefusal::Taken => (words.taken_title, words.taken_text),
        // Told beside fields, not by a page.
        LinkRefusal::AmountDiffers | LinkRefusal::MethodNotOffered => {
            (words.unknown_title, words.unpayable_text)
        }
    }
}

/// What a form shows beyond its link.
struct Filled<'a> {
    status: StatusCode,
    typed: Typed<'a>,
    /// `None` for a new one.
    token: Option<String>,
    notice: Option<&'static str>,
}

fn form(
    app: &App,
    link: &Link,
    texts: &'static Texts,
    filled: Filled<'_>,
) -> Result<Response, Problem> {
    let offer = &link.offer;
    let directory = app.directory();
    let merchant = directory.find(link.account).map(|entry| entry.account.merchant_name.as_str());
    let fresh_token = || secrets::new_token().map_err(|_| Problem::NotStored);
    let (fixed, limits) = match offer.terms {
        Terms::Fixed(amount) => (Some(amount.to_string()), String::new()),
        Terms::Flexible { min, max } => {
            let min = min.map(|min| format!("{} {min}.", texts.link.at_least));
            let max = max.map(|max| format!("{} {max}.", texts.link.at_most));
            (None, [min, max].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    };
    let (methods, words) = (pay::payable(app, offer), &texts.link);
    let takes_mobile_money = methods.contains(&Method::MobileMoney);
    let takes_transfer = methods.contains(&Method::BankTransfer);
    let logo_origin = offer.logo_url.as_deref().and_then(image_origin);
    let shown = LinkPage {
        texts,
        merchant: merchant.unwrap_or_default(),
        title: &offer.title,
        description: offer.description.as_deref(),
        logo: offer.logo_url.as_deref().filter(|_| logo_origin.is_some()),
        action: format!("/pay/{}/charges", offer.slug),
        fixed,
        currency: offer.currency.code(),
        limits,
        takes_mobile_money,
        takes_transfer,
        // Either may be left out where it is for another method.
        mobile_kind: if takes_transfer { NUMBER } else { NUMBER_REQUIRED },
        contact_kind: if takes_mobile_money { NUMBER } else { NUMBER_REQUIRED },
        contact_label: if takes_mobile_money { words.contact_phone } else { words.phone },
        methods: choices(&methods, filled.typed.method, words),
        collects_name: offer.collects_name,
        collects_phone: offer.collects_phone,
        collects_address: offer.collects_address,
        typed: filled.typed,
        token: filled.token.map_or_else(fresh_token, Ok)?,
        notice: filled.notice,
    };
    let mut response = page(filled.status, &shown);
    if let Some(origin) = logo_origin
        && let Ok(policy) = HeaderValue::try_from(format!("{POLICY}; img-src {origin}"))
    {
        let name = HeaderName::from_static("content-security-policy");
        response.headers_mut().insert(name, policy);
    }
    Ok(response)
}

/// Where a logo may be loaded from. Only a plain host name: it goes into the page's policy, which
/// a semicolon would let a merchant extend.
fn image_origin(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let (host, port) = (uri.host()?, uri.port_u16());
    let is_plain =
        host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    (is_plain && uri.scheme_str() == Some("https")).then(|| format!("https://{host}{port}"))
}

/// The first one, unless the payer chose another.
fn choices(methods: &[Method], chosen: &str, words: &LinkTexts) -> Vec<Choice> {
    let chosen = methods.iter().copied().find(|method| method.word() == chosen);
    let chosen = chosen.or(methods.first().copied());
    let choice = |method: &Method| Choice {
        word: method.word(),
        name: match method {
            Method::BankTransfer => words.bank_transfer,
            Method::MobileMoney => words.mobile_money,
            Method::Card | Method::Bank | Method::Wallet => method.word(),
        },
        is_chosen: chosen == Some(*method),
    };
    methods.iter().map(choice).collect()
}

fn text<'a>(sent: &'a Object, name: &str) -> &'a str {
    match sent.find(name) {
        Some(Value::Text(text) | Value::Number(text)) => text,
        Some(Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_)) | None => "",
    }
}

fn typed<'a>(sent: &'a Object, faulty: &[&str], words: &LinkTexts) -> Typed<'a> {
    let field = |name, fault| Field {
        value: text(sent, name),
        fault: faulty.contains(&name).then_some(fault),
    };
    Typed {
        method: text(sent, "payment_type"),
        amount: field("amount", words.amount_fault),
        first_name: field("customer_first_name", words.name_fault),
        last_name: field("customer_last_name", words.name_fault),
        email: field("customer_email", words.email_fault),
        country_code: field("customer_phone_country_code", words.phone_fault),
        phone: field("customer_phone", words.phone_fault),
        address: field("customer_address", words.address_fault),
        network: field("mobile_money_network", words.network_fault),
        mobile_number: field("mobile_money_phone", words.mobile_number_fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_cannot_extend_the_policy() {
        for (url, expected) in [
            ("https://cdn.example.com/logo.png", Some("https://cdn.example.com")),
            ("https://cdn.example.com:8443/a/b?c=d", Some("https://cdn.example.com:8443")),
            ("https://a;script-src/x", None),
            ("https://a,b/x", None),
            ("https://'self'/x", None),
            ("https://*/x", None),
            ("http://cdn.example.com/x", None),
            ("data:image/png;base64,AAAA", None),
        ] {
            assert_eq!(image_origin(url).as_deref(), expected, "{url}");
        }
    }

    /// No currency has both today.
    #[test]
    fn a_payer_chooses_where_a_link_offers_two_methods() {
        let texts = Language::English.texts();
        let shown = |methods: &[Method], chosen| {
            let takes_transfer = methods.contains(&Method::BankTransfer);
            let page = LinkPage {
                texts,
                merchant: "M",
                title: "T",
                description: None,
                logo: None,
                action: String::new(),
                fixed: None,
                currency: "NGN",
                limits: String::new(),
                methods: choices(methods, chosen, &texts.link),
                takes_mobile_money: true,
                takes_transfer,
                mobile_kind: if takes_transfer { NUMBER } else { NUMBER_REQUIRED },
                contact_kind: NUMBER,
                contact_label: texts.link.contact_phone,
                collects_name: true,
                collects_phone: true,
                collects_address: false,
                typed: Typed::default(),
                token: String::new(),
                notice: None,
            };
            page.render().unwrap()
        };
        let both = [Method::MobileMoney, Method::BankTransfer];
        for (chosen, word) in [("", "mobile_money"), ("bank_transfer", "bank_transfer")] {
            let html = shown(&both, chosen);
            assert_eq!(html.matches(r#"name="payment_type""#).count(), 2, "{html}");
            assert_eq!(html.matches("required checked").count(), 1, "{html}");
            assert!(html.contains(&format!(r#"value="{word}" required checked"#)), "{html}");
            assert!(!html.contains(r#"value="MTN" required"#), "{html}");
        }
        let html = shown(&both[..1], "");
        assert!(html.contains(r#"type="hidden" name="payment_type" value="mobile_money""#));
        assert!(html.contains(r#"value="MTN" required"#), "{html}");
    }
}
