//! The requests behind `dgspay trigger`: the guide's own examples with a scenario that leads to
//! the event, changed as the developer wishes. A wish that would change nothing is an error.

use serde_json::{Map, Number, Value};

use super::CliFault;

#[derive(Debug)]
pub struct Recipe {
    pub event: &'static str,
    pub path: &'static str,
    body: &'static str,
    /// Members that the API takes beside those of `body`.
    optional: &'static [&'static str],
}

const CHARGE_OPTIONAL: &[&str] = &["callback_url", "dgs_reference", "scenario_key"];

const RECIPES: &[Recipe] = &[
    Recipe {
        event: "payment.success",
        path: "/charges",
        body: r#"{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
            "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
            "customer_last_name": "Doe", "customer_phone": "789654321",
            "customer_phone_country_code": "250",
            "redirect_url": "https://yourdomain.com/payment-success",
            "narration": "Triggered by dgspay", "mobile_money_network": "MTN",
            "mobile_money_phone": "789654321"}"#,
        optional: CHARGE_OPTIONAL,
    },
    Recipe {
        event: "payment.failed",
        path: "/charges",
        body: r#"{"amount": 2000, "currency": "RWF", "payment_type": "mobile_money",
            "customer_email": "jane.doe@example.com", "customer_first_name": "Jane",
            "customer_last_name": "Doe", "customer_phone": "789654321",
            "customer_phone_country_code": "250",
            "redirect_url": "https://yourdomain.com/payment-success",
            "narration": "Triggered by dgspay", "mobile_money_network": "MTN",
            "mobile_money_phone": "789654321",
            "scenario_key": "scenario:auth_pin&issuer:insufficient_funds"}"#,
        optional: CHARGE_OPTIONAL,
    },
];

impl Recipe {
    pub fn find(event: &str) -> Result<&'static Recipe, CliFault> {
        RECIPES.iter().find(|recipe| recipe.event == event).ok_or_else(|| {
            let known: Vec<&str> = RECIPES.iter().map(|recipe| recipe.event).collect();
            CliFault::Usage(format!("{event} cannot be triggered; {} can", known.join(", ")))
        })
    }

    /// The request's body with each `NAME=VALUE` in it.
    pub fn body(&self, settings: &[String]) -> Result<String, CliFault> {
        let mut body: Map<String, Value> = serde_json::from_str(self.body)
            .map_err(|error| CliFault::Usage(format!("{}: {error}", self.event)))?;
        for setting in settings {
            self.set(&mut body, setting)?;
        }
        Ok(Value::Object(body).to_string())
    }

    /// A value keeps the kind of the one it replaces; an empty one leaves the member out.
    fn set(&self, body: &mut Map<String, Value>, setting: &str) -> Result<(), CliFault> {
        let unfit = |why: String| CliFault::Usage(format!("--set {setting}: {why}"));
        let (name, text) =
            setting.split_once('=').ok_or_else(|| unfit("must be NAME=VALUE".to_owned()))?;
        let is_known = body.contains_key(name) || self.optional.contains(&name);
        if !is_known {
            let known: Vec<&str> =
                body.keys().map(String::as_str).chain(self.optional.iter().copied()).collect();
            return Err(unfit(format!("the request has no {name}; it has {}", known.join(", "))));
        }
        if text.is_empty() {
            body.remove(name);
            return Ok(());
        }
        let value = if body.get(name).is_some_and(Value::is_number) {
            let number: Number = text.parse().map_err(|_| unfit("must be a number".to_owned()))?;
            Value::Number(number)
        } else {
            Value::String(text.to_owned())
        };
        body.insert(name.to_owned(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(settings: &[&str]) -> Result<Value, CliFault> {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        let text = Recipe::find("payment.success").unwrap().body(&settings)?;
        Ok(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn every_recipe_is_a_request() {
        for recipe in RECIPES {
            assert!(recipe.body(&[]).is_ok(), "{}", recipe.event);
        }
    }

    #[test]
    fn values_keep_their_kind() {
        let body = body(&["amount=5000", "customer_phone=0781", "narration=", "dgs_reference=a=b"]);
        let body = body.unwrap();
        assert_eq!(body["amount"], 5000);
        assert_eq!(body["customer_phone"], "0781");
        assert_eq!(body["narration"], Value::Null);
        assert_eq!(body["dgs_reference"], "a=b");
    }

    #[test]
    fn what_would_change_nothing_is_an_error() {
        for setting in ["ammount=1", "amount", "amount=much", "=1"] {
            assert!(body(&[setting]).is_err(), "{setting}");
        }
    }
}
