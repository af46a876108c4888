//! The banks and mobile money providers of each country: data that an operator can replace.

use std::collections::BTreeMap;

use domain::provider_call::Provider;
use serde::{Deserialize, Serialize};

/// The list the program comes with.
const BUILT_IN: &str = include_str!("../data/banks.json");

/// One bank or mobile money provider, as `GET /banks/{country}` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub bank_key: String,
    pub name: String,
    pub r#type: BankType,
    /// The bank's own code, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    pub currency: String,
    /// 1 when a disbursement must name a branch, else 0.
    pub branch_required: u8,
    /// The codes that providers know the bank by, by the providers' words. Not printed.
    #[serde(default, skip_serializing)]
    provider_codes: BTreeMap<String, String>,
}

impl Bank {
    pub fn code_at(&self, provider: Provider) -> Option<&str> {
        self.provider_codes.get(provider.word()).map(String::as_str)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankType {
    Bank,
    MobileMoney,
}

/// All countries, by their ISO 3166 alpha-2 code in upper case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Banks(BTreeMap<String, Vec<Bank>>);

#[derive(Serialize)]
struct BanksAnswer<'a> {
    status: &'static str,
    country: &'a str,
    data: &'a [Bank],
}

impl Banks {
    /// Reads an operator's list; the error tells the line and column.
    pub fn parse(text: &str) -> Result<Banks, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub fn built_in() -> Result<Banks, serde_json::Error> {
        Banks::parse(BUILT_IN)
    }

    /// The bank or mobile money provider of a key, in whichever country.
    pub fn find(&self, bank_key: &str) -> Option<&Bank> {
        self.0.values().flatten().find(|bank| bank.bank_key == bank_key)
    }

    /// The answer for a country in any case; `None` where there is no list.
    pub fn answer(&self, country: &str) -> Option<String> {
        let (country, data) = self.0.get_key_value(&country.to_ascii_uppercase())?;
        Some(crate::object::to_text(&BanksAnswer { status: "success", country, data }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_has_the_guides_entries() {
        let banks = Banks::built_in().unwrap();
        let answer = banks.answer("rw").unwrap();
        assert!(answer.starts_with(r#"{"status":"success","country":"RW","data":["#));
        assert!(answer.contains(concat!(
            r#"{"bank_key":"bk_rw","name":"Banque de Kigali","type":"bank","code":"40","#,
            r#""currency":"RWF","branch_required":0}"#
        )));
        assert!(answer.contains(concat!(
            r#"{"bank_key":"mtn_rw","name":"MTN Mobile Money","type":"mobile_money","#,
            r#""network":"MTN","currency":"RWF","branch_required":0}"#
        )));
        assert!(answer.contains("kcb_rw") && answer.contains("airtel_rw"));
        assert_eq!(banks.answer("XX"), None);
        assert_eq!(banks.find("kcb_rw").map(|bank| bank.r#type), Some(BankType::Bank));
        assert_eq!(banks.find("mtn_rw").map(|bank| bank.r#type), Some(BankType::MobileMoney));
        assert_eq!(banks.find("KCB_RW"), None);
    }
}
