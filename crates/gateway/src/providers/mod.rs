//! The providers of one environment: which of them serves a payment, how they are doing, and the
//! exchanges with them. What is said in those is the connectors' business.

mod availability;
mod carry;
mod tokens;

use std::sync::Arc;

use dialects::provider::look_up::{Found, LookUp};
use dialects::provider::{Ask, Connector, Next, Reply, Request, Service, Task};
use domain::Timestamp;
use domain::limits::{CALL_TIMEOUT, REQUESTS_PER_CALL_MAX};
use domain::payment::{Detail, Payment};
use domain::phone::Network;
use domain::provider_call::{Provider, Verdict, Word};
use store::query::provider_calls::DueCall;
use tokio::time::timeout;

pub use availability::{Availability, State};
pub use carry::{Shown, authorize, pursue, submit};
use tokens::Tokens;

use crate::app::App;
use crate::egress::upstream::Upstream;
use crate::secrets;

/// Why a look-up found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUpFault {
    /// The provider tells no such thing.
    NotTold,
    /// It gave no answer in time, or none that can be read.
    Silent,
}

#[derive(Debug)]
pub struct Providers {
    connectors: Vec<Arc<dyn Connector>>,
    upstream: Upstream,
    tokens: Tokens,
    pub availability: Availability,
}

impl Providers {
    pub fn new(connectors: Vec<Arc<dyn Connector>>, upstream: Upstream) -> Providers {
        Providers {
            connectors,
            upstream,
            tokens: Tokens::default(),
            availability: Availability::default(),
        }
    }

    pub fn find(&self, provider: Provider) -> Option<&Arc<dyn Connector>> {
        self.connectors.iter().find(|connector| connector.provider() == provider)
    }

    /// The way to what is configured and no connector.
    pub const fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.connectors.iter()
    }

    /// Of a route, those that can serve, in its order; those that are down come last: they are
    /// asked when nobody else is left.
    pub fn fit(&self, route: &[Provider], service: &Service, now: Timestamp) -> Vec<Provider> {
        let serves = |provider: &Provider| match provider {
            Provider::Simulator | Provider::Treasury => true,
            Provider::Flutterwave
            | Provider::MtnMomo
            | Provider::AirtelMoney
            | Provider::DusuPay
            | Provider::Providus => {
                self.find(*provider).is_some_and(|connector| connector.serves(service))
            }
        };
        let mut fit: Vec<Provider> = route.iter().copied().filter(serves).collect();
        fit.sort_by_key(|provider| self.availability.is_down(now, *provider, service.network));
        fit
    }

    /// Asks until the connector knows what to say of it.
    async fn ask(&self, connector: &dyn Connector, ask: &Ask<'_>) -> Word {
        let mut replies = Vec::new();
        loop {
            match connector.next(ask, &replies) {
                Next::Done(word) => return word,
                Next::Send(_) if replies.len() == REQUESTS_PER_CALL_MAX => {
                    return Word::of(Verdict::Unknown);
                }
                Next::Send(request) => replies.push(self.send(connector, &request).await),
            }
        }
    }

    /// Asks a provider what it tells beside payments.
    pub async fn look_up(
        &self,
        connector: &dyn Connector,
        what: &LookUp,
    ) -> Result<Found, LookUpFault> {
        let requests = connector.look_up(what);
        if requests.is_empty() {
            return Err(LookUpFault::NotTold);
        }
        let sent = async {
            let mut replies = Vec::new();
            for request in &requests {
                replies.push(self.send(connector, request).await);
            }
            replies
        };
        let replies = timeout(CALL_TIMEOUT, sent).await.map_err(|_| LookUpFault::Silent)?;
        connector.read_look_up(what, &replies).ok_or(LookUpFault::Silent)
    }

    /// Sends a request, with a token where it wants one. A token that is not taken any more is
    /// replaced once.
    pub async fn send(&self, connector: &dyn Connector, request: &Request) -> Reply {
        let patience = connector.patience();
        let Some(name) = request.token else {
            return self.upstream.send(request, None, patience).await;
        };
        let Some(token) = self.tokens.get(&self.upstream, connector, name, None).await else {
            return Reply::NotSent;
        };
        let reply = self.upstream.send(request, Some(&token.text), patience).await;
        if !matches!(reply, Reply::Answered { status: 401, .. }) {
            return reply;
        }
        match self.tokens.get(&self.upstream, connector, name, Some(token.serial)).await {
            Some(fresh) => self.upstream.send(request, Some(&fresh.text), patience).await,
            None => reply,
        }
    }
}

/// The network of phones that a payment goes through, if any.
pub const fn network_of(detail: &Detail) -> Option<Network> {
    match detail {
        Detail::Charge(charge) => match &charge.mobile_money {
            Some(used) => Some(used.network),
            None => None,
        },
        Detail::Disbursement(disbursement) => disbursement.recipient.network(),
        Detail::Conversion(_) | Detail::Refund(_) => None,
    }
}

pub const fn service_of(payment: &Payment, detail: &Detail) -> Service {
    Service {
        kind: payment.kind,
        method: payment.method,
        network: network_of(detail),
        currency: payment.gross.currency(),
    }
}

/// Asks a connector something about a stored payment, and notes how its provider is doing.
async fn ask_about(app: &App, due: &DueCall, task: Task<'_>) -> Word {
    let Some(connector) = app.providers.find(due.call.provider) else {
        tracing::error!(
            provider = due.call.provider.word(),
            payment = due.payment.dgs_reference,
            "a payment waits for a provider that is not configured"
        );
        return Word::of(Verdict::Unknown);
    };
    let Ok(chance) = secrets::random_bytes() else { return Word::of(Verdict::NotSent) };
    let bank_code = match &due.detail {
        Detail::Disbursement(disbursement) => match &disbursement.recipient {
            domain::disbursement::Recipient::Bank { bank_key, .. } => {
                app.banks.find(bank_key).and_then(|bank| bank.code_at(due.call.provider))
            }
            domain::disbursement::Recipient::MobileMoney { .. } => None,
        },
        Detail::Charge(_) | Detail::Conversion(_) | Detail::Refund(_) => None,
    };
    let callback_url =
        format!("{}/providers/{}/webhook", app.settings.public_url, due.call.provider.word());
    let return_url = app.wording.status_url(due.payment.account, due.payment.id);
    let ask = Ask {
        task,
        call: &due.call,
        payment: &due.payment,
        detail: &due.detail,
        charge: due.charge.as_ref(),
        bank_code,
        callback_url: &callback_url,
        return_url: &return_url,
        chance: &chance,
        now: app.clock.now(),
    };
    let asked = app.providers.ask(connector.as_ref(), &ask);
    let word = timeout(CALL_TIMEOUT, asked).await.unwrap_or(Word::of(Verdict::Unknown));
    let network = network_of(&due.detail);
    let served = (due.call.provider, network);
    app.providers.availability.note(app.clock.now(), served, &word.verdict);
    word
}
