//! What the reader takes and refuses, and that serde_json agrees wherever it is as strict.

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

fn strict(body: impl AsRef<[u8]>) -> Result<Object, JsonFault> {
    parse_object(body.as_ref(), Tolerance::Strict)
}

fn syntax(expected: &'static str, line: usize, column: usize) -> JsonFault {
    JsonFault::Syntax { expected, line, column }
}

fn nested(depth: usize) -> String {
    format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
}

#[test]
fn members_are_found_and_numbers_keep_their_text() {
    let body = r#" {"amount": 94.50, "name":"J\u00e9r\u00f4me \ud83d\ude00\n\/", "on":true, "off":false,
        "none":null, "list":[1,[],{}], "inner":{"b":1e3,"a":-0}} "#;
    let object = strict(body).unwrap();
    let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["amount", "name", "on", "off", "none", "list", "inner"]);
    assert_eq!(object.find("amount"), Some(&Value::Number("94.50".to_owned())));
    assert_eq!(object.find("name"), Some(&Value::Text("Jérôme 😀\n/".to_owned())));
    assert_eq!(object.find("on"), Some(&Value::Bool(true)));
    assert_eq!(object.find("none"), Some(&Value::Null));
    assert_eq!(object.find("absent"), None);
    assert_eq!(
        object.canonical(),
        r#"{"amount":945e-1,"inner":{"a":0,"b":1e3},"list":[1e0,[],{}],"name":"Jérôme 😀\u000a/","none":null,"off":false,"on":true}"#
    );
}

#[test]
fn what_is_not_one_strict_object_is_refused_with_its_place() {
    use JsonFault::*;
    for (body, fault) in [
        ("", Empty),
        (" \r\n\t", Empty),
        ("\u{feff}{}", ByteOrderMark),
        ("[]", NotAnObject),
        ("NaN", NotAnObject),
        ("\u{a0}{}", NotAnObject),
        ("{", syntax("a key in double quotes", 1, 2)),
        ("{} {}", syntax("nothing after the object", 1, 4)),
        ("{}\0", syntax("nothing after the object", 1, 3)),
        ("{a:1}", syntax("a key in double quotes", 1, 2)),
        ("{'a':1}", syntax("a key in double quotes", 1, 2)),
        ("{\"a\" 1}", syntax("\":\"", 1, 6)),
        ("{\"a\":1,}", syntax("a key in double quotes", 1, 8)),
        ("{\"a\":[1,]}", syntax("a value", 1, 9)),
        ("{\"a\":1 \"b\":2}", syntax("\",\" or \"}\"", 1, 8)),
        ("{\n\"é\": 1,\n  \"bé\": x}", syntax("a value", 3, 9)),
        ("{\"a\":// no\n1}", syntax("a value", 1, 6)),
        ("{\"a\":NaN}", syntax("a value", 1, 6)),
        ("{\"a\":-Infinity}", syntax("a digit", 1, 7)),
        ("{\"a\":TRUE}", syntax("a value", 1, 6)),
        ("{\"a\":nullx}", syntax("\",\" or \"}\"", 1, 10)),
        ("{\"a\":01}", syntax("\",\" or \"}\"", 1, 7)),
        ("{\"a\":+1}", syntax("a value", 1, 6)),
        ("{\"a\":.5}", syntax("a value", 1, 6)),
        ("{\"a\":1.}", syntax("a digit", 1, 8)),
        ("{\"a\":1e}", syntax("a digit", 1, 8)),
        ("{\"a\":1e+}", syntax("a digit", 1, 9)),
        ("{\"a\":0x10}", syntax("\",\" or \"}\"", 1, 7)),
        ("{\"a\":\"b", syntax("a closing double quote", 1, 8)),
        ("{\"a\":\"b\tc\"}", syntax("control characters to be escaped", 1, 8)),
        ("{\"a\":\"\\x\"}", syntax("an escape that JSON knows", 1, 7)),
        ("{\"a\":\"\\é\"}", syntax("an escape that JSON knows", 1, 7)),
        ("{\"a\":\"\\", syntax("an escape that JSON knows", 1, 7)),
        ("{\"a\":\"\\u12é4\"}", syntax("\\u and four hexadecimal digits", 1, 7)),
        ("{\"a\":\"\\u+123\"}", syntax("\\u and four hexadecimal digits", 1, 7)),
        ("{\"a\":\"\\ud800\"}", syntax("\\u and four hexadecimal digits", 1, 13)),
        ("{\"a\":\"\\ud800\\u0041\"}", syntax("surrogates in pairs", 1, 7)),
        ("{\"a\":\"\\udc00\"}", syntax("surrogates in pairs", 1, 7)),
        ("{\"a\":1,\"a\":1}", DuplicateKey("a".to_owned())),
        ("{\"a\":1,\"\\u0061\":1}", DuplicateKey("a".to_owned())),
        ("{\"b\":[{\"a\":1,\"c\":2,\"a\":1}]}", DuplicateKey("a".to_owned())),
    ] {
        assert_eq!(strict(body), Err(fault), "{body}");
    }
    assert_eq!(strict(b"{\"a\":\"\xff\"}"), Err(NotUtf8 { offset: 6 }));
    assert_eq!(strict("{\"a\":\"\\ud83d\\ude00\"}").unwrap().canonical(), "{\"a\":\"😀\"}");
}

#[test]
fn messages_say_what_to_do() {
    for (fault, message) in [
        (strict("[1]").unwrap_err(), "the body must be one JSON object: it must begin with {"),
        (strict("{\"a\":1,\"a\":2}").unwrap_err(), "the key \"a\" is given twice in one object"),
        (
            strict("{\n\"a\":}").unwrap_err(),
            "the body is not valid JSON: expected a value at line 2, column 5",
        ),
        (strict(nested(33)).unwrap_err(), "the body is nested more than 32 levels deep"),
    ] {
        assert_eq!(fault.to_string(), message);
    }
    let long_key = format!("{{\"{0}\":1,\"{0}\":1}}", "k".repeat(30_000));
    assert_eq!(strict(long_key), Err(JsonFault::DuplicateKey("k".repeat(64))));
}

#[test]
fn the_sandbox_lets_one_trailing_comma_pass() {
    let tolerant = |body: &str| parse_object(body.as_bytes(), Tolerance::TrailingCommas);
    let object = tolerant("{\"a\":[1,2 , ],\n\"b\":{\"c\":1,},\n}").unwrap();
    assert_eq!(object.canonical(), "{\"a\":[1e0,2e0],\"b\":{\"c\":1e0}}");
    for body in ["{,}", "{\"a\":1,,}", "{\"a\":[,]}", "{\"a\":[1,,]}", "{},"] {
        assert!(tolerant(body).is_err(), "{body}");
    }
}

#[test]
fn size_depth_and_hostile_bodies_are_bounded() {
    assert!(strict(nested(JSON_DEPTH_MAX)).is_ok());
    assert_eq!(strict(nested(JSON_DEPTH_MAX + 1)), Err(JsonFault::TooDeep));
    let fill = |open: &str| format!("{{\"a\":{}", open.repeat((BODY_BYTES_MAX - 5) / open.len()));
    assert_eq!(strict(fill("[")), Err(JsonFault::TooDeep));
    assert_eq!(strict(fill("{\"a\":")), Err(JsonFault::TooDeep));
    assert_eq!(strict("[".repeat(BODY_BYTES_MAX)), Err(JsonFault::NotAnObject));
    assert_eq!(strict(" ".repeat(BODY_BYTES_MAX)), Err(JsonFault::Empty));
    assert_eq!(strict(" ".repeat(BODY_BYTES_MAX + 1)), Err(JsonFault::TooLarge));

    let members: Vec<String> = (0..6000).map(|i| format!("\"{i:x}\":{}", i % 10)).collect();
    let many = strict(format!("{{{}}}", members.join(","))).unwrap();
    assert_eq!(many.iter().count(), 6000);
    assert_eq!(strict(many.canonical()).unwrap().canonical(), many.canonical());
}

#[test]
fn numbers_have_one_normal_form() {
    for (text, canonical) in [
        ("2000", "2e3"),
        ("2000.0", "2e3"),
        ("2e3", "2e3"),
        ("2E+3", "2e3"),
        ("0.2e4", "2e3"),
        ("20000e-1", "2e3"),
        ("94.50", "945e-1"),
        ("-94.5", "-945e-1"),
        ("0", "0"),
        ("-0.000e7", "0"),
        ("0e99999999999999999999", "0"),
        ("9007199254740993", "9007199254740993e0"),
        ("1e999", "1e999"),
        ("1e1000", "1e1000"),
        ("10e1000", "10e1000"),
        ("1e-9223372036854775808", "1e-9223372036854775808"),
        ("1e99999999999999999999", "1e99999999999999999999"),
    ] {
        assert_eq!(canonical_number(text), canonical, "{text}");
    }
}

#[test]
fn amounts_are_printed_exactly() {
    #[derive(serde::Serialize)]
    struct Balance {
        amount: Box<RawValue>,
    }
    let printed = serde_json::to_string(&Balance { amount: number("94.50") }).unwrap();
    assert_eq!(printed, "{\"amount\":94.50}");
    for text in ["", "1,5", "NaN"] {
        assert_eq!(number(text).get(), "null");
    }
}

#[test]
fn values_do_not_show_in_debug_output() {
    let shown = format!("{:?}", strict(r#"{"pin":"1234","amount":77,"list":[9]}"#));
    assert_eq!(shown, r#"Ok({"pin": text, "amount": number, "list": list of 1})"#);
}

/// A JSON value that can be written down in several spellings.
#[derive(Clone, Debug)]
enum Tree {
    Word(&'static str),
    Number { digits: i64, places: usize },
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false"]).prop_map(Tree::Word),
        (any::<i64>(), 0..25_usize).prop_map(|(digits, places)| Tree::Number { digits, places }),
        any::<String>().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::List),
            object_of(inner).prop_map(Tree::Object),
        ]
    })
}

fn object_of(value: impl Strategy<Value = Tree>) -> impl Strategy<Value = Vec<(String, Tree)>> {
    prop::collection::btree_map(any::<String>(), value, 0..6)
        .prop_map(|members| members.into_iter().collect())
}

fn object() -> impl Strategy<Value = Tree> {
    object_of(tree()).prop_map(Tree::Object)
}

/// Two texts of one value: as plain as possible, and with blanks, escapes, another order of keys
/// and other spellings of the numbers.
fn write(tree: &Tree, is_plain: bool) -> String {
    let blank = if is_plain { "" } else { " \n" };
    let text = |text: &str| match is_plain {
        true => serde_json::to_string(text).unwrap(),
        false => {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            format!("\"{}\"", units.collect::<String>())
        }
    };
    match tree {
        Tree::Word(word) => (*word).to_owned(),
        Tree::Number { digits, places } if is_plain => format!("{digits}e-{places}"),
        Tree::Number { digits, places } => format!("{digits}00.00E-{:03}", places + 2),
        Tree::Text(content) => text(content),
        Tree::List(items) => {
            let items: Vec<String> = items.iter().map(|item| write(item, is_plain)).collect();
            format!("[{blank}{}{blank}]", items.join(","))
        }
        Tree::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}{blank}:{}", text(name), write(value, is_plain)))
                .collect();
            if !is_plain {
                members.reverse();
            }
            format!("{{{}{blank}}}", members.join(","))
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(strict(&bytes).is_ok() || strict(&bytes).is_err());
    }

    #[test]
    fn any_text_after_a_brace_is_answered_without_panic(text in "[{}\\[\\]\",:\\\\udD8a0-9eé. ]{0,60}") {
        let body = format!("{{\"{text}");
        if strict(&body).is_ok() {
            prop_assert!(serde_json::from_str::<&RawValue>(&body).is_ok());
        }
    }

    #[test]
    fn valid_objects_are_accepted_and_have_one_canonical_text(object in object()) {
        let (plain, fancy) = (write(&object, true), write(&object, false));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&fancy).is_ok());
        let canonical = strict(&plain).unwrap().canonical();
        prop_assert_eq!(&canonical, &strict(&fancy).unwrap().canonical());
        prop_assert_eq!(&canonical, &strict(&canonical).unwrap().canonical());
        prop_assert_eq!(
            serde_json::from_str::<serde_json::Value>(&canonical).unwrap(),
            serde_json::from_str::<serde_json::Value>(&strict(&fancy).unwrap().canonical()).unwrap()
        );
    }

    /// One byte changed: whatever serde_json takes as an object is taken, but for what it
    /// tolerates and we do not; whatever it refuses is refused.
    #[test]
    fn damaged_objects_are_judged_as_serde_json_does(object in object(), at in any::<Index>(), byte in any::<u8>()) {
        let mut body = write(&object, true).into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        match strict(&body) {
            Ok(_) => prop_assert!(serde_json::from_slice::<&RawValue>(&body).is_ok()),
            Err(JsonFault::DuplicateKey(_) | JsonFault::TooDeep) => {}
            Err(_) => {
                let theirs = serde_json::from_slice::<serde_json::Value>(&body);
                prop_assert!(!theirs.is_ok_and(|value| value.is_object()));
            }
        }
    }
}
