//! Names of people in the letters that Flutterwave takes: 2 to 50 of ASCII, blanks and ` , . ' - `,
//! at least one of them a letter.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Name {
    pub first: String,
    pub last: String,
}

/// For accounts whose holder nobody named: recipients must have a name.
const NAMELESS: [&str; 2] = ["Account", "Holder"];

/// A name in two parts; `None` where either cannot be written, because a name is better left away.
pub fn of_customer(first: &str, last: &str) -> Option<Name> {
    Some(Name { first: fitting(first)?, last: fitting(last)? })
}

/// A whole name, which must come out as two parts whatever it was.
pub fn of_recipient(whole: Option<&str>) -> Name {
    let whole = whole.unwrap_or_default().trim();
    let (first, last) = whole.split_once(char::is_whitespace).unwrap_or((whole, whole));
    let [first, last] = match (fitting(first), fitting(last)) {
        (Some(first), Some(last)) => [first, last],
        (Some(one), None) | (None, Some(one)) => [one.clone(), one],
        (None, None) => NAMELESS.map(str::to_owned),
    };
    Name { first, last }
}

const CHARS_MIN: usize = 2;
const CHARS_MAX: usize = 50;

fn fitting(text: &str) -> Option<String> {
    let plain: String = text.chars().map(plain).collect();
    let blanked: Vec<&str> = plain.split_whitespace().collect();
    let short: String = blanked.join(" ").chars().take(CHARS_MAX).collect();
    let has_letter = short.chars().any(|c| c.is_ascii_alphabetic());
    (has_letter && short.len() >= CHARS_MIN).then_some(short)
}

/// The nearest spelling of a letter; nothing for what has none.
fn plain(c: char) -> &'static str {
    const ALLOWED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.'-";
    if let Some(at) = ALLOWED.find(c) {
        return ALLOWED.get(at..=at).unwrap_or_default();
    }
    let found = SPELLINGS.iter().find(|(letters, _)| letters.contains(c));
    match found {
        Some((_, spelling)) => spelling,
        None if c.is_whitespace() => " ",
        None => "",
    }
}

/// Latin letters with marks, as they stand in names of the region and of Europe.
const SPELLINGS: [(&str, &str); 46] = [
    ("ÀÁÂÃÅĀĂĄǍ", "A"),
    ("àáâãåāăąǎ", "a"),
    ("ÄÆ", "Ae"),
    ("äæ", "ae"),
    ("ÇĆĈĊČ", "C"),
    ("çćĉċč", "c"),
    ("ÐĎĐ", "D"),
    ("ðďđ", "d"),
    ("ÈÉÊËĒĔĖĘĚ", "E"),
    ("èéêëēĕėęě", "e"),
    ("ĜĞĠĢ", "G"),
    ("ĝğġģ", "g"),
    ("ĤĦ", "H"),
    ("ĥħ", "h"),
    ("ÌÍÎÏĨĪĬĮİ", "I"),
    ("ìíîïĩīĭįı", "i"),
    ("Ĵ", "J"),
    ("ĵ", "j"),
    ("Ķ", "K"),
    ("ķ", "k"),
    ("ĹĻĽŁ", "L"),
    ("ĺļľł", "l"),
    ("ÑŃŅŇ", "N"),
    ("ñńņň", "n"),
    ("ÒÓÔÕŌŎŐ", "O"),
    ("òóôõōŏő", "o"),
    ("ÖØŒ", "Oe"),
    ("öøœ", "oe"),
    ("ŔŖŘ", "R"),
    ("ŕŗř", "r"),
    ("ŚŜŞŠȘ", "S"),
    ("śŝşšș", "s"),
    ("ß", "ss"),
    ("ŢŤŦȚ", "T"),
    ("ţťŧț", "t"),
    ("Þ", "Th"),
    ("þ", "th"),
    ("ÙÚÛŨŪŬŮŰŲ", "U"),
    ("ùúûũūŭůűų", "u"),
    ("Ü", "Ue"),
    ("ü", "ue"),
    ("ÝŶŸ", "Y"),
    ("ýŷÿ", "y"),
    ("ŹŻŽ", "Z"),
    ("źżž", "z"),
    ("’‘ʼ`´", "'"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule of the field, as the provider's schema has it.
    fn is_taken(text: &str) -> bool {
        let of_class = |c: char| c.is_ascii_alphabetic() || " ,.'-".contains(c);
        (2..=50).contains(&text.len())
            && text.chars().all(of_class)
            && text.chars().any(|c| c.is_ascii_alphabetic())
    }

    #[test]
    fn letters_with_marks_become_plain_ones() {
        let name = of_customer("Zoé-Renée", "N’Gabo  Müller").unwrap();
        assert_eq!((name.first.as_str(), name.last.as_str()), ("Zoe-Renee", "N'Gabo Mueller"));
        assert_eq!(of_customer("A", "Uwase"), None);
        assert_eq!(of_customer("李", "Uwase"), None);
    }

    #[test]
    fn a_recipient_always_has_two_names() {
        let parts = |text| {
            let name = of_recipient(text);
            (name.first, name.last)
        };
        let both = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(parts(Some("Jeanne d'Arc Mukamana")), both("Jeanne", "d'Arc Mukamana"));
        assert_eq!(parts(Some("Kigali")), both("Kigali", "Kigali"));
        assert_eq!(parts(Some("E Habimana")), both("Habimana", "Habimana"));
        assert_eq!(parts(None), both("Account", "Holder"));
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_goes_out_is_taken(first in ".*", last in "\\PC{0,80}") {
            if let Some(name) = of_customer(&first, &last) {
                prop_assert!(is_taken(&name.first) && is_taken(&name.last), "{name:?}");
            }
            let name = of_recipient(Some(&last));
            prop_assert!(is_taken(&name.first) && is_taken(&name.last), "{name:?}");
        }
    }
}
