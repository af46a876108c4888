//! Takes the bank's settlement notices. Whatever becomes of one is told in the bank's own codes
//! under HTTP 200, and `00` only once it is durable.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use dialects::provider::providus::answer_notice;
use dialects::provider::{Callback, CallbackAnswer, CallbackFault, Outcome};
use domain::decide::{Command, Refusal, TakeDeposit};
use domain::deposit::Notice;
use domain::limits;
use domain::virtual_account::VirtualAccount;
use store::SubmitError;

use super::Bank;
use crate::api::json_answer;
use crate::app::App;
use crate::server::body::{self, BodyFault};

const UNREADABLE: Outcome = Outcome::Refused(CallbackFault::Unreadable);

pub async fn receive(State(app): State<Arc<App>>, request: Request) -> Response {
    let headers: Vec<(String, Vec<u8>)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let read = body::read(request.into_body(), limits::BODY_BYTES_MAX, limits::BODY_TIMEOUT).await;
    let body = match read {
        Ok(body) => body,
        // Too large for any notice: refused like other bodies that are none.
        Err(BodyFault::TooLarge { .. }) => bytes::Bytes::new(),
        Err(BodyFault::TooSlow | BodyFault::Broken) => {
            return respond(answer_notice("", Outcome::NotStored));
        }
    };
    let now = app.clock.now();
    let callback = Callback { headers: &headers, path: "", body: &body, now };
    respond(take(&app, &callback).await)
}

fn respond(answer: CallbackAnswer) -> Response {
    json_answer(StatusCode::OK, answer.body)
}

/// What becomes of a notice, from its raw bytes on.
pub async fn take(app: &App, callback: &Callback<'_>) -> CallbackAnswer {
    let Some(bank) = &app.settings.bank else {
        tracing::warn!("a settlement notice came, and no bank is configured");
        return answer_notice("", UNREADABLE);
    };
    let (session_id, notice) = bank.dialect.read_notice(callback);
    let outcome = match notice {
        Ok(notice) => store(app, bank, notice).await,
        Err(fault) => {
            tracing::warn!(%fault, "a settlement notice was rejected");
            UNREADABLE
        }
    };
    answer_notice(&session_id, outcome)
}

async fn store(app: &App, bank: &Bank, notice: Notice) -> Outcome {
    if notice.sums.currency != VirtualAccount::CURRENCY {
        tracing::warn!(
            settlement = notice.settlement_id,
            "a settlement notice in another currency"
        );
        return UNREADABLE;
    }
    let settlement = notice.settlement_id.clone();
    let take = Command::TakeDeposit(Box::new(TakeDeposit { notice, trust: bank.trust }));
    match app.store.lane().submit(take).await {
        Ok(_) => Outcome::Taken,
        Err(SubmitError::Refused(Refusal::DepositRepeated)) => Outcome::Repeated,
        Err(SubmitError::Refused(refusal)) => {
            tracing::warn!(settlement, %refusal, "a settlement notice was rejected");
            UNREADABLE
        }
        Err(error) => {
            tracing::error!(settlement, %error, "a settlement notice was not stored");
            Outcome::NotStored
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::providers::{Providers, Scope};
    use crate::config::source::Source;
    use crate::config::{SandboxArgs, Settings};
    use crate::secrets::MasterKey;
    use clap::Parser;
    use dialects::provider::Secret;
    use dialects::provider::providus::{Providus, SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET};
    use domain::account::Account;
    use domain::decide::{OpenAccount, OpenVirtualAccount};
    use domain::deposit::{Sender, Sums};
    use domain::fee::FeeRule;
    use domain::provider_call::Provider;
    use domain::settlement::SettlementRule;
    use domain::virtual_account::VirtualAccountKind;
    use domain::{AccountId, Currency, Environment};
    use tokio::sync::watch;

    const ACCOUNT: AccountId = AccountId(7);
    const NUMBER: &str = "9977581536";

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SandboxArgs,
    }

    fn app(folder: &std::path::Path) -> Arc<App> {
        let line = Line::parse_from(["dgspay", "--data", folder.to_str().unwrap()]);
        let mut source = Source::of_variables(&|_| None);
        let providers = Providers::read(&mut source, &[], Scope::SANDBOX);
        let address = "127.0.0.1:1".parse().unwrap();
        let settings = Settings::of_sandbox(&line.args, providers, address);
        let (_stop, stopping) = watch::channel(false);
        let key = MasterKey::of_folder(folder).unwrap();
        App::build(settings, key, stopping).unwrap().0
    }

    async fn open(app: &App) {
        let account = Account {
            id: ACCOUNT,
            merchant_id: "m".to_owned(),
            merchant_name: "M".to_owned(),
            environment: Environment::Test,
            number: "ACC-0000007".to_owned(),
            requires_number: true,
            allowed_networks: Vec::new(),
            charge_fee: FeeRule::CHARGE_DEFAULT,
            disbursement_fee: FeeRule::DISBURSEMENT_DEFAULT,
            settlement: SettlementRule::SANDBOX_DEFAULT,
            card_currencies: Vec::new(),
        };
        let open = OpenAccount {
            account,
            webhook_url: None,
            secrets: Vec::new(),
            opening_funds: Vec::new(),
        };
        app.store.lane().submit(Command::OpenAccount(Box::new(open))).await.unwrap();
        let open = OpenVirtualAccount {
            account: ACCOUNT,
            key_use: None,
            provider: Provider::Providus,
            kind: VirtualAccountKind::Dynamic,
            number: NUMBER.to_owned(),
            name: "Ada".to_owned(),
            bank_name: "Bank".to_owned(),
        };
        app.store.lane().submit(Command::OpenVirtualAccount(Box::new(open))).await.unwrap();
    }

    async fn tell(app: &App) -> String {
        let notice = Notice {
            provider: Provider::Providus,
            settlement_id: "s-1".to_owned(),
            session_id: "session".to_owned(),
            account_number: NUMBER.to_owned(),
            sums: Sums {
                currency: Currency::Ngn,
                transaction_minor: 100,
                settled_minor: 100,
                fee_minor: 0,
                vat_minor: 0,
            },
            sender: Sender::default(),
            remarks: None,
            paid_at: None,
        };
        let secret = Secret::new(SANDBOX_CLIENT_SECRET);
        let bank = Providus::new(Secret::new(SANDBOX_CLIENT_ID), &secret);
        let (headers, body) = bank.write_notice(&notice);
        let now = app.clock.now();
        let callback = Callback { headers: &headers, path: "", body: body.as_bytes(), now };
        take(app, &callback).await.body
    }

    #[tokio::test]
    async fn the_bank_is_asked_to_try_again_while_nothing_can_be_stored() {
        let folder = tempfile::tempdir().unwrap();
        let sick = app(folder.path());
        open(&sick).await;
        sick.store.close();
        let told = tell(&sick).await;
        assert!(told.contains(r#""sessionId":"session""#), "{told}");
        assert!(
            told.ends_with(r#""responseMessage":"system failure, retry","responseCode":"03"}"#)
        );
        drop(sick);

        let well = app(folder.path());
        assert!(tell(&well).await.contains(r#""responseCode":"00""#));
        assert!(tell(&well).await.contains(r#""responseCode":"01""#));
        well.store.close();
    }
}
