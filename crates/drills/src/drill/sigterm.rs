//! `sigterm`: nodes are told to stop while requests are under way, behind the proxy and asked directly.

use std::time::Duration;

use super::cluster::{Cluster, Wanted};
use crate::clock;
use crate::findings::Findings;
use crate::house::UNLIMITED;
use crate::load::{Load, Pace, Plan};
use crate::stage::Stage;

/// Connections that ask directly without a pause, so that some request is always under way.
const BUSY: usize = 16;

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let rounds = stage.pick(6, 20);
    let rate = stage.pick(200, 1_000);
    let mut cluster = Cluster::open(stage, Wanted { rate: UNLIMITED, ..Wanted::default() }).await?;
    let mut findings = Findings::default();

    let load = Load::start(&cluster.house, cluster.plan(rate));
    clock::seconds(1).await;
    let mut ended_well = true;
    for round in 0..rounds {
        let node = &mut cluster.nodes[round % 3];
        ended_well &= node.stop().await?;
        node.start().await?;
        clock::wait(Duration::from_millis(700)).await;
    }
    let seen = load.stop().await;
    let all = seen.records.len();
    findings.none("failed requests behind HAProxy", all - seen.at_first());
    seen.tell(&mut findings);

    let (mut under_way, mut failed, mut later) = (0, 0, 0);
    for round in 0..rounds {
        let node = &mut cluster.nodes[round % 3];
        let plan = Plan {
            pace: Pace::Busy(BUSY),
            second_try: false,
            ..Plan::one(&node.name, node.place.gateway, 0)
        };
        let load = Load::start(&cluster.house, plan);
        clock::wait(Duration::from_millis(500)).await;
        let told = clock::monotonic();
        ended_well &= node.stop().await?;
        let seen = load.stop().await;
        let open = seen.records.iter().filter(|record| record.sent < told && record.done >= told);
        for record in open {
            under_way += 1;
            failed += usize::from(!record.first.is_license());
        }
        later += seen.count(|record| record.sent >= told && record.first.is_license());
        node.start().await?;
    }
    findings.none("failed requests under way at the SIGTERM, asked directly", failed);
    findings.at_least("requests under way at the SIGTERM, in all", 1.0, f64::from(under_way));
    findings.holds("every process ended with exit code 0", &ended_well.to_string(), ended_well);
    cluster.tell(&mut findings);
    findings.note(format!(
        "{rounds} SIGTERMs behind HAProxy at {rate} requests/s and {rounds} directly under {BUSY} connections \
         that ask without a pause; {later} requests that came after the SIGTERM on connections that were \
         there got a licence too"
    ));
    Ok(findings)
}
