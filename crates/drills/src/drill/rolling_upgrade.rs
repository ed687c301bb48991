//! `rolling-upgrade`: every node is stopped and started as another release, then back, under load.

use std::time::Duration;

use super::cluster::{Cluster, Wanted};
use crate::clock;
use crate::findings::Findings;
use crate::house::UNLIMITED;
use crate::load::Load;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let (rate, rounds) = (stage.pick(200, 1_000), stage.pick(1, 5));
    let mut cluster = Cluster::open(stage, Wanted { rate: UNLIMITED, ..Wanted::default() }).await?;
    let load = Load::start(&cluster.house, cluster.plan(rate));
    clock::seconds(1).await;
    let mut steps = 0;
    for _ in 0..rounds {
        for release in [&stage.server, stage.older.as_ref().unwrap_or(&stage.server)] {
            for node in &mut cluster.nodes {
                node.stop().await?;
                node.program.clone_from(release);
                node.start().await?;
                steps += 1;
                clock::wait(Duration::from_millis(700)).await;
            }
        }
    }
    let seen = load.stop().await;
    let mut findings = Findings::default();
    findings.none("failed requests", seen.records.len() - seen.at_first());
    seen.tell(&mut findings);
    cluster.tell(&mut findings);
    findings.note(format!("{steps} nodes stopped and started at {rate} requests/s"));
    findings.note(match &stage.older {
        Some(_) => "the older release is another binary (--older)",
        None => "older and newer release are the same binary: shown is the order of stops and starts, not \
                 that two releases get along",
    });
    Ok(findings)
}
