//! The guide's parameter tables: each row left out, and each of a wrong type.

use serde_json::{Value, json};

use crate::desk::{Desk, assert_faulty};

/// A row as the guide prints it: name, type, whether required. Where it prints no type, a text is
/// meant; where it does not say what is required, everything is.
pub type Row = (&'static str, &'static str, &'static str);

/// Posts the example without each parameter and with values of other types: 90 names it, and it
/// alone. `parent` is the JSON pointer of the object that the table describes.
pub fn walk(desk: &Desk, path: &str, example: &Value, (parent, table): (&str, &[Row])) {
    for (name, kind, need) in table {
        let field = format!("{parent}/{name}")[1..].replace('/', ".");
        let put = |value: Option<Value>| {
            let mut body = example.clone();
            let object = body.pointer_mut(parent).and_then(Value::as_object_mut);
            let object = object.expect("the example has the object");
            match value {
                Some(value) => object.insert((*name).to_owned(), value),
                None => object.remove(*name),
            };
            desk.post(path, &body, &[])
        };
        for absent in [None, Some(Value::Null)] {
            let answer = put(absent);
            if *need == "Optional" {
                assert_eq!(answer.status, 200, "without {field}: {}", answer.text());
            } else {
                assert_faulty(&format!("without {field}"), &answer, &[&field]);
            }
        }
        for wrong in wrong_values(kind) {
            assert_faulty(&format!("{field}: {wrong}"), &put(Some(wrong)), &[&field]);
        }
    }
}

fn wrong_values(kind: &str) -> Vec<Value> {
    let all = [json!("x"), json!(-7), json!(true), json!([]), json!({})];
    let is_wrong = |value: &Value| match kind {
        "number" => true,
        "string" | "" => !value.is_string(),
        "object" => !value.is_object(),
        other => panic!("the guide has no type {other}"),
    };
    all.into_iter().filter(is_wrong).collect()
}
