//! `disk-full`: a disk without room, and one whose n-th write fails, under requests and admin writes.
//!
//! One node on SQLite: it is the one that keeps everything on its own disk.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::process::Command;

use super::faults::{Error, Faults};
use super::writes::{self, Told, Writes};
use crate::admin::{Admin, Called};
use crate::clock;
use crate::findings::Findings;
use crate::house::{self, House, UNLIMITED};
use crate::load::{Load, Plan, Replayed, replay};
use crate::node::Node;
use crate::stage::Stage;
use crate::{enclosure, process};

/// Requests a second.
const RATE: u32 = 100;
/// Between two admin writes of one app: one caller may send 50 a second, and is asked for more besides.
const PAUSE: Duration = Duration::from_millis(150);
/// Room on the disk that fills up.
const ROOM: &str = "size=24m";
/// All must be well again so soon.
const NORMAL: Duration = Duration::from_secs(5);

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let house = House::make(stage, &[], 4, UNLIMITED).await?;
    let mut findings = Findings::default();
    full(stage, &house, &mut findings).await?;
    failing(stage, &house, &mut findings).await?;
    Ok(findings)
}

/// The disk is full for a while.
async fn full(stage: &Stage, house: &House, findings: &mut Findings) -> anyhow::Result<()> {
    let mut disk = Disk::open(stage, house).await?;
    disk.node.start().await?;
    let plan = Plan { second_try: false, ..Plan::one("full", disk.node.place.gateway, RATE) };
    let load = Load::start(house, plan);
    let writes = Writes::start(house, disk.node.place.admin, PAUSE);
    clock::seconds(2).await;
    let before = writes.acknowledged();
    disk.fill()?;
    stage.say("the disk is full");
    let filled = clock::monotonic();
    clock::seconds(stage.pick(6, 60)).await;
    let during = load.accepted("full", 100);
    let full_for = clock::monotonic() - filled;
    disk.free()?;
    stage.say("the disk has room again");
    let freed = clock::monotonic();
    let node = &disk.node;
    let normal = clock::until("normal", NORMAL * 4, async || is_normal(node, house).await).await;
    clock::seconds(1).await;
    let seen = load.stop().await;
    let (history, faults) = writes.stop().await;
    let refused = history.values().flatten().filter(|write| write.told != Told::Acknowledged);
    let refused = refused.filter(|write| write.done >= filled && write.done < freed).count();
    let (_, normal) =
        normal.map_or((false, f64::INFINITY), |((), took)| (true, took.as_secs_f64()));
    let all = seen.records.len();
    findings.none("disk full: requests without a licence", all - seen.at_first());
    findings.at_most(
        "disk full: all normal after space came back, s",
        NORMAL.as_secs_f64(),
        normal,
    );
    let lost = writes::check(house, disk.node.place.admin, &history).await;
    findings.none("disk full: acknowledged admin writes that are lost", lost.len());
    let again = replay(disk.node.place.gateway, &during).await;
    disk.node.kill().await?;
    disk.node.start().await?;
    let restarted = replay(disk.node.place.gateway, &during).await;
    findings.none(
        "disk full: accepted URLs accepted again, then and after kill -9",
        again.accepted + restarted.accepted,
    );
    findings.at_least(
        "disk full: accepted URLs refused when sent again",
        1.0,
        again.refused.min(restarted.refused) as f64,
    );
    disk.node.stop().await?;
    // Elsewhere: `doctor` finds fault with a disk as small as this one.
    let elsewhere = stage.path("full-elsewhere");
    house::copy(&disk.node.data, &elsewhere).await?;
    sound(stage, house, &elsewhere, "disk full", findings).await;
    seen.tell(findings);
    findings.note(format!(
        "disk full: {}; full for {:.0} s at {RATE} requests/s; {before} admin writes acknowledged before, {refused} \
         refused meanwhile ({}); `journal_failing` stands in /readyz and metrics for 5 minutes after the last \
         fault, on purpose",
        disk.how,
        full_for.as_secs_f64(),
        faults.keys().map(|fault| fault.split(' ').next().unwrap_or_default()).collect::<Vec<_>>().join(", ")
    ));
    for lost in lost.iter().take(5) {
        findings.note(lost.clone());
    }
    Ok(())
}

/// The n-th write fails, for many n.
async fn failing(stage: &Stage, house: &House, findings: &mut Findings) -> anyhow::Result<()> {
    let rounds: Vec<i64> = match stage.long {
        true => (1..=200).collect(),
        false => vec![1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 200],
    };
    let mut node = Node::copied(stage, house, "failing", stage.network.place().await?).await?;
    let database = node.data.join("tonegate.db");
    let journal = node.data.join("journal");
    let mut replayed = Replayed::default();
    let (mut requests, mut without, mut lost, mut wrong) = (0, 0, Vec::new(), 0);
    let (mut failed, mut slowest, mut unwell) = (0, Duration::ZERO, 0);
    for (target, folder) in [("database", &database), ("journal", &journal)] {
        let faults = Faults::prepare(stage, &mut node, folder).await?;
        node.start().await?;
        let plan = Plan { second_try: false, ..Plan::one(target, node.place.gateway, RATE) };
        let load = Load::start(house, plan);
        let writes = Writes::start(house, node.place.admin, PAUSE);
        for &first in &rounds {
            let error = if first % 2 == 0 { Error::Full } else { Error::Broken };
            faults.arm(first, 1, error)?;
            let hit = async || faults.failed().is_ok_and(|failed| failed > 0).then_some(());
            let hit = clock::until("the write that fails", Duration::from_secs(10), hit).await;
            faults.disarm()?;
            stage.say(&format!("{target}: write {first} failed: {}", hit.is_ok()));
            failed += usize::from(hit.is_ok());
            let normal = async || is_normal(&node, house).await;
            match clock::until("normal", NORMAL, normal).await {
                Ok(((), took)) => slowest = slowest.max(took),
                Err(error) => {
                    stage.say(&format!("{target}: write {first}: {error}"));
                    unwell += 1;
                }
            }
        }
        let accepted = load.accepted(target, 500);
        let seen = load.stop().await;
        // What is lost with its writer is refused up to the second before the next start (ADR 4).
        clock::wait(Duration::from_millis(1_200)).await;
        let (history, _) = writes.stop().await;
        requests += seen.records.len();
        without += seen.records.len() - seen.at_first();
        wrong += seen.wrong.len();
        replayed += replay(node.place.gateway, &accepted).await;
        node.kill().await?;
        node.start().await?;
        replayed += replay(node.place.gateway, &accepted).await;
        lost.extend(writes::check(house, node.place.admin, &history).await);
        node.stop().await?;
    }
    findings.none("failing write: requests without a licence", without);
    findings.none("failing write: sampled licences that do not verify", wrong);
    findings.none("failing write: rounds whose write did not fail", rounds.len() * 2 - failed);
    findings.none("failing write: not normal within 5 s", unwell);
    findings.at_most(
        "failing write: slowest to be normal again, s",
        NORMAL.as_secs_f64(),
        slowest.as_secs_f64(),
    );
    findings.none("failing write: acknowledged admin writes that are lost", lost.len());
    findings.none("failing write: accepted URLs accepted again", replayed.accepted);
    sound(stage, house, &node.data, "failing write", findings).await;
    findings.note(format!(
        "failing write: one write, truncation or sync fails (EIO for odd n, ENOSPC for even n), n = {} … {} \
         ({} rounds) counted from an arbitrary moment, once among the database's files and once among the \
         replay journal's; {requests} requests; {} URLs sent again, {} refused",
        rounds[0],
        rounds[rounds.len() - 1],
        rounds.len(),
        replayed.all(),
        replayed.refused
    ));
    for lost in lost.iter().take(5) {
        findings.note(lost.clone());
    }
    Ok(())
}

/// Can something be written?
async fn is_normal(node: &Node, house: &House) -> Option<()> {
    let admin = Admin::new(node.place.admin, house.token());
    let app = house.apps.last()?.id;
    let tag = json!({ "tags": [format!("t{}", fastrand::u32(..))] });
    let called = admin.call("PATCH", &format!("/apps/{app}"), Some(&tag)).await;
    matches!(called, Called::Done(_)).then_some(())
}

/// The database says that it is whole, and the audit log that nothing was changed in it.
async fn sound(stage: &Stage, house: &House, data: &Path, what: &str, findings: &mut Findings) {
    for check in [&["doctor"][..], &["audit", "verify"]] {
        let found = house.run(stage, data, check).await;
        let text = format!("{what}: `tonegate {}` finds nothing", check.join(" "));
        findings.works(&text, found.map(|_| ()));
    }
}

/// A node on a disk that can be filled.
struct Disk {
    node: Node,
    how: &'static str,
    fill: PathBuf,
    faults: Option<Faults>,
}

impl Disk {
    /// A small tmpfs where we may mount one; otherwise a library that says so.
    async fn open(stage: &Stage, house: &House) -> anyhow::Result<Self> {
        let folder = stage.path("disk");
        fs::create_dir(&folder)?;
        let mounted = enclosure::is_inside();
        if mounted {
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", ROOM, "drill"]).arg(&folder);
            process::output(mount).await?;
        }
        let data = folder.join("data");
        house::copy(&house.data, &data).await?;
        let mut node = Node::new(stage, house, "full", stage.network.place().await?, data)?;
        let faults = match mounted {
            true => None,
            false => Some(Faults::prepare(stage, &mut node, &folder).await?),
        };
        let how = match mounted {
            true => "a tmpfs of 24 MiB filled to the last byte",
            false => "no mount allowed here, so a library said ENOSPC to every write",
        };
        Ok(Self { node, how, fill: folder.join("fill"), faults })
    }

    fn fill(&mut self) -> anyhow::Result<()> {
        if let Some(faults) = &self.faults {
            return faults.arm(1, i64::MAX / 2, Error::Full);
        }
        let mut file = File::create(&self.fill).context("cannot fill the disk")?;
        for size in [1 << 20, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Ok(())
    }

    fn free(&mut self) -> anyhow::Result<()> {
        match &self.faults {
            Some(faults) => faults.disarm().map(|_| ()),
            None => Ok(fs::remove_file(&self.fill)?),
        }
    }
}
