//! What a drill found: goals, what was seen of each, and whether that meets it.

use serde::{Deserialize, Serialize};

/// One promise, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Goal {
    /// What is measured.
    pub(crate) text: String,
    /// What it must be.
    pub(crate) goal: String,
    /// What it was.
    pub(crate) seen: String,
    /// Is that good enough?
    pub(crate) met: bool,
}

/// Everything that one run of a drill found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Findings {
    /// In the order in which they are told.
    pub(crate) goals: Vec<Goal>,
    /// How it was done, where a reader could think otherwise.
    pub(crate) notes: Vec<String>,
}

impl Findings {
    /// At least so much.
    pub(crate) fn at_least(&mut self, text: &str, least: f64, seen: f64) {
        self.push(text, format!("≥ {}", shown(least)), shown(seen), seen >= least);
    }

    /// At most so much.
    pub(crate) fn at_most(&mut self, text: &str, most: f64, seen: f64) {
        self.push(text, format!("≤ {}", shown(most)), shown(seen), seen <= most);
    }

    /// Within these two.
    pub(crate) fn within(&mut self, text: &str, least: f64, most: f64, seen: f64) {
        let goal = format!("{} – {}", shown(least), shown(most));
        self.push(text, goal, shown(seen), (least..=most).contains(&seen));
    }

    /// None at all.
    pub(crate) fn none(&mut self, text: &str, seen: usize) {
        self.push(text, "0".to_owned(), seen.to_string(), seen == 0);
    }

    /// A share of all: `least` per cent or more.
    pub(crate) fn share(&mut self, text: &str, least: f64, good: usize, all: usize) {
        let percent = if all == 0 { 0.0 } else { good as f64 * 100.0 / all as f64 };
        // Rounded down: 99.9996 % are not 100 %.
        let seen = format!("{} % ({good} of {all})", (percent * 1e4).floor() / 1e4);
        self.push(text, format!("≥ {least} %"), seen, all > 0 && percent >= least);
    }

    /// A fact that must hold.
    pub(crate) fn holds(&mut self, text: &str, seen: &str, met: bool) {
        self.push(text, "yes".to_owned(), seen.to_owned(), met);
    }

    /// Something that must not fail; if it does, a note says how.
    pub(crate) fn works(&mut self, text: &str, done: anyhow::Result<()>) {
        self.holds(text, if done.is_ok() { "yes" } else { "no" }, done.is_ok());
        if let Err(error) = done {
            self.note(format!("{text}: {error:#}"));
        }
    }

    /// Something to say about how it was done.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Was every goal met, and was there one?
    pub(crate) fn all_met(&self) -> bool {
        !self.goals.is_empty() && self.goals.iter().all(|goal| goal.met)
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let width = |of: fn(&Goal) -> &str, least: usize| {
            self.goals.iter().map(|goal| of(goal).chars().count()).max().unwrap_or(0).max(least)
        };
        let text = width(|goal| &goal.text, 0);
        let (goals, seen) = (width(|goal| &goal.goal, 4), width(|goal| &goal.seen, 4));
        println!("{:text$}  {:goals$}  {:seen$}  met", "", "goal", "seen");
        for goal in &self.goals {
            let met = if goal.met { "yes" } else { "NO" };
            println!("{:text$}  {:goals$}  {:seen$}  {met}", goal.text, goal.goal, goal.seen);
        }
        for note in &self.notes {
            println!("note: {note}");
        }
    }

    fn push(&mut self, text: &str, goal: String, seen: String, met: bool) {
        self.goals.push(Goal { text: text.to_owned(), goal, seen, met });
    }
}

/// Three digits behind the point at most, and none that say nothing.
fn shown(number: f64) -> String {
    ((number * 1e3).round() / 1e3).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_its_goal() {
        let mut findings = Findings::default();
        findings.share("answered", 100.0, 9_999_999, 10_000_000);
        assert_eq!(findings.goals[0].seen, "99.9999 % (9999999 of 10000000)");
        assert!(!findings.all_met());
    }

    #[test]
    fn nothing_measured_meets_nothing() {
        let mut findings = Findings::default();
        assert!(!findings.all_met());
        findings.share("answered", 99.0, 0, 0);
        assert!(!findings.all_met());
    }

    #[test]
    fn one_miss_is_a_miss() {
        let mut findings = Findings::default();
        findings.within("quota", 395.0, 420.0, 400.0);
        assert!(findings.all_met());
        findings.none("lost", 1);
        assert!(!findings.all_met());
    }
}
