//! Balances and account holders. Each product has an account, and a balance, of its own.

use domain::phone::Phone;
use zeroize::Zeroizing;

use super::{MtnMomo, Product};
use crate::json::{Object, Value};
use crate::provider::look_up::{AccountHolder, Balance, Found, LookUp, answered, balance};
use crate::provider::{Reply, Request, Verb, body};

impl MtnMomo {
    /// The products that we may use, by their names in addresses.
    fn products(&self) -> impl Iterator<Item = (&'static str, &Product)> {
        ["collection", "disbursement"]
            .into_iter()
            .filter_map(|name| Some((name, self.product(name)?)))
    }

    pub(super) fn look_up_requests(&self, what: &LookUp) -> Vec<Request> {
        let get = |(name, product): (&'static str, &Product), path: &str| Request {
            verb: Verb::Get,
            url: format!("{}/{name}/v1_0/{path}", self.url),
            headers: self.headers(product),
            body: Zeroizing::default(),
            token: Some(name),
        };
        match what {
            LookUp::Balances => {
                self.products().map(|product| get(product, "account/balance")).collect()
            }
            LookUp::AccountHolder(phone) => {
                let of_holder = |product, end| get(product, &format!("{}/{end}", holder(phone)));
                let product = self.products().next();
                let requests = ["active", "basicuserinfo"]
                    .map(|end| product.map(|product| of_holder(product, end)));
                requests.into_iter().flatten().collect()
            }
            LookUp::Banks(_) | LookUp::MobileNetworks(_) | LookUp::Rate { .. } => Vec::new(),
        }
    }

    pub(super) fn found(&self, what: &LookUp, replies: &[Reply]) -> Option<Found> {
        match what {
            LookUp::Balances => {
                let products = self.products().zip(replies);
                let balances: Option<Vec<Balance>> =
                    products.map(|((name, _), reply)| read_balance(name, reply)).collect();
                balances.filter(|balances| !balances.is_empty()).map(Found::Balances)
            }
            LookUp::AccountHolder(_) => {
                let [active, info] = replies else { return None };
                let is_active = read_active(active)?;
                Some(Found::AccountHolder(AccountHolder { is_active, name: read_name(info) }))
            }
            LookUp::Banks(_) | LookUp::MobileNetworks(_) | LookUp::Rate { .. } => None,
        }
    }
}

fn holder(phone: &Phone) -> String {
    format!("accountholder/msisdn/{}", phone.e164().trim_start_matches('+'))
}

fn read_balance(product: &str, reply: &Reply) -> Option<Balance> {
    let object = object(reply)?;
    let text = |name| body::text(&object, &[name]);
    balance(Some(product), text("currency")?, text("availableBalance")?)
}

/// MTN answers 404 for a number that nobody has.
fn read_active(reply: &Reply) -> Option<bool> {
    let (status, content) = answered(reply)?;
    let object = body::parse(content);
    match (status, object.as_ref()) {
        (200, Some(object)) => match object.find("result") {
            Some(Value::Bool(is_active)) => Some(*is_active),
            Some(_) | None => None,
        },
        (404, Some(object)) if body::text(object, &["code"]) == Some("RESOURCE_NOT_FOUND") => {
            Some(false)
        }
        (404, None) if content.is_empty() => Some(false),
        (_, _) => None,
    }
}

/// Not every contract includes it.
fn read_name(reply: &Reply) -> Option<String> {
    let object = object(reply)?;
    let text = |name| body::text(&object, &[name]).filter(|text| !text.trim().is_empty());
    let parts = || Some(format!("{} {}", text("given_name")?, text("family_name")?));
    text("name").map(str::to_owned).or_else(parts)
}

fn object(reply: &Reply) -> Option<Object> {
    answered(reply)
        .filter(|(status, _)| *status == 200)
        .and_then(|(_, content)| body::parse(content))
}
