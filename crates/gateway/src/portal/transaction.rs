//! One transaction: what it is, what happened to it, and what was told of it to whom.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::decide::{Command, Refusal, ResendEvent};
use domain::delivery::DeliveryState;
use domain::money::amount_text;
use domain::payment::{Detail, Payment};
use domain::people::{Action, Permission};
use domain::provider_call::CallState;
use domain::{AccountId, EventId};
use store::query::events::find_event;
use store::query::overview::list_events_of;
use store::query::payments::{Name, find_detail, find_payment};
use store::query::provider_calls::find_call;
use store::{Reader, StoreError, SubmitError};

use crate::api::transactions::{named_id, timeline};
use crate::pages::{PortalTexts, see_other};
use crate::portal::fields::MemberForm;
use crate::portal::home::grouped;
use crate::portal::layout::{self, Shell, time_text};
use crate::portal::scope::Scope;
use crate::portal::turned::Turned;
use crate::portal::visit::Member;

#[derive(Template)]
#[template(path = "portal/transaction.html")]
struct Transaction<'a> {
    shell: &'a Shell,
    reference: &'a str,
    amount: String,
    state: &'static str,
    state_class: &'static str,
    facts: Vec<(&'static str, String)>,
    answer: Vec<(&'static str, String)>,
    timeline: Vec<(String, String)>,
    events: Vec<Event>,
    resend_path: Option<String>,
    list_path: String,
}

struct Event {
    id: String,
    kind: &'static str,
    at: String,
    body: String,
    deliveries: Vec<Delivery>,
}

struct Delivery {
    url: String,
    state: &'static str,
    state_class: &'static str,
    attempts: Vec<Attempt>,
}

struct Attempt {
    number: u32,
    at: String,
    outcome: String,
    ms: u128,
    excerpt: String,
}

pub async fn show(
    Path((environment, name)): Path<(String, String)>,
    member: Member,
) -> Result<Response, Turned> {
    let scope = Scope::enter(member, &environment, Permission::SeePayments)?;
    let (shell, account) = (scope.shell(), scope.account());
    let read = move |reader: &Reader| find(reader, account, &name);
    let found = scope.app.store.read(read).await?;
    let (payment, detail) = found.ok_or_else(|| Turned::not_found(&scope.member.visit))?;
    let words = shell.words;
    let (mut timeline, call, events) = {
        let (payment, detail) = (payment.clone(), detail.clone());
        let read = move |reader: &Reader| {
            let timeline = timeline(reader, &payment, &detail)?;
            let call = find_call(reader, account, payment.id)?;
            let mut events = Vec::new();
            for id in list_events_of(reader, account, payment.id)? {
                events.extend(find_event(reader, account, id)?);
            }
            Ok((timeline, call, events))
        };
        scope.app.store.read(read).await?
    };
    timeline.sort_by_key(|one| one.at);
    let call = call.map(|due| due.call);
    let currency = payment.gross.currency();
    let page = Transaction {
        reference: &payment.dgs_reference,
        amount: format!("{} {currency}", grouped(&amount_text(payment.gross.minor(), currency))),
        state: (words.state)(payment.state),
        state_class: payment.state.record_word(),
        facts: facts(&payment, &detail, words),
        answer: answer(&payment, call.as_ref(), words),
        timeline: timeline.into_iter().map(|one| (time_text(one.at), one.text)).collect(),
        events: events.into_iter().map(|(event, told)| shown(event, told, words)).collect(),
        resend_path: scope
            .may(Permission::ResendEvents)
            .then(|| scope.path(&format!("/transactions/{}/resend", payment.id.record_id()))),
        list_path: scope.path("/transactions"),
        shell: &shell,
    };
    Ok(layout::show(StatusCode::OK, &page))
}

fn find(
    reader: &Reader,
    account: AccountId,
    name: &str,
) -> Result<Option<(Payment, Detail)>, StoreError> {
    let Some(id) = named_id(name) else { return Ok(None) };
    let Some(payment) = find_payment(reader, account, &Name::Id(id))? else { return Ok(None) };
    Ok(find_detail(reader, &payment)?.map(|detail| (payment, detail)))
}

fn facts(payment: &Payment, detail: &Detail, words: &PortalTexts) -> Vec<(&'static str, String)> {
    let currency = payment.gross.currency();
    let money = |minor| format!("{} {currency}", grouped(&amount_text(minor, currency)));
    let mut facts = vec![
        (words.id, payment.id.record_id()),
        (words.type_, (words.kind)(payment.kind).to_owned()),
        (words.method_label, (words.method)(payment.method).to_owned()),
        (words.fee, money(payment.fee_minor)),
        (words.created, time_text(payment.created_at)),
    ];
    facts.extend(payment.finished_at.map(|at| (words.finished, time_text(at))));
    facts.extend(payment.settled_at.map(|at| (words.settled, time_text(at))));
    if payment.refunded_minor > 0 {
        facts.push((words.refunded, money(payment.refunded_minor)));
    }
    match detail {
        Detail::Charge(charge) => {
            let customer = &charge.customer;
            let name = format!("{} {}", customer.first_name, customer.last_name);
            facts.push((words.customer, name));
            facts.push((words.email, customer.email.clone()));
            let mobile_money = charge.mobile_money.as_ref();
            facts.extend(mobile_money.map(|one| (words.phone, one.phone.e164().to_owned())));
            let card = charge.card.as_ref();
            facts.extend(card.map(|one| (words.card, format!("… {}", one.last_four))));
            facts.extend(charge.narration.clone().map(|text| (words.narration, text)));
        }
        Detail::Disbursement(_) | Detail::Conversion(_) | Detail::Refund(_) => {}
    }
    facts
}

/// What the provider said, in its own words.
fn answer(
    payment: &Payment,
    call: Option<&domain::provider_call::ProviderCall>,
    words: &PortalTexts,
) -> Vec<(&'static str, String)> {
    let mut answer = vec![(words.provider, payment.provider.word().to_owned())];
    answer.extend(payment.provider_reference.clone().map(|text| (words.provider_reference, text)));
    if let Some(reason) = &payment.reason {
        answer.push((words.reason, format!("{} ({}, {})", reason.text, reason.kind, reason.code)));
    }
    if let Some(call) = call.filter(|call| call.state == CallState::NeedsReview) {
        answer.push((words.under_review, call.note.clone().unwrap_or_default()));
    }
    answer
}

fn shown(
    listed: domain::event::ListedEvent,
    told: Vec<domain::delivery::ListedDelivery>,
    words: &PortalTexts,
) -> Event {
    let deliveries = told.into_iter().map(|one| Delivery {
        url: one.url.unwrap_or_default(),
        state: match one.delivery.state {
            DeliveryState::Pending => words.delivery_pending,
            DeliveryState::Delivered => words.delivery_delivered,
            DeliveryState::Parked => words.delivery_parked,
        },
        state_class: match one.delivery.state {
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "success",
            DeliveryState::Parked => "failed",
        },
        attempts: one
            .attempts
            .into_iter()
            .map(|attempt| Attempt {
                number: attempt.number,
                at: time_text(attempt.started_at),
                outcome: match (attempt.status, attempt.fault) {
                    (Some(status), _) => format!("HTTP {status}"),
                    (None, fault) => fault.unwrap_or_default(),
                },
                ms: attempt.latency.as_millis(),
                excerpt: attempt.excerpt,
            })
            .collect(),
    });
    Event {
        id: listed.event.id.text(),
        kind: listed.event.kind.word(),
        at: time_text(listed.event.created_at),
        body: listed.event.body,
        deliveries: deliveries.collect(),
    }
}

/// Tells an event again, to every endpoint that wants it.
pub async fn resend(
    Path((environment, name)): Path<(String, String)>,
    form: MemberForm,
) -> Result<Response, Turned> {
    let MemberForm { member, fields } = form;
    let scope = Scope::enter(member, &environment, Permission::ResendEvents)?;
    let account = scope.account();
    let unknown = || Turned::not_found(&scope.member.visit);
    let event = EventId::parse(fields.text("event")).ok_or_else(unknown)?;
    let payment = named_id(&name).ok_or_else(unknown)?;
    let read = move |reader: &Reader| list_events_of(reader, account, payment);
    if !scope.app.store.read(read).await?.contains(&event) {
        return Err(unknown());
    }
    scope.record(Action::EventResent, event.text()).await?;
    let resend = ResendEvent { account, event, key_use: None, endpoint: None };
    match scope.app.store.lane().submit(Command::ResendEvent(Box::new(resend))).await {
        Ok(_) => Ok(see_other(&scope.path(&format!("/transactions/{}", payment.record_id())))),
        Err(SubmitError::Refused(Refusal::NobodyToTell)) => {
            let shell = scope.shell();
            let (title, text) = (shell.words.resend_refused_title, shell.words.resend_refused_text);
            Err(Turned::page_in(StatusCode::CONFLICT, &shell, title, text))
        }
        Err(error) => Err(error.into()),
    }
}
