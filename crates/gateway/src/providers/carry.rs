//! Carries payments on to their providers. What is sent was stored before; what is heard is
//! stored before anything else is done; and no transaction is open in between.

use std::sync::Arc;

use dialects::provider::{Address, CardData, Secret, Task};
use domain::decide::{Answer, ClaimCall, Command, Report, Reported};
use domain::idempotency::KeyScope;
use domain::limits::FIRST_ANSWER_WAIT;
use domain::payment::{PaymentKind, PaymentState, Reason};
use domain::provider_call::{CallState, Provider, ProviderCall, Verdict, Word};
use domain::{AccountId, PaymentId};
use store::SubmitError;
use store::query::provider_calls::{DueCall, find_call};
use tokio::time::timeout;

use crate::app::App;
use crate::providers::{ask_about, network_of, service_of};

/// What a card's holder showed, on its way to the provider. Wiped when dropped.
#[derive(Debug)]
pub enum Shown {
    Pin(Secret),
    Otp(Secret),
    Address(Address),
}

impl Shown {
    const fn borrowed(&self) -> dialects::provider::Shown<'_> {
        match self {
            Shown::Pin(pin) => dialects::provider::Shown::Pin(pin),
            Shown::Otp(code) => dialects::provider::Shown::Otp(code),
            Shown::Address(address) => dialects::provider::Shown::Address(address),
        }
    }
}

type Key = (AccountId, PaymentId);

/// Sends a charge that waits for it, and answers its request when the provider has, or when the
/// wait grows long. The exchange goes on then, whoever waits or does not.
pub async fn submit(
    app: &Arc<App>,
    key: Key,
    card: Option<CardData>,
    scope: Option<KeyScope>,
) -> Result<Answer, SubmitError> {
    let exchange = {
        let app = Arc::clone(app);
        async move {
            if let Some(due) = load(&app, key).await {
                submit_along_route(&app, due, card.as_ref()).await;
            }
        }
    };
    answer_when_done(app, exchange, key, scope).await
}

/// Hands on what a card's holder showed, and answers its request in the same way.
pub async fn authorize(
    app: &Arc<App>,
    key: Key,
    shown: Shown,
    scope: Option<KeyScope>,
) -> Result<Answer, SubmitError> {
    let exchange = {
        let app = Arc::clone(app);
        async move {
            if let Some(due) = load(&app, key).await {
                let word = ask_about(&app, &due, Task::Authorize(shown.borrowed())).await;
                report(&app, &due.call, word, Reported::ByPayer).await;
            }
        }
    };
    answer_when_done(app, exchange, key, scope).await
}

async fn answer_when_done(
    app: &Arc<App>,
    exchange: impl Future<Output = ()> + Send + 'static,
    (account, payment): Key,
    scope: Option<KeyScope>,
) -> Result<Answer, SubmitError> {
    // Of its own, so that a client that goes away does not take it along.
    let exchange = tokio::spawn(exchange);
    if timeout(FIRST_ANSWER_WAIT, exchange).await.is_err() {
        tracing::warn!(payment = payment.0, "a provider is slow to answer");
    }
    app.store.lane().submit(Command::AnswerRequest { account, payment, scope }).await
}

/// Does what is to be done about a due call: sends it, or asks how it stands.
pub async fn pursue(app: &Arc<App>, mut due: DueCall) {
    let key = (due.call.account, due.call.payment);
    let claim = ClaimCall { account: key.0, payment: key.1, due_at: due.call.due_at };
    match app.store.lane().submit(Command::ClaimCall(claim)).await {
        Ok(Answer::CallClaimed(Some(lease))) => due.call.due_at = lease,
        // Somebody was faster.
        Ok(_) => return,
        Err(error) => {
            tracing::warn!(%error, "a provider call could not be claimed; it comes up again");
            return;
        }
    }
    if !due.call.is_sent {
        return submit_along_route(app, due, None).await;
    }
    let word = ask_about(app, &due, Task::Enquire).await;
    if word.verdict != Verdict::Unheard {
        return report(app, &due.call, word, Reported::ByPoll).await;
    }
    match unheard(app, &due) {
        Some(word) => report(app, &due.call, word, Reported::ByPoll).await,
        None => submit_along_route(app, due, None).await,
    }
}

/// What it means that the provider does not know a call that we may have sent; `None` when it is
/// to be sent again, under the same reference.
fn unheard(app: &App, due: &DueCall) -> Option<Word> {
    let connector = app.providers.find(due.call.provider)?;
    let age = app.clock.now().since(due.call.created_at);
    if age < connector.unheard_after() {
        return Some(Word {
            ask_again_after: Some(connector.unheard_after().saturating_sub(age)),
            ..Word::of(Verdict::Unheard)
        });
    }
    if due.payment.state != PaymentState::Pending || due.call.state != CallState::Open {
        return Some(Word::of(Verdict::Unheard));
    }
    // Card data is not kept, so a card charge that never arrived cannot be sent again.
    let is_card_charge =
        due.payment.kind == PaymentKind::Charge && due.payment.method.is_sent_once();
    is_card_charge.then(|| {
        Word::of(Verdict::Declined(Reason {
            kind: "issuer_unavailable".to_owned(),
            code: "91".to_owned(),
            text: "The card was not charged; pay again".to_owned(),
        }))
    })
}

/// Sends a payment to its provider; to the next of its route where nothing left this process.
/// `due` is leased to the caller.
async fn submit_along_route(app: &Arc<App>, mut due: DueCall, card: Option<&CardData>) {
    let key = (due.call.account, due.call.payment);
    let mut tried = Vec::new();
    loop {
        tried.push(due.call.provider);
        let network = network_of(&due.detail);
        // A payout can wait until its provider is back; asking now would only cost time.
        let waits = due.payment.kind != PaymentKind::Charge
            && app.providers.availability.is_down(app.clock.now(), due.call.provider, network);
        let word = if waits {
            Word::of(Verdict::NotSent)
        } else {
            ask_about(app, &due, Task::Submit(card)).await
        };
        let otherwise = if word.verdict == Verdict::NotSent && !due.call.is_sent {
            next_on_route(app, &due, &tried)
        } else {
            None
        };
        let reported = if due.call.is_sent {
            // Sent before: that it could not be sent again says nothing of the first time.
            Reported::ByPoll
        } else {
            Reported::BySubmission { otherwise }
        };
        report(app, &due.call, word, reported).await;
        if otherwise.is_none() {
            return;
        }
        // Only where the report found the call still ours is it the next provider's now.
        match load(app, key).await {
            Some(moved) if Some(moved.call.provider) == otherwise => due = moved,
            Some(_) | None => return,
        }
    }
}

/// The first provider of the route that is up and was not tried. Not the one behind the present
/// one: a provider that has just gone down is the last of its route. Refunds go back the way their
/// charge came.
fn next_on_route(app: &App, due: &DueCall, tried: &[Provider]) -> Option<Provider> {
    if due.payment.kind == PaymentKind::Refund {
        return None;
    }
    let service = service_of(&due.payment, &due.detail);
    let route = app.route(due.payment.account, &service);
    let now = app.clock.now();
    let is_up =
        |provider: &Provider| !app.providers.availability.is_down(now, *provider, service.network);
    route.into_iter().filter(|provider| !tried.contains(provider)).find(is_up)
}

async fn load(app: &App, (account, payment): Key) -> Option<DueCall> {
    match app.store.read(move |reader| find_call(reader, account, payment)).await {
        // The lease is taken, the request is not sent.
        Ok(found) => found.map(|mut due| {
            due.call.is_sent = false;
            due
        }),
        Err(error) => {
            tracing::error!(%error, "a payment could not be read; it is pursued later");
            None
        }
    }
}

async fn report(app: &App, call: &ProviderCall, word: Word, reported: Reported) {
    let (account, payment, due_at) = (call.account, call.payment, Some(call.due_at));
    let report = Report { account, payment, word, reported, due_at };
    if let Err(error) = app.store.lane().submit(Command::ReportProvider(report)).await {
        tracing::warn!(%error, "a provider's answer was not stored; it is asked for again");
    }
}
