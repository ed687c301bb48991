//! `kill-nodes`: a random node is killed with -9 again and again while requests go on.

use std::time::Duration;

use super::cluster::{Cluster, Wanted};
use crate::clock;
use crate::findings::Findings;
use crate::house::UNLIMITED;
use crate::load::{Load, Replayed, replay};
use crate::stage::Stage;

/// What a supervisor waits before it starts a process anew.
const DEAD: Duration = Duration::from_secs(1);
/// URLs that the node accepted last before it died, sent to it again.
const REPLAYED: usize = 200;

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let (kills, every) = (stage.pick(3, 100), Duration::from_secs(stage.pick(5, 20)));
    let rate = stage.pick(300, 1_000);
    let mut cluster = Cluster::open(stage, Wanted { rate: UNLIMITED, ..Wanted::default() }).await?;
    let load = Load::start(&cluster.house, cluster.plan(rate));
    clock::seconds(2).await;
    let (mut replayed, mut slowest) = (Replayed::default(), Duration::ZERO);
    for kill in 0..kills {
        let begun = clock::monotonic();
        let node = &mut cluster.nodes[fastrand::usize(..3)];
        node.kill().await?;
        stage.say(&format!("kill {} of {kills}: {}", kill + 1, node.name));
        // Taken after its death: everything that it can have accepted.
        let accepted = load.accepted(&node.name, REPLAYED);
        clock::wait(DEAD).await;
        let starting = clock::monotonic();
        node.start().await?;
        slowest = slowest.max(clock::monotonic() - starting);
        replayed += replay(node.place.gateway, &accepted).await;
        clock::wait(every.saturating_sub(clock::monotonic() - begun)).await;
    }
    let seen = load.stop().await;
    let mut findings = Findings::default();
    let all = seen.records.len();
    findings.share("licence at the first try", stage.pick(99.0, 99.9), seen.at_first(), all);
    findings.share("licence with one request signed anew", 100.0, seen.in_the_end(), all);
    findings.none("accepted twice by one node across its restarts", replayed.accepted);
    findings.at_least("URLs sent to it again that it refused", 1.0, replayed.refused as f64);
    findings.none("URLs sent to it again without a verdict", replayed.other);
    seen.tell(&mut findings);
    cluster.tell(&mut findings);
    findings.note(format!(
        "{kills} kills, one each {} s, {rate} requests/s; a killed node is started after {} s and was ready \
         within {:.1} s",
        every.as_secs(),
        DEAD.as_secs(),
        slowest.as_secs_f64()
    ));
    if !stage.long {
        findings.note(
            "the short form asks for 99 % at the first try: a kill falls on 1,500 requests, not on 20,000",
        );
    }
    Ok(findings)
}
