//! What a provider tells beside payments, asked at that moment: nothing of it is kept.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use dialects::json::number;
use dialects::provider::look_up::{Country, Found, LookUp};
use domain::money::decimal_text;
use domain::phone::Phone;
use domain::provider_call::Provider;
use domain::{Currency, Environment};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::Problem;
use crate::operator::{Operator, answer};
use crate::providers::LookUpFault;

#[derive(Serialize)]
struct Answer<T> {
    status: &'static str,
    environment: &'static str,
    provider: &'static str,
    data: T,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Balances(Vec<BalanceObject>),
    Listed(Vec<ListedObject>),
    Rate(RateObject),
    AccountHolder(AccountHolderObject),
}

#[derive(Serialize)]
struct BalanceObject {
    product: Option<String>,
    currency: &'static str,
    /// A text: as many decimals as the provider wrote.
    available: String,
}

#[derive(Serialize)]
struct ListedObject {
    code: String,
    name: String,
}

#[derive(Serialize)]
struct RateObject {
    from_currency: &'static str,
    to_currency: &'static str,
    rate: Box<RawValue>,
}

#[derive(Serialize)]
struct AccountHolderObject {
    phone: String,
    is_active: bool,
    name: Option<String>,
}

pub async fn look_up(
    State(operator): State<Arc<Operator>>,
    Path((provider, environment, what)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let environment = Environment::parse(&environment).ok_or(Problem::NotFound)?;
    let app = operator.find(environment).ok_or(Problem::NotFound)?;
    let provider = Provider::parse(&provider).ok_or(Problem::NotFound)?;
    let connector = app.providers.find(provider).ok_or(Problem::NotFound)?;
    let what = read(&what, &query.unwrap_or_default())?;
    let found = app.providers.look_up(connector.as_ref(), &what).await;
    let found = found.map_err(|fault| match fault {
        LookUpFault::NotTold => Problem::NotTold,
        LookUpFault::Silent => Problem::ProviderSilent,
    })?;
    let (environment, provider) = (environment.word(), provider.word());
    answer(&Answer { status: "success", environment, provider, data: data(what, found)? })
}

fn read(what: &str, query: &str) -> Result<LookUp, Problem> {
    let parameter = |name: &str| -> Option<Cow<'_, str>> {
        form_urlencoded::parse(query.as_bytes())
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    };
    let country = || {
        let code = parameter("country").unwrap_or("RW".into());
        let wanted = "must be a country in two capital letters, such as RW";
        Country::parse(&code).ok_or_else(|| Problem::field("country", wanted.to_owned()))
    };
    let currency = |name: &'static str| {
        let code = parameter(name).unwrap_or_default();
        let wanted = "must be a currency such as RWF";
        Currency::parse(&code).ok_or_else(|| Problem::field(name, wanted.to_owned()))
    };
    match what {
        "balances" => Ok(LookUp::Balances),
        "banks" => Ok(LookUp::Banks(country()?)),
        "networks" => Ok(LookUp::MobileNetworks(country()?)),
        "rate" => Ok(LookUp::Rate { source: currency("from")?, target: currency("to")? }),
        "account-holder" => {
            let phone = Phone::rwandan(&parameter("phone").unwrap_or_default());
            let phone = phone.map_err(|fault| Problem::field("phone", fault.to_string()))?;
            Ok(LookUp::AccountHolder(phone))
        }
        _ => Err(Problem::NotFound),
    }
}

fn data(what: LookUp, found: Found) -> Result<Data, Problem> {
    Ok(match (what, found) {
        (LookUp::Balances, Found::Balances(balances)) => Data::Balances(
            balances
                .into_iter()
                .map(|balance| BalanceObject {
                    product: balance.product,
                    currency: balance.currency.code(),
                    available: balance.available,
                })
                .collect(),
        ),
        (LookUp::Banks(_), Found::Banks(listed))
        | (LookUp::MobileNetworks(_), Found::MobileNetworks(listed)) => {
            let objects = listed.into_iter();
            let objects = objects.map(|one| ListedObject { code: one.code, name: one.name });
            Data::Listed(objects.collect())
        }
        (LookUp::Rate { source, target }, Found::Rate(rate)) => Data::Rate(RateObject {
            from_currency: source.code(),
            to_currency: target.code(),
            rate: number(decimal_text(rate.micros, 6)),
        }),
        (LookUp::AccountHolder(phone), Found::AccountHolder(holder)) => {
            Data::AccountHolder(AccountHolderObject {
                phone: phone.e164().to_owned(),
                is_active: holder.is_active,
                name: holder.name,
            })
        }
        // A connector that answers another question than it was asked.
        (_, _) => return Err(Problem::Bug),
    })
}
