//! The description as a client holds it: its examples, and a check of values against its schemas.
//! The check knows the few words of JSON Schema that the description uses.

use serde_json::Value;
use testkit::Sandbox;

pub struct Document(Value);

impl Document {
    pub fn of(sandbox: &Sandbox) -> Document {
        let answer = sandbox.api.bare_request("GET", "/openapi.json", &[], "");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        Document(answer.json())
    }

    /// A path such as `/charges`.
    pub fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.0["paths"][path][method];
        assert!(operation.is_object(), "{method} {path} is not described");
        operation
    }

    pub fn request(&self, method: &str, path: &str, example: &str) -> Value {
        let examples =
            &self.operation(method, path)["requestBody"]["content"]["application/json"]["examples"];
        let value = &examples[example]["value"];
        assert!(value.is_object(), "{method} {path} has no example {example}");
        value.clone()
    }

    /// What is wrong with an answer.
    pub fn faults_of_answer(&self, operation: &Value, status: u16, answer: &Value) -> Vec<String> {
        let described = self.resolve(&operation["responses"][status.to_string()]);
        let schema = &described["content"]["application/json"]["schema"];
        if schema.is_null() {
            return vec![format!("an answer with {status} is not described")];
        }
        self.faults(schema, answer, "answer")
    }

    pub fn faults_of_event(&self, event: &Value) -> Vec<String> {
        let kind = event["event"].as_str().unwrap_or_default();
        let body = &self.0["webhooks"][kind]["post"]["requestBody"];
        self.faults(&body["content"]["application/json"]["schema"], event, kind)
    }

    /// What is wrong with the examples of the document itself.
    pub fn faults_of_examples(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.walk(&self.0, "", &mut faults);
        faults
    }

    /// Examples stand beside their schema, wherever that is.
    fn walk(&self, value: &Value, place: &str, faults: &mut Vec<String>) {
        let examples = value.get("examples").and_then(Value::as_object);
        if let (Some(schema), Some(examples)) = (value.get("schema"), examples) {
            for (name, example) in examples {
                let place = format!("{place}/{name}");
                faults.extend(self.faults(schema, &example["value"], &place));
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            self.walk(member, &format!("{place}/{name}"), faults);
        }
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .0
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{reference} leads nowhere")),
            None => value,
        }
    }

    fn faults(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let schema = self.resolve(schema);
        if let Some(forms) = schema["oneOf"].as_array() {
            let tried = forms.iter().map(|form| self.faults(form, value, place));
            let tried: Vec<Vec<String>> = tried.collect();
            let fits = tried.iter().any(Vec::is_empty);
            return if fits { Vec::new() } else { tried.concat() };
        }
        let mut faults = Vec::new();
        if !has_type(&schema["type"], value) {
            return vec![format!("{place} is not of type {}: {value}", schema["type"])];
        }
        let is_listed = schema["enum"].as_array().is_none_or(|listed| listed.contains(value));
        if !is_listed || schema.get("const").is_some_and(|wanted| wanted != value) {
            faults.push(format!("{place} must not be {value}"));
        }
        if let (Some(members), Some(known)) = (value.as_object(), schema["properties"].as_object())
        {
            let required = schema["required"].as_array().into_iter().flatten();
            let names = required.filter_map(Value::as_str);
            let missing = names.filter(|name| !members.contains_key(*name));
            faults.extend(missing.map(|name| format!("{place}.{name} is missing")));
            for (name, member) in members {
                let place = format!("{place}.{name}");
                match known.get(name) {
                    Some(schema) => faults.extend(self.faults(schema, member, &place)),
                    None => faults.push(format!("{place} is not described")),
                }
            }
        }
        if let (Some(values), Some(schema)) = (value.as_array(), schema.get("items")) {
            faults.extend(values.iter().flat_map(|value| self.faults(schema, value, place)));
        }
        faults
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::Null => true,
        Value::Array(several) => several.iter().any(|one| has_type(one, value)),
        Value::String(name) => match name.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("the type {other} is unknown"),
        },
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => panic!("{wanted} is no type"),
    }
}
