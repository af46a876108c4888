//! Reads the fields of a request, noting every fault in the order in which they are read.

use dialects::json::{Object, Value};

use crate::api::Problem;
use crate::api::problem::FieldFault;

#[derive(Debug)]
pub struct Form<'a> {
    object: &'a Object,
    faults: Vec<FieldFault>,
}

/// Where a field begins, so that a fault found later still stands in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

impl<'a> Form<'a> {
    pub fn of(object: &'a Object) -> Form<'a> {
        Form { object, faults: Vec::new() }
    }

    pub fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        self.faults.push(FieldFault { field, message: message.into() });
    }

    pub fn place(&self) -> Place {
        Place(self.faults.len())
    }

    pub fn fault_at(&mut self, place: Place, field: &'static str, message: impl Into<String>) {
        let fault = FieldFault { field, message: message.into() };
        self.faults.insert(place.0.min(self.faults.len()), fault);
    }

    /// The value, unless it is absent or null. A name with a dot is that of a field within an
    /// object: `recipient.bank_key`.
    pub fn value(&self, field: &str) -> Option<&'a Value> {
        let value = match field.split_once('.') {
            Some((outer, inner)) => match self.object.find(outer)? {
                Value::Object(object) => object.find(inner),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Text(_)
                | Value::List(_) => None,
            },
            None => self.object.find(field),
        };
        value.filter(|value| !matches!(value, Value::Null))
    }

    /// Whether an object is there, as it must be.
    pub fn requires_object(&mut self, field: &'static str) -> bool {
        let message = match self.value(field) {
            Some(Value::Object(_)) => return true,
            Some(_) => "must be an object",
            None => "is required",
        };
        self.fault(field, message);
        false
    }

    /// The values of a list that must be there.
    pub fn required_list(&mut self, field: &'static str) -> Option<&'a [Value]> {
        let message = match self.value(field) {
            Some(Value::List(values)) => return Some(values),
            Some(_) => "must be a list",
            None => "is required",
        };
        self.fault(field, message);
        None
    }

    /// A trimmed text of at most `chars_max` characters without control characters.
    pub fn text(&mut self, field: &'static str, chars_max: usize) -> Option<&'a str> {
        match self.value(field)? {
            Value::Text(text) => {
                let text = text.trim();
                if text.chars().any(char::is_control) {
                    self.fault(field, "must not contain control characters");
                    None
                } else if text.chars().count() > chars_max {
                    self.fault(field, format!("must have at most {chars_max} characters"));
                    None
                } else if text.is_empty() {
                    None
                } else {
                    Some(text)
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => {
                self.fault(field, "must be a string");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn required_text(&mut self, field: &'static str, chars_max: usize) -> Option<&'a str> {
        let before = self.faults.len();
        let text = self.text(field, chars_max);
        if text.is_none() && self.faults.len() == before {
            self.fault(field, "is required");
        }
        text
    }

    /// The exact text of a number that must be there.
    pub fn required_number(&mut self, field: &'static str) -> Option<&'a str> {
        if self.value(field).is_none() {
            self.fault(field, "is required");
        }
        self.number(field)
    }

    /// Whether the field is there at all, be it as null.
    pub fn is_sent(&self, field: &str) -> bool {
        self.object.find(field).is_some()
    }

    /// The exact text of a number.
    pub fn number(&mut self, field: &'static str) -> Option<&'a str> {
        match self.value(field)? {
            Value::Number(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => {
                self.fault(field, "must be a number, without quotes");
                None
            }
        }
    }

    pub fn flag(&mut self, field: &'static str) -> Option<bool> {
        match self.value(field)? {
            Value::Bool(flag) => Some(*flag),
            Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => {
                self.fault(field, "must be true or false");
                None
            }
        }
    }

    /// Keeps what was parsed, or notes why it could not be.
    pub fn keep<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(field, error.to_string());
                None
            }
        }
    }

    /// All faults at once, if there are any.
    pub fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::Fields(self.faults)) }
    }

    pub fn into_faults(self) -> Vec<FieldFault> {
        self.faults
    }
}
