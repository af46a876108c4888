//! Which rows each command must see before it can be decided.

use std::collections::BTreeSet;

use crate::decide::{
    Command, CreateCharge, CreateRefund, JudgeDeposit, OpenVirtualAccount, RecordReconciliation,
    Report, ResolveDifference, SubmitAuthorization,
};
use crate::delivery::DeliveryKey;
use crate::deposit::Notice;
use crate::id::{AccountId, EventId, LinkId, PaymentId};
use crate::idempotency::{KeyScope, KeyUse};
use crate::provider_call::{CallbackKey, Provider};
use crate::reconcile::DifferenceId;

/// The rows a group of commands must see, each named once and in key order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// With their endpoints.
    pub accounts: BTreeSet<AccountId>,
    /// With their provider call, the link they came through, and their detail unless it is a
    /// charge's, which the end of a charge does not need.
    pub payments: BTreeSet<(AccountId, PaymentId)>,
    /// Of charges too.
    pub charge_details: BTreeSet<(AccountId, PaymentId)>,
    pub settlements: BTreeSet<(AccountId, PaymentId)>,
    pub links: BTreeSet<(AccountId, LinkId)>,
    /// Whether they are taken.
    pub slugs: BTreeSet<String>,
    pub nonces: BTreeSet<(AccountId, String)>,
    /// Provider calls alone.
    pub calls: BTreeSet<(AccountId, PaymentId)>,
    /// Whether they came before.
    pub callbacks: BTreeSet<CallbackKey>,
    /// All currencies, and the end of the ledger chain.
    pub wallets: BTreeSet<AccountId>,
    pub first_uses: Vec<KeyScope>,
    pub references: BTreeSet<(AccountId, String)>,
    pub deliveries: BTreeSet<DeliveryKey>,
    /// By the bank's name of the credit.
    pub deposits: BTreeSet<(Provider, String)>,
    /// Virtual accounts by their number, with the accounts and wallets they are for.
    pub virtual_accounts: BTreeSet<(Provider, String)>,
    /// With their payments and all of their deliveries.
    pub events: BTreeSet<(AccountId, EventId)>,
    pub reconciliation_items: BTreeSet<(AccountId, DifferenceId)>,
}

impl Needs {
    /// Adds what `command` must see.
    pub fn add(&mut self, command: &Command) {
        match command {
            Command::OpenAccount(open) => {
                self.accounts.insert(open.account.id);
            }
            Command::ConfigureAccount(configure) => {
                self.accounts.insert(configure.account);
            }
            Command::RotateSecret(rotate) => {
                self.add_known(rotate.secret.account, rotate.key_use.as_ref());
            }
            Command::ConfigureEndpoint(configure) => {
                self.add_known(configure.account, configure.key_use.as_ref());
            }
            Command::CreateCharge(create) => self.add_charge(create),
            Command::SubmitAuthorization(submit) => self.add_authorization(submit),
            Command::CreateLink(create) => {
                self.add_known(create.account, create.key_use.as_ref());
                self.slugs.insert(create.offer.slug.clone());
            }
            Command::ChangeLink(change) => {
                self.add_link((change.account, change.link), change.key_use.as_ref());
                self.slugs.insert(change.after.slug.clone());
            }
            Command::ArchiveLink(archive) => {
                self.add_link((archive.account, archive.link), archive.key_use.as_ref());
            }
            Command::CreateDisbursement(create) => self.add_debit(create.account, &create.key_use),
            Command::CreateBulk(create) => self.add_debit(create.account, &create.key_use),
            Command::CreateConversion(create) => self.add_debit(create.account, &create.key_use),
            Command::CreateRefund(create) => self.add_refund(create),
            Command::OpenVirtualAccount(open) => self.add_virtual_account(open),
            Command::TakeDeposit(take) => self.add_deposit(&take.notice),
            Command::JudgeDeposit(judge) => self.add_judged(judge),
            Command::SettleCharge { account, payment } => self.add_settlement((*account, *payment)),
            Command::ReportProvider(report) => self.add_report(report),
            Command::AnswerRequest { account, payment, scope } => {
                self.payments.insert((*account, *payment));
                self.charge_details.insert((*account, *payment));
                self.first_uses.extend(scope.clone());
            }
            Command::ClaimCall(claim) => {
                self.calls.insert((claim.account, claim.payment));
            }
            Command::TakeCallback(callback) => {
                self.callbacks.insert(callback.key.clone());
                callback.about.into_iter().for_each(|key| self.add_ending(key));
            }
            Command::ClaimDelivery(key) => {
                self.deliveries.insert(*key);
            }
            Command::RecordAttempt { attempt, .. } => self.add_delivery(attempt.key),
            Command::ParkDelivery(key) => self.add_delivery(*key),
            Command::ResendEvent(resend) => {
                self.add_known(resend.account, resend.key_use.as_ref());
                self.events.insert((resend.account, resend.event));
            }
            Command::ReplayDeliveries(replay) => {
                self.add_known(replay.account, replay.key_use.as_ref());
                self.deliveries.extend(replay.keys.iter().copied());
            }
            Command::RecordReconciliation(record) => self.add_differences(record),
            Command::ResolveDifference(resolve) => self.add_difference(resolve),
            Command::ForgetFirstUses { .. }
            | Command::SetClockAhead { .. }
            | Command::KeepSetting { .. }
            | Command::SetRates(_) => {}
        }
    }

    fn add_settlement(&mut self, key: (AccountId, PaymentId)) {
        self.wallets.insert(key.0);
        self.payments.insert(key);
        self.settlements.insert(key);
    }

    fn add_report(&mut self, report: &Report) {
        let key = (report.account, report.payment);
        self.add_ending(key);
        if report.word.has_page() {
            self.charge_details.insert(key);
        }
    }

    /// A payment that may end, with all that moves then.
    fn add_ending(&mut self, key: (AccountId, PaymentId)) {
        self.accounts.insert(key.0);
        self.payments.insert(key);
        self.wallets.insert(key.0);
    }

    fn add_link(&mut self, key: (AccountId, LinkId), key_use: Option<&KeyUse>) {
        self.links.insert(key);
        self.add_key(key_use);
    }

    fn add_charge(&mut self, create: &CreateCharge) {
        let account = create.account;
        self.accounts.insert(account);
        self.add_key(create.key_use.as_ref());
        self.references.extend(create.dgs_reference.clone().map(|text| (account, text)));
        self.links.extend(create.link.map(|link| (account, link)));
        self.nonces.extend(create.card_nonce.as_ref().map(|nonce| (account, nonce.name.clone())));
        // A provider that answers at once may move money at once.
        if create.first_word.is_some() {
            self.wallets.insert(account);
        }
    }

    fn add_authorization(&mut self, submit: &SubmitAuthorization) {
        let account = submit.account;
        self.accounts.insert(account);
        self.payments.insert((account, submit.payment));
        self.charge_details.insert((account, submit.payment));
        self.wallets.insert(account);
        self.add_key(submit.key_use.as_ref());
        self.nonces.extend(submit.nonce.as_ref().map(|nonce| (account, nonce.name.clone())));
    }

    fn add_refund(&mut self, create: &CreateRefund) {
        self.add_debit(create.account, &create.key_use);
        self.payments.insert((create.account, create.charge));
    }

    fn add_virtual_account(&mut self, open: &OpenVirtualAccount) {
        self.add_known(open.account, open.key_use.as_ref());
        self.virtual_accounts.insert((open.provider, open.number.clone()));
    }

    fn add_deposit(&mut self, notice: &Notice) {
        self.virtual_accounts.insert(notice.address());
        self.deposits.insert(notice.key());
    }

    fn add_judged(&mut self, judge: &JudgeDeposit) {
        self.add_debit(judge.account, &None);
        self.deposits.insert(judge.deposit.clone());
    }

    fn add_differences(&mut self, record: &RecordReconciliation) {
        let keys = record.differences.iter().map(|one| (one.account(), one.id.clone()));
        self.reconciliation_items.extend(keys);
    }

    fn add_difference(&mut self, resolve: &ResolveDifference) {
        self.reconciliation_items.insert((resolve.account, resolve.difference.clone()));
    }

    /// A delivery with its endpoint.
    fn add_delivery(&mut self, key: DeliveryKey) {
        self.deliveries.insert(key);
        self.accounts.insert(key.account);
    }

    fn add_known(&mut self, account: AccountId, key_use: Option<&KeyUse>) {
        self.accounts.insert(account);
        self.add_key(key_use);
    }

    /// What a request to take money out of a wallet must see.
    fn add_debit(&mut self, account: AccountId, key_use: &Option<KeyUse>) {
        self.accounts.insert(account);
        self.wallets.insert(account);
        self.add_key(key_use.as_ref());
    }

    fn add_key(&mut self, key_use: Option<&KeyUse>) {
        self.first_uses.extend(key_use.map(|key_use| key_use.scope.clone()));
    }
}
