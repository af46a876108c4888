//! The requests behind `dgspay trigger`: the guide's own examples with a scenario that leads to
//! the event, changed as the developer wishes. A wish that would change nothing is an error.

use serde_json::{Map, Number, Value};

use super::CliFault;

/// Bodies are flat: `recipient.name` is the member `name` of `recipient`.
#[derive(Debug)]
pub struct Recipe {
    pub event: &'static str,
    pub path: &'static str,
    /// The member of the answer that names the payment as its event does.
    pub reference: &'static str,
    body: &'static str,
    scenario: &'static str,
    /// What the API takes besides, with values of the right kind.
    optional: &'static str,
}

const CHARGE: &str = r#"{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
    "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
    "customer_last_name": "Doe", "customer_phone": "789654321",
    "customer_phone_country_code": "250",
    "redirect_url": "https://yourdomain.com/payment-success",
    "narration": "Triggered by dgspay", "mobile_money_network": "MTN",
    "mobile_money_phone": "789654321"}"#;
const CHARGE_OPTIONAL: &str = r#"{"callback_url": "", "dgs_reference": ""}"#;

const DISBURSEMENT: &str = r#"{"amount": 10000, "destination_type": "mobile_money",
    "recipient.msisdn": "0788123456", "recipient.network": "MTN", "recipient.country": "RW",
    "recipient.name": "John Doe", "narration": "Triggered by dgspay"}"#;
const DISBURSEMENT_OPTIONAL: &str = r#"{"callback_url": "", "recipient.bank_key": "",
    "recipient.account_number": "", "recipient.branch": ""}"#;

const CONVERSION: &str = r#"{"action": "convert", "from_currency": "USD", "to_currency": "RWF",
    "from_amount": 10}"#;
const CONVERSION_OPTIONAL: &str = r#"{"callback_url": ""}"#;

/// Only the developer knows which charge: `--set dgs_reference=…`.
const REFUND: &str = "{}";
const REFUND_OPTIONAL: &str =
    r#"{"callback_url": "", "dgs_reference": "", "amount": 0, "reason": ""}"#;

const RECIPES: [Recipe; 8] = [
    charge("payment.success", "scenario:auth_pin"),
    charge("payment.failed", "scenario:auth_pin&issuer:insufficient_funds"),
    disbursement("disbursement.success", "scenario:successful"),
    disbursement("disbursement.failed", "scenario:invalid_currency"),
    conversion("conversion.success", "scenario:successful"),
    conversion("conversion.failed", "scenario:failed"),
    refund("payment.refunded", "scenario:successful"),
    refund("refund.failed", "scenario:failed"),
];

const fn charge(event: &'static str, scenario: &'static str) -> Recipe {
    let (path, reference) = ("/charges", "dgs_reference");
    Recipe { event, path, reference, body: CHARGE, scenario, optional: CHARGE_OPTIONAL }
}

const fn disbursement(event: &'static str, scenario: &'static str) -> Recipe {
    let (path, reference) = ("/disburse", "dgs_reference");
    Recipe { event, path, reference, body: DISBURSEMENT, scenario, optional: DISBURSEMENT_OPTIONAL }
}

const fn conversion(event: &'static str, scenario: &'static str) -> Recipe {
    let (path, reference) = ("/convert", "dgs_conversion_ref");
    Recipe { event, path, reference, body: CONVERSION, scenario, optional: CONVERSION_OPTIONAL }
}

const fn refund(event: &'static str, scenario: &'static str) -> Recipe {
    let (path, reference) = ("/refunds", "refund_reference");
    Recipe { event, path, reference, body: REFUND, scenario, optional: REFUND_OPTIONAL }
}

impl Recipe {
    pub fn find(event: &str) -> Result<&'static Recipe, CliFault> {
        static ALL: [Recipe; 8] = RECIPES;
        ALL.iter().find(|recipe| recipe.event == event).ok_or_else(|| {
            let known: Vec<&str> = ALL.iter().map(|recipe| recipe.event).collect();
            CliFault::Usage(format!("{event} cannot be triggered; {} can", known.join(", ")))
        })
    }

    /// The request's body with each `NAME=VALUE` in it.
    pub fn body(&self, settings: &[String]) -> Result<String, CliFault> {
        let mut body = members(self.body)?;
        body.insert("scenario_key".to_owned(), self.scenario.into());
        let mut kinds = members(self.optional)?;
        kinds.extend(body.clone());
        for setting in settings {
            let fault = |why: String| CliFault::Usage(format!("--set {setting}: {why}"));
            let (name, text) =
                setting.split_once('=').ok_or_else(|| fault("must be NAME=VALUE".to_owned()))?;
            let kind = kinds.get(name).ok_or_else(|| {
                let known: Vec<&str> = kinds.keys().map(String::as_str).collect();
                fault(format!("the request has no {name}; it has {}", known.join(", ")))
            })?;
            if text.is_empty() {
                body.remove(name);
                continue;
            }
            let value = if kind.is_number() {
                let number = text.parse::<Number>();
                number.map_err(|_| fault("must be a number".to_owned()))?.into()
            } else {
                Value::from(text)
            };
            body.insert(name.to_owned(), value);
        }
        Ok(Value::Object(nested(body)).to_string())
    }
}

fn members(text: &str) -> Result<Map<String, Value>, CliFault> {
    serde_json::from_str(text).map_err(|error| CliFault::Usage(format!("{text}: {error}")))
}

fn nested(flat: Map<String, Value>) -> Map<String, Value> {
    let mut body = Map::new();
    for (name, value) in flat {
        let Some((object, member)) = name.split_once('.') else {
            body.insert(name, value);
            continue;
        };
        let inner = body.entry(object).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            inner.insert(member.to_owned(), value);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(event: &str, settings: &[&str]) -> Result<Value, CliFault> {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        let text = Recipe::find(event).unwrap().body(&settings)?;
        Ok(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn every_recipe_is_a_request() {
        for recipe in &RECIPES {
            let body = body(recipe.event, &["callback_url=https://x.example/"]).unwrap();
            assert_eq!(body["scenario_key"], recipe.scenario, "{}", recipe.event);
        }
    }

    #[test]
    fn values_keep_their_kind() {
        let settings = ["amount=5000", "customer_phone=0781", "narration=", "dgs_reference=a=b"];
        let charge = body("payment.success", &settings).unwrap();
        assert_eq!(charge["amount"], 5000);
        assert_eq!(charge["customer_phone"], "0781");
        assert_eq!(charge["narration"], Value::Null);
        assert_eq!(charge["dgs_reference"], "a=b");
        let refund = body("payment.refunded", &["amount=5"]).unwrap();
        assert_eq!(refund["amount"], 5);
        let paid = body("disbursement.failed", &["recipient.msisdn=0738123456"]).unwrap();
        assert_eq!(paid["recipient"]["msisdn"], "0738123456");
        assert_eq!(paid["recipient"]["network"], "MTN");
    }

    #[test]
    fn what_would_change_nothing_is_an_error() {
        for setting in ["ammount=1", "amount", "amount=much", "=1", "recipient=x"] {
            assert!(body("payment.success", &[setting]).is_err(), "{setting}");
        }
    }
}
