//! Phone numbers. One normaliser for every number that a request may carry.

/// A number in E.164 form, such as `+250789654321`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("must be a Rwandan number such as 789654321, 0789654321 or +250789654321")]
    NotRwandan,
    #[error("must be a phone number of digits, without the country code")]
    NotANumber,
    #[error("must be a country code of 1 to 3 digits, without +")]
    NotACountryCode,
}

pub const RWANDA: &str = "250";
pub const NIGERIA: &str = "234";

impl Phone {
    /// Reads a Rwandan mobile number: 9 national digits, or with a leading 0, `250` or `+250`.
    pub fn rwandan(text: &str) -> Result<Phone, PhoneError> {
        let digits = strip_separators(text);
        let national = digits
            .strip_prefix("+250")
            .or_else(|| digits.strip_prefix("250").filter(|rest| rest.len() == 9))
            .or_else(|| digits.strip_prefix('0'))
            .unwrap_or(&digits);
        let is_mobile = national.len() == 9 && national.starts_with('7') && is_digits(national);
        if is_mobile {
            Ok(Phone(format!("+{RWANDA}{national}")))
        } else {
            Err(PhoneError::NotRwandan)
        }
    }

    /// Reads a number of any country, told apart from its country code as the guide sends it.
    pub fn international(country_code: &str, text: &str) -> Result<Phone, PhoneError> {
        let code = country_code.strip_prefix('+').unwrap_or(country_code);
        let code_is_real = !code.starts_with('0') && (1..=3).contains(&code.len());
        if !code_is_real || !is_digits(code) {
            return Err(PhoneError::NotACountryCode);
        }
        if code == RWANDA
            && let Ok(phone) = Phone::rwandan(text)
        {
            return Ok(phone);
        }
        let digits = strip_separators(text);
        let national = digits
            .strip_prefix('+')
            .map_or(digits.as_str(), |rest| rest.strip_prefix(code).unwrap_or(rest))
            .trim_start_matches('0');
        // E.164 allows 15 digits in all; the shortest national numbers in use have 4.
        let total = national.len().saturating_add(code.len());
        if national.len() < 4 || total > 15 || !is_digits(national) {
            return Err(PhoneError::NotANumber);
        }
        Ok(Phone(format!("+{code}{national}")))
    }

    /// Takes back a number that was stored by us.
    pub fn from_stored(e164: String) -> Phone {
        Phone(e164)
    }

    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The 9 national digits of a Rwandan number; the whole number without `+` for others.
    pub fn national(&self) -> &str {
        let digits = self.0.trim_start_matches('+');
        digits.strip_prefix(RWANDA).unwrap_or(digits)
    }
}

/// A mobile money network of Rwanda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    Mtn,
    Airtel,
}

impl Network {
    pub const ALL: [Network; 2] = [Network::Mtn, Network::Airtel];

    /// As the guide writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Network::Mtn => "MTN",
            Network::Airtel => "Airtel",
        }
    }

    /// Any case in, canonical out.
    pub fn parse(text: &str) -> Option<Network> {
        [Network::Mtn, Network::Airtel]
            .into_iter()
            .find(|network| network.name().eq_ignore_ascii_case(text))
    }

    /// Whether a number's prefix was first given out by this network. Numbers can be ported, so
    /// a "no" is worth a note and nothing more.
    pub fn owns_prefix_of(self, phone: &Phone) -> bool {
        let national = phone.national();
        match self {
            Network::Mtn => national.starts_with("78") || national.starts_with("79"),
            Network::Airtel => national.starts_with("72") || national.starts_with("73"),
        }
    }
}

fn strip_separators(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_rwandan_number_is_one_number() {
        for text in ["789654321", "0789654321", "250789654321", "+250789654321", "+250 789-654-321"]
        {
            assert_eq!(Phone::rwandan(text).unwrap().e164(), "+250789654321", "{text}");
        }
    }

    #[test]
    fn what_is_no_rwandan_number_is_refused() {
        for text in [
            "",
            "12",
            "78965432",
            "7896543210",
            "+254712345678",
            "abcdefghi",
            "٧٨٩٦٥٤٣٢١",
            "689654321",
        ] {
            assert_eq!(Phone::rwandan(text), Err(PhoneError::NotRwandan), "{text}");
        }
    }

    #[test]
    fn numbers_of_other_countries_keep_their_code() {
        assert_eq!(Phone::international("254", "0712345678").unwrap().e164(), "+254712345678");
        assert_eq!(Phone::international("+1", "4155550100").unwrap().e164(), "+14155550100");
        assert_eq!(Phone::international("250", "+250789654321").unwrap().e164(), "+250789654321");
        assert_eq!(Phone::international("0", "4155550100"), Err(PhoneError::NotACountryCode));
        assert_eq!(Phone::international("250", "x"), Err(PhoneError::NotANumber));
    }

    #[test]
    fn networks_are_read_in_any_case_and_know_their_prefixes() {
        assert_eq!(Network::parse("mtn"), Some(Network::Mtn));
        assert_eq!(Network::parse("AIRTEL"), Some(Network::Airtel));
        assert_eq!(Network::parse("Tigo"), None);
        let phone = Phone::rwandan("0789654321").unwrap();
        assert!(Network::Mtn.owns_prefix_of(&phone) && !Network::Airtel.owns_prefix_of(&phone));
    }
}
