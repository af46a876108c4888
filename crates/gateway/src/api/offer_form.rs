//! Reads what a merchant says of a payment link: the whole offer when a link is made, parts of it
//! when one is changed. What is left out stays as it is, what is null is cleared.

use dialects::json::{Object, Value};
use domain::account::Account;
use domain::link::{Offer, Terms};
use domain::money::{Currency, Money};
use domain::payment::Method;
use domain::{Environment, Timestamp, limits};

use crate::api::Problem;
use crate::api::charges::{callback_url, is_web_address};
use crate::api::form::Form;
use crate::app::App;
use crate::secrets;

/// The methods that payers have.
const PAYABLE: [Method; 2] = [Method::MobileMoney, Method::Card];

/// The contract's methods that no provider of ours serves.
const UNSERVED: [&str; 2] = ["ussd", "bank_transfer"];

/// Reads the contract's table from top to bottom. `base` is the offer to change, if there is one.
pub fn read(
    body: &Object,
    app: &App,
    account: &Account,
    base: Option<&Offer>,
) -> Result<Offer, Problem> {
    let mut offer = OfferForm { form: Form::of(body), base };
    let title = offer.title();
    let is_fixed = offer.is_fixed();
    let currency = offer.currency(account);
    let terms = offer.terms(is_fixed, currency);
    let methods = offer.methods(account, currency);
    let slug = offer.slug();
    let description =
        offer.text("description", limits::LINK_DESCRIPTION_CHARS_MAX, |base| &base.description);
    let redirect_url = offer.web_address("redirect_url", app.settings.environment);
    let uses_max = offer.uses_max();
    let expires_at = offer.expires_at(app.clock.now());
    let collects_phone = offer.flag("collect_phone", true, |base| base.collects_phone);
    let collects_name = offer.flag("collect_name", true, |base| base.collects_name);
    let collects_address = offer.flag("collect_address", false, |base| base.collects_address);
    // A page of ours shows it, so it is never fetched in the clear.
    let logo_url = offer.web_address("logo_url", Environment::Live);
    let callback_url = offer.callback_url(app);
    offer.form.finish()?;
    let (Some(title), Some(currency), Some(terms)) = (title, currency, terms) else {
        return Err(Problem::Bug);
    };
    Ok(Offer {
        slug: slug.map_or_else(|| secrets::new_slug().map_err(|_| Problem::NotStored), Ok)?,
        title,
        description,
        terms,
        currency,
        methods,
        redirect_url,
        callback_url,
        logo_url,
        uses_max,
        expires_at,
        collects_phone,
        collects_name,
        collects_address,
    })
}

/// What an account can be paid with in a currency.
fn servable(account: &Account, currency: Currency) -> Vec<Method> {
    PAYABLE
        .into_iter()
        .filter(|method| match method {
            Method::MobileMoney => currency == Currency::Rwf,
            Method::Card => account.card_currencies.contains(&currency),
            Method::Bank | Method::BankTransfer | Method::Wallet => false,
        })
        .collect()
}

struct OfferForm<'a> {
    form: Form<'a>,
    base: Option<&'a Offer>,
}

impl<'a> OfferForm<'a> {
    /// The offer to keep a field from, when the request does not name the field.
    fn kept(&self, field: &str) -> Option<&'a Offer> {
        if self.form.is_sent(field) { None } else { self.base }
    }

    fn title(&mut self) -> Option<String> {
        match self.kept("title") {
            Some(base) => Some(base.title.clone()),
            None => {
                self.form.required_text("title", limits::LINK_TITLE_CHARS_MAX).map(str::to_owned)
            }
        }
    }

    fn is_fixed(&mut self) -> Option<bool> {
        if let Some(base) = self.kept("amount_type") {
            return Some(matches!(base.terms, Terms::Fixed(_)));
        }
        match self.form.required_text("amount_type", limits::NAME_CHARS_MAX)? {
            "fixed" => Some(true),
            "flexible" => Some(false),
            _ => {
                self.form.fault("amount_type", "must be fixed or flexible");
                None
            }
        }
    }

    fn currency(&mut self, account: &Account) -> Option<Currency> {
        if let Some(base) = self.kept("currency") {
            return Some(base.currency);
        }
        let code = self.form.required_text("currency", limits::NAME_CHARS_MAX)?;
        let currency = Currency::parse(code);
        match currency {
            None => self.form.fault("currency", "must be a currency code such as RWF"),
            Some(currency) if servable(account, currency).is_empty() => {
                let message = format!("your account can take no payments in {currency}");
                self.form.fault("currency", message);
            }
            Some(_) => {}
        }
        currency
    }

    fn terms(&mut self, is_fixed: Option<bool>, currency: Option<Currency>) -> Option<Terms> {
        let before = self.form.place();
        if is_fixed == Some(false) {
            self.refuse("amount", "is for links with a fixed amount");
        }
        let amount = if is_fixed == Some(false) { None } else { self.money("amount", currency) };
        if is_fixed == Some(true) && amount.is_none() && self.form.place() == before {
            self.form.fault("amount", "is required");
        }
        if is_fixed == Some(true) {
            self.refuse("min_amount", "is for links with a flexible amount");
            self.refuse("max_amount", "is for links with a flexible amount");
            return amount.map(Terms::Fixed);
        }
        let (min, max) = (self.money("min_amount", currency), self.money("max_amount", currency));
        if min.zip(max).is_some_and(|(min, max)| min.minor() > max.minor()) {
            self.form.fault("max_amount", "must not be below min_amount");
        }
        is_fixed.map(|_| Terms::Flexible { min, max })
    }

    fn refuse(&mut self, field: &'static str, message: &str) {
        if self.form.value(field).is_some() {
            self.form.fault(field, message);
        }
    }

    /// An amount as sent, or as it was. Without a currency it is read as one with decimals, to
    /// find what would be wrong in any.
    fn money(&mut self, field: &'static str, currency: Option<Currency>) -> Option<Money> {
        if let Some(base) = self.kept(field) {
            let stored = match (base.terms, field) {
                (Terms::Fixed(amount), "amount") => Some(amount),
                (Terms::Flexible { min, .. }, "min_amount") => min,
                (Terms::Flexible { max, .. }, "max_amount") => max,
                (Terms::Fixed(_) | Terms::Flexible { .. }, _) => None,
            };
            if stored.zip(currency).is_some_and(|(stored, currency)| stored.currency() != currency)
            {
                self.form.fault(field, "must be given again in the new currency");
            }
            return stored;
        }
        let text = self.form.number(field)?;
        let money = Money::from_decimal_text(text, currency.unwrap_or(Currency::Usd));
        self.form.keep(field, money)
    }

    fn methods(&mut self, account: &Account, currency: Option<Currency>) -> Vec<Method> {
        // A currency that is none is one fault, not two.
        let able = currency.map_or(PAYABLE.to_vec(), |currency| servable(account, currency));
        let words: Vec<&str> = match (self.kept("payment_types"), self.form.value("payment_types"))
        {
            (Some(base), _) if currency.is_none_or(|currency| currency == base.currency) => {
                return base.methods.clone();
            }
            (Some(base), _) => base.methods.iter().map(|method| method.word()).collect(),
            (None, None) => return able,
            (None, Some(Value::List(items))) if !items.is_empty() => items
                .iter()
                .map(|item| if let Value::Text(word) = item { word } else { "" })
                .collect(),
            (None, Some(_)) => vec![""],
        };
        let mut methods = Vec::new();
        let mut faults = Vec::new();
        for word in words {
            match Method::parse(word).filter(|method| able.contains(method)) {
                Some(method) if !methods.contains(&method) => methods.push(method),
                Some(_) => {}
                None => faults.push(method_fault(word, currency)),
            }
        }
        if !faults.is_empty() {
            faults.dedup();
            self.form.fault("payment_types", faults.join("; "));
        }
        methods
    }

    fn slug(&mut self) -> Option<String> {
        if let Some(base) = self.kept("slug") {
            return Some(base.slug.clone());
        }
        let slug = self.form.text("slug", limits::SLUG_CHARS_MAX)?;
        if !slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            self.form.fault("slug", "may have letters, digits, dashes and underscores");
        } else if slug == "status" {
            self.form.fault("slug", "is an address of the gateway's own; choose another");
        }
        Some(slug.to_owned())
    }

    fn text(
        &mut self,
        field: &'static str,
        chars_max: usize,
        stored: impl FnOnce(&Offer) -> &Option<String>,
    ) -> Option<String> {
        match self.kept(field) {
            Some(base) => stored(base).clone(),
            None => self.form.text(field, chars_max).map(str::to_owned),
        }
    }

    fn web_address(&mut self, field: &'static str, environment: Environment) -> Option<String> {
        let text = self.text(field, limits::URL_CHARS_MAX, |base| {
            if field == "logo_url" { &base.logo_url } else { &base.redirect_url }
        })?;
        if self.form.is_sent(field) && !is_web_address(&text, environment) {
            self.form.fault(field, "must be an https address such as https://yourdomain.com/x");
        }
        Some(text)
    }

    fn callback_url(&mut self, app: &App) -> Option<String> {
        match self.kept("callback_url") {
            Some(base) => base.callback_url.clone(),
            None => callback_url(&mut self.form, app),
        }
    }

    fn uses_max(&mut self) -> Option<i64> {
        if let Some(base) = self.kept("max_uses") {
            return base.uses_max;
        }
        let text = self.form.number("max_uses")?;
        let count = text.parse().ok().filter(|count| (1..=limits::LINK_USES_MAX).contains(count));
        if count.is_none() {
            self.form.fault("max_uses", "must be a whole number from 1, or null for no limit");
        }
        count
    }

    fn expires_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        if let Some(base) = self.kept("expires_at") {
            return base.expires_at;
        }
        let text = self.form.text("expires_at", limits::NAME_CHARS_MAX)?;
        let at = moment(text);
        match at {
            None => {
                let message = "must be a time in UTC such as 2026-12-31 23:59:59, or null";
                self.form.fault("expires_at", message);
            }
            Some(at) if at <= now => self.form.fault("expires_at", "must be in the future"),
            Some(_) => {}
        }
        at
    }

    fn flag(
        &mut self,
        field: &'static str,
        default: bool,
        stored: impl FnOnce(&Offer) -> bool,
    ) -> bool {
        match self.kept(field) {
            Some(base) => stored(base),
            None => self.form.flag(field).unwrap_or(default),
        }
    }
}

/// `YYYY-MM-DD HH:MM:SS` in UTC, and no other spelling of it.
fn moment(text: &str) -> Option<Timestamp> {
    const FORM: &str = "%Y-%m-%d %H:%M:%S";
    let at = jiff::civil::DateTime::strptime(FORM, text).ok()?;
    let is_plain = at.strftime(FORM).to_string() == text;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    is_plain.then(|| Timestamp::from_micros(at.as_microsecond()))
}

fn method_fault(word: &str, currency: Option<Currency>) -> String {
    let currency = currency.map_or("this currency", Currency::code);
    match word {
        _ if UNSERVED.contains(&word) => format!("{word} is not offered: no provider serves it"),
        "mobile_money" | "card" => format!("{word} is not offered in {currency}"),
        _ => "must list one or more of card, mobile_money, ussd, bank_transfer".to_owned(),
    }
}
