//! Charges: the order of the runs, and what one run is: a gateway over a fresh store, a load, and
//! what both processes used meanwhile.

use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::bare_writer::BareWriter;
use crate::gateway_process::{GatewayProcess, NEVER, Setup};
use crate::goals;
use crate::load::{self, Load, per_second};
use crate::receiver::{Manner, Receiver};
use crate::report::{Commit, Figure, Report, Subject};
use crate::rounds::{self, Counted};
use crate::stopwatch::{Stopwatch, micros};
use crate::usage;

/// A completed measure whose events have not all come by then has failed.
const DELIVERED_WITHIN: Duration = Duration::from_secs(120);

pub fn run(counted: Counted) -> anyhow::Result<Report> {
    rounds::run(counted.effort, goals::of_charges, async |report| {
        Bench { counted, report }.round().await
    })
}

struct Bench<'a> {
    counted: Counted,
    report: &'a mut Report,
}

impl Bench<'_> {
    /// What is compared runs one after the other, so that whatever else keeps the machine busy
    /// hits both.
    async fn round(&mut self) -> anyhow::Result<()> {
        let store = self.accepted(Commit::Grouped, 1, 2_000).await?;
        self.accepted(Commit::Naive, 1, 2_000).await?;
        self.bare(&store, 1, 2_000)?;

        self.accepted(Commit::Grouped, 16, 10_000).await?;

        let store = self.accepted(Commit::Grouped, 64, 30_000).await?;
        self.bare(&store, 64, 30_000)?;

        self.accepted(Commit::Grouped, 128, 30_000).await?;
        self.accepted(Commit::Naive, 128, 10_000).await?;

        let store = self.accepted(Commit::Grouped, 256, 30_000).await?;
        self.bare(&store, 256, 30_000)?;

        self.completed(64, 10_000).await
    }

    /// Charges accepted and answered; none completes. Hands over the store they filled.
    async fn accepted(
        &mut self,
        commit: Commit,
        connections: usize,
        usual_count: usize,
    ) -> anyhow::Result<TempDir> {
        let subject = Subject::Accepted { commit, connections };
        let count = self.counted.count(usual_count);
        let receiver = Receiver::start(Manner::Prompt).await?;
        let gateway = self.start(commit, NEVER, &receiver).await?;
        let bench_before = usage::of_this_process()?;
        let seen = load::run(gateway.address, Load::of(count, connections))
            .await
            .with_context(|| subject.to_string())?;
        let (gateway_after, bench_after) = (gateway.usage()?, usage::of_this_process()?);
        self.report.note(
            subject,
            [
                (Figure::PerSecond, per_second(count, seen.elapsed)),
                (Figure::P50Us, seen.latencies.percentile_us(500)),
                (Figure::P99Us, seen.latencies.percentile_us(990)),
                (Figure::P999Us, seen.latencies.percentile_us(999)),
                (Figure::GatewayCpuUs, gateway_after.cpu_us_each_since(gateway.idle, count)),
                (Figure::BenchCpuUs, bench_after.cpu_us_each_since(bench_before, count)),
                (Figure::ResidentKb, gateway_after.resident_kb),
                (Figure::ResidentPeakKb, gateway_after.resident_peak_kb),
            ],
        );
        Ok(gateway.end())
    }

    /// Charges followed from the request until the merchant's receiver has the event of each.
    async fn completed(&mut self, connections: usize, usual_count: usize) -> anyhow::Result<()> {
        let subject = Subject::Completed { connections };
        let count = self.counted.count(usual_count);
        let receiver = Receiver::start(Manner::Prompt).await?;
        let gateway = self.start(Commit::Grouped, Duration::ZERO, &receiver).await?;
        let bench_before = usage::of_this_process()?;
        let stopwatch = Stopwatch::start();
        load::run(gateway.address, Load::of(count, connections))
            .await
            .with_context(|| subject.to_string())?;
        let delivered = receiver.wait_for(count, DELIVERED_WITHIN).await;
        let elapsed = stopwatch.elapsed();
        ensure!(delivered == count, "{subject}: {delivered} events of {count} were delivered");
        let (gateway_after, bench_after) = (gateway.usage()?, usage::of_this_process()?);
        self.report.note(
            subject,
            [
                (Figure::PerSecond, per_second(count, elapsed)),
                (Figure::GatewayCpuUs, gateway_after.cpu_us_each_since(gateway.idle, count)),
                (Figure::BenchCpuUs, bench_after.cpu_us_each_since(bench_before, count)),
                (Figure::ResidentKb, gateway_after.resident_kb),
                (Figure::ResidentPeakKb, gateway_after.resident_peak_kb),
            ],
        );
        Ok(())
    }

    /// The rows that a run has left in `store`, written again by SQLite alone.
    fn bare(&mut self, store: &TempDir, group: usize, usual_count: usize) -> anyhow::Result<()> {
        let subject = Subject::Bare { group };
        let count = self.counted.count(usual_count);
        let writer = BareWriter::of_store(store.path(), count)?;
        let bench_before = usage::of_this_process()?;
        let elapsed = writer.write(group)?;
        let bench_after = usage::of_this_process()?;
        self.report.note(
            subject,
            [
                (Figure::PerSecond, per_second(count, elapsed)),
                (Figure::BenchCpuUs, bench_after.cpu_us_each_since(bench_before, count)),
            ],
        );
        Ok(())
    }

    async fn start(
        &mut self,
        commit: Commit,
        approval_delay: Duration,
        receiver: &Receiver,
    ) -> anyhow::Result<GatewayProcess> {
        let setup = Setup { commit, approval_delay, webhook_url: Some(&receiver.url) };
        let gateway = GatewayProcess::start(setup).await?;
        self.report.note_start(micros(gateway.ready_in), gateway.idle.resident_kb);
        Ok(gateway)
    }
}
