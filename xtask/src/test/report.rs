//! What a run of steps tells its reader: headings on the way, a table and one plain line at the end.

use std::time::{Duration, Instant};

/// How a step ended.
pub(super) enum Outcome {
    Passed,
    /// This machine cannot run it, and why.
    LeftOut(String),
    Failed(String),
}

struct Row {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

/// The steps so far, and the clock that times them.
pub(super) struct Report {
    began: Instant,
    step_began: Instant,
    rows: Vec<Row>,
}

impl Report {
    pub(super) fn start() -> Self {
        Self { began: now(), step_began: now(), rows: Vec::new() }
    }

    pub(super) fn heading(&mut self, name: &str) {
        println!("\n=== {name}");
        self.step_began = now();
    }

    pub(super) fn step(&mut self, name: &'static str, outcome: Outcome) {
        let took = now() - self.step_began;
        println!("=== {name}: {} in {:.1} s", word(&outcome), took.as_secs_f32());
        self.rows.push(Row { name, took, outcome });
    }

    pub(super) fn failed(&self) -> bool {
        self.failure().is_some()
    }

    /// The step that failed, and how.
    pub(super) fn failure(&self) -> Option<(&'static str, &str)> {
        self.rows.iter().find_map(|row| match &row.outcome {
            Outcome::Failed(why) => Some((row.name, why.as_str())),
            _ => None,
        })
    }

    pub(super) fn print(&self) {
        println!("\n{}", self.table());
        println!("{}", self.summary(now() - self.began));
    }

    fn table(&self) -> String {
        let mut table = format!("{:<12} {:>9}  outcome\n", "step", "took");
        for Row { name, took, outcome } in &self.rows {
            let why = if let Outcome::LeftOut(why) = outcome { why } else { "" };
            let line = format!("{name:<12} {:>7.1} s  {} {why}", took.as_secs_f32(), word(outcome));
            table.push_str(line.trim_end());
            table.push('\n');
        }
        table
    }

    /// In libtest's own words, so that what reads test logs reads this one; it counts steps.
    fn summary(&self, took: Duration) -> String {
        let count =
            |wanted: &str| self.rows.iter().filter(|row| word(&row.outcome) == wanted).count();
        format!(
            "test result: {}. {} passed; {} failed; {} ignored; 0 measured; 0 filtered out; \
             finished in {:.2}s",
            if self.failed() { "FAILED" } else { "ok" },
            count("passed"),
            count("failed"),
            count("left out"),
            took.as_secs_f32()
        )
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::LeftOut(_) => "left out",
        Outcome::Failed(_) => "failed",
    }
}

#[expect(clippy::disallowed_methods, reason = "a duration told to a person; nothing decides on it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: [Outcome; 2]) -> Report {
        let [first, second] = outcomes;
        let row = |name, outcome| Row { name, took: Duration::from_millis(1_500), outcome };
        Report { rows: vec![row("tidy", first), row("interop", second)], ..Report::start() }
    }

    #[test]
    fn the_table_tells_why_a_step_was_left_out() {
        let report = report([Outcome::Passed, Outcome::LeftOut("no node".into())]);
        let table = "step              took  outcome\n\
                     tidy             1.5 s  passed\n\
                     interop          1.5 s  left out no node\n";
        assert_eq!(report.table(), table);
    }

    #[test]
    fn the_last_line_reads_like_a_test_runners() {
        let passed = report([Outcome::Passed, Outcome::LeftOut("no node".into())]);
        let line = "test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
                    finished in 3.00s";
        assert_eq!(passed.summary(Duration::from_secs(3)), line);
        let failed = report([Outcome::Passed, Outcome::Failed("exit status: 1".into())]);
        assert!(
            failed.summary(Duration::ZERO).starts_with("test result: FAILED. 1 passed; 1 failed")
        );
        assert_eq!(failed.failure(), Some(("interop", "exit status: 1")));
    }
}
