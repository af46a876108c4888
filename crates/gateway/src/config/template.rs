//! The commented file that `dgspay config init` writes, from the same tables that read it.

use dialects::provider::setting::{Kind, Need, Setting};
use domain::provider_call::Provider;

use crate::config::keys::{Form, KEYS, Key, Start, sections};

const HEAD: &str = "\
# Settings of `dgspay serve`. What begins with #name is optional; names with an empty text must be
# filled in. `dgspay config check` tells what is wrong.
#
# Each may come as a variable instead, which then counts: test.listen as DGSPAY_TEST_LISTEN.
";

const PROVIDERS: &str = "
# Providers of real money. Fill in at least one, and lead payments to it under [routes].
#
# A value may lie in a file of its own: client_secret_file = \"/etc/dgspay/secret\". As variables:
# DGSPAY_NAME_SETTING, DGSPAY_NAME_SETTING_FILE.
#
# [live.providers.NAME] and [test.providers.NAME] say it for one environment. A provider serves
# test payments only with settings of its own under [test.providers.NAME] and routes to it under
# [test.routes]: without those they are simulated.
";

const ROUTES: &str = "
# Who serves which payments, in the order in which they are tried. The closest name counts: an
# account's own before those of all, a network or a currency before the whole method. As variables:
# DGSPAY_ROUTE_MOBILE_MONEY, DGSPAY_ROUTE_CARD_USD.
[routes]
#mobile_money = [\"mtn_momo\", \"flutterwave\"]
#\"mobile_money.airtel\" = [\"airtel_money\"]
#card = [\"flutterwave\"]
#\"card.usd\" = [\"flutterwave\"]
#bank = [\"flutterwave\"]

#[accounts.\"ACC-0000001\".routes]
#mobile_money = [\"flutterwave\"]
";

/// The whole file.
pub fn render(kinds: &[Kind]) -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        let (of_key, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if of_key != section {
            section = of_key;
            text += &format!("\n[{section}]");
        }
        text += "\n";
        push_key(&mut text, key, name);
    }
    text += PROVIDERS;
    for (provider, settings) in sections(kinds) {
        push_provider(&mut text, provider, settings);
    }
    text + ROUTES
}

fn push_key(text: &mut String, key: &Key, name: &str) {
    for line in key.about.lines() {
        *text += &format!("# {line}\n");
    }
    let (mark, value) = match key.start {
        Start::Nothing => ("#", ""),
        Start::Default(value) => ("#", value),
        Start::Example(value) => ("", value),
        Start::ToFill => ("", ""),
    };
    *text += &match key.form {
        Form::Text => format!("{mark}{name} = \"{value}\"\n"),
        Form::Bare => format!("{mark}{name} = {value}\n"),
        Form::List => format!("{mark}{name} = []\n"),
    };
}

fn push_provider(text: &mut String, provider: Provider, settings: &[Setting]) {
    *text += &format!("\n#[providers.{}]\n", provider.word());
    for setting in settings {
        let (need, value) = match setting.need {
            Need::Required => (" (required)", ""),
            Need::Optional => ("", ""),
            Need::Default(value) => ("", value),
        };
        *text += &format!("# {}{need}\n#{} = \"{value}\"\n", setting.about, setting.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fake_provider::FAKE;
    use crate::config::serve::ServeSettings;
    use crate::config::source::Source;

    /// The same with every optional line in use.
    fn uncommented(text: &str) -> String {
        let is_setting = |line: &str| {
            line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(' ') && !rest.is_empty())
        };
        let lines = text.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_line_of_it_is_known() {
        let text = render(&[FAKE]);
        for text in [text.clone(), uncommented(&text)] {
            let source = Source::of_file(&text, &[FAKE], &|_| None);
            assert_eq!(source.faults, Vec::<String>::new(), "{text}");
        }
        for key in KEYS {
            assert!(text.contains(key.about.lines().next().unwrap()), "{}", key.name);
        }
    }

    #[test]
    fn filled_in_it_passes() {
        let fresh = render(&[FAKE]);
        let faults = ServeSettings::read(&fresh, &[FAKE], &|_| None).unwrap_err();
        let told = faults.join("\n");
        for part in ["live.public_url", "master_key.file", "no provider", "no payment leads"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(faults.len(), 4, "{told}");
        let filled = fresh
            .replace("public_url = \"\"", "public_url = \"https://pay.example.rw\"")
            .replace("#[providers.airtel_money]", "[providers.airtel_money]")
            // Of the first section alone.
            .replacen("#url = \"\"", "url = \"https://provider.example\"", 1)
            .replacen("#client_secret = \"\"", "client_secret = \"x\"", 1)
            .replace("[routes]\n", "[routes]\n\"mobile_money.airtel\" = [\"airtel_money\"]\n");
        let on_disk = |name: &str| match name {
            "DGSPAY_MASTER_KEY" => Some("a1".repeat(32)),
            "DGSPAY_DATA" => Some(env!("CARGO_MANIFEST_DIR").to_owned()),
            _ => None,
        };
        let read = ServeSettings::read(&filled, &[FAKE], &on_disk);
        assert!(read.is_ok(), "{read:?}");
    }
}
