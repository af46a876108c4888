//! The lane: the one way in for everything that changes. Commands that arrive together are
//! decided and committed together, because a commit costs a disk flush and a decision does not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc};
use std::thread::JoinHandle;

use domain::book::Book;
use domain::decide::{Answer, Command, Moment, Needs, Refusal, Wording, decide};
use domain::delivery::{Delivery, DeliveryState};
use domain::deposit::DepositState;
use domain::endpoint::EndpointState;
use domain::{AccountId, EndpointId, IdSource, Timestamp, limits};
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::engine::{Checkpointer, Sqlite};

/// Commands after which the log is moved into the database.
const COMMANDS_PER_CHECKPOINT: usize = 1_000;

/// What the lane borrows from the world, and where it tells its news.
pub struct LaneSettings {
    /// 1 to [`limits::GROUP_COMMANDS_MAX`]; 1 is a transaction per command, for comparison.
    pub group_commands_max: usize,
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    pub wording: Arc<dyn Wording>,
    /// Called after each commit, on the writer's thread: it must not block.
    pub on_commit: Box<dyn Fn(News) + Send>,
}

impl std::fmt::Debug for LaneSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaneSettings")
            .field("group_commands_max", &self.group_commands_max)
            .finish_non_exhaustive()
    }
}

/// What a commit left to be done by the workers of this process.
#[derive(Debug, Default)]
pub struct News {
    /// Born leased to us, with the bodies to send.
    pub deliveries: Vec<(Delivery, Arc<str>)>,
    /// The earliest moment at which a provider wants to be asked.
    pub calls_due_at: Option<Timestamp>,
    /// The earliest moment at which money is owed to a merchant.
    pub settlements_due_at: Option<Timestamp>,
    /// The earliest moment at which a bank is to be asked about a deposit.
    pub deposits_due_at: Option<Timestamp>,
    /// When the earliest of the changed deliveries is due again.
    pub deliveries_due_at: Option<Timestamp>,
    /// Accounts with new events.
    pub accounts_told: BTreeSet<AccountId>,
    /// Endpoints that are not told of anything any more, and why.
    pub endpoints_disabled: Vec<(AccountId, EndpointId, EndpointState)>,
    /// Accounts, endpoints or secrets changed.
    pub accounts_changed: bool,
}

/// Why a command has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much is waiting; nothing was done.
    #[error("the gateway is busy")]
    Busy,
    /// Nothing was done, and nothing will be until the cause is mended.
    #[error("nothing could be stored: {0}")]
    NotStored(String),
    /// The commit may or may not be on disk; only a read after restart can tell.
    #[error("it is not known whether this was stored")]
    Unknown,
    #[error("the gateway is stopping")]
    Stopping,
}

type Reply = oneshot::Sender<Result<Answer, SubmitError>>;

struct Waiting {
    command: Command,
    reply: Reply,
}

/// The sending side. Cheap to share.
#[derive(Debug)]
pub struct Lane {
    sender: Mutex<Option<mpsc::Sender<Waiting>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Lane {
    pub(crate) fn start(
        engine: Sqlite,
        path: &Path,
        settings: LaneSettings,
    ) -> Result<Lane, StoreError> {
        let (sender, receiver) = mpsc::channel(limits::LANE_QUEUE_MAX);
        let checkpoints = Checkpoints::start(path)?;
        let ids = IdSource::after(0, engine.last_id()?);
        let last_now = Timestamp::default();
        let writer = Writer { engine, settings, ids, last_now, checkpoints };
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || writer.run(receiver))
            .map_err(StoreError::NoThread)?;
        Ok(Lane { sender: Mutex::new(Some(sender)), writer: Mutex::new(Some(thread)) })
    }

    /// Sends a command and waits until it is durable or refused.
    pub async fn submit(&self, command: Command) -> Result<Answer, SubmitError> {
        let answer = self.enqueue(command)?;
        answer.await.map_err(|_| SubmitError::Unknown)?
    }

    /// Sends commands together, so that they are committed together where they fit.
    pub async fn submit_all(&self, commands: Vec<Command>) -> Vec<Result<Answer, SubmitError>> {
        let sent: Vec<_> = commands.into_iter().map(|command| self.enqueue(command)).collect();
        let mut answers = Vec::with_capacity(sent.len());
        for waiting in sent {
            answers.push(match waiting {
                Ok(answer) => answer.await.unwrap_or(Err(SubmitError::Unknown)),
                Err(error) => Err(error),
            });
        }
        answers
    }

    fn enqueue(
        &self,
        command: Command,
    ) -> Result<oneshot::Receiver<Result<Answer, SubmitError>>, SubmitError> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (reply, answer) = oneshot::channel();
        match sender.ok_or(SubmitError::Stopping)?.try_send(Waiting { command, reply }) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => Err(SubmitError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(SubmitError::Stopping),
        }
    }

    /// Lets what waits finish, then closes the database.
    pub(crate) fn close(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer ended in a panic");
        }
    }
}

struct Writer {
    engine: Sqlite,
    settings: LaneSettings,
    ids: IdSource,
    last_now: Timestamp,
    checkpoints: Checkpoints,
}

impl Writer {
    fn run(mut self, mut receiver: mpsc::Receiver<Waiting>) {
        // A panic here means that our own state is wrong: stop, and recover from disk.
        let _abort = AbortOnPanic;
        let group_max = self.settings.group_commands_max.clamp(1, limits::GROUP_COMMANDS_MAX);
        let mut group = Vec::with_capacity(group_max);
        while receiver.blocking_recv_many(&mut group, group_max) > 0 {
            let (commands, replies): (Vec<Command>, Vec<Reply>) =
                group.drain(..).map(|waiting| (waiting.command, waiting.reply)).unzip();
            match self.commit_group(commands) {
                Ok((answers, news)) => {
                    (self.settings.on_commit)(news);
                    for (reply, answer) in replies.into_iter().zip(answers) {
                        tell(reply, answer.map_err(SubmitError::Refused));
                    }
                }
                Err(error) => self.fail_group(&error, replies),
            }
            if self.checkpoints.is_writer_asked_to_finish()
                && let Err(error) = self.engine.finish_checkpoint()
            {
                tracing::warn!(%error, "a checkpoint did not finish");
            }
        }
        self.checkpoints.stop();
        if let Err(error) = self.engine.close() {
            tracing::warn!(%error, "the database did not close cleanly; the next start recovers it");
        }
    }

    /// needs → load → decide → save, for all commands of the group at once.
    fn commit_group(
        &mut self,
        commands: Vec<Command>,
    ) -> Result<(Vec<Result<Answer, Refusal>>, News), StoreError> {
        let mut needs = Needs::default();
        for command in &commands {
            needs.add(command);
        }
        let mut book = self.engine.begin(&needs)?;
        // Time never runs backwards within the ledger, whatever the world's clock does.
        self.last_now = self.last_now.max((self.settings.clock)());
        let count = commands.len();
        let mut moment =
            Moment { now: self.last_now, ids: &mut self.ids, wording: &*self.settings.wording };
        let answers =
            commands.into_iter().map(|command| decide(command, &mut book, &mut moment)).collect();
        self.engine.commit(&book)?;
        self.checkpoints.count(count);
        Ok((answers, news(&book)))
    }

    fn fail_group(&mut self, error: &StoreError, replies: Vec<Reply>) {
        tracing::error!(%error, commands = replies.len(), "a group could not be stored");
        let fatal = error.is_fatal() || self.engine.roll_back().is_err();
        for reply in replies {
            let told = if fatal {
                SubmitError::Unknown
            } else {
                SubmitError::NotStored(error.to_string())
            };
            tell(reply, Err(told));
        }
        if fatal {
            // After a failed flush the cache may say what the disk does not: only a restart,
            // which reads the disk, may go on.
            tracing::error!(
                "the database can no longer be trusted; stopping so that a restart recovers it"
            );
            std::process::abort();
        }
    }
}

/// A caller that went away no longer wants its answer.
fn tell(reply: Reply, answer: Result<Answer, SubmitError>) {
    drop(reply.send(answer));
}

fn news(book: &Book) -> News {
    let mut news = News::default();
    let bodies: std::collections::HashMap<domain::EventId, Arc<str>> =
        book.events.iter().map(|event| (event.id, Arc::from(event.body.as_str()))).collect();
    for (key, delivery) in book.deliveries.new_rows() {
        if let Some(body) = bodies.get(&key.event)
            && delivery.is_leased
        {
            let body = delivery.body.as_deref().map_or_else(|| Arc::clone(body), Arc::from);
            news.deliveries.push((delivery.clone(), body));
        }
    }
    let fresh = book.calls.new_rows().map(|(_, call)| call);
    let changed = book.calls.changed_rows().map(|(_, _, call)| call);
    news.calls_due_at = fresh
        .chain(changed)
        .filter(|call| call.state.is_due_sometime())
        .map(|call| call.due_at)
        .min();
    news.settlements_due_at =
        book.settlements.new_rows().map(|(_, settlement)| settlement.due_at).min();
    news.deposits_due_at = deposits_due_at(book);
    let born_to_wait = book.deliveries.new_rows().map(|(_, delivery)| delivery);
    let changed = book.deliveries.changed_rows().map(|(_, _, delivery)| delivery);
    news.deliveries_due_at = born_to_wait
        .filter(|delivery| !delivery.is_leased)
        .chain(changed)
        .filter(|delivery| delivery.state == DeliveryState::Pending)
        .map(|delivery| delivery.due_at)
        .min();
    news.accounts_told = book.events.iter().map(|event| event.account).collect();
    news.endpoints_disabled = book
        .endpoints
        .changed_rows()
        .filter(|(_, before, after)| before.state.is_told() && !after.state.is_told())
        .map(|(_, _, after)| (after.account, after.id, after.state))
        .collect();
    news.accounts_changed = book.accounts.new_rows().next().is_some()
        || book.accounts.changed_rows().next().is_some()
        || book.endpoints.new_rows().next().is_some()
        || book.endpoints.changed_rows().any(|(_, before, after)| !after.sends_like(before))
        || !book.removed_endpoints.is_empty()
        || !book.secrets.is_empty();
    news
}

fn deposits_due_at(book: &Book) -> Option<Timestamp> {
    let fresh = book.deposits.new_rows().map(|(_, deposit)| deposit);
    fresh
        .chain(book.deposits.changed_rows().map(|(_, _, deposit)| deposit))
        .filter(|deposit| deposit.state == DepositState::Unverified)
        .map(|deposit| deposit.due_at)
        .min()
}

/// Ends the process when the writer panics: it holds the only truth about what is committed.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

/// The thread that moves the log into the database while the writer goes on.
struct Checkpoints {
    wake: Option<std_mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    finish: Arc<AtomicBool>,
    commands: usize,
}

impl Checkpoints {
    fn start(path: &Path) -> Result<Checkpoints, StoreError> {
        let checkpointer = Checkpointer::open(path)?;
        let (wake, woken) = std_mpsc::sync_channel(1);
        let finish = Arc::new(AtomicBool::new(false));
        let log_is_long = Arc::clone(&finish);
        let thread = std::thread::Builder::new()
            .name("checkpointer".to_owned())
            .spawn(move || {
                while woken.recv().is_ok() {
                    match checkpointer.run() {
                        Ok(is_long) => log_is_long.store(is_long, Ordering::Relaxed),
                        Err(error) => tracing::warn!(%error, "a checkpoint failed"),
                    }
                }
            })
            .map_err(StoreError::NoThread)?;
        Ok(Checkpoints { wake: Some(wake), thread: Some(thread), finish, commands: 0 })
    }

    fn count(&mut self, commands: usize) {
        self.commands += commands;
        if self.commands >= COMMANDS_PER_CHECKPOINT {
            self.commands = 0;
            let _about_to_run_anyway = self.wake.as_ref().map(|wake| wake.try_send(()));
        }
    }

    fn is_writer_asked_to_finish(&self) -> bool {
        self.finish.swap(false, Ordering::Relaxed)
    }

    fn stop(&mut self) {
        self.wake.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the checkpointer ended in a panic");
        }
    }
}
