//! A provider of the tests of settings: serves mobile money of Airtel, and says nothing.

use std::sync::Arc;

use dialects::provider::setting::{Fault, Kind, Need, Setting, Values};
use dialects::provider::{
    Ask, Callback, CallbackAnswer, CallbackFault, Connector, Next, Outcome, Reply, Request,
    Service, Token, Told,
};
use domain::payment::Method;
use domain::phone::Network;
use domain::provider_call::{Provider, Verdict, Word};

pub const FAKE: Kind = Kind { provider: Provider::AirtelMoney, settings: SETTINGS, build };

const SETTINGS: &[Setting] = &[
    Setting { name: "url", about: "Where its API is.", need: Need::Required },
    Setting { name: "client_secret", about: "As it was given to you.", need: Need::Required },
    Setting { name: "country", about: "Where payers are.", need: Need::Default("RW") },
    Setting { name: "proxy", about: "Between us and it.", need: Need::Optional },
];

fn build(values: &Values) -> Result<Arc<dyn Connector>, Fault> {
    Ok(Arc::new(Fake { url: values.url("url")? }))
}

/// Its `Debug` tells tests where its address came from.
#[derive(Debug)]
struct Fake {
    #[expect(dead_code, reason = "seen by Debug alone")]
    url: String,
}

impl Connector for Fake {
    fn provider(&self) -> Provider {
        Provider::AirtelMoney
    }

    fn serves(&self, service: &Service) -> bool {
        service.method == Method::MobileMoney && service.network == Some(Network::Airtel)
    }

    fn next(&self, _: &Ask<'_>, _: &[Reply]) -> Next {
        Next::Done(Word::of(Verdict::Unknown))
    }

    fn token_request(&self, _: &'static str) -> Option<Request> {
        None
    }

    fn read_token(&self, _: u16, _: &[u8]) -> Option<Token> {
        None
    }

    fn read_callback(&self, _: &Callback<'_>) -> Result<Told, CallbackFault> {
        Err(CallbackFault::Unreadable)
    }

    fn answer_callback(&self, _: &Callback<'_>, _: Outcome) -> CallbackAnswer {
        CallbackAnswer { status: 200, body: String::new() }
    }
}
