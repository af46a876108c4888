//! What the walk covers of a section, made from the data that it walks with.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::parameters::Row;
use crate::shape::Shape;

#[derive(Debug, Default)]
pub struct Covered {
    /// Such as `GET /banks/RW`.
    pub calls: Vec<&'static str>,
    /// How the rows of its tables begin, with the guide's cells run together.
    pub rows: Vec<String>,
    /// Members of its JSON, scenarios, events.
    pub words: BTreeSet<String>,
}

impl Covered {
    pub fn calls(calls: &[&'static str]) -> Covered {
        Covered { calls: calls.to_vec(), ..Covered::default() }
    }

    pub fn table(mut self, table: &[Row]) -> Covered {
        self.rows.extend(table.iter().map(|(name, kind, need)| format!("{name}{kind}{need}")));
        self
    }

    pub fn rows(mut self, rows: &[&str]) -> Covered {
        self.rows.extend(rows.iter().map(|row| (*row).to_owned()));
        self
    }

    pub fn shape(self, shape: Shape<'_>) -> Covered {
        let names: Vec<&str> = shape.iter().map(|(name, _)| *name).collect();
        self.words(&names)
    }

    /// The members of an example, at every depth.
    pub fn example(mut self, example: &Value) -> Covered {
        for (name, value) in example.as_object().expect("examples are objects") {
            self.words.insert(name.clone());
            if value.is_object() {
                self = self.example(value);
            }
        }
        self
    }

    pub fn words(mut self, words: &[&str]) -> Covered {
        self.words.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }
}
