//! The order of requests. A flow reads like a conversation: each [`Replies::after`] gives the reply
//! to its request if it is there, or ends the walk with the request that is to be sent.

use std::time::Duration;

use domain::Timestamp;
use domain::disbursement::Recipient;
use domain::payment::{Detail, PaymentState};
use domain::provider_call::{Verdict, Word};
use zeroize::Zeroizing;

use super::answer::{Bank, Branch, Charge, Heard, Refund, Transfer, TransferPage, hear, is_plain};
use super::body::{ChargeChange, DirectCharge, DirectTransfer, NewRefund, json, request_id};
use super::codes::Meaning;
use super::{Flutterwave, TOKEN, word};
use crate::provider::{Ask, CardData, Reply, Request, Secret, Shown, Task, Verb};

/// A word, or the request that must be sent first.
type Walk<T = Word> = Result<T, Box<Request>>;

/// How far around the moment of a call its transfer or refund is looked for.
const SCAN_BEFORE: Duration = Duration::from_secs(5 * 60);
const SCAN_AFTER: Duration = Duration::from_secs(60 * 60);

/// Pages of a list, of 50 entries each, that are read before giving up.
const PAGES_MAX: u32 = 10;

#[derive(Debug)]
pub struct Replies<'a>(std::slice::Iter<'a, Reply>);

impl<'a> Replies<'a> {
    pub fn of(replies: &'a [Reply]) -> Replies<'a> {
        Replies(replies.iter())
    }

    fn after(&mut self, request: impl FnOnce() -> Request) -> Walk<&'a Reply> {
        self.0.next().ok_or_else(|| Box::new(request()))
    }
}

impl Flutterwave {
    pub fn answer(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        match (ask.task, ask.detail) {
            (Task::Submit(card), Detail::Charge(_)) => self.submit_charge(ask, card, replies),
            (Task::Submit(_), Detail::Disbursement(_)) => self.submit_transfer(ask, replies),
            (Task::Submit(_), Detail::Refund(_)) => self.submit_refund(ask, replies),
            (Task::Authorize(shown), Detail::Charge(_)) => {
                self.authorize(ask, shown, replies).map(found)
            }
            (Task::Enquire, Detail::Charge(_)) => self.find_charge(ask, replies),
            (Task::Enquire, Detail::Disbursement(_)) => self.enquire_transfer(ask, replies),
            (Task::Enquire, Detail::Refund(_)) => self.enquire_refund(ask, replies),
            (_, Detail::Conversion(_))
            | (Task::Authorize(_), Detail::Disbursement(_) | Detail::Refund(_)) => {
                Ok(word(Verdict::NotSent))
            }
        }
    }

    fn submit_charge(
        &self,
        ask: &Ask<'_>,
        card: Option<&CardData>,
        replies: &mut Replies<'_>,
    ) -> Walk {
        let Detail::Charge(charge) = ask.detail else { return Ok(word(Verdict::NotSent)) };
        let Some(body) = DirectCharge::of(ask, charge, card, &self.field_key) else {
            // Card data is there once; it may have been sent then.
            return self.find_charge(ask, replies).map(found);
        };
        let request = || self.post(ask, "/orchestration/direct-charges", "charge", json(&body));
        match hear::<Charge>(replies.after(request)?) {
            Heard::Told(charge) => Ok(charge.word(ask)),
            Heard::Silent(verdict) => Ok(word(verdict)),
            Heard::Refused(refusal) => match refusal.meaning() {
                Meaning::Refused => Ok(refusal.declined()),
                Meaning::Exists => self.find_charge(ask, replies).map(found),
                Meaning::Unclear => Ok(word(Verdict::Unknown)),
            },
        }
    }

    /// Whatever is said against what the payer showed, the charge itself says where it stands.
    fn authorize(&self, ask: &Ask<'_>, shown: Shown<'_>, replies: &mut Replies<'_>) -> Walk {
        let id = match &ask.payment.provider_reference {
            Some(id) => id.clone(),
            None => {
                let found = self.find_charge(ask, replies)?;
                let is_waiting = matches!(found.verdict, Verdict::NextAction(_));
                match found.provider_reference.clone() {
                    Some(id) if is_waiting => id,
                    Some(_) | None => return Ok(found),
                }
            }
        };
        let Some(body) = ChargeChange::of(shown, &self.field_key, ask.chance) else {
            return Ok(word(Verdict::NotSent));
        };
        let request = || self.send(ask, Verb::Put, &format!("/charges/{id}"), json(&body));
        match hear::<Charge>(replies.after(request)?) {
            Heard::Told(charge) => Ok(charge.word(ask)),
            Heard::Silent(verdict) => Ok(word(verdict)),
            Heard::Refused(_) => self.find_charge(ask, replies),
        }
    }

    fn find_charge(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let reference = &ask.call.client_reference;
        let request = || self.get(ask, &format!("/charges?reference={reference}"));
        Ok(match hear::<Vec<Charge>>(replies.after(request)?) {
            Heard::Told(charges) => charges
                .into_iter()
                .find(|charge| charge.reference == *reference)
                .map_or(word(Verdict::Unheard), |charge| charge.word(ask)),
            Heard::Refused(_) | Heard::Silent(_) => word(Verdict::Unknown),
        })
    }

    /// Sent twice it is one transfer: by the idempotency key, and by the reference, which must be
    /// unique.
    fn submit_transfer(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let Detail::Disbursement(disbursement) = ask.detail else {
            return Ok(word(Verdict::NotSent));
        };
        let branch = self.branch(ask, &disbursement.recipient, replies)?;
        let narration = disbursement.narration.as_deref();
        let recipient = &disbursement.recipient;
        let Some(body) = DirectTransfer::of(ask, recipient, narration, branch.as_deref()) else {
            return Ok(word(Verdict::NotSent));
        };
        let request = || self.post(ask, "/direct-transfers", "transfer", json(&body));
        match hear::<Transfer>(replies.after(request)?) {
            Heard::Told(transfer) => Ok(transfer.word(ask)),
            Heard::Silent(verdict) => Ok(word(verdict)),
            Heard::Refused(refusal) => match refusal.meaning() {
                Meaning::Refused => Ok(refusal.declined()),
                Meaning::Exists => self.scan_transfers(ask, replies).map(found),
                Meaning::Unclear => Ok(word(Verdict::Unknown)),
            },
        }
    }

    /// The branch that is given, or the first one that the provider lists for the bank. `None`
    /// where it lists none, or does not answer: then nothing can be sent.
    fn branch(
        &self,
        ask: &Ask<'_>,
        recipient: &Recipient,
        replies: &mut Replies<'_>,
    ) -> Walk<Option<String>> {
        let (Recipient::Bank { branch, .. }, Some(code)) = (recipient, ask.bank_code) else {
            return Ok(None);
        };
        if branch.is_some() {
            return Ok(branch.clone());
        }
        let request = || self.get(ask, "/banks?country=RW");
        let Heard::Told(banks) = hear::<Vec<Bank>>(replies.after(request)?) else {
            return Ok(None);
        };
        let bank = banks.into_iter().find(|bank| bank.code == code && is_plain(&bank.id));
        let Some(bank) = bank else { return Ok(None) };
        let request = || self.get(ask, &format!("/banks/{}/branches", bank.id));
        Ok(match hear::<Vec<Branch>>(replies.after(request)?) {
            Heard::Told(branches) => branches.into_iter().next().map(|branch| branch.code),
            Heard::Refused(_) | Heard::Silent(_) => None,
        })
    }

    /// By its id; without one the same request goes out again, because no list of theirs can be
    /// asked by reference. It is the same transfer then, or the first one if none ever arrived.
    fn enquire_transfer(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let Some(id) = &ask.payment.provider_reference else {
            let may_still_be_made = ask.payment.state == PaymentState::Pending;
            let walk = if may_still_be_made {
                self.submit_transfer(ask, replies)
            } else {
                self.scan_transfers(ask, replies)
            };
            return walk.map(found);
        };
        let request = || self.get(ask, &format!("/transfers/{id}"));
        Ok(match hear::<Transfer>(replies.after(request)?) {
            Heard::Told(transfer) => transfer.word(ask),
            Heard::Refused(_) | Heard::Silent(_) => word(Verdict::Unknown),
        })
    }

    /// Looks for our reference among the transfers made about the time of the call.
    fn scan_transfers(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let window = window(ask);
        let mut next = String::new();
        for _ in 0..PAGES_MAX {
            let request = || self.get(ask, &format!("/transfers?{window}{next}"));
            let Heard::Told(page) = hear::<TransferPage>(replies.after(request)?) else {
                return Ok(word(Verdict::Unknown));
            };
            let is_it = |transfer: &Transfer| transfer.reference == ask.call.client_reference;
            if let Some(transfer) = page.transfers.into_iter().find(is_it) {
                return Ok(transfer.word(ask));
            }
            let cursor = page.cursor.filter(|cursor| cursor.has_more_items);
            let Some(cursor) = cursor.and_then(|cursor| cursor.next) else {
                return Ok(word(Verdict::Unheard));
            };
            let mut query = form_urlencoded::Serializer::new(String::new());
            next = format!("&{}", query.append_pair("next", &cursor).finish());
        }
        Ok(word(Verdict::Unknown))
    }

    fn submit_refund(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let charge_id = ask.charge.and_then(|charge| charge.provider_reference.as_deref());
        let Some(charge_id) = charge_id else { return Ok(word(Verdict::NotSent)) };
        let body = NewRefund::of(ask, charge_id);
        let request = || self.post(ask, "/refunds", "refund", json(&body));
        match hear::<Refund>(replies.after(request)?) {
            Heard::Told(refund) => Ok(refund.word(ask)),
            Heard::Silent(verdict) => Ok(word(verdict)),
            Heard::Refused(refusal) => match refusal.meaning() {
                Meaning::Refused => Ok(refusal.declined()),
                Meaning::Exists => self.scan_refunds(ask, replies).map(found),
                Meaning::Unclear => Ok(word(Verdict::Unknown)),
            },
        }
    }

    /// By its id, or among the refunds made about the time of the call. It is never sent again:
    /// nothing but the idempotency key, of unknown life, would keep it from being a second one.
    fn enquire_refund(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let Some(id) = &ask.payment.provider_reference else {
            return self.scan_refunds(ask, replies);
        };
        let request = || self.get(ask, &format!("/refunds/{id}"));
        Ok(match hear::<Refund>(replies.after(request)?) {
            Heard::Told(refund) => refund.word(ask),
            Heard::Refused(_) | Heard::Silent(_) => word(Verdict::Unknown),
        })
    }

    fn scan_refunds(&self, ask: &Ask<'_>, replies: &mut Replies<'_>) -> Walk {
        let window = window(ask);
        for page in 1..=PAGES_MAX {
            let request = || self.get(ask, &format!("/refunds?{window}&page={page}"));
            let Heard::Told(refunds) = hear::<Vec<Refund>>(replies.after(request)?) else {
                return Ok(word(Verdict::Unknown));
            };
            if refunds.is_empty() {
                return Ok(word(Verdict::Unheard));
            }
            let is_it = |refund: &Refund| refund.is_of(&ask.call.client_reference);
            if let Some(refund) = refunds.into_iter().find(is_it) {
                return Ok(refund.word(ask));
            }
        }
        Ok(word(Verdict::Unknown))
    }

    fn get(&self, ask: &Ask<'_>, path: &str) -> Request {
        self.send(ask, Verb::Get, path, Zeroizing::default())
    }

    /// `purpose` and our reference name the request: sent again, it is the same one.
    fn post(&self, ask: &Ask<'_>, path: &str, purpose: &str, body: Zeroizing<Vec<u8>>) -> Request {
        let mut request = self.send(ask, Verb::Post, path, body);
        let key = request_id(purpose, &ask.call.client_reference);
        request.headers.push(("x-idempotency-key", Secret::new(key)));
        request
    }

    fn send(&self, ask: &Ask<'_>, verb: Verb, path: &str, body: Zeroizing<Vec<u8>>) -> Request {
        let trace_id = request_id(&format!("{verb:?} {path}"), &ask.call.client_reference);
        let mut headers = vec![("x-trace-id", Secret::new(trace_id))];
        if !body.is_empty() {
            headers.push(("content-type", Secret::new("application/json")));
        }
        if let Some(scenario) = scenario(ask.detail) {
            headers.push(("x-scenario-key", Secret::new(scenario)));
        }
        Request { verb, url: format!("{}{path}", self.url), headers, body, token: Some(TOKEN) }
    }
}

/// Of a look-up that follows something sent: that it was not sent, or is not found yet, says
/// nothing about the payment.
fn found(word: Word) -> Word {
    match word.verdict {
        Verdict::NotSent | Verdict::Unheard => Word { verdict: Verdict::Unknown, ..word },
        Verdict::Succeeded
        | Verdict::Declined(_)
        | Verdict::NextAction(_)
        | Verdict::Pending
        | Verdict::Unknown
        | Verdict::Contradicts(_) => word,
    }
}

/// What the provider's own sandbox is asked to simulate. Empty in live.
fn scenario(detail: &Detail) -> Option<String> {
    match detail {
        Detail::Charge(charge) => charge.scenario.text(),
        Detail::Disbursement(disbursement) => disbursement.scenario.text(),
        Detail::Refund(refund) => refund.scenario.text(),
        Detail::Conversion(conversion) => conversion.scenario.text(),
    }
}

fn window(ask: &Ask<'_>) -> String {
    let made_at = ask.call.created_at;
    let (from, to) = (time(made_at.minus(SCAN_BEFORE)), time(made_at.plus(SCAN_AFTER)));
    format!("from={from}&to={to}&size=50")
}

/// ISO 8601, in UTC.
fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_secs()).map(|at| at.to_string()).unwrap_or_default()
}
