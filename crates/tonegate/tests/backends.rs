//! examples/backends, followed: every page shows its programs, and every program does what its page says,
//! against a real issuer and a real relay (`tonegate demo`).
//!
//! A language that is not installed is left out, and a line says so; in CI it fails. What a relay in
//! trouble does comes from a `Front` between program and relay.

mod front;
mod long_way;
mod place;
mod short_way;

use std::fs;
use std::process::Command;
use std::thread;

use crate::page::Page;
use place::Place;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// A language's folder.
struct Kit {
    folder: &'static str,
    /// How its blocks are marked, and its programs.
    fence: &'static str,
    programs: [&'static str; 3],
    /// How many lines its short way may have.
    lines: usize,
    /// Succeeds where the language is installed.
    probe: [&'static str; 2],
}

const NODE: Kit = Kit {
    folder: "node",
    fence: "js",
    programs: ["hand_on.mjs", "relay.mjs", "direct.mjs"],
    lines: 18,
    probe: ["node", "--version"],
};
const PYTHON: Kit = Kit {
    folder: "python",
    fence: "python",
    programs: ["hand_on.py", "relay.py", "direct.py"],
    lines: 18,
    probe: ["python3", "--version"],
};
const GO: Kit = Kit {
    folder: "go",
    fence: "go",
    programs: ["hand_on.go", "relay.go", "direct.go"],
    lines: 30,
    probe: ["go", "version"],
};
const JAVA: Kit = Kit {
    folder: "java",
    fence: "java",
    programs: ["HandOn.java", "Relay.java", "Direct.java"],
    lines: 30,
    probe: ["javac", "--version"],
};
const PHP: Kit = Kit {
    folder: "php",
    fence: "php",
    programs: ["hand_on.php", "relay.php", "direct.php"],
    lines: 18,
    probe: ["php", "--version"],
};

#[test]
fn the_pages_show_the_programs_as_they_are() {
    let overview = fs::read_to_string(format!("{EXAMPLES}/backends/README.md")).unwrap();
    for kit in [NODE, PYTHON, GO, JAVA, PHP] {
        let page = kit.page();
        for program in kit.programs {
            let shown = page.blocks(&format!("{} {program}", kit.fence));
            let file = fs::read_to_string(kit.path(program)).unwrap();
            assert!(shown == [file], "{}/README.md does not show {program} as it is", kit.folder);
        }
        let files = fs::read_dir(kit.path("")).unwrap().count();
        assert_eq!(files, 1 + kit.programs.len(), "{}: a file that no page shows", kit.folder);
        assert!(overview.contains(&format!("({}/README.md)", kit.folder)), "{}", kit.folder);
    }
}

#[test]
fn the_short_way_is_short() {
    for kit in [NODE, PYTHON, GO, JAVA, PHP] {
        let file = fs::read_to_string(kit.path(kit.programs[0])).unwrap();
        let (to_paste, _) = file.split_once("The command line: prints").unwrap();
        let lines = to_paste.lines().map(str::trim);
        let code = lines.filter(|line| {
            // Not imports, comments and lone brackets.
            let ceremony = ["import ", "package ", "//", "#", "/**", "<?php", "\""];
            line.len() > 1 && !ceremony.iter().any(|start| line.starts_with(start))
        });
        let count = code.count();
        println!("{}: {count} lines", kit.folder);
        assert!(count <= kit.lines, "{}: {count} lines", kit.folder);
    }
}

#[test]
fn node() {
    NODE.check();
}

#[test]
fn python() {
    PYTHON.check();
}

#[test]
fn go() {
    GO.check();
}

#[test]
fn java() {
    JAVA.check();
}

#[test]
fn php() {
    PHP.check();
}

impl Kit {
    fn path(&self, file: &str) -> String {
        format!("{EXAMPLES}/backends/{}/{file}", self.folder)
    }

    fn page(&self) -> Page {
        Page::read(&fs::read_to_string(self.path("README.md")).unwrap())
    }

    /// Does the language run here?
    fn is_installed(&self) -> bool {
        let [program, argument] = self.probe;
        let output = Command::new(program).arg(argument).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn check(&self) {
        if !self.is_installed() {
            let ci = std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
            assert!(!ci, "{} is not installed, and CI leaves nothing out", self.folder);
            println!("left out: {} is not installed", self.folder);
            return;
        }
        let place = Place::new(&self.page());
        place.it_prints_a_valid_license();
        place.short_prints_what_the_relay_hands_out();
        // They mostly wait: for timeouts, and for the end of a licence.
        thread::scope(|scope| {
            scope.spawn(|| place.short_fails_in_one_line());
            scope.spawn(|| place.short_goes_on_with_the_last_license());
            scope.spawn(|| place.short_does_not_hide_that_it_is_refused());
            scope.spawn(|| place.it_takes_its_key_to_no_other_host());
            scope.spawn(|| place.it_fails_in_one_line());
            scope.spawn(|| place.it_outlives_an_outage_and_says_so());
            scope.spawn(|| place.it_asks_no_more_than_it_must());
            scope.spawn(|| place.it_hands_on_nothing_that_has_expired());
            scope.spawn(|| place.it_hands_on_nothing_once_it_is_refused());
        });
    }
}
