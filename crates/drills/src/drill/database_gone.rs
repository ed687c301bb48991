//! `database-gone`: the database is gone for long, and nodes die and start meanwhile.

use std::time::Duration;

use serde_json::json;

use super::cluster::{Cluster, Wanted};
use crate::admin::{Admin, Called};
use crate::clock;
use crate::findings::Findings;
use crate::house::UNLIMITED;
use crate::load::Load;
use crate::stage::Stage;

/// How long the admin API may take to come back with the database.
const BACK: Duration = Duration::from_secs(30);

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let gone_for = Duration::from_secs(stage.pick(20, 3_600));
    let every = Duration::from_secs(stage.pick(5, 60));
    let rate = stage.pick(100, 300);
    let shape = Wanted { rate: UNLIMITED, ..Wanted::default() };
    let mut cluster = Cluster::open(stage, shape).await?;
    let mut findings = Findings::default();
    if cluster.database.is_none() {
        findings.holds("this tonegate knows PostgreSQL", "no `data.database_url`", false);
        return Ok(findings);
    }
    let load = Load::start(&cluster.house, cluster.plan(rate));
    // So that every node has written its copy of the directory.
    clock::seconds(7).await;
    if let Some(database) = &mut cluster.database {
        database.kill_primary();
    }
    let gone = clock::monotonic();
    let (mut restarts, mut failed) = (0, 0);
    while clock::monotonic() - gone < gone_for {
        let node = &mut cluster.nodes[restarts % 3];
        stage.say(&format!("{} is killed and started without its database", node.name));
        node.kill().await?;
        if let Err(error) = node.start().await {
            failed += 1;
            stage.say(&format!("{error:#}"));
        }
        restarts += 1;
        clock::wait(every).await;
    }
    if let Some(database) = &mut cluster.database {
        database.restart();
    }
    let admin = Admin::new(cluster.proxy.admin, cluster.house.token());
    let path = format!("/apps/{}", cluster.house.apps[0].id);
    let write = async || {
        let patch = json!({ "note": "the database is back" });
        matches!(admin.call("PATCH", &path, Some(&patch)).await, Called::Done(_)).then_some(())
    };
    let back = clock::until("an admin write", BACK, write).await;
    let seen = load.stop().await;
    let all = seen.records.len();
    findings.share("licence, with one request signed anew", 100.0, seen.in_the_end(), all);
    findings.share("licence at the first try", 99.9, seen.at_first(), all);
    findings.none("nodes that did not start without the database", failed);
    let back = back.map_or(f64::INFINITY, |((), took)| took.as_secs_f64());
    findings.at_most("an admin write again after the database is back, s", 30.0, back);
    seen.tell(&mut findings);
    cluster.tell(&mut findings);
    findings.note(format!(
        "the database was gone for {} s; {restarts} times a node was killed with -9 and started without it; \
         {rate} requests/s",
        gone_for.as_secs()
    ));
    if !stage.long {
        findings.note("the short form's hour has 20 s");
    }
    Ok(findings)
}
