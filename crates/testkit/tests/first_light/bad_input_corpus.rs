//! Bodies that a charge may be asked with, and what each must lead to: one line, one case.

use crate::charge_body::{ChargeBody, required};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Accepted,
    /// Status, error code.
    Refused(u16, &'static str),
}

pub const INVALID: Expected = Expected::Refused(400, "90");
pub const TOO_LARGE: Expected = Expected::Refused(413, "90");

#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub body: Vec<u8>,
    pub expected: Expected,
}

const BODY_BYTES_MAX: usize = 64 * 1024;

pub fn corpus() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(amounts());
    cases.extend(wrong_types());
    cases.extend(texts());
    cases.extend(whole_bodies());
    cases.extend(changed_guide());
    cases.extend(truncated());
    cases.extend(deep());
    cases.extend(large());
    cases
}

fn case(name: impl Into<String>, body: impl AsRef<[u8]>, expected: Expected) -> Case {
    Case { name: name.into(), body: body.as_ref().to_vec(), expected }
}

fn amounts() -> Vec<Case> {
    let taken = [
        "1",
        "2000",
        "2000.0",
        "2000.000000000000000000000",
        "1e3",
        "2E3",
        "2e+3",
        "20000e-1",
        "0.2e4",
        "200000E-2",
        "999999999999999",
        "1e14",
    ];
    let refused = [
        "0",
        "-0",
        "0.0",
        "-0.0",
        "0e5",
        "-1",
        "-2000",
        "0.1",
        "0.5",
        "2000.5",
        "2000.001",
        "1e-1",
        "1e-400",
        "9007199254740993",
        "1000000000000000",
        "1e15",
        "1E400",
        "1e99999999999999999999",
        "-1e400",
        "1000000000000000000000000000000",
        "18446744073709551616",
        "9223372036854775808",
        "\"2000\"",
        "\"\"",
        "\"abc\"",
        "\"2e3\"",
        "null",
        "true",
        "false",
        "[]",
        "[2000]",
        "{}",
        "NaN",
        "Infinity",
        "-Infinity",
        "+2000",
        ".5",
        "5.",
        "02000",
        "0x7d0",
        "2_000",
        "2,000",
        "2 000",
        "--1",
        "1e",
        "1e+",
        "1.e3",
        "-",
        "2000RWF",
        "٢٠٠٠",
        "2000n",
        "1.2.3",
        "0b1",
    ];
    let digits = "9".repeat(4000);
    let decimals = format!("0.{}1", "0".repeat(4000));
    let one = |text: &str, expected| {
        let shown: String = text.chars().take(24).collect();
        case(format!("amount {shown}"), ChargeBody::guide().with("amount", text).text(), expected)
    };
    let mut cases: Vec<Case> = taken.iter().map(|text| one(text, Expected::Accepted)).collect();
    cases.extend(refused.iter().map(|text| one(text, INVALID)));
    cases.extend([one(&digits, INVALID), one(&decimals, INVALID)]);
    cases
}

fn wrong_types() -> Vec<Case> {
    let mut cases = Vec::new();
    for field in required().filter(|field| *field != "amount") {
        for value in ["null", "0", "true", "[]", "{}", "[\"a\"]"] {
            let body = ChargeBody::guide().with(field, value).text();
            cases.push(case(format!("{field} is {value}"), body, INVALID));
        }
    }
    cases
}

/// Strings as JSON texts, put where a customer's first name stands.
fn texts() -> Vec<Case> {
    let long = format!("\"{}\"", "n".repeat(5000));
    [
        (r#""Zo\u00eb""#, Expected::Accepted),
        (r#""Zoë""#, Expected::Accepted),
        (r#""\ud83d\ude00""#, Expected::Accepted),
        (r#""<script>alert(1)</script>""#, Expected::Accepted),
        (r#""Robert'); DROP TABLE payment;--""#, Expected::Accepted),
        (r#""O'Neil \"Q\" \\ \/""#, Expected::Accepted),
        (r#""   Jane   ""#, Expected::Accepted),
        (r#""אבג عربي""#, Expected::Accepted),
        (r#""""#, INVALID),
        (r#""    ""#, INVALID),
        (r#""a\u0000b""#, INVALID),
        (r#""a\u0001b""#, INVALID),
        (r#""a\u0008b""#, INVALID),
        (r#""a\tb""#, INVALID),
        (r#""a\nb""#, INVALID),
        (r#""a\rb""#, INVALID),
        (r#""a\u001bb""#, INVALID),
        (r#""a\u007fb""#, INVALID),
        (r#""a\u0085b""#, INVALID),
        ("\"a\u{0}b\"", INVALID),
        ("\"a\u{1}b\"", INVALID),
        ("\"a\tb\"", INVALID),
        ("\"a\nb\"", INVALID),
        ("\"a\u{1b}b\"", INVALID),
        (r#""\ud800""#, INVALID),
        (r#""\udc00""#, INVALID),
        (r#""\ud83dx""#, INVALID),
        (r#""\ude00\ud83d""#, INVALID),
        (r#""\u12""#, INVALID),
        (r#""\uzzzz""#, INVALID),
        (r#""\x41""#, INVALID),
        (r#""\a""#, INVALID),
        (r"'Jane'", INVALID),
        ("Jane", INVALID),
        ("\"Jane", INVALID),
        ("\"Ja\\", INVALID),
        (long.as_str(), INVALID),
    ]
    .into_iter()
    .map(|(text, expected)| {
        let shown: String = text.chars().take(24).collect();
        let body = ChargeBody::guide().with("customer_first_name", text).text();
        case(format!("first name {shown:?}"), body, expected)
    })
    .collect()
}

fn whole_bodies() -> Vec<Case> {
    let right = ChargeBody::guide().text();
    let utf_16: Vec<u8> = right.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut invalid_utf_8 = right.clone().into_bytes();
    let place = right.find("Jane").expect("the guide's customer is Jane");
    invalid_utf_8[place] = 0xff;
    let mut overlong = right.clone().into_bytes();
    overlong.splice(place..place + 2, [0xc0, 0xaf]);
    vec![
        case("a space", " ", INVALID),
        case("null", "null", INVALID),
        case("true", "true", INVALID),
        case("a number", "2000", INVALID),
        case("a string", "\"charge\"", INVALID),
        case("an empty array", "[]", INVALID),
        case("an array of charges", format!("[{right}]"), INVALID),
        case("a form", "amount=2000&currency=RWF", INVALID),
        case("XML", "<charge><amount>2000</amount></charge>", INVALID),
        case("a NUL", "\0", INVALID),
        case("an opening brace", "{", INVALID),
        case("a closing brace", "}", INVALID),
        case("two commas", "{,,}", INVALID),
        case("a key alone", "{\"amount\"}", INVALID),
        case("a key without value", "{\"amount\":}", INVALID),
        case("keys without quotes", "{amount: 2000}", INVALID),
        case("a number as key", "{1: 2}", INVALID),
        case("a comment before", format!("/* a */{right}"), INVALID),
        case("a comment behind", format!("{right}// a"), INVALID),
        case("two charges", format!("{right}{right}"), INVALID),
        case("two lines of charges", format!("{right}\n{right}"), INVALID),
        case("text behind", format!("{right} x"), INVALID),
        case("a brace behind", format!("{right}}}"), INVALID),
        case("a NUL behind", format!("{right}\0"), INVALID),
        case("a comma behind", format!("{right},"), INVALID),
        case("a byte order mark", format!("\u{feff}{right}"), INVALID),
        case("a strange blank before", format!("\u{a0}{right}"), INVALID),
        case("UTF-16", utf_16, INVALID),
        case("a byte that is no UTF-8", invalid_utf_8, INVALID),
        case("an overlong slash", overlong, INVALID),
        case("blanks around", format!(" \r\n\t{right}\n\n"), Expected::Accepted),
    ]
}

fn changed_guide() -> Vec<Case> {
    let right = ChargeBody::guide().text();
    let with = |more: &str| format!("{}, {more}}}", right.trim_end_matches('}'));
    let many: Vec<String> = (0..2000).map(|number| format!("\"x{number}\": {number}")).collect();
    vec![
        case("amount twice", with("\"amount\": 2000"), INVALID),
        case("amount twice, differently", with("\"amount\": 1"), INVALID),
        case("amount twice, once escaped", with("\"\\u0061mount\": 1"), INVALID),
        case("an unknown key twice", with("\"x\": 1, \"x\": 1"), INVALID),
        case("a key twice further down", with("\"x\": {\"y\": 1, \"y\": 2}"), INVALID),
        case("an unknown field", with("\"x\": [1, 2.5, null, {\"y\": \"z\"}]"), Expected::Accepted),
        case("an unknown field named like none", with("\"\": 1"), Expected::Accepted),
        case("an unknown huge number", with("\"x\": 1e999"), Expected::Accepted),
        case("__proto__", with("\"__proto__\": {\"admin\": true}"), Expected::Accepted),
        case("fields of ours", with("\"state\": \"successful\", \"fee\": 0"), Expected::Accepted),
        case("2000 unknown fields", with(&many.join(", ")), Expected::Accepted),
        case("a trailing comma", with("\"x\": 1,"), Expected::Accepted),
        case("two trailing commas", with("\"x\": 1,,"), INVALID),
        case("a missing comma", right.replacen(", ", " ", 1), INVALID),
        case("a missing colon", right.replacen(": ", " ", 1), INVALID),
        case("equals for colon", right.replacen(": ", "= ", 1), INVALID),
        case("single quotes", right.replace('"', "'"), INVALID),
        case("upper case keys", right.to_uppercase(), INVALID),
    ]
}

/// The guide's body, cut off at many places.
fn truncated() -> Vec<Case> {
    let right = ChargeBody::guide().text();
    (1..right.len())
        .step_by(20)
        .map(|end| case(format!("cut off after {end} bytes"), &right[..end], INVALID))
        .collect()
}

/// The body itself is the first level.
fn deep() -> Vec<Case> {
    let nested = |opening: &str, closing: &str, levels: usize| {
        let value = format!("{}1{}", opening.repeat(levels), closing.repeat(levels));
        ChargeBody::guide().with("x", &value).text()
    };
    vec![
        case("32 levels", nested("[", "]", 31), Expected::Accepted),
        case("33 levels", nested("[", "]", 32), INVALID),
        case("32 levels of objects", nested("{\"a\":", "}", 31), Expected::Accepted),
        case("33 levels of objects", nested("{\"a\":", "}", 32), INVALID),
        case("200 levels", nested("[", "]", 200), INVALID),
        case("10 000 levels", nested("[", "]", 10_000), INVALID),
        case("10 000 levels of objects", nested("{\"a\":", "}", 5_000), INVALID),
        case("60 000 opening brackets", "[".repeat(60_000), INVALID),
        case("opening braces only", "{\"a\":".repeat(10_000), INVALID),
    ]
}

fn large() -> Vec<Case> {
    let filled = |size: usize| {
        let empty = ChargeBody::guide().with("x", "\"\"").text().len();
        let body = ChargeBody::guide().with_text("x", &"x".repeat(size - empty)).text();
        assert_eq!(body.len(), size);
        body
    };
    vec![
        case("64 KiB", filled(BODY_BYTES_MAX), Expected::Accepted),
        case("64 KiB and a byte", filled(BODY_BYTES_MAX + 1), TOO_LARGE),
        case("100 KiB", filled(100 * 1024), TOO_LARGE),
        case("1 MiB of blanks", " ".repeat(1024 * 1024), TOO_LARGE),
        case("1 MiB of brackets", "[".repeat(1024 * 1024), TOO_LARGE),
    ]
}
