//! What a connector must be told: every setting has a name, stands in the configuration file under
//! `[providers.NAME]` and may come as `DGSPAY_<NAME>_<SETTING>`; the same with `_FILE` behind it
//! names a file that holds the value.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::provider_call::Provider;

use super::{Connector, Secret};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Lower case with underscores, as the provider names it: `client_secret`.
    pub name: &'static str,
    /// One line for the commented configuration file.
    pub about: &'static str,
    pub need: Need,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
    /// What it is when nothing is said.
    Default(&'static str),
}

/// How a connector comes to be.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub provider: Provider,
    pub settings: &'static [Setting],
    pub build: fn(&Values) -> Result<Arc<dyn Connector>, Fault>,
}

/// Every connector that there is.
pub const KINDS: &[Kind] = &[
    super::flutterwave::KIND,
    super::mtn_momo::KIND,
    super::airtel_money::KIND,
    super::dusupay::KIND,
];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{name} {reason}")]
    Unfit { name: &'static str, reason: &'static str },
    #[error("{0} is no setting of this provider")]
    Unknown(String),
}

/// Values of a provider's settings, with the defaults filled in.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, Secret>);

impl Values {
    /// Refuses names that are not in the table, and a table whose required ones are not all there.
    pub fn of(
        settings: &'static [Setting],
        given: impl IntoIterator<Item = (String, Secret)>,
    ) -> Result<Values, Fault> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let known = settings.iter().find(|setting| setting.name == name);
            values.insert(known.ok_or(Fault::Unknown(name))?.name, value);
        }
        for setting in settings {
            match setting.need {
                Need::Required if !values.contains_key(setting.name) => {
                    return Err(Fault::Missing(setting.name));
                }
                Need::Default(text) => {
                    values.entry(setting.name).or_insert_with(|| Secret::new(text));
                }
                Need::Required | Need::Optional => {}
            }
        }
        Ok(Values(values))
    }

    pub fn find(&self, name: &'static str) -> Option<&Secret> {
        self.0.get(name).filter(|value| !value.reveal().is_empty())
    }

    pub fn get(&self, name: &'static str) -> Result<Secret, Fault> {
        self.find(name).cloned().ok_or(Fault::Missing(name))
    }

    /// A base URL, without a slash at its end.
    pub fn url(&self, name: &'static str) -> Result<String, Fault> {
        let text = self.get(name)?.reveal().trim_end_matches('/').to_owned();
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(text);
        }
        Err(Fault::Unfit { name, reason: "must begin with https:// (or http://)" })
    }

    /// `on` or `off`.
    pub fn switch(&self, name: &'static str) -> Result<bool, Fault> {
        match self.get(name)?.reveal() {
            "on" | "true" => Ok(true),
            "off" | "false" => Ok(false),
            _ => Err(Fault::Unfit { name, reason: "must be on or off" }),
        }
    }
}
