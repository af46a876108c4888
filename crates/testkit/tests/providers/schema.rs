//! A checker of the JSON Schema keywords that Flutterwave's description uses. What stands in a
//! `pattern` is known by heart: a new one fails the test that meets it.

use serde_json::Value;

/// What is wrong with a value, with the places. Empty when it fits.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, value, "", &mut faults);
    faults
}

fn check(schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let mut complain = |what: &str| faults.push(format!("{at}: {what}: {value}"));
    let is_of_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some(other) => panic!("type {other} at {at}"),
        None => true,
    };
    if !is_of_type {
        return complain("type");
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        complain("enum");
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        complain("minimum");
    }
    if let Some(text) = value.as_str() {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let is_short = schema["minLength"].as_u64().is_some_and(|least| length < least);
        let is_long = schema["maxLength"].as_u64().is_some_and(|most| length > most);
        if is_short || is_long {
            complain("length");
        }
        if schema["pattern"].as_str().is_some_and(|pattern| !fits(pattern, text)) {
            complain("pattern");
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap_or_default()).is_none() {
            complain(&format!("without {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let (known, others) = (&schema["properties"][name], &schema["additionalProperties"]);
        match (known.is_object(), others) {
            (true, _) => check(known, member, &format!("{at}.{name}"), faults),
            (false, Value::Bool(false)) => faults.push(format!("{at}.{name} is not known")),
            (false, others) => check(others, member, &format!("{at}.{name}"), faults),
        }
    }
    for (place, member) in value.as_array().into_iter().flatten().enumerate() {
        check(&schema["items"], member, &format!("{at}[{place}]"), faults);
    }
    if schema["oneOf"].is_array() {
        match chosen(schema, value) {
            Some(one) => check(one, value, at, faults),
            None => faults.push(format!("{at}: none of the alternatives: {value}")),
        }
    }
}

/// The alternative that the discriminator points to: by its own value, or by the name of the
/// schema that it is mapped to.
fn chosen<'a>(schema: &'a Value, value: &Value) -> Option<&'a Value> {
    let property = schema["discriminator"]["propertyName"].as_str()?;
    let word = value[property].as_str()?;
    let target = schema["discriminator"]["mapping"][word].as_str()?;
    let own = |one: &&Value| one["properties"][property]["default"] == word;
    let mapped = |one: &&Value| {
        let named = one["properties"][property]["default"].as_str().unwrap_or("?");
        target.contains(&format!("_{}_", named.to_lowercase()))
    };
    let all = schema["oneOf"].as_array()?;
    all.iter().find(own).or_else(|| all.iter().find(mapped))
}

fn fits(pattern: &str, text: &str) -> bool {
    let all = |of_class: fn(char) -> bool| text.chars().all(of_class);
    let digits = |least, most| {
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match pattern {
        "^.+$" => !text.is_empty(),
        r"^[a-zA-Z0-9\-]+$" => !text.is_empty() && all(|c| c.is_ascii_alphanumeric() || c == '-'),
        "^[a-zA-Z0-9]+$" => !text.is_empty() && all(|c| c.is_ascii_alphanumeric()),
        "^[a-zA-Z0-9]*$" => all(|c| c.is_ascii_alphanumeric()),
        "^[A-Z]{2}$" => text.len() == 2 && all(|c| c.is_ascii_uppercase()),
        "^[0-9]{1,3}$" => digits(1, 3),
        "^[0-9]{7,10}$" => digits(7, 10),
        r"^\d{4,8}$" => digits(4, 8),
        r"\d{2}" => digits(2, 2),
        r"\d{4}" => digits(4, 4),
        "^(?![ ,.'-]*$)[A-Za-z ,.'-]{2,50}$" => {
            (2..=50).contains(&text.len())
                && all(|c| c.is_ascii_alphabetic() || " ,.'-".contains(c))
                && text.chars().any(|c| c.is_ascii_alphabetic())
        }
        pattern if pattern.contains('@') => text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !text.contains(' ')
        }),
        other => panic!("the pattern {other} is not known"),
    }
}
