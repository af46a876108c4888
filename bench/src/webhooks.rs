//! Webhooks: how many are delivered and recorded, what one costs, how soon it comes, and what a
//! slow receiver does to those who only want to pay.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::bare_client;
use crate::gateway_process::{GatewayProcess, NEVER, Setup};
use crate::goals::{self, PACE};
use crate::load::{self, Latencies, Load, per_second};
use crate::receiver::{Manner, Receiver};
use crate::records::{Count, Records};
use crate::report::{Commit, Figure, Report, Subject};
use crate::rounds::{self, Counted};
use crate::stopwatch::{Stopwatch, micros};
use crate::usage::{self, Usage};

/// What is waited for and has not come by then never will.
const WITHIN: Duration = Duration::from_secs(120);

const CONNECTIONS: usize = 64;

/// Longer than the delay before a second attempt, and before a third one.
const OUTAGE: Duration = Duration::from_secs(3600);

/// The number of the first charge of a backlog: far from those that follow.
const BACKLOG_FIRST: usize = 1_000_000_000;

pub fn run(counted: Counted) -> anyhow::Result<Report> {
    rounds::run(counted.effort, goals::of_webhooks, async |report| {
        Bench { counted, report }.round().await
    })
}

struct Bench<'a> {
    counted: Counted,
    report: &'a mut Report,
}

impl Bench<'_> {
    async fn round(&mut self) -> anyhow::Result<()> {
        let untold_cpu_us = self.untold().await?;
        let store = self.delivered(untold_cpu_us).await?;
        self.bare(&store).await?;
        self.at_once().await?;
        // The plain one before and after the others, so that a machine that gets busier hits all.
        self.paced(Manner::Prompt).await?;
        self.paced(Manner::Slow).await?;
        self.paced(Manner::Down).await?;
        self.paced(Manner::Prompt).await
    }

    /// What the charges and their events cost when they need not be delivered.
    async fn untold(&mut self) -> anyhow::Result<u64> {
        let subject = Subject::Untold { connections: CONNECTIONS };
        let count = self.counted.count(20_000);
        let gateway = self.start(Duration::ZERO, None).await?;
        let stopwatch = Stopwatch::start();
        load::run(gateway.address, Load::of(count, CONNECTIONS))
            .await
            .with_context(|| subject.to_string())?;
        let events = gateway.records()?.wait_for(Count::Events, count, WITHIN).await?;
        let elapsed = stopwatch.elapsed();
        ensure!(events == count, "{subject}: {events} events of {count} came to be");
        let cpu_us = gateway.usage()?.cpu_us_each_since(gateway.idle, count);
        self.report.note(
            subject,
            [(Figure::PerSecond, per_second(count, elapsed)), (Figure::GatewayCpuUs, cpu_us)],
        );
        Ok(cpu_us)
    }

    /// Charges followed until the receiver has the event of each and the store every attempt.
    /// Hands over that store.
    async fn delivered(&mut self, untold_cpu_us: u64) -> anyhow::Result<TempDir> {
        let subject = Subject::Delivered { connections: CONNECTIONS };
        let count = self.counted.count(20_000);
        let receiver = Receiver::start(Manner::Prompt).await?;
        let gateway = self.start(Duration::ZERO, Some(&receiver)).await?;
        let bench_before = usage::of_this_process()?;
        let stopwatch = Stopwatch::start();
        load::run(gateway.address, Load::of(count, CONNECTIONS))
            .await
            .with_context(|| subject.to_string())?;
        wait_until_delivered(subject, &receiver, &gateway.records()?, count).await?;
        let elapsed = stopwatch.elapsed();
        let attempts = gateway.records()?.count(Count::Attempts)?;
        ensure!(attempts == count, "{subject}: {attempts} attempts for {count} events");
        let cpu_us = gateway.usage()?.cpu_us_each_since(gateway.idle, count);
        self.report.note(
            subject,
            [
                (Figure::PerSecond, per_second(count, elapsed)),
                (Figure::WebhookCpuUs, cpu_us.saturating_sub(untold_cpu_us)),
            ],
        );
        self.note_usage(subject, &gateway, gateway.idle, (bench_before, count))?;
        Ok(gateway.end())
    }

    /// The events that a run has left in `store`, posted by the HTTP client alone.
    async fn bare(&mut self, store: &TempDir) -> anyhow::Result<()> {
        let subject = Subject::BareClient { in_flight: CONNECTIONS };
        let events = Records::open(store.path())?.events()?;
        let count = events.len();
        let receiver = Receiver::start(Manner::Prompt).await?;
        let bench_before = usage::of_this_process()?;
        let elapsed = bare_client::post(receiver.address, events, CONNECTIONS).await?;
        let bench_after = usage::of_this_process()?;
        let came = receiver.wait_for(count, WITHIN).await;
        ensure!(came == count, "{subject}: {came} events of {count} came");
        self.report.note(
            subject,
            [
                (Figure::PerSecond, per_second(count, elapsed)),
                (Figure::BenchCpuUs, bench_after.cpu_us_each_since(bench_before, count)),
            ],
        );
        Ok(())
    }

    /// Charges that all complete at the same moment, once nobody asks for more.
    async fn at_once(&mut self) -> anyhow::Result<()> {
        let subject = Subject::DeliveredAtOnce;
        let count = self.counted.count(4_000);
        let receiver = Receiver::start(Manner::Prompt).await?;
        let gateway = self.start(NEVER, Some(&receiver)).await?;
        load::run(gateway.address, Load::of(count, CONNECTIONS))
            .await
            .with_context(|| subject.to_string())?;
        let (gateway_before, bench_before) = (gateway.usage()?, usage::of_this_process()?);
        let stopwatch = Stopwatch::start();
        gateway.advance_clock(NEVER).await?;
        wait_until_delivered(subject, &receiver, &gateway.records()?, count).await?;
        let elapsed = stopwatch.elapsed();
        self.report.note(subject, [(Figure::PerSecond, per_second(count, elapsed))]);
        self.note_usage(subject, &gateway, gateway_before, (bench_before, count))
    }

    /// Leaves the gateway with events whose receiver was down, and is back; all are due.
    async fn make_backlog(
        &self,
        gateway: &GatewayProcess,
        receiver: &Receiver,
    ) -> anyhow::Result<()> {
        let count = self.counted.count(3_000);
        let load = Load { first: BACKLOG_FIRST, ..Load::of(count, CONNECTIONS) };
        load::run(gateway.address, load).await?;
        let attempts = gateway.records()?.wait_for(Count::Attempts, count, WITHIN).await?;
        ensure!(attempts >= count, "{attempts} first attempts of {count} were made");
        receiver.become_prompt();
        Ok(gateway.advance_clock(OUTAGE).await?)
    }

    /// Charges at a steady pace that leaves the machine mostly idle: what is seen is waiting, not
    /// work.
    async fn paced(&mut self, manner: Manner) -> anyhow::Result<()> {
        let subject = Subject::Paced { per_second: PACE, receiver: manner };
        let pace = NonZeroU32::new(PACE).context("a pace")?;
        let count = self.counted.count(3_000);
        let receiver = Receiver::start(manner).await?;
        let gateway = self.start(Duration::ZERO, Some(&receiver)).await?;
        if manner == Manner::Down {
            self.make_backlog(&gateway, &receiver).await?;
        }
        let seen = load::run(gateway.address, Load::paced(count, pace))
            .await
            .with_context(|| subject.to_string())?;
        self.note_latencies(subject, &seen.latencies);
        if manner == Manner::Prompt {
            let records = gateway.records()?;
            wait_until_delivered(subject, &receiver, &records, count).await?;
            let came_at_us = receiver.came_at_us();
            let took = records.events()?.into_iter().filter_map(|event| {
                Some(came_at_us.get(&event.number)?.saturating_sub(event.created_at_us))
            });
            let receipts = Latencies::new(took.collect());
            self.note_latencies(Subject::Receipt { per_second: PACE }, &receipts);
        }
        Ok(())
    }

    fn note_latencies(&mut self, subject: Subject, latencies: &Latencies) {
        self.report.note(
            subject,
            [
                (Figure::P50Us, latencies.percentile_us(500)),
                (Figure::P99Us, latencies.percentile_us(990)),
                (Figure::P999Us, latencies.percentile_us(999)),
            ],
        );
    }

    /// What both processes used since then for each of so many charges.
    fn note_usage(
        &mut self,
        subject: Subject,
        gateway: &GatewayProcess,
        gateway_before: Usage,
        (bench_before, count): (Usage, usize),
    ) -> anyhow::Result<()> {
        let (gateway_after, bench_after) = (gateway.usage()?, usage::of_this_process()?);
        self.report.note(
            subject,
            [
                (Figure::GatewayCpuUs, gateway_after.cpu_us_each_since(gateway_before, count)),
                (Figure::BenchCpuUs, bench_after.cpu_us_each_since(bench_before, count)),
                (Figure::ResidentPeakKb, gateway_after.resident_peak_kb),
            ],
        );
        Ok(())
    }

    async fn start(
        &mut self,
        approval_delay: Duration,
        receiver: Option<&Receiver>,
    ) -> anyhow::Result<GatewayProcess> {
        let webhook_url = receiver.map(|receiver| receiver.url.as_str());
        let setup = Setup { commit: Commit::Grouped, approval_delay, webhook_url };
        let gateway = GatewayProcess::start(setup).await?;
        self.report.note_start(micros(gateway.ready_in), gateway.idle.resident_kb);
        Ok(gateway)
    }
}

async fn wait_until_delivered(
    subject: Subject,
    receiver: &Receiver,
    records: &Records,
    count: usize,
) -> anyhow::Result<()> {
    let came = receiver.wait_for(count, WITHIN).await;
    ensure!(came == count, "{subject}: {came} events of {count} came");
    let recorded = records.wait_for(Count::Delivered, count, WITHIN).await?;
    ensure!(recorded == count, "{subject}: {recorded} deliveries of {count} are on record");
    Ok(())
}
