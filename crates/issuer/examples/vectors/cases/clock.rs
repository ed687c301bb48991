//! Walks: what the device's clock, its kills and its starts do to a licence, and what is kept.

use crate::case::{Answer, At, Case, Kept, Times};
use crate::forge::{EXP, IAT, License};

const HOUR: i64 = 3_600;

pub(super) fn cases() -> Vec<Case> {
    vec![
        long_use(),
        clock_set_back(),
        clock_set_back_at_start(),
        start_over_and_over(),
        clock_stood_ahead(),
        clock_stood_ahead_while_running(),
        older_license(),
        older_license_refused_in_between(),
        grace_is_counted(),
        grace_is_not_renewed(),
        monotonic_clock_goes_back(),
        never_beyond_the_end(),
        stored_ahead_of_the_clock(),
    ]
}

fn sample() -> String {
    License::sample().text()
}

/// Begins with the sample loaded at `wall`, which stores a minute ahead.
fn loaded(name: &str, why: &str, wall: i64) -> Case {
    loading(Case::new(name, why), &sample(), At(wall, 0), wall, wall + 60)
}

/// A valid load of a licence that ends with the sample.
fn loading(case: Case, license: &str, at: At, now: i64, time: i64) -> Case {
    case.loads(license, at, None, Times::at(now), |kept| {
        (kept.time, kept.newest_exp) = (time, EXP);
    })
}

fn long_use() -> Case {
    let run = Answer::Run;
    loaded("long-use", "The longer the use, the further ahead is paid, up to 300 s.", IAT)
        .checks("ans", At(IAT + 30, 30), run, IAT + 120)
        .checks("ans", At(IAT + 60, 60), run, IAT + 120)
        .checks("ans", At(IAT + 61, 61), run, IAT + 182)
        .checks("ans", At(IAT + 122, 122), run, IAT + 182)
        .checks("ans", At(IAT + 123, 123), run, IAT + 306)
        .checks("ans", At(IAT + 600, 600), run, IAT + 900)
        .checks("ans", At(IAT + 840, 840), run, IAT + 900)
        .checks("ans", At(IAT + 841, 841), run, IAT + 1_141)
}

fn clock_set_back() -> Case {
    loaded("set-back", "Set back while the app runs, the clock counts no more.", EXP - 100)
        .checks("ans", At(IAT, 50), Answer::Run, EXP + 60)
        .checks("ans", At(0, 99), Answer::Run, EXP + 60)
        .checks("ans", At(IAT, 100), Answer::Bypass("expired"), EXP + 60)
}

fn clock_set_back_at_start() -> Case {
    let case =
        loaded("set-back-at-start", "A start goes on from what was paid.", IAT + HOUR).restarts();
    let now = IAT + HOUR + 60;
    loading(case, &sample(), At(IAT, 0), now, now + 60).checks(
        "ans",
        At(IAT + 10, 10),
        Answer::Run,
        now + 80,
    )
}

fn start_over_and_over() -> Case {
    let mut case = loaded("start-over", "Each start costs what its answer is good for.", EXP - 150);
    let paid = [(EXP - 90, EXP - 30), (EXP - 30, EXP + 30)];
    for (now, time) in paid {
        case = loading(case.restarts(), &sample(), At(IAT, 0), now, time).checks(
            "ans",
            At(IAT, 0),
            Answer::Run,
            time,
        );
    }
    case.restarts()
        .loads(&sample(), At(IAT, 0), Some("expired"), Times::at(EXP + 30), |kept| {
            kept.time = EXP + 60;
        })
        .checks("ans", At(IAT, 0), Answer::Bypass("expired"), EXP + 60)
}

fn clock_stood_ahead() -> Case {
    let year = 31_536_000;
    let next = License::sample().later(24).text();
    let now = EXP + 60;
    Case::new("healed", "A clock that stood a year ahead costs this licence, not the next.")
        .loads(&sample(), At(IAT + year, 0), Some("expired"), Times::at(IAT + year), |kept| {
            (kept.time, kept.newest_exp) = (EXP + 60, EXP);
        })
        .restarts()
        .loads(&sample(), At(IAT + 100, 0), Some("expired"), Times::at(now), |_| ())
        .loads(&next, At(IAT + 24 * HOUR, 10), None, Times::at(now).later(24), |kept| {
            (kept.time, kept.newest_exp) = (EXP + 130, EXP + 24 * HOUR);
        })
        .checks("ans", At(IAT + 24 * HOUR, 10), Answer::Run, EXP + 130)
}

fn clock_stood_ahead_while_running() -> Case {
    loaded("ahead-while-running", "The end of the licence is kept, not the false time.", IAT)
        .checks("ans", At(EXP + 31_536_000, 10), Answer::Bypass("expired"), EXP + 60)
        .checks("ans", At(IAT + 20, 20), Answer::Bypass("expired"), EXP + 60)
}

fn older_license() -> Case {
    let newer = License::sample().later(1).text();
    let now = EXP - 10;
    Case::new("older-after-newer", "An older licence goes on to its own end, in the newer's time.")
        .loads(&newer, At(now, 0), None, Times::at(now).later(1), |kept| {
            (kept.time, kept.newest_exp) = (EXP + 50, EXP + HOUR);
        })
        .loads(&sample(), At(IAT, 5), None, Times::at(now + 5), |kept| kept.time = EXP + 60)
        .loads(&sample(), At(IAT, 10), Some("expired"), Times::at(EXP), |kept| {
            kept.time = EXP + 60;
        })
        .restarts()
        .loads(&sample(), At(IAT, 0), Some("expired"), Times::at(EXP + 60), |kept| {
            kept.time = EXP + 120;
        })
}

fn older_license_refused_in_between() -> Case {
    let case =
        loaded("refused-in-between", "Time goes on while a refused licence is held.", EXP - 100)
            .checks("ans", At(EXP - 100, 0), Answer::Run, EXP - 40);
    let mut case = case.refused_after("no licence", At(IAT, 30), "not_a_license", EXP + 20);
    case = loading(case, &sample(), At(IAT, 60), EXP - 40, EXP + 20);
    case.checks("ans", At(IAT, 100), Answer::Bypass("expired"), EXP + 60)
}

/// Grace of an hour: a half of it on this device.
fn with_grace() -> String {
    License::sample().with("on_expiry", r#"["ans:grace:1"]"#).text()
}

fn grace_is_counted() -> Case {
    let expired = Some("expired");
    Case::new("grace-counted", "Grace is counted over starts, whatever the clock says.")
        .loads(&with_grace(), At(EXP, 0), expired, Times::at(EXP), |kept| {
            (kept.time, kept.newest_exp) = (EXP + 60, EXP);
        })
        .checks("ans", At(EXP, 0), Answer::Grace(1_800), EXP + 60)
        .checks("ans", At(EXP + 900, 900), Answer::Grace(900), EXP + 1_200)
        .restarts()
        .loads(&with_grace(), At(IAT, 0), expired, Times::at(EXP + 1_200), |kept| {
            kept.time = EXP + 1_260;
        })
        .checks("ans", At(IAT, 0), Answer::Grace(600), EXP + 1_260)
        .checks("ans", At(IAT, 599), Answer::Grace(1), EXP + 1_860)
        .checks("ans", At(IAT, 600), Answer::Bypass("expired"), EXP + 1_860)
}

fn grace_is_not_renewed() -> Case {
    let expired = Some("expired");
    let next = License::sample().later(1).with("on_expiry", r#"["ans:grace:1"]"#).text();
    let used_up = EXP + 1_800;
    let begins = Kept { time: used_up, newest_exp: EXP, ..Kept::NEW };
    Case::new("grace-not-renewed", "A hoarded licence goes on where the last grace ended.")
        .begins_with(begins)
        .loads(&with_grace(), At(IAT, 0), expired, Times::at(used_up), |kept| {
            kept.time = used_up + 60;
        })
        .checks("ans", At(IAT, 0), Answer::Bypass("expired"), used_up + 60)
        .loads(&next, At(IAT, 0), None, Times::at(used_up).later(1), |kept| {
            kept.newest_exp = EXP + HOUR;
        })
        .checks("ans", At(IAT, 0), Answer::Run, used_up + 60)
}

fn monotonic_clock_goes_back() -> Case {
    loaded("elapsed-back", "A monotonic clock that goes back adds nothing.", IAT)
        .checks("ans", At(IAT, 50), Answer::Run, IAT + 160)
        .checks("ans", At(IAT, 10), Answer::Run, IAT + 160)
        .checks("ans", At(IAT, 51), Answer::Run, IAT + 160)
}

fn never_beyond_the_end() -> Case {
    loaded("counts-to-the-end", "A device that runs on for years keeps the end.", IAT).checks(
        "ans",
        At(IAT, 100_000_000),
        Answer::Bypass("expired"),
        EXP + 60,
    )
}

fn stored_ahead_of_the_clock() -> Case {
    let stored = Kept { time: EXP, newest_exp: EXP, ..Kept::NEW };
    Case::new("stored-end", "A device that has seen the end believes no clock that says otherwise.")
        .begins_with(stored)
        .loads(&sample(), At(IAT, 0), Some("expired"), Times::at(EXP), |kept| {
            kept.time = EXP + 60;
        })
}
