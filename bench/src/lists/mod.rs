//! Lists, totals and single payments over HTTP, from a store that holds years of payments.

mod fill;
mod questions;
mod sorts;

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use tempfile::TempDir;

use crate::gateway_process::{GatewayProcess, Setup};
use crate::goals::thousandths;
use crate::load::Latencies;
use crate::report::Commit;
use crate::request::{ACCOUNT_NUMBER, API_KEY};
use crate::stopwatch::{Stopwatch, micros};
use crate::wire::{Connection, WireError};
use fill::Filled;
use questions::Question;

/// Every question's 99th percentile stays below it.
const GOAL_US: u64 = 25_000;

/// The store is made in the folder for temporary files (TMPDIR): about 1 GB for a million rows.
#[derive(Clone, Copy, Debug, Args)]
pub struct Lists {
    /// Payments in the store; half are the asking account's, the rest are 49 others'
    #[arg(long, default_value_t = 10_000_000)]
    rows: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 300)]
    requests: usize,
    /// A hundred thousand rows: shows that everything runs, not how fast
    #[arg(long)]
    quick: bool,
}

pub fn run(lists: &Lists) -> anyhow::Result<()> {
    let (rows, requests) =
        if lists.quick { (100_000, 20) } else { (lists.rows, lists.requests.max(1)) };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        // The sandbox makes the schema and the account whose key is known.
        let folder = start(tempfile::tempdir()?).await?.end();
        let stopwatch = Stopwatch::start();
        let filled = fill::fill(folder.path(), rows)?;
        println!("{rows} payments in {} ({:.0?})", folder.path().display(), stopwatch.elapsed());
        println!(
            "{} of the asking account, over {} days, in {} rows of tally; {} MB\n",
            filled.payments.len(),
            fill::DAYS,
            filled.tally_rows,
            std::fs::metadata(folder.path().join("dgspay.db"))?.len() / 1_000_000,
        );
        let gateway = start(folder).await?;
        ask_all(&gateway, &filled, requests).await
    })
}

async fn start(folder: TempDir) -> anyhow::Result<GatewayProcess> {
    let setup = Setup {
        commit: Commit::Grouped,
        approval_delay: Duration::ZERO,
        webhook_url: Some("http://127.0.0.1:1024/"),
    };
    Ok(GatewayProcess::start_in(folder, setup).await?)
}

async fn ask_all(gateway: &GatewayProcess, filled: &Filled, requests: usize) -> anyhow::Result<()> {
    println!("{:<50}  p50 ms  p99 ms  max ms  gateway CPU ms  p99 ok?", "question");
    let mut connection = Connection::open(gateway.address).await?;
    for question in questions::all() {
        let before = gateway.usage()?;
        let latencies = ask(&mut connection, gateway, filled, (&question, requests)).await?;
        let [p50, p99, max] = [500, 990, 1000].map(|rank| latencies.percentile_us(rank));
        let verdict = if p99 <= GOAL_US { "yes" } else { "NO" };
        let [p50, p99, max] = [p50, p99, max].map(thousandths);
        // A busy machine delays answers; it does not make them dearer.
        let cpu = thousandths(gateway.usage()?.cpu_us_each_since(before, requests));
        println!("{:<50}  {p50:>6}  {p99:>6}  {max:>6}  {cpu:>14}  {verdict}", question.name);
    }
    Ok(())
}

/// Asks one question again and again, each time about something else.
async fn ask(
    connection: &mut Connection,
    gateway: &GatewayProcess,
    filled: &Filled,
    (question, requests): (&Question, usize),
) -> anyhow::Result<Latencies> {
    let mut all_us = Vec::with_capacity(requests);
    for number in 0..requests {
        let path = (question.path)(filled, number);
        let request = format!(
            "GET /generation/v2/transactions{path} HTTP/1.1\r\nHost: {}\r\n\
             X-DGS-API-Key: {API_KEY}\r\nX-DGS-ACCOUNT-NUMBER: {ACCOUNT_NUMBER}\r\n\r\n",
            gateway.address
        );
        let stopwatch = Stopwatch::start();
        connection.write(request.as_bytes()).await?;
        let answer = connection.read().await?.ok_or(WireError::ClosedInMessage)?;
        all_us.push(micros(stopwatch.elapsed()));
        let body = String::from_utf8_lossy(answer.body);
        ensure!(answer.status() == Some(200), "{path}: {} {body}", answer.head);
        // A list that found nothing would be measured for nothing.
        ensure!(!body.contains(r#""data":[]"#), "{path} found nothing");
    }
    Ok(Latencies::new(all_us))
}
