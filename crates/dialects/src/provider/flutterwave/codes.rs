//! The codes of v4 errors, and what each means for money. What is not here is no answer: the
//! payment stays open and is asked about.

use domain::payment::Reason;
use domain::provider_call::{Verdict, Word};
use serde::Deserialize;

/// What an error says about the payment it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The provider refuses it, in so many words: nothing moved and nothing will.
    Refused,
    /// The payment is there already: ask how it stands.
    Exists,
    /// Nothing for certain.
    Unclear,
}

/// Of a request that creates something. (Changes of a charge are asked about whatever the code.)
const CODES: [(&str, &str, Meaning); 40] = [
    ("10400", "REQUEST_NOT_VALID", Meaning::Refused),
    ("10401", "UNAUTHORIZED", Meaning::Unclear),
    ("10403", "FORBIDDEN", Meaning::Unclear),
    ("10404", "RESOURCE_NOT_FOUND", Meaning::Unclear),
    ("10405", "METHOD_NOT_ALLOWED", Meaning::Unclear),
    ("10409", "RESOURCE_CONFLICT", Meaning::Exists),
    ("10422", "UNPROCESSABLE", Meaning::Unclear),
    ("10500", "INTERNAL_SERVER_ERROR", Meaning::Unclear),
    ("11100", "CLIENT_ENCRYPTION_ERROR", Meaning::Refused),
    ("1100409", "CHARGE_ALREADY_EXISTS", Meaning::Exists),
    ("1101422", "CUSTOMER_NOT_FOUND_FOR_CHARGE", Meaning::Unclear),
    ("1102422", "PAYMENT_METHOD_NOT_FOUND_FOR_CHARGE", Meaning::Unclear),
    ("1104400", "CARD_NOT_TOKENIZED", Meaning::Refused),
    ("1105500", "CHARGE_FAILED", Meaning::Unclear),
    ("1106400", "PAYMENT_METHOD_TYPE_MISSING", Meaning::Refused),
    ("1107500", "CHARGE_CREATION_FAILED", Meaning::Unclear),
    ("1108400", "CARD_RETOKENIZATION_REQUIRED", Meaning::Refused),
    ("1110404", "CHARGE_NOT_FOUND", Meaning::Unclear),
    ("1118400", "INVALID_CARD_NUMBER", Meaning::Refused),
    ("1119500", "FAILED_TO_INITIATE_CHARGE", Meaning::Unclear),
    ("1125400", "CURRENCY_NOT_SUPPORTED", Meaning::Refused),
    ("1126400", "MOBILE_MONEY_COUNTRY_CODE_NOT_SUPPORTED", Meaning::Refused),
    ("1127400", "MOBILE_MONEY_NETWORK_NOT_SUPPORTED", Meaning::Refused),
    ("1128500", "PAYMENT_CARD_TOKENIZATION_FAILED", Meaning::Unclear),
    ("1130400", "AMOUNT_BELOW_MINIMUM", Meaning::Refused),
    ("1134422", "CARD_EXPIRED", Meaning::Refused),
    ("1135422", "CARD_EXPIRY_YEAR_OUT_OF_RANGE", Meaning::Refused),
    ("1136422", "CARD_EXPIRY_MONTH_OUT_OF_RANGE", Meaning::Refused),
    ("1137400", "CLIENT_ENCRYPTION_ERROR", Meaning::Refused),
    ("1138422", "UNPROCESSABLE_F4B_RESPONSE", Meaning::Unclear),
    ("1139422", "UNPROCESSABLE_CC_RESPONSE", Meaning::Unclear),
    ("1140400", "CHARGE_NOT_SUCCESSFUL", Meaning::Refused),
    ("1141400", "REDIRECT_URL_INVALID", Meaning::Refused),
    ("1402400", "REFUND_AMOUNT_INVALID", Meaning::Refused),
    ("1403400", "REFUND_CREATION_FAILED", Meaning::Refused),
    ("1404400", "REFUND_ALREADY_COMPLETED", Meaning::Exists),
    ("201409", "REFERENCE_ALREADY_EXISTS", Meaning::Exists),
    ("228400", "TRANSFER_AMOUNT_LIMIT", Meaning::Refused),
    ("301404", "TRANSFER_NOT_FOUND", Meaning::Unclear),
    ("701500", "INVALID_PAGINATION_TYPE", Meaning::Unclear),
];

/// The error of an answer.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    #[serde(rename = "type", default)]
    kind: String,
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    validation_errors: Option<Vec<FieldFault>>,
}

#[derive(Debug, Deserialize)]
struct FieldFault {
    #[serde(default)]
    field_name: String,
    #[serde(default)]
    message: String,
}

impl Refusal {
    /// By the code, and by the type where the code is another than documented.
    pub fn meaning(&self) -> Meaning {
        let by_code = CODES.iter().find(|(code, _, _)| *code == self.code);
        let found = by_code.or_else(|| CODES.iter().find(|(_, kind, _)| *kind == self.kind));
        found.map_or(Meaning::Unclear, |(_, _, meaning)| *meaning)
    }

    pub fn declined(&self) -> Word {
        let mut text = self.message.clone();
        if let Some(fault) = self.validation_errors.iter().flatten().next() {
            text = format!("{text}: {} {}", fault.field_name, fault.message);
        }
        Word::of(Verdict::Declined(reason(&self.kind, &self.code, &text)))
    }
}

/// A reason in the guide's three words. The plain words are made of the kind where there are none.
pub fn reason(kind: &str, code: &str, text: &str) -> Reason {
    let kind = kind.to_ascii_lowercase();
    let text = if text.trim().is_empty() { plain_words(&kind) } else { text.to_owned() };
    Reason { code: code.to_owned(), text, kind }
}

/// `insufficient_funds` is `Insufficient funds`.
fn plain_words(kind: &str) -> String {
    let mut words = kind.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: &str, code: &str) -> Refusal {
        Refusal {
            kind: kind.to_owned(),
            code: code.to_owned(),
            message: String::new(),
            validation_errors: None,
        }
    }

    #[test]
    fn every_code_stands_once_and_means_what_its_row_says() {
        for (place, (code, kind, meaning)) in CODES.iter().enumerate() {
            assert_eq!(refusal(kind, code).meaning(), *meaning, "{code}");
            assert!(!CODES[..place].iter().any(|(other, _, _)| other == code), "{code} twice");
        }
    }

    /// The last digits are the HTTP status; no failure of theirs is a refusal.
    #[test]
    fn only_client_errors_refuse() {
        for (code, _, meaning) in CODES {
            let is_refusal = meaning == Meaning::Refused;
            assert!(!is_refusal || !code.ends_with("500"), "{code}");
        }
        assert_eq!(refusal("SOMETHING_NEW", "1999400").meaning(), Meaning::Unclear);
        assert_eq!(refusal("CLIENT_ENCRYPTION_ERROR", "422").meaning(), Meaning::Refused);
    }

    #[test]
    fn reasons_have_words_for_people() {
        let reason = reason("insufficient_funds", "51", "");
        assert_eq!(reason.text, "Insufficient funds");
        assert_eq!(super::reason("", "", " ").text, "");
    }
}
