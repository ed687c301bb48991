//! `rolling-upgrade`: every node is stopped and started as another release, then back, under load.

use std::time::Duration;

use super::cluster::{Cluster, Wanted};
use crate::clock;
use crate::findings::Findings;
use crate::house::UNLIMITED;
use crate::load::Load;
use crate::stage::Stage;

/// What the next release's migration would be: it only adds.
const NEWER_SCHEMA: &str = "BEGIN; ALTER TABLE apps ADD COLUMN of_the_next_release TEXT; \
     INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
     SELECT MAX(version) + 1, 'drill', TRUE, '', 0 FROM _sqlx_migrations; COMMIT";
/// What a release logs that starts on it.
const ON_NEWER_SCHEMA: &str = "the schema of a newer release";

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let (rate, rounds) = (stage.pick(200, 1_000), stage.pick(1, 5));
    let mut cluster = Cluster::open(stage, Wanted { rate: UNLIMITED, ..Wanted::default() }).await?;
    let load = Load::start(&cluster.house, cluster.plan(rate));
    clock::seconds(1).await;
    let (mut steps, mut newer) = (0, 0);
    for _ in 0..rounds {
        for release in [&stage.server, stage.older.as_ref().unwrap_or(&stage.server)] {
            for node in &mut cluster.nodes {
                node.stop().await?;
                // The first node of the newer release brings its schema, while the others go on.
                if let (0, Some(database)) = (steps, &cluster.database) {
                    database.sql(NEWER_SCHEMA)?;
                }
                node.program.clone_from(release);
                node.start().await?;
                steps += 1;
                newer += usize::from(node.said()?.contains(ON_NEWER_SCHEMA));
                clock::wait(Duration::from_millis(700)).await;
            }
        }
    }
    let seen = load.stop().await;
    let mut findings = Findings::default();
    findings.none("failed requests", seen.records.len() - seen.at_first());
    seen.tell(&mut findings);
    if cluster.database.is_some() {
        findings.at_least("starts on the newer schema", steps as f64, newer as f64);
    }
    cluster.tell(&mut findings);
    findings.note(format!("{steps} nodes stopped and started at {rate} requests/s"));
    findings.note(match &stage.older {
        Some(_) => "the older release is another binary (--older)",
        None => {
            "older and newer release are the same binary; on PostgreSQL the schema gets one version newer \
             (an added column, `compatible_schema` as it was) under the running nodes: shown is that a release \
             runs, starts and serves on the next one's schema, and the order of stops and starts; not shown is \
             that two releases' programs get along"
        }
    });
    Ok(findings)
}
