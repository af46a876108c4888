//! What pages say, one catalogue per language. A text that a catalogue lacks does not compile.

mod en;
mod fr;
mod portal;
mod portal_en;
mod portal_fr;
mod portal_rw;
mod rw;

pub use portal::PortalTexts;

use axum::http::{HeaderMap, header};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    French,
    Kinyarwanda,
}

/// Every text of every page, in one language.
#[derive(Debug)]
pub struct Texts {
    /// For the page's `lang` attribute.
    pub code: &'static str,
    pub payment_to: &'static str,
    pub waiting_title: &'static str,
    pub waiting_text: &'static str,
    pub successful_title: &'static str,
    pub successful_text: &'static str,
    pub failed_title: &'static str,
    pub failed_text: &'static str,
    pub reference: &'static str,
    pub return_to_merchant: &'static str,
    pub simulated_phone: &'static str,
    pub simulated_phone_text: &'static str,
    pub approve: &'static str,
    pub refuse: &'static str,
    pub card_waiting_text: &'static str,
    pub bank_title: &'static str,
    pub bank_text: &'static str,
    pub card_ending_in: &'static str,
    pub not_found_title: &'static str,
    pub not_found_text: &'static str,
    pub link: LinkTexts,
    pub transfer: TransferTexts,
}

/// The texts of payment links.
#[derive(Debug)]
pub struct LinkTexts {
    pub unknown_title: &'static str,
    pub archived_title: &'static str,
    pub archived_text: &'static str,
    pub expired_title: &'static str,
    pub expired_text: &'static str,
    pub exhausted_title: &'static str,
    pub exhausted_text: &'static str,
    pub taken_title: &'static str,
    pub taken_text: &'static str,
    pub unpayable_text: &'static str,
    pub amount: &'static str,
    pub at_least: &'static str,
    pub at_most: &'static str,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub email: &'static str,
    pub country_code: &'static str,
    pub contact_phone: &'static str,
    pub address: &'static str,
    pub network: &'static str,
    pub mobile_number: &'static str,
    pub method: &'static str,
    pub mobile_money: &'static str,
    pub bank_transfer: &'static str,
    pub phone: &'static str,
    pub transfer_hint: &'static str,
    pub pay: &'static str,
    pub check_fields: &'static str,
    pub sent_already: &'static str,
    pub try_again: &'static str,
    pub amount_fault: &'static str,
    pub name_fault: &'static str,
    pub email_fault: &'static str,
    pub phone_fault: &'static str,
    pub address_fault: &'static str,
    pub network_fault: &'static str,
    pub mobile_number_fault: &'static str,
}

/// The texts of the page that tells which account to pay into.
#[derive(Debug)]
pub struct TransferTexts {
    pub exactly: &'static str,
    pub account_number: &'static str,
    pub bank: &'static str,
    pub account_name: &'static str,
    pub time_left: &'static str,
    pub waiting_title: &'static str,
    pub waiting_text: &'static str,
    pub held_title: &'static str,
    pub held_text: &'static str,
    pub expired_title: &'static str,
    pub expired_text: &'static str,
    pub stop: &'static str,
    pub simulated_text: &'static str,
}

impl Language {
    const ALL: [Language; 3] = [Language::English, Language::French, Language::Kinyarwanda];

    pub fn texts(self) -> &'static Texts {
        match self {
            Language::English => &en::TEXTS,
            Language::French => &fr::TEXTS,
            Language::Kinyarwanda => &rw::TEXTS,
        }
    }

    pub fn portal_texts(self) -> &'static PortalTexts {
        match self {
            Language::English => &portal_en::TEXTS,
            Language::French => &portal_fr::TEXTS,
            Language::Kinyarwanda => &portal_rw::TEXTS,
        }
    }

    /// `en`, `fr` or `rw`.
    pub fn parse(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.texts().code == code)
    }

    /// The first language of ours that the browser names; English when it names none.
    pub fn wanted_by(headers: &HeaderMap) -> Language {
        let wish = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut codes = wish.unwrap_or_default().split(',').filter_map(|part| {
            let code = part.split([';', '-']).next()?.trim();
            Language::ALL.into_iter().find(|language| language.texts().code == code)
        });
        codes.next().unwrap_or(Language::English)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_choice_that_we_speak() {
        for (wish, expected) in [
            ("", Language::English),
            ("fr-FR,fr;q=0.9,en;q=0.8", Language::French),
            ("rw", Language::Kinyarwanda),
            ("de-DE,rw;q=0.5", Language::Kinyarwanda),
            ("*", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, wish.parse().unwrap());
            assert_eq!(Language::wanted_by(&headers), expected, "{wish}");
        }
    }
}
