//! `clock`: nodes whose clock is wrong from their start, and nodes whose clock jumps while they run.
//!
//! faketime moves the wall of one process, also while it runs; the monotonic clock stays the machine's, as
//! it does when somebody sets a real clock.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::task::{JoinSet, LocalSet};

use crate::clock::{monotonic, seconds, unix_seconds, wait};
use crate::findings::Findings;
use crate::house::{House, UNLIMITED};
use crate::load::{Load, Plan, Record, Replayed, Seen, replay};
use crate::node::Node;
use crate::stage::Stage;

/// Requests a second to each node.
const RATE: u32 = 4;
/// A clock that is right again must be believed by then: 60 s of steadiness, and a little.
const RECOVERY: Duration = Duration::from_secs(70);
/// An hour and what a request may take.
const WRONG_MAX: i64 = 3_605;
/// What a node logs when its wall clock steps, and when it moves to the wall.
const NOTICED: [&str; 2] = ["wall clock stepped", "gateway time moved"];
/// Where Debian keeps the library.
const LIBRARY: &str = "/usr/lib/*/faketime/libfaketimeMT.so.1";

/// How a clock is wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// By so many seconds.
    Offset(i64),
    /// It stands still.
    Frozen,
}

const FAULTS: [(&str, Fault); 11] = [
    ("+1 s", Fault::Offset(1)),
    ("−1 s", Fault::Offset(-1)),
    ("+9:59", Fault::Offset(599)),
    ("−9:59", Fault::Offset(-599)),
    ("+10:01", Fault::Offset(601)),
    ("−10:01", Fault::Offset(-601)),
    ("+1 h", Fault::Offset(3_600)),
    ("−1 h", Fault::Offset(-3_600)),
    ("−400 days", Fault::Offset(-400 * 86_400)),
    ("+10 years", Fault::Offset(3_653 * 86_400)),
    ("frozen", Fault::Frozen),
];

/// One node with a clock of its own.
struct Subject {
    name: &'static str,
    fault: Fault,
    live: bool,
    node: Node,
    /// What faketime reads.
    clock: PathBuf,
    /// How often it was started.
    starts: u32,
}

/// What one subject came to.
struct Outcome {
    what: String,
    fault: Fault,
    live: bool,
    seen: Seen,
    replayed: Replayed,
    /// How long after its clock was right again it gave a licence; `None`: not in time.
    recovered: Option<Duration>,
    /// When its clock was right again.
    right: Duration,
    /// How often it was started.
    starts: u32,
    /// Did it say so?
    noticed: bool,
}

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let library = library()?;
    let house = House::make(stage, &[], 2, UNLIMITED).await?;
    let wrong_for = stage.pick(12, 90);
    let outcomes = LocalSet::new().run_until(all(stage, &house, &library, wrong_for)).await?;
    Ok(findings(&outcomes, wrong_for))
}

/// All of them at once: each takes minutes, and little else.
async fn all(
    stage: &Stage,
    house: &House,
    library: &str,
    wrong_for: u64,
) -> anyhow::Result<Vec<Outcome>> {
    let mut subjects = JoinSet::new();
    for live in [false, true] {
        for (name, fault) in FAULTS {
            let subject = Subject::ready(stage, house, library, name, fault, live).await?;
            subjects.spawn_local(subject.drill(house.clone(), wrong_for));
        }
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = subjects.join_next().await {
        outcomes.push(outcome??);
    }
    outcomes.sort_by(|a, b| a.what.cmp(&b.what));
    Ok(outcomes)
}

impl Subject {
    async fn ready(
        stage: &Stage,
        house: &House,
        library: &str,
        name: &'static str,
        fault: Fault,
        live: bool,
    ) -> anyhow::Result<Self> {
        let number = FAULTS.iter().position(|(known, _)| *known == name).unwrap_or_default();
        let id = format!("{}{number}", if live { "live" } else { "boot" });
        let mut node = Node::copied(stage, house, &id, stage.network.place().await?).await?;
        let clock = stage.path(&format!("{id}-clock"));
        for (name, value) in [
            ("LD_PRELOAD", library),
            ("FAKETIME_TIMESTAMP_FILE", &clock.to_string_lossy()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ] {
            node.set(name, value);
        }
        Ok(Self { name, fault, live, node, clock, starts: 1 })
    }

    async fn drill(mut self, house: House, wrong_for: u64) -> anyhow::Result<Outcome> {
        self.turn(if self.live { Fault::Offset(0) } else { self.fault })?;
        self.node.spawn()?;
        let address = self.node.place.gateway;
        let plan = Plan { second_try: false, ..Plan::one(&self.node.name, address, RATE) };
        let load = Load::start(&house, plan);
        if self.live {
            self.node.ready().await?;
            seconds(4).await;
            self.turn(self.fault)?;
        }
        let mut replayed = Replayed::default();
        for _ in 0..wrong_for / 4 {
            self.supervise(4).await?;
            replayed += replay(address, &load.accepted(&self.node.name, 20)).await;
        }
        // Everything that was accepted until now is sent again once the clock is right.
        let before = load.accepted(&self.node.name, 2_000);
        self.turn(Fault::Offset(0))?;
        let right = monotonic();
        replayed += replay(address, &sample(&before)).await;
        let accepted = load.accepted(&self.node.name, 1);
        while monotonic() - right < RECOVERY && load.accepted(&self.node.name, 1) == accepted {
            self.supervise(0).await?;
        }
        let recovered =
            (load.accepted(&self.node.name, 1) != accepted).then(|| monotonic() - right);
        replayed += replay(address, &sample(&before)).await;
        seconds(2).await;
        let seen = load.stop().await;
        let log = self.node.said()?;
        let noticed = NOTICED.iter().any(|word| log.contains(word));
        let when = if self.live { "while it runs" } else { "at boot" };
        ensure!(self.node.is_running(), "{} {when}: the node ended", self.name);
        let what = format!("{} {when}", self.name);
        Ok(Outcome {
            what,
            fault: self.fault,
            live: self.live,
            seen,
            replayed,
            recovered,
            right,
            starts: self.starts,
            noticed,
        })
    }

    /// What a supervisor does: a node that ended is started again, a second later.
    async fn supervise(&mut self, for_seconds: u64) -> anyhow::Result<()> {
        let begun = monotonic();
        loop {
            wait(Duration::from_millis(200)).await;
            if !self.node.is_running() {
                seconds(1).await;
                self.node.spawn()?;
                self.starts += 1;
            }
            if monotonic() - begun >= Duration::from_secs(for_seconds) {
                return Ok(());
            }
        }
    }

    /// Sets the clock. The file is replaced, so that it is never read half written.
    fn turn(&self, fault: Fault) -> anyhow::Result<()> {
        let text = match fault {
            Fault::Offset(offset) => format!("{offset:+}\n"),
            Fault::Frozen => frozen_at(unix_seconds())?,
        };
        let draft = self.clock.with_extension("draft");
        fs::write(&draft, text)?;
        Ok(fs::rename(&draft, &self.clock)?)
    }
}

/// What faketime takes for a clock that stands, in local time, which is UTC in these processes.
fn frozen_at(now: i64) -> anyhow::Result<String> {
    let text = jiff::Timestamp::from_second(now)?.to_string();
    Ok(text.replace('T', " ").trim_end_matches('Z').to_owned() + "\n")
}

fn findings(outcomes: &[Outcome], wrong_for: u64) -> Findings {
    let mut findings = Findings::default();
    let licensed = || outcomes.iter().flat_map(|outcome| &outcome.seen.records);
    let worst = licensed().filter(|record| record.first.is_license()).map(wrong_by).max();
    let wrong = worst.map_or(f64::INFINITY, |seconds| seconds as f64);
    findings.at_most(
        "`iat` by which a licence differs from a right clock's, s",
        WRONG_MAX as f64,
        wrong,
    );
    let mut replayed = Replayed::default();
    outcomes.iter().for_each(|outcome| replayed += outcome.replayed);
    findings.none("accepted URLs that were accepted again", replayed.accepted);
    findings.at_least(
        "accepted URLs that were refused when sent again",
        1.0,
        replayed.refused as f64,
    );
    findings.none("URLs sent again without a verdict", replayed.other);
    let recovered: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.recovered).collect();
    findings.none("nodes that did not recover by themselves", outcomes.len() - recovered.len());
    let slowest = recovered.iter().max().map_or(f64::INFINITY, Duration::as_secs_f64);
    findings.at_most(
        "slowest recovery once the clock was right, s",
        RECOVERY.as_secs_f64(),
        slowest,
    );
    // More than 2 s, and every node that lived through it: else the fault was none.
    let deaf =
        outcomes.iter().filter(|outcome| outcome.should_notice() && !outcome.noticed).count();
    findings.none("running nodes that did not notice a step of over 2 s", deaf);
    findings.none(
        "sampled licences that do not verify",
        outcomes.iter().map(|outcome| outcome.seen.wrong.len()).sum(),
    );
    findings.note(format!(
        "{} nodes at once, {} with a wrong clock at boot and as many whose clock jumps after 4 s; wrong for \
         {wrong_for} s, then right again; {RATE} requests/s each, signed by the right time",
        outcomes.len(),
        outcomes.len() / 2
    ));
    for outcome in outcomes {
        findings.note(outcome.told());
    }
    findings
}

impl Outcome {
    fn should_notice(&self) -> bool {
        self.live && !matches!(self.fault, Fault::Offset(-2..=2))
    }

    fn told(&self) -> String {
        let (wrong, licensed) = self.share(|record| record.begun < self.right);
        let (after, good) = self.share(|record| record.begun >= self.right);
        let recovered = self.recovered.map_or("never".to_owned(), |took| {
            format!("{:.1} s after the clock was right", took.as_secs_f64())
        });
        let codes = self.seen.records.iter().filter(|record| !record.first.is_license());
        let mut codes: Vec<_> = codes.map(|record| record.first.to_string()).collect();
        codes.sort();
        codes.dedup();
        format!(
            "{}: {licensed} of {wrong} requests got a licence before the clock was right, {good} of {after} after; \
             first licence {recovered}; {} starts, {}; refused with: {}",
            self.what,
            self.starts,
            if self.noticed { "logged a step of the clock" } else { "logged no step" },
            if codes.is_empty() { "–".to_owned() } else { codes.join(", ") }
        )
    }

    fn share(&self, of: impl Fn(&Record) -> bool) -> (usize, usize) {
        let licensed = |record: &Record| of(record) && record.first.is_license();
        (self.seen.count(&of), self.seen.count(licensed))
    }
}

/// A right clock writes the hour's beginning; at the turn of an hour it may be either one.
fn wrong_by(record: &Record) -> i64 {
    let hour = |at: i64| at - at.rem_euclid(3_600);
    let by = |at| (record.issued_at - hour(at)).abs();
    by(record.unix).min(by(record.unix + 10))
}

/// A hundred of them, from all over.
fn sample(targets: &[String]) -> Vec<String> {
    let step = (targets.len() / 100).max(1);
    targets.iter().step_by(step).cloned().collect()
}

fn library() -> anyhow::Result<String> {
    let (before, after) = LIBRARY.split_once('*').context("one star")?;
    let folders = fs::read_dir(before)?.flatten();
    let path = folders.map(|folder| format!("{before}{}{after}", folder.file_name().display()));
    path.into_iter()
        .find(|path| fs::exists(path).unwrap_or(false))
        .context("libfaketimeMT.so.1 is not there; install faketime")
}
