//! A small run with round figures, for tests.

use crate::machine::Machine;
use crate::results::{Arm, Plan, RawRates, Results, Round, Scenario};
use crate::scenario::{NGINX, OURS};

/// Two scenarios of two rounds.
pub(crate) fn results() -> Results {
    let go = arm("Go net/http", 20_000, 4_000.0);
    let held = vec![arm(OURS, 80_000, 2_500.0), arm(NGINX, 100_000, 2_000.0), go];
    let raw = RawRates { sign: 60_000.0, verify: 20_000.0, verify_aws_lc: 20_000.0 };
    let mint = Scenario {
        raw: vec![raw; 2],
        ..scenario("mint", "Mints", vec![arm(OURS, 12_000, 9_000.0)])
    };
    Results {
        date: "2026-01-02 03:04 UTC".to_owned(),
        revision: "abc1234".to_owned(),
        machine: Machine {
            cpu: "A processor".to_owned(),
            cores: 2,
            memory_mib: 1_024,
            kernel: "Linux 6".to_owned(),
            system: "A system".to_owned(),
            virtual_machine: true,
            programs: vec![("nginx".to_owned(), "nginx/1".to_owned())],
        },
        plan: Plan {
            quick: false,
            rounds: 2,
            seconds: 1.0,
            warm_up: 0.1,
            connections: 64,
            many_apps: 1_000_000,
            fresh_apps: 100_000,
            remembered: 10_000_000,
        },
        skipped: vec!["FastAPI: its runtime is not on this machine".to_owned()],
        scenarios: vec![scenario("held", "Held licence", held), mint],
    }
}

fn scenario(name: &str, title: &str, arms: Vec<Arm>) -> Scenario {
    Scenario {
        name: name.to_owned(),
        title: title.to_owned(),
        about: "What is asked.".to_owned(),
        lifted: "a limit".to_owned(),
        arms,
        raw: Vec::new(),
    }
}

fn arm(name: &str, answers: u64, p99: f64) -> Arm {
    let round = Round {
        answers,
        seconds: 1.0,
        server_cpu: 1.0,
        generator_cpu: 0.7,
        p50: p99 / 4.0,
        p99,
        p999: p99 * 2.0,
        resident_kib: 20_480,
    };
    Arm { rounds: vec![round.clone(), round], ..Arm::new(name) }
}
