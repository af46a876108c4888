//! What providers tell beside payments: what lies with them, whom they reach, what money costs.

use domain::Currency;
use domain::conversion::Rate;
use domain::phone::Phone;

use super::Reply;

/// ISO 3166 alpha-2, upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country(String);

impl Country {
    pub fn parse(code: &str) -> Option<Country> {
        let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        is_code.then(|| Country(code.to_owned()))
    }

    pub fn code(&self) -> &str {
        &self.0
    }
}

/// A question that is about no payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    Balances,
    /// The banks that can be paid out to.
    Banks(Country),
    MobileNetworks(Country),
    Rate {
        source: Currency,
        target: Currency,
    },
    /// Whose mobile money wallet a number is.
    AccountHolder(Phone),
}

/// The answer to the [`LookUp`] of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Balances(Vec<Balance>),
    Banks(Vec<Listed>),
    MobileNetworks(Vec<Listed>),
    Rate(Rate),
    AccountHolder(AccountHolder),
}

/// What lies at the provider in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// In which of the provider's products, by its own word, where there are several.
    pub product: Option<String>,
    pub currency: Currency,
    /// Decimal text in the major unit, as it was sent; it may be zero or less, and have more
    /// decimals than the currency.
    pub available: String,
}

/// A bank or a network, by the provider's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountHolder {
    /// Whether the number has a wallet that can be used.
    pub is_active: bool,
    /// As the provider knows it, where it tells.
    pub name: Option<String>,
}

/// A decimal number without an exponent, as providers write balances.
pub(super) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The balance, where the currency is one of ours.
pub(super) fn balance(product: Option<&str>, currency: &str, available: &str) -> Option<Balance> {
    let currency = Currency::parse(currency)?;
    let product = product.map(str::to_owned);
    is_decimal(available).then(|| Balance { product, currency, available: available.to_owned() })
}

/// Status and body of an answer that came whole.
pub(super) fn answered(reply: &Reply) -> Option<(u16, &[u8])> {
    match reply {
        Reply::Answered { status, body } => Some((*status, body.as_slice())),
        Reply::Lost | Reply::NotSent => None,
    }
}
