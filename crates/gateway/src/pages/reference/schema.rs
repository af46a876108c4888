//! Schemas of the description as tables of fields, and its examples as text.

use std::collections::BTreeSet;

use dialects::json::{Object, Value};

/// A field or a parameter.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub kind: String,
    pub is_required: bool,
    pub description: String,
}

/// The fields of one form that a body can have.
#[derive(Debug)]
pub struct Table {
    /// Empty where there is one form only.
    pub title: String,
    pub rows: Vec<Row>,
}

/// The document, in which references are looked up.
#[derive(Debug)]
pub struct Source<'a> {
    pub root: &'a Object,
    /// Named schemas whose fields were listed. They are not listed again.
    listed: BTreeSet<&'a str>,
}

impl<'a> Source<'a> {
    pub fn of(root: &'a Object) -> Source<'a> {
        Source { root, listed: BTreeSet::new() }
    }

    /// The object, or the one that it refers to.
    pub fn resolve(&self, value: &'a Value) -> Option<&'a Object> {
        let Value::Object(found) = value else { return None };
        let Some(Value::Text(reference)) = found.find("$ref") else { return Some(found) };
        let names = reference.trim_start_matches("#/").split('/');
        names.into_iter().try_fold(self.root, object)
    }

    /// One table, or one for each form.
    pub fn tables(&mut self, schema: &'a Value) -> Vec<Table> {
        let Some(schema) = self.resolve(schema) else { return Vec::new() };
        let forms = list(schema, "oneOf");
        if forms.is_empty() {
            return vec![Table { title: String::new(), rows: self.rows(schema) }];
        }
        let forms: Vec<&Object> = forms.iter().filter_map(|form| self.resolve(form)).collect();
        let table = |form| Table { title: text(form, "title"), rows: self.rows(form) };
        forms.into_iter().map(table).collect()
    }

    pub fn rows(&mut self, schema: &'a Object) -> Vec<Row> {
        let mut rows = Vec::new();
        self.add(schema, "", "", &mut rows);
        rows
    }

    /// Fields within fields follow them, with a dotted name.
    fn add(&mut self, schema: &'a Object, prefix: &str, form: &str, rows: &mut Vec<Row>) {
        let required = list(schema, "required");
        for (name, value) in object(schema, "properties").into_iter().flat_map(Object::iter) {
            let Some(field) = self.resolve(value) else { continue };
            let path = format!("{prefix}{name}");
            let kind = kind(field);
            rows.push(Row {
                name: path.clone(),
                kind: if form.is_empty() { kind } else { format!("{kind}, of {form}") },
                is_required: required.contains(&Value::Text(name.to_owned())),
                description: text(field, "description"),
            });
            match field.find("items") {
                Some(items) => self.add_once(items, &format!("{path}[]."), form, rows),
                None => self.add_once(value, &format!("{path}."), form, rows),
            }
            for variant in list(field, "oneOf") {
                let title = self.resolve(variant).map(|one| text(one, "title"));
                self.add_once(variant, &format!("{path}."), &title.unwrap_or_default(), rows);
            }
        }
    }

    /// The fields of a schema, unless it has a name and they are there already.
    fn add_once(&mut self, value: &'a Value, prefix: &str, form: &str, rows: &mut Vec<Row>) {
        let is_new = match value {
            Value::Object(object) => match object.find("$ref") {
                Some(Value::Text(name)) => self.listed.insert(name),
                Some(_) | None => true,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                false
            }
        };
        if let Some(schema) = self.resolve(value).filter(|_| is_new) {
            self.add(schema, prefix, form, rows);
        }
    }
}

pub fn parameter_row(parameter: &Object) -> Row {
    let schema = object(parameter, "schema");
    let place = text(parameter, "in");
    Row {
        name: text(parameter, "name"),
        kind: schema.map_or(place.clone(), |schema| format!("{place}, {}", kind(schema))),
        is_required: is_true(parameter, "required"),
        description: text(parameter, "description"),
    }
}

/// The type and the limits of a field in a few words.
fn kind(schema: &Object) -> String {
    let values = |name| list(schema, name).iter().map(bare).collect::<Vec<String>>();
    if let Some(value) = schema.find("const") {
        return bare(value);
    }
    let listed = values("enum");
    if !listed.is_empty() {
        return listed.join(" | ");
    }
    let mut words = match schema.find("type") {
        Some(Value::List(_)) => values("type").join(" or "),
        Some(name) => bare(name),
        None => "object".to_owned(),
    };
    for (name, before, after) in [
        ("minimum", ", from ", ""),
        ("maximum", ", to ", ""),
        ("maxLength", ", up to ", ""),
        ("maxItems", ", up to ", ""),
        ("default", ", else ", ""),
    ] {
        if let Some(value) = schema.find(name) {
            words = format!("{words}{before}{}{after}", bare(value));
        }
    }
    words
}

/// A value without quotes.
fn bare(value: &Value) -> String {
    if let Value::Text(text) = value { text.clone() } else { pretty(value) }
}

pub fn object<'a>(outer: &'a Object, name: &str) -> Option<&'a Object> {
    if let Some(Value::Object(found)) = outer.find(name) { Some(found) } else { None }
}

pub fn list<'a>(outer: &'a Object, name: &str) -> &'a [Value] {
    if let Some(Value::List(found)) = outer.find(name) { found } else { &[] }
}

/// The text of a member; empty where there is none.
pub fn text(outer: &Object, name: &str) -> String {
    if let Some(Value::Text(found)) = outer.find(name) { found.clone() } else { String::new() }
}

fn is_true(outer: &Object, name: &str) -> bool {
    outer.find(name) == Some(&Value::Bool(true))
}

/// JSON for people; numbers keep the text that they were written with. It can stand in HTML as it
/// is: what would be markup is escaped as JSON escapes it.
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(text) => out.push_str(text),
        Value::Text(text) => out.push_str(&quoted(text)),
        Value::List(values) => write_all(out, depth, ['[', ']'], values, |out, value| {
            write(value, depth + 1, out);
        }),
        Value::Object(members) => {
            let members: Vec<_> = members.iter().collect();
            write_all(out, depth, ['{', '}'], &members, |out, (name, value)| {
                out.push_str(&quoted(name));
                out.push_str(": ");
                write(value, depth + 1, out);
            });
        }
    }
}

fn write_all<T>(
    out: &mut String,
    depth: usize,
    brackets: [char; 2],
    items: &[T],
    write_one: impl Fn(&mut String, &T),
) {
    out.push(brackets[0]);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        write_one(out, item);
    }
    if !items.is_empty() {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(brackets[1]);
}

fn quoted(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.replace('<', "\\u003c").replace('&', "\\u0026")
}
