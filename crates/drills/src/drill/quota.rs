//! `quota`: one app asks for more than its rate through all nodes; what it gets is exact.

use std::time::Duration;

use super::cluster::{Cluster, Wanted};
use crate::clock;
use crate::findings::Findings;
use crate::load::{Load, Outcome, Plan, Seen};
use crate::stage::Stage;

/// The app's rate and burst (docs/PROTOCOL.md §5).
const RATE: u32 = 20;
/// What is asked a second: three times as much.
const ASKED: u32 = 60;
/// The code of a request over the rate.
const LIMITED: Outcome = Outcome::Code(7);

pub(super) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let window = stage.pick(20, 60);
    let cluster = Cluster::open(stage, Wanted { rate: RATE, ..Wanted::default() }).await?;
    let plan = Plan { apps: 1, second_try: false, ..cluster.plan(ASKED) };
    let load = Load::start(&cluster.house, plan);
    clock::seconds(window + stage.pick(5, 120)).await;
    let seen = load.stop().await;
    let (least, most) = accepted_in(&seen, Duration::from_secs(window));
    let mut findings = Findings::default();
    let rate = f64::from(RATE) * window as f64;
    let text = format!("accepted within any {window} s");
    findings.within(&format!("{text}: most"), rate - 5.0, rate + f64::from(RATE), most as f64);
    findings.within(&format!("{text}: fewest"), rate - 5.0, rate + f64::from(RATE), least as f64);
    let other = seen.count(|record| !record.first.is_license() && record.first != LIMITED);
    findings.none("answers that are neither a licence nor code 7", other);
    seen.tell(&mut findings);
    cluster.tell(&mut findings);
    findings
        .note(format!("one app with {RATE}/s, asking {ASKED} times a second through the proxy"));
    if !stage.long {
        findings.note("the short form's window is 20 s instead of 60, and its bounds are scaled: 20 × 20 − 5 … + 20");
    }
    Ok(findings)
}

/// Fewest and most licences within a window of this length that lies in the load's time.
fn accepted_in(seen: &Seen, window: Duration) -> (usize, usize) {
    let given = seen.records.iter().filter(|record| record.first.is_license());
    let mut given: Vec<Duration> = given.map(|record| record.done).collect();
    given.sort_unstable();
    let end = seen.records.iter().map(|record| record.done).max().unwrap_or_default();
    let from = |start: Duration| given.partition_point(|&at| at < start);
    let after = |start: Duration| given.partition_point(|&at| at <= start);
    let whole = || given.iter().copied().filter(|&at| at + window <= end);
    // A window that begins with a licence holds most, one that begins right after it fewest.
    let most = whole().map(|at| from(at + window) - from(at)).max().unwrap_or(0);
    let least = whole().map(|at| after(at + window) - after(at)).min().unwrap_or(0);
    (least, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Record;

    #[test]
    fn windows_are_counted_at_their_worst() {
        let at = |ms| Record { done: Duration::from_millis(ms), ..Record::default() };
        let times = [0, 100, 200, 300, 1_000, 2_000, 2_500];
        let seen = Seen { records: times.map(at).into(), wrong: Vec::new() };
        assert_eq!(accepted_in(&seen, Duration::from_secs(1)), (1, 4));
    }
}
