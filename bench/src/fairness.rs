//! Fairness: many receivers, one of which takes what it gets and never answers. How long do the
//! others wait for what they are owed?

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;

use crate::gateway_process::{GatewayProcess, Setup};
use crate::goals;
use crate::load::{self, Latencies, Load};
use crate::receiver::{Manner, Receiver};
use crate::report::{Commit, Figure, Report, Subject};
use crate::rounds::{self, Effort};
use crate::stopwatch::micros;

/// How long after the last charge its event may come.
const WITHIN: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, Args)]
pub struct Fairness {
    /// Events, each to one endpoint in turn
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Endpoints, each an address of its own; one connection is kept open to each
    #[arg(long, default_value_t = 1_000)]
    endpoints: usize,
    /// Events made each second
    #[arg(long, default_value = "500")]
    per_second: NonZeroU32,
    #[command(flatten)]
    effort: Effort,
}

impl Fairness {
    fn events(self) -> usize {
        if self.effort.quick { self.events / 100 } else { self.events }
    }

    fn endpoints(self) -> usize {
        if self.effort.quick { self.endpoints / 50 } else { self.endpoints }.max(2)
    }
}

pub fn run(fairness: Fairness) -> anyhow::Result<Report> {
    rounds::run(fairness.effort, goals::of_fairness, async |report| {
        let bench = Bench { fairness };
        bench.first_attempts(report, Subject::FirstAttempt, Manner::Prompt).await?;
        bench.first_attempts(report, Subject::FirstAttemptBesideSilent, Manner::Silent).await
    })
}

struct Bench {
    fairness: Fairness,
}

impl Bench {
    /// The last endpoint behaves as told; only the others are looked at.
    async fn first_attempts(
        &self,
        report: &mut Report,
        subject: Subject,
        last: Manner,
    ) -> anyhow::Result<()> {
        let good = Receiver::start(Manner::Prompt).await?;
        let other = Receiver::start(last).await?;
        let last_url = endpoint_url(&other, 0);
        let mut callback_urls: Vec<String> =
            (1..self.fairness.endpoints()).map(|number| endpoint_url(&good, number)).collect();
        callback_urls.push(last_url.clone());

        let setup =
            Setup { commit: Commit::Grouped, approval_delay: Duration::ZERO, webhook_url: None };
        let gateway = GatewayProcess::start(setup).await?;
        report.note_start(micros(gateway.ready_in), gateway.idle.resident_kb);
        let load =
            Load { callback_urls, ..Load::paced(self.fairness.events(), self.fairness.per_second) };
        let count = load.count;
        load::run(gateway.address, load).await.with_context(|| subject.to_string())?;
        let wanted = count - count / self.fairness.endpoints();
        let came = good.wait_for(wanted, WITHIN).await;
        ensure!(came == wanted, "{subject}: {came} events of {wanted} came");

        let (mut took, came_at_us) = (Vec::with_capacity(count), good.came_at_us());
        for event in gateway.records()?.events()? {
            if event.callback_url.as_ref() != Some(&last_url) {
                let came_at_us = came_at_us.get(&event.number).context("an event got lost")?;
                took.push(came_at_us.saturating_sub(event.created_at_us));
            }
        }
        let latencies = Latencies::new(took);
        let gateway_after = gateway.usage()?;
        report.note(
            subject,
            [
                (Figure::P50Us, latencies.percentile_us(500)),
                (Figure::P99Us, latencies.percentile_us(990)),
                (Figure::P999Us, latencies.percentile_us(999)),
                (Figure::WorstUs, latencies.percentile_us(1000)),
                (Figure::GatewayCpuUs, gateway_after.cpu_us_each_since(gateway.idle, count)),
                (Figure::ResidentPeakKb, gateway_after.resident_peak_kb),
            ],
        );
        Ok(())
    }
}

/// Every address that begins with 127 is this machine: so each endpoint is a host of its own, as
/// merchants' are.
fn endpoint_url(receiver: &Receiver, number: usize) -> String {
    let (high, low, port) = (number / 250, number % 250, receiver.address.port());
    format!("http://127.1.{high}.{low}:{port}/webhooks")
}
