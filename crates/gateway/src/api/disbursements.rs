//! `POST /disburse`

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dialects::banks::{Bank, BankType};
use dialects::provider::Service;
use domain::account::Account;
use domain::decide::{Command, CreateDisbursement, Order};
use domain::disbursement::{Disbursement, Recipient};
use domain::money::{Currency, Money};
use domain::payment::PaymentKind;
use domain::phone::{Network, Phone};
use domain::provider_call::Provider;
use domain::scenario::Choice;
use domain::{AccountId, limits};

use crate::api::caller::Caller;
use crate::api::charges::{callback_url, first_on_route, scenario};
use crate::api::form::Form;
use crate::api::idempotency_key::key_use;
use crate::api::json_body::JsonBody;
use crate::api::{Problem, written_answer};
use crate::app::App;

const OPERATION: &str = "POST /disburse";

/// Disbursements are in francs, to Rwanda.
const CURRENCY: Currency = Currency::Rwf;
const COUNTRY: &str = "RW";

pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let account = &caller.0.account;
    let key_use = key_use(&headers, account.id, OPERATION, &body)?;
    let mut form = Form::of(&body);
    let order = read(&mut form, &app, account);
    form.finish()?;
    let order = routed(&app, account.id, order.ok_or(Problem::Bug)?)?;
    let command = CreateDisbursement { account: account.id, key_use, order };
    let command = Command::CreateDisbursement(Box::new(command));
    written_answer(app.store.lane().submit(command).await?)
}

/// Reads the guide's tables from top to bottom. `None` only beside a fault.
pub(super) fn read(form: &mut Form<'_>, app: &App, account: &Account) -> Option<Order> {
    let gross = amount(form, account);
    let destination = form.required_text("destination_type", limits::NAME_CHARS_MAX);
    if destination.is_some_and(|word| !matches!(word, "bank" | "mobile_money")) {
        form.fault("destination_type", "must be bank or mobile_money");
    }
    let recipient = match (form.requires_object("recipient"), destination) {
        (true, Some("bank")) => bank_recipient(form, app),
        (true, Some("mobile_money")) => mobile_money_recipient(form),
        (true | false, _) => None,
    };
    let narration = form.text("narration", limits::NARRATION_CHARS_MAX).map(str::to_owned);
    let callback_url = callback_url(form, app);
    let scenario = scenario(form, app.settings.environment, Choice::DISBURSEMENT);
    let disbursement = Disbursement {
        recipient: recipient?,
        narration,
        scenario: scenario?,
        bulk: None,
        proof: None,
    };
    Some(Order {
        gross: gross?,
        disbursement,
        callback_url,
        provider: Provider::Simulator,
        first_word: None,
    })
}

/// The order with the provider that it goes to first.
pub(super) fn routed(app: &App, account: AccountId, order: Order) -> Result<Order, Problem> {
    let recipient = &order.disbursement.recipient;
    let service = Service {
        kind: PaymentKind::Disbursement,
        method: recipient.method(),
        network: recipient.network(),
        currency: order.gross.currency(),
    };
    let provider = first_on_route(app, account, &service)?;
    let first_word = (provider == Provider::Simulator).then(|| app.simulator.first_transfer_word());
    Ok(Order { provider, first_word, ..order })
}

/// Judged here as well as in the decision, to stand among the other faults.
fn amount(form: &mut Form<'_>, account: &Account) -> Option<Money> {
    let text = form.required_number("amount")?;
    let gross = form.keep("amount", Money::from_decimal_text(text, CURRENCY))?;
    form.keep("amount", Order::fee_minor(account.disbursement_fee, gross))?;
    Some(gross)
}

fn bank_recipient(form: &mut Form<'_>, app: &App) -> Option<Recipient> {
    let key = form.required_text("recipient.bank_key", limits::NAME_CHARS_MAX);
    let bank = key.and_then(|key| bank(form, app, key));
    let number = form.required_text("recipient.account_number", limits::BANK_ACCOUNT_CHARS_MAX);
    let is_fit = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if number.is_some_and(|number| !is_fit(number)) {
        form.fault("recipient.account_number", "may have letters, digits and dashes");
    }
    let name = form.text("recipient.name", limits::NAME_CHARS_MAX);
    let branch = if bank.is_some_and(|bank| bank.branch_required == 1) {
        form.required_text("recipient.branch", limits::NAME_CHARS_MAX)
    } else {
        form.text("recipient.branch", limits::NAME_CHARS_MAX)
    };
    Some(Recipient::Bank {
        bank_key: bank?.bank_key.clone(),
        account_number: number?.to_owned(),
        name: name.map(str::to_owned),
        branch: branch.map(str::to_owned),
    })
}

fn bank<'a>(form: &mut Form<'_>, app: &'a App, key: &str) -> Option<&'a Bank> {
    let message = match app.banks.find(key) {
        None => "is unknown; GET /banks/RW lists the banks",
        Some(Bank { r#type: BankType::MobileMoney, .. }) => {
            "names a mobile money provider; use destination_type mobile_money"
        }
        Some(bank) if bank.currency != CURRENCY.code() => "names a bank that takes no RWF",
        Some(bank) => return Some(bank),
    };
    form.fault("recipient.bank_key", message);
    None
}

fn mobile_money_recipient(form: &mut Form<'_>) -> Option<Recipient> {
    let msisdn = form.required_text("recipient.msisdn", limits::NAME_CHARS_MAX);
    let phone = msisdn.and_then(|text| form.keep("recipient.msisdn", Phone::rwandan(text)));
    let network =
        form.required_text("recipient.network", limits::NAME_CHARS_MAX).and_then(|name| {
            let network = Network::parse(name);
            if network.is_none() {
                form.fault("recipient.network", "must be MTN or Airtel");
            }
            network
        });
    let country = form.required_text("recipient.country", limits::NAME_CHARS_MAX);
    if country.is_some_and(|code| !code.eq_ignore_ascii_case(COUNTRY)) {
        form.fault("recipient.country", "must be RW");
    }
    let name = form.text("recipient.name", limits::NAME_CHARS_MAX).map(str::to_owned);
    Some(Recipient::MobileMoney { network: network?, phone: phone?, name })
}
