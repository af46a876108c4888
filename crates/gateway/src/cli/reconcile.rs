//! `dgspay reconcile`: providers' statements against our payments. No money moves by it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand, ValueEnum};
use dialects::signing::SigningKey;
use dialects::statement::{
    Column, CsvItems, Form, date_text, json_of_item, parse_date, parse_zone, zone_text,
};
use dialects::wording::PublicWording;
use domain::calendar::{Day, UtcOffset};
use domain::decide::{Command, ResolveDifference};
use domain::limits::{GROUP_COMMANDS_MAX, RESOLUTION_NOTE_BYTES_MAX};
use domain::provider_call::Provider;
use domain::reconcile::{Difference, DifferenceClass, DifferenceId, ReconciliationItem};
use domain::{Currency, Environment};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use store::query::accounts::find_clock_ahead_us;
use store::query::reconciliation::{Wanted, each_item, find_item};
use store::{LaneSettings, Store, StoreError};

use super::config::ConfigArgs;
use super::operator_client::OperatorClient;
use crate::clock::Clock;
use crate::reconcile::{self, Report, Request};

/// The statement and our payments differ.
const EXIT_DIFFERENT: u8 = 1;
/// Nothing is said about them.
const EXIT_NOT_DONE: u8 = 2;

/// For the gateway to take a long statement and compare it.
const PATIENCE: Duration = Duration::from_secs(900);

#[derive(Subcommand, Debug)]
pub enum ReconcileCommand {
    /// Compare a provider's statement with our payments and list what differs
    Import(Box<ImportArgs>),
    /// Print the differences that were found
    List(ListArgs),
    /// Say what came of a difference
    Resolve(ResolveArgs),
}

/// Where it is recorded: in the folder, or by the gateway that runs on it.
#[derive(Args, Debug)]
struct FolderArgs {
    /// The folder of the store, such as data/live
    #[arg(long, env = "DGSPAY_DATA", default_value = "data")]
    data: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Args, Debug)]
pub struct ImportArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// Whose statement it is: flutterwave, mtn_momo, airtel_money, dusupay, providus, simulator
    #[arg(long, value_parser = provider)]
    provider: Provider,
    /// The statement, a CSV file
    #[arg(long)]
    file: PathBuf,
    /// The first day of the period, such as 2026-11-01; the statement's own when left out
    #[arg(long, value_parser = day)]
    from: Option<Day>,
    /// The last day of the period; the statement's own when left out
    #[arg(long, value_parser = day)]
    to: Option<Day>,
    /// The zone of the statement's days, and of its times that name none
    #[arg(long, default_value = "Africa/Kigali", value_parser = zone)]
    timezone: UtcOffset,
    /// The currency of a statement that names none
    #[arg(long, value_parser = currency)]
    currency: Option<Currency>,
    /// What a column says, where its name is not known: `amount=Paid In`. Without a name, the
    /// column is not read
    #[arg(long = "column", value_name = "WORD=NAME", value_parser = column)]
    columns: Vec<(Column, String)>,
    /// Compare only, list nothing
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct ListArgs {
    /// The data folder; a gateway may be running on it
    #[arg(long, env = "DGSPAY_DATA", default_value = "data")]
    data: PathBuf,
    #[arg(long, value_enum, default_value_t = State::Open)]
    state: State,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct ResolveArgs {
    /// The difference, as the list names it
    id: String,
    #[command(flatten)]
    folder: FolderArgs,
    /// What came of it
    #[arg(long)]
    note: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Csv,
    /// One object per line
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Open,
    Resolved,
    All,
}

pub fn run(command: ReconcileCommand) -> ExitCode {
    let done = match command {
        ReconcileCommand::Import(args) => import(*args),
        ReconcileCommand::List(args) => list(&args).map(|()| false),
        ReconcileCommand::Resolve(args) => resolve(args).map(|()| false),
    };
    match done {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(EXIT_DIFFERENT),
        Err(error) => {
            eprintln!("dgspay reconcile: {error:#}");
            ExitCode::from(EXIT_NOT_DONE)
        }
    }
}

/// Whether anything differs.
fn import(args: ImportArgs) -> anyhow::Result<bool> {
    let ImportArgs { folder, provider, file, from, to, timezone, currency, columns, .. } = args;
    let named = |error: io::Error| anyhow::Error::new(error).context(file.display().to_string());
    let mut statement = File::open(&file).map_err(named)?;
    ensure!(statement.metadata().map_err(named)?.is_file(), "{} is no file", file.display());
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let form = Form { provider, offset: timezone, currency, columns };
    let request = Request { form, file_name, first_day: from, last_day: to };
    let reader = store::open_to_read(&folder.data)?;
    let report = reconcile::compare(&reader, &mut statement, &request)
        .with_context(|| file.display().to_string())?;
    let listed = if args.dry_run {
        None
    } else {
        Some(match open(&folder.data)? {
            Opened::Alone(store) => {
                let done = block_on(async { Ok(reconcile::record(store.lane(), &report).await?) });
                store.close();
                done?
            }
            Opened::ByGateway { holder } => {
                let (operator, environment) = gateway_of(&folder, &holder)?;
                block_on(send(&operator, environment, &request, &file))?
            }
        })
    };
    print_report(&report, listed, args.format, Clock::default().now())?;
    Ok(!report.differences.is_empty())
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let wanted = match args.state {
        State::Open => Wanted::Open,
        State::Resolved => Wanted::Resolved,
        State::All => Wanted::All,
    };
    let mut printer = Printer::open(args.format)?;
    let mut printed = Ok(());
    each_item(&store::open_to_read(&args.data)?, (wanted, u32::MAX), |item| {
        if printed.is_ok() {
            printed = printer.print(&item);
        }
        Ok(())
    })?;
    printed?;
    printer.finish()
}

fn resolve(args: ResolveArgs) -> anyhow::Result<()> {
    ensure!(
        !args.note.trim().is_empty() && args.note.len() <= RESOLUTION_NOTE_BYTES_MAX,
        "--note must say what came of it in at most {RESOLUTION_NOTE_BYTES_MAX} bytes"
    );
    let difference = DifferenceId(args.id);
    let item = find_item(&store::open_to_read(&args.folder.data)?, &difference)?
        .ok_or(domain::decide::Refusal::DifferenceUnknown)?;
    let account = item.difference.account();
    match open(&args.folder.data)? {
        Opened::Alone(store) => {
            let resolve = ResolveDifference { account, difference, note: args.note };
            let command = Command::ResolveDifference(Box::new(resolve));
            let done = block_on(async { Ok(store.lane().submit(command).await.map(|_| ())?) });
            store.close();
            done
        }
        Opened::ByGateway { holder } => {
            let (operator, environment) = gateway_of(&args.folder, &holder)?;
            let path = format!("/operator/differences/{}/resolve", difference.0);
            let body = json!({ "environment": environment.word(), "note": args.note });
            block_on(operator.call(Method::POST, &path, body.to_string())).map(|_| ())
        }
    }
}

/// A folder that is to be written to.
enum Opened {
    /// By this process, which no other can join.
    Alone(Store),
    /// By the process of this id.
    ByGateway { holder: String },
}

fn open(data: &Path) -> anyhow::Result<Opened> {
    let ahead_us = find_clock_ahead_us(&store::open_to_read(data)?)?;
    let clock = Clock::ahead_by(ahead_us);
    let settings = LaneSettings {
        group_commands_max: GROUP_COMMANDS_MAX,
        clock: Box::new(move || clock.now()),
        // Nothing here is put into words for a merchant, so there is nothing to sign.
        wording: Arc::new(PublicWording {
            public_url: String::new(),
            page_key: SigningKey::new(&[0; 32]),
        }),
        on_commit: Box::new(|_| {}),
    };
    match Store::open(data, settings) {
        Ok(store) => Ok(Opened::Alone(store)),
        Err(StoreError::InUse { holder }) => Ok(Opened::ByGateway { holder }),
        Err(error) => Err(error.into()),
    }
}

/// The operator's listener of the gateway that has the folder open, and the environment it is of.
fn gateway_of(folder: &FolderArgs, holder: &str) -> anyhow::Result<(OperatorClient, Environment)> {
    let told = || {
        let data = folder.data.display();
        format!(
            "process {holder} runs on {data}: recording needs the folder to itself, or the settings \
             of that gateway with --config"
        )
    };
    let operator = OperatorClient::of(&folder.config.config).with_context(told)?;
    let held = folder.data.canonicalize().with_context(told)?;
    let is_it = |environment: &Environment| {
        operator.data.join(environment.word()).canonicalize().is_ok_and(|own| own == held)
    };
    let environment = [Environment::Test, Environment::Live].into_iter().find(is_it);
    Ok((operator, environment.with_context(told)?))
}

#[derive(Deserialize)]
struct Recorded {
    newly_listed: u64,
}

/// Has the gateway compare the statement for itself, and record what it finds.
async fn send(
    operator: &OperatorClient,
    environment: Environment,
    request: &Request,
    file: &Path,
) -> anyhow::Result<u64> {
    let Form { provider, offset, currency, columns } = &request.form;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("environment", environment.word());
    query.append_pair("provider", provider.word());
    query.append_pair("file_name", &request.file_name);
    query.append_pair("timezone", &zone_text(*offset));
    for (name, day) in [("from", request.first_day), ("to", request.last_day)] {
        query.extend_pairs(day.map(|day| (name, date_text(day))));
    }
    query.extend_pairs(currency.map(|currency| ("currency", currency.code())));
    for (column, name) in columns {
        query.append_pair("column", &format!("{}={name}", column.word()));
    }
    let path = format!("/operator/reconciliations?{}", query.finish());
    let statement = std::fs::read(file).with_context(|| file.display().to_string())?;
    let body = ("text/csv", statement.into());
    let answer = operator.send(Method::POST, &path, body, PATIENCE).await?;
    Ok(serde_json::from_slice::<Recorded>(&answer)?.newly_listed)
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// The rows go to standard output; what is said of them all goes to standard error in the forms
/// that programs read.
fn print_report(
    report: &Report,
    listed: Option<u64>,
    format: Format,
    now: domain::Timestamp,
) -> anyhow::Result<()> {
    let Report { run, differences } = report;
    let mut printer = Printer::open(format)?;
    for difference in differences {
        printer.print(&ReconciliationItem {
            provider: run.provider,
            run: run.id.clone(),
            difference: difference.clone(),
            listed_at: now,
            resolution: None,
        })?;
    }
    printer.finish()?;
    let mut told = format!(
        "{} lines, {} matched, {} differences",
        run.counts.lines, run.counts.matched, run.counts.differences
    );
    for class in DifferenceClass::ALL {
        let count = differences.iter().filter(|one| one.class == class).count();
        if count > 0 {
            told += &format!(", {} {count}", class.word());
        }
    }
    told += &match listed {
        Some(listed) => format!("; {listed} newly listed"),
        None => "; nothing was listed".to_owned(),
    };
    match format {
        Format::Text => writeln!(io::stdout(), "{told}")?,
        Format::Csv | Format::Json => writeln!(io::stderr(), "{told}")?,
    }
    Ok(())
}

enum Printer {
    Text(io::StdoutLock<'static>),
    Csv(Box<CsvItems<io::StdoutLock<'static>>>),
    Json(io::StdoutLock<'static>),
}

impl Printer {
    fn open(format: Format) -> anyhow::Result<Printer> {
        let out = io::stdout().lock();
        Ok(match format {
            Format::Text => Printer::Text(out),
            Format::Csv => Printer::Csv(Box::new(CsvItems::open(out)?)),
            Format::Json => Printer::Json(out),
        })
    }

    fn print(&mut self, item: &ReconciliationItem) -> anyhow::Result<()> {
        match self {
            Printer::Text(out) => {
                writeln!(out, "{}  {}", item.difference.id.0, text_of(&item.difference))?;
                if let Some(resolution) = &item.resolution {
                    writeln!(out, "    resolved: {}", printable(&resolution.note))?;
                }
            }
            Printer::Csv(csv) => csv.write(item)?,
            Printer::Json(out) => writeln!(out, "{}", json_of_item(item)?)?,
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Printer::Text(mut out) | Printer::Json(mut out) => out.flush()?,
            Printer::Csv(csv) => csv.finish()?,
        }
        Ok(())
    }
}

fn text_of(difference: &Difference) -> String {
    let mut text = format!("{:<16}", difference.class.word());
    if let Some(ours) = &difference.ours {
        let amount = domain::money::decimal_text(ours.amount_minor, ours.currency.exponent());
        let (currency, state) = (ours.currency, ours.state.word());
        let (account, reference) = (ours.account.0, printable(&ours.dgs_reference));
        text += &format!("  here: {amount} {currency} {state}, account {account}, {reference}");
    }
    if let Some(line) = &difference.theirs {
        let amount = domain::money::decimal_text(line.amount_minor, line.currency.exponent());
        let (currency, status, number) = (line.currency, line.status.word(), line.number);
        text += &format!("  there: {amount} {currency} {status}, line {number}");
        for reference in [&line.provider_reference, &line.client_reference].into_iter().flatten() {
            text += &format!(", {}", printable(reference));
        }
    }
    text
}

/// A reference that a terminal shows and does not obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn provider(word: &str) -> Result<Provider, String> {
    Provider::parse(word).ok_or_else(|| "is no provider".to_owned())
}

fn day(text: &str) -> Result<Day, String> {
    parse_date(text).ok_or_else(|| "is no day such as 2026-11-21".to_owned())
}

fn zone(text: &str) -> Result<UtcOffset, String> {
    parse_zone(text).ok_or_else(|| {
        "is no zone that is known; name its distance from UTC, such as +02:00".to_owned()
    })
}

fn currency(code: &str) -> Result<Currency, String> {
    Currency::parse(code).ok_or_else(|| "is no currency such as RWF".to_owned())
}

fn column(text: &str) -> Result<(Column, String), String> {
    Column::parse_named(text).ok_or_else(|| {
        let known = Column::ALL.map(Column::word).join(", ");
        format!("is not WORD=NAME, where WORD is one of {known}")
    })
}
