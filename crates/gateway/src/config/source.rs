//! Where settings come from: variables before the file, the file before what is built in. Every
//! fault is noted, so that all can be told at once; values are never part of one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use dialects::provider::Secret;
use dialects::provider::setting::Kind;
use domain::route::Route;
use toml::{Table, Value};

use crate::config::keys::{self, Start};
use crate::secrets::is_account_number;

/// Reads a variable of the environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

pub struct Source<'a> {
    /// By name with dots. Elements of a list are parted by commas.
    file: BTreeMap<String, Secret>,
    variables: Variables<'a>,
    pub faults: Vec<String>,
}

impl<'a> Source<'a> {
    /// Variables alone.
    pub fn of_variables(variables: Variables<'a>) -> Source<'a> {
        Source { file: BTreeMap::new(), variables, faults: Vec::new() }
    }

    /// Unknown names in the file are faults.
    pub fn of_file(text: &str, kinds: &[Kind], variables: Variables<'a>) -> Source<'a> {
        let mut source = Source::of_variables(variables);
        match text.parse::<Table>() {
            Ok(table) => source.flatten("", table),
            Err(error) => {
                // Not the error's own text, which shows the line and whatever secret is in it.
                let line = error.span().map_or(0, |span| {
                    text.get(..span.start).map_or(0, |before| before.matches('\n').count())
                });
                source.faults.push(format!("line {}: {}", line + 1, error.message()));
            }
        }
        source.refuse_unknown(kinds);
        source
    }

    fn flatten(&mut self, prefix: &str, table: Table) {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            let text = match value {
                Value::Table(table) => {
                    self.flatten(&format!("{name}."), table);
                    continue;
                }
                Value::String(text) => Some(text),
                Value::Integer(number) => Some(number.to_string()),
                Value::Boolean(flag) => Some(flag.to_string()),
                Value::Array(list) => joined(&list),
                Value::Float(_) | Value::Datetime(_) => None,
            };
            match text {
                Some(text) => drop(self.file.insert(name, Secret::new(text))),
                None => self.faults.push(format!("`{name}` must be a text or a list of texts")),
            }
        }
    }

    fn refuse_unknown(&mut self, kinds: &[Kind]) {
        let mut known = keys::known_names(kinds);
        for number in self.account_numbers() {
            for prefix in keys::PREFIXES {
                let name = |route| keys::route_name(prefix, Some(&number), route);
                known.extend(Route::all().into_iter().map(name));
            }
        }
        for name in self.file.keys().filter(|name| !known.contains(name)) {
            let nearest = keys::nearest(name, &known).unwrap_or_default();
            self.faults.push(format!("`{name}` is unknown; did you mean `{nearest}`?"));
        }
    }

    /// The accounts that have settings of their own.
    pub fn account_numbers(&self) -> Vec<String> {
        let mut numbers: Vec<String> = self
            .file
            .keys()
            .filter_map(|name| name.split_once("accounts.")?.1.split('.').next())
            .filter(|number| is_account_number(number))
            .map(str::to_owned)
            .collect();
        numbers.dedup();
        numbers
    }

    /// Notes a fault, once.
    pub fn fault(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.faults.contains(&text) {
            self.faults.push(text);
        }
    }

    /// What the variable of a name says.
    pub fn of_variable(&mut self, name: &str) -> Option<Secret> {
        let variable = keys::variable(name)?;
        (self.variables)(&variable).filter(|text| !text.is_empty()).map(Secret::new)
    }

    /// What stands in the file under a name.
    pub fn of_name(&mut self, name: &str) -> Option<Secret> {
        self.file.get(name).filter(|value| !value.reveal().is_empty()).cloned()
    }

    /// What a source says under a name, or the content of the file that it names under the same
    /// with `_file` behind.
    pub fn or_from_file(
        &mut self,
        name: &str,
        find: fn(&mut Source<'a>, &str) -> Option<Secret>,
    ) -> Option<Secret> {
        let name_of_file = format!("{name}_file");
        let (value, path) = (find(self, name), find(self, &name_of_file));
        match (value, path) {
            (Some(_), Some(_)) => {
                self.fault(format!("`{name}` and `{name_of_file}` say the same: give one of them"));
                None
            }
            (None, Some(path)) => match std::fs::read_to_string(path.reveal()) {
                Ok(text) => Some(Secret::new(text.trim_end())),
                Err(error) => {
                    self.fault(format!("`{name_of_file}` cannot be read: {error}"));
                    None
                }
            },
            (value, None) => value,
        }
    }

    /// A setting of [`keys::KEYS`].
    pub fn text(&mut self, name: &str) -> Option<String> {
        let given = self.of_variable(name).or_else(|| self.of_name(name));
        let default = match keys::find(name)?.start {
            Start::Default(text) => Some(text.to_owned()),
            Start::Nothing | Start::Example(_) | Start::ToFill => None,
        };
        given.map(|value| value.reveal().trim().to_owned()).or(default)
    }

    /// The same, read as what `form` describes.
    pub fn parse<T>(
        &mut self,
        name: &str,
        form: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(format!("`{name}` must be {form}"));
        }
        parsed
    }

    pub fn number<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.parse(name, "a whole number", |text| text.parse().ok())
    }

    pub fn flag(&mut self, name: &str) -> bool {
        self.parse(name, "true or false", |text| text.parse().ok()).unwrap_or_default()
    }

    /// A file that must be there.
    pub fn path(&mut self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(name)?);
        if !Path::is_file(&path) {
            self.fault(format!("`{name}`: there is no file {}", path.display()));
        }
        Some(path)
    }
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("faults", &self.faults).finish_non_exhaustive()
    }
}

/// The texts in a list that stands as one text.
pub fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn joined(list: &[Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    texts.map(|texts| texts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_come_before_the_file_and_the_file_before_the_defaults() {
        let variables =
            |name: &str| (name == "DGSPAY_TEST_LISTEN").then(|| "127.0.0.1:1".to_owned());
        let file = "data = \"/x\"\nrate_limit = 5\n[test]\nlisten = \"127.0.0.1:2\"\n";
        let mut source = Source::of_file(file, &[], &variables);
        assert_eq!(source.text("test.listen").as_deref(), Some("127.0.0.1:1"));
        assert_eq!(source.text("data").as_deref(), Some("/x"));
        assert_eq!(source.number::<u32>("rate_limit"), Some(5));
        assert_eq!(source.text("log").as_deref(), Some("text"));
        assert_eq!(source.text("live.listen"), None);
        assert!(source.faults.is_empty(), "{:?}", source.faults);
    }

    #[test]
    fn every_fault_is_told_and_no_value_with_it() {
        let file = "dota = \"SECRET\"\nlog = 1.5\nrate_limit = \"SECRET\"\nbanks_file = \"/none\"\n\
                    [accounts.ACC-0000001.routes]\ncrad = \"SECRET\"\n[accounts.x.routes]\ncard = \"a\"\n";
        let mut source = Source::of_file(file, &[], &|_| None);
        assert_eq!(source.number::<u32>("rate_limit"), None);
        source.path("banks_file");
        let told = source.faults.join("\n");
        for part in [
            "`dota` is unknown; did you mean `data`?",
            "`log` must be a text",
            "`rate_limit` must be a whole number",
            "there is no file /none",
            "did you mean `accounts.ACC-0000001.routes.card`?",
            "`accounts.x.routes.card` is unknown",
        ] {
            assert!(told.contains(part), "{part} is not in:\n{told}");
        }
        let broken = Source::of_file("data = \"x\"\nkey = \"SECRET\nlog = 1", &[], &|_| None);
        let told = format!("{told}{:?}", broken.faults);
        assert!(told.contains("line 2: "), "{told}");
        assert!(!told.contains("SECRET"), "{told}");
    }

    #[test]
    fn a_value_may_lie_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "s3cret\n").unwrap();
        let given = |name: &str| match name {
            "DGSPAY_X_KEY_FILE" => Some(path.display().to_string()),
            "DGSPAY_X_BOTH" | "DGSPAY_X_BOTH_FILE" => Some("x".to_owned()),
            "DGSPAY_X_GONE_FILE" => Some("/none".to_owned()),
            _ => None,
        };
        let mut source = Source::of_variables(&given);
        let mut find = |name: &str| {
            let found = source.or_from_file(name, Source::of_variable);
            found.map(|value| value.reveal().to_owned())
        };
        assert_eq!(find("providers.x.key").as_deref(), Some("s3cret"));
        assert_eq!(find("providers.x.both"), None);
        assert_eq!(find("providers.x.gone"), None);
        assert_eq!(find("providers.x.nothing"), None);
        assert_eq!(source.faults.len(), 2, "{:?}", source.faults);
    }
}
