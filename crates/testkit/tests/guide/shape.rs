//! What the guide prints, compared with what came: its members in its order, and their values.

use testkit::http::members;

/// Members with their JSON texts. `#` stands for some digits, `*` for anything.
pub type Shape<'a> = &'a [(&'a str, &'a str)];

/// Nothing is missing, nothing is there beyond it.
pub fn assert_shape(name: &str, text: &str, shape: Shape<'_>) {
    let found = members(text);
    let names: Vec<&str> = found.iter().map(|(member, _)| member.as_str()).collect();
    let expected: Vec<&str> = shape.iter().map(|(member, _)| *member).collect();
    assert_eq!(names, expected, "{name}: {text}");
    for ((member, value), (_, pattern)) in found.iter().zip(shape) {
        assert!(fits(value, pattern), "{name}: {member} is {value}, not {pattern}");
    }
}

/// The JSON text of one member.
pub fn member(text: &str, name: &str) -> String {
    let found = members(text).into_iter().find(|(member, _)| member == name);
    found.unwrap_or_else(|| panic!("no {name} in {text}")).1
}

fn fits(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| fits(&text[at..], rest.as_str())),
        Some('#') => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            (1..=digits).any(|at| fits(&text[at..], rest.as_str()))
        }
        Some(letter) => text.strip_prefix(letter).is_some_and(|text| fits(text, rest.as_str())),
    }
}

#[test]
fn patterns() {
    for (text, pattern, expected) in [
        ("\"dgs_12\"", "\"dgs_#\"", true),
        ("\"dgs_\"", "\"dgs_#\"", false),
        ("\"dgs_1x\"", "\"dgs_#\"", false),
        ("2000", "2000", true),
        ("2000.0", "2000", false),
        ("\"\"", "\"*\"", true),
        ("5", "\"*\"", false),
        ("\"é–\"", "*", true),
    ] {
        assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
    }
}
