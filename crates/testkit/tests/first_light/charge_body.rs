//! The body of a mobile money charge as text, so that a test can write what no JSON library
//! would.

/// The guide's own example, in the order of its parameter table. Values are JSON texts.
pub const GUIDE: [(&str, &str); 12] = [
    ("amount", "2000"),
    ("currency", r#""RWF""#),
    ("payment_type", r#""mobile_money""#),
    ("customer_email", r#""jane.doe@example.com""#),
    ("customer_first_name", r#""Jane""#),
    ("customer_last_name", r#""Doe""#),
    ("customer_phone", r#""789654321""#),
    ("customer_phone_country_code", r#""250""#),
    ("redirect_url", r#""https://yourdomain.com/payment-success""#),
    ("mobile_money_network", r#""MTN""#),
    ("mobile_money_phone", r#""789654321""#),
    ("narration", r#""Payment for Invoice #5678""#),
];

/// The fields without which a charge is refused, in the order of the table.
pub fn required() -> impl Iterator<Item = &'static str> {
    GUIDE.iter().take(11).map(|(name, _)| *name)
}

#[derive(Clone, Debug)]
pub struct ChargeBody(Vec<(String, String)>);

impl ChargeBody {
    /// The guide's MTN example.
    pub fn guide() -> ChargeBody {
        let owned = GUIDE.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        ChargeBody(owned.collect())
    }

    /// Sets a member to a JSON text; adds it at the end when it is new.
    pub fn with(mut self, name: &str, json: &str) -> ChargeBody {
        match self.0.iter_mut().find(|(candidate, _)| candidate == name) {
            Some((_, text)) => json.clone_into(text),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
        self
    }

    /// Sets a member to a string that needs no escapes.
    pub fn with_text(self, name: &str, text: &str) -> ChargeBody {
        self.with(name, &format!("\"{text}\""))
    }

    pub fn without(mut self, name: &str) -> ChargeBody {
        self.0.retain(|(candidate, _)| candidate != name);
        self
    }

    pub fn reversed(mut self) -> ChargeBody {
        self.0.reverse();
        self
    }

    pub fn text(&self) -> String {
        let members: Vec<String> =
            self.0.iter().map(|(name, text)| format!("\"{name}\": {text}")).collect();
        format!("{{{}}}", members.join(", "))
    }
}
