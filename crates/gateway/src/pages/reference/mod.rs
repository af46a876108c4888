//! `/docs`: the reference that people read, made of the description that programs read.

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::json::{Object, Tolerance, Value, parse_large_object};

use crate::api::DOCUMENT;
use crate::app::App;
use crate::pages::dressed;
use crate::pages::packed::Packed;
use schema::{Row, Source, Table, list, object, parameter_row, pretty, text};

const WEBHOOKS: &str = "Webhooks";

/// Parsed once; the document is part of the program, and its tests parse it too.
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let parsed = parse_large_object(DOCUMENT.as_bytes(), Tolerance::Strict);
    Reference::of(&parsed.unwrap_or_default())
});

#[derive(Template)]
#[template(path = "reference.html")]
struct Page<'a> {
    reference: &'a Reference,
    origin: &'a str,
}

#[derive(Debug)]
struct Reference {
    description: String,
    /// Those of every request, and those of every webhook.
    headers: Vec<Row>,
    groups: Vec<Group>,
    refusals: Vec<Answer>,
    refusal_rows: Vec<Row>,
}

#[derive(Debug)]
struct Group {
    name: String,
    description: String,
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Operation {
    id: String,
    /// Empty for a webhook, whose receiver chooses the path.
    path: String,
    method: String,
    summary: String,
    description: String,
    needs_credentials: bool,
    parameters: Vec<Row>,
    tables: Vec<Table>,
    /// The media types of the request's body, for people; the example is of the first.
    body_types: String,
    example_type: String,
    example: Option<String>,
    answers: Vec<Answer>,
    /// The codes of the answers that all operations share.
    refusals: String,
}

#[derive(Debug)]
struct Answer {
    status: String,
    description: String,
    tables: Vec<Table>,
    /// The operation whose answer has the same fields, and the example.
    same_as: Option<String>,
    examples: Vec<String>,
}

pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let packed = app.reference_page.get_or_init(|| {
        let page = Page { reference: &REFERENCE, origin: &app.settings.public_url };
        Packed::of(page.render().unwrap_or_default())
    });
    dressed(packed.answer(&headers))
}

impl Reference {
    fn of(root: &Object) -> Reference {
        let mut reader = Reader { source: Source::of(root), shown: BTreeMap::new() };
        let groups = list(root, "tags").iter().filter_map(|tag| match tag {
            Value::Object(tag) => Some(reader.group(tag)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                None
            }
        });
        let groups = groups.collect();
        let of_components = |name| object(root, "components").and_then(|all| object(all, name));
        let responses = of_components("responses").into_iter().flat_map(members);
        let refusals = responses.map(|(name, answer)| Answer {
            status: name.to_owned(),
            description: text(answer, "description"),
            tables: Vec::new(),
            same_as: None,
            examples: examples(answer),
        });
        let schemes = of_components("securitySchemes").into_iter().flat_map(members);
        let credentials = schemes.map(|(_, scheme)| Row {
            name: text(scheme, "name"),
            kind: text(scheme, "in"),
            is_required: true,
            description: text(scheme, "description"),
        });
        let shared = of_components("parameters").into_iter().flat_map(members);
        let shared = shared.filter(|(_, one)| text(one, "in") == "header");
        let shared = shared.map(|(_, parameter)| parameter_row(parameter));
        let error = of_components("schemas").and_then(|all| object(all, "Error"));
        Reference {
            description: object(root, "info")
                .map_or_else(String::new, |info| text(info, "description")),
            headers: credentials.chain(shared).collect(),
            groups,
            refusals: refusals.collect(),
            refusal_rows: error.map(|error| reader.source.rows(error)).unwrap_or_default(),
        }
    }
}

struct Reader<'a> {
    source: Source<'a>,
    /// Which operation showed an answer's fields first.
    shown: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn group(&mut self, tag: &Object) -> Group {
        let name = text(tag, "name");
        let paths = if name == WEBHOOKS { "webhooks" } else { "paths" };
        let root: &'a Object = self.source.root;
        let mut operations = Vec::new();
        for (path, item) in object(root, paths).into_iter().flat_map(members) {
            for (method, operation) in members(item) {
                let is_of_group =
                    list(operation, "tags").first() == Some(&Value::Text(name.clone()));
                if is_of_group {
                    let path = if name == WEBHOOKS { "" } else { path };
                    operations.push(self.operation(path, method, operation));
                }
            }
        }
        Group { description: text(tag, "description"), name, operations }
    }

    fn operation(&mut self, path: &str, method: &str, operation: &'a Object) -> Operation {
        let id = text(operation, "operationId");
        // Headers that many operations share stand once, at the top.
        let parameters = list(operation, "parameters").iter();
        let parameters = parameters.filter_map(|value| self.source.resolve(value));
        let parameters: Vec<&Object> =
            parameters.filter(|parameter| text(parameter, "in") != "header").collect();
        let body = object(operation, "requestBody").and_then(|body| object(body, "content"));
        let first = body.and_then(|content| members(content).next());
        let schema = first.and_then(|(_, media)| media.find("schema"));
        let types: Vec<&str> =
            body.into_iter().flat_map(Object::iter).map(|(one, _)| one).collect();
        let mut answers = Vec::new();
        let mut refusals = BTreeSet::new();
        for (status, answer) in object(operation, "responses").into_iter().flat_map(Object::iter) {
            match answer {
                Value::Object(shared) if shared.find("$ref").is_some() => {
                    let name = text(shared, "$ref");
                    let code = name.rsplit("Code").next().unwrap_or_default();
                    refusals.insert(code.to_owned());
                }
                Value::Object(answer) => answers.push(self.answer(&id, status, answer)),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Text(_)
                | Value::List(_) => {}
            }
        }
        Operation {
            path: with_examples(path, &parameters),
            method: method.to_uppercase(),
            summary: text(operation, "summary"),
            description: text(operation, "description"),
            needs_credentials: operation.find("security").is_none() && !path.is_empty(),
            parameters: parameters.iter().map(|one| parameter_row(one)).collect(),
            tables: schema.map(|schema| self.source.tables(schema)).unwrap_or_default(),
            body_types: types.join(" or "),
            example_type: types.first().copied().unwrap_or_default().to_owned(),
            example: first.and_then(|(_, media)| examples_of(media).into_iter().next()),
            answers,
            refusals: refusals.into_iter().collect::<Vec<_>>().join(", "),
            id,
        }
    }

    fn answer(&mut self, id: &str, status: &str, answer: &'a Object) -> Answer {
        let json = object(answer, "content").and_then(|all| object(all, "application/json"));
        let schema = json.and_then(|json| json.find("schema"));
        let name = match schema {
            Some(Value::Object(schema)) => text(schema, "$ref"),
            Some(_) | None => String::new(),
        };
        let same_as = self.shown.get(&name).cloned();
        if same_as.is_none() && !name.is_empty() {
            self.shown.insert(name, id.to_owned());
        }
        let schema = schema.filter(|_| same_as.is_none());
        Answer {
            status: status.to_owned(),
            description: text(answer, "description"),
            tables: schema.map(|schema| self.source.tables(schema)).unwrap_or_default(),
            examples: if same_as.is_none() { examples(answer) } else { Vec::new() },
            same_as,
        }
    }
}

fn members(object: &Object) -> impl Iterator<Item = (&str, &Object)> {
    object.iter().filter_map(|(name, value)| match value {
        Value::Object(value) => Some((name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
    })
}

/// The examples of an answer in JSON.
fn examples(answer: &Object) -> Vec<String> {
    let json = object(answer, "content").and_then(|content| object(content, "application/json"));
    json.map(examples_of).unwrap_or_default()
}

fn examples_of(media: &Object) -> Vec<String> {
    let examples = object(media, "examples").into_iter().flat_map(members);
    examples.filter_map(|(_, example)| example.find("value").map(pretty)).collect()
}

/// The path with an example in each of its places, for a command that can be run.
fn with_examples(path: &str, parameters: &[&Object]) -> String {
    parameters.iter().fold(path.to_owned(), |path, parameter| {
        let place = format!("{{{}}}", text(parameter, "name"));
        path.replace(&place, &text(parameter, "example"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, header};

    #[test]
    fn the_page_has_every_operation_and_stays_small() {
        let html = Page { reference: &REFERENCE, origin: "https://pay.example" }.render().unwrap();
        let gzip =
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
        let sent = Packed::of(html.clone()).answer(&gzip);
        let length = axum::body::HttpBody::size_hint(sent.body()).exact().unwrap();
        assert!(length < 30_000, "{length} bytes");
        let document: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        for part in ["paths", "webhooks"] {
            for operation in document[part].as_object().unwrap().values() {
                for operation in operation.as_object().unwrap().values() {
                    let id = operation["operationId"].as_str().unwrap();
                    assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
                }
            }
        }
        assert!(html.contains("https://pay.example/generation/v2/charges"));
        assert!(html.contains("recipient.bank_key"));
        assert!(html.contains("94.50"), "numbers are as they are written");
    }
}
