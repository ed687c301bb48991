//! `postgres-failover`: the primary is killed and its standby promoted, again and again, under admin writes
//! and requests.

use std::time::Duration;

use super::cluster::{Cluster, Wanted};
use super::writes::{self, Told, Writes};
use crate::clock;
use crate::findings::Findings;
use crate::house::UNLIMITED;
use crate::load::Load;
use crate::stage::Stage;

/// How long a round may wait for its share of the writes.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let (rounds, wanted) = (stage.pick(2, 20), stage.pick(500, 10_000));
    let rate = stage.pick(100, 300);
    let shape = Wanted { rate: UNLIMITED, standby: true, ..Wanted::default() };
    let mut cluster = Cluster::open(stage, shape).await?;
    let mut findings = Findings::default();
    if cluster.database.is_none() {
        findings.holds("this tonegate knows PostgreSQL", "no `data.database_url`", false);
        return Ok(findings);
    }
    let load = Load::start(&cluster.house, cluster.plan(rate));
    let pause = Duration::from_millis(stage.pick(10, 20));
    let writes = Writes::start(&cluster.house, cluster.proxy.admin, pause);
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let share = wanted * (round + 1) / (rounds + 1);
        let enough = async || (writes.acknowledged() >= share).then_some(());
        clock::until("enough acknowledged writes", PATIENCE, enough).await?;
        stage.say(&format!("round {} of {rounds}: {} writes", round + 1, writes.acknowledged()));
        let Some(database) = &mut cluster.database else { break };
        let killed = clock::monotonic();
        database.kill_primary();
        clock::wait(Duration::from_millis(fastrand::u64(0..1_000))).await;
        database.promote()?;
        let before = writes.acknowledged();
        let again = async || (writes.acknowledged() > before).then_some(());
        clock::until("a write after the promotion", PATIENCE, again).await?;
        slowest = slowest.max(clock::monotonic() - killed);
        database.rejoin().await?;
    }
    let enough = async || (writes.acknowledged() >= wanted).then_some(());
    clock::until("enough acknowledged writes", PATIENCE, enough).await?;
    let (history, faults) = writes.stop().await;
    let seen = load.stop().await;
    let lost = writes::check(&cluster.house, cluster.proxy.admin, &history).await;
    findings.none("acknowledged writes that are lost", lost.len());
    let acknowledged = writes::count(&history, Told::Acknowledged);
    findings.at_least("acknowledged writes", wanted as f64, acknowledged as f64);
    findings.none("requests without a licence", seen.records.len() - seen.at_first());
    let data = cluster.nodes[0].data.clone();
    let audit = cluster.house.run(stage, &data, &["audit", "verify"]).await;
    findings.works("`tonegate audit verify` finds nothing", audit.map(|_| ()));
    seen.tell(&mut findings);
    cluster.tell(&mut findings);
    findings.note(format!(
        "{rounds} failovers; {} writes refused and {} of unknown outcome, which may be either; a write was \
         acknowledged again within {:.1} s of each kill; the killed server's place is taken by a new standby \
         (pg_basebackup)",
        writes::count(&history, Told::Refused),
        writes::count(&history, Told::Unknown),
        slowest.as_secs_f64()
    ));
    for line in lost.iter().take(5) {
        findings.note(line.clone());
    }
    for (fault, count) in faults.iter().take(5) {
        findings.note(format!("{count} × {fault}"));
    }
    Ok(findings)
}
