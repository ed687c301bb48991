//! Every boundary of validity, and what becomes of features after it.

use crate::case::{Answer, At, Case, Kept, Times};
use crate::forge::{CERTIFICATE_ENDS, Certificate, DAY, EXP, IAT, License, array};
use crate::keys::FIRST;

const HOUR: i64 = 3_600;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = boundaries();
    cases.extend(certificate_ends());
    cases.extend(policies());
    cases.extend(grace());
    cases
}

/// A load at a wall clock, and what it comes to.
fn at(name: &str, why: &str, wall: i64, reason: Option<&str>, now: i64, time: i64) -> Case {
    let sample = License::sample().text();
    Case::new(name, why).loads(&sample, At(wall, 0), reason, Times::at(now), |kept| {
        (kept.time, kept.newest_exp) = (time, EXP);
    })
}

fn boundaries() -> Vec<Case> {
    let ahead = License::sample().with("nbf", &(IAT + 3_000).to_string()).text();
    let begins = |name: &str, why: &str, wall: i64, reason| {
        let times = Times { from: IAT + 3_000, ..Times::at(wall) };
        Case::new(name, why).loads(&ahead, At(wall, 0), reason, times, |kept| {
            (kept.time, kept.newest_exp) = (wall + 60, EXP);
        })
    };
    vec![
        at("at-iat", "The first second of its hour.", IAT, None, IAT, IAT + 60),
        at(
            "clock-behind",
            "iat proves that it is later than the clock says.",
            0,
            None,
            IAT,
            IAT + 60,
        ),
        at("clock-before-1970", "So does it for a negative clock.", -1, None, IAT, IAT + 60),
        at("last-second", "The last second.", EXP - 1, None, EXP - 1, EXP + 59),
        at("at-exp", "exp is the first second after.", EXP, Some("expired"), EXP, EXP + 60),
        at("after-exp", "A day after.", EXP + DAY, Some("expired"), EXP + DAY, EXP + 60),
        at(
            "far-future",
            "A clock in the year 9999; what is kept stays at exp.",
            253_402_300_799,
            Some("expired"),
            253_402_300_799,
            EXP + 60,
        ),
        begins("before-nbf", "A second before nbf.", IAT + 2_999, Some("not_yet_valid")),
        begins("at-nbf", "The first second.", IAT + 3_000, None),
    ]
}

fn certificate_ends() -> Vec<Case> {
    // A licence that claims to outlive its certificate by a day.
    let exp = CERTIFICATE_ENDS + DAY;
    let license = License::sample().with("exp", &exp.to_string()).text();
    let case = |name: &str, why: &str, wall: i64, reason, time: i64| {
        let refresh = IAT + (exp - IAT) / 2;
        let times = Times { now: wall, from: IAT - 600, until: CERTIFICATE_ENDS, refresh };
        Case::new(name, why).loads(&license, At(wall, 0), reason, times, |kept| {
            (kept.time, kept.newest_exp) = (time, exp);
        })
    };
    let ends = CERTIFICATE_ENDS;
    let ended = Some("certificate_expired");
    vec![
        case(
            "certificate-last-second",
            "Its certificate's last second.",
            ends - 1,
            None,
            ends + 59,
        ),
        case("certificate-ended", "The certificate ends first.", ends, ended, ends + 60),
        case("both-ended", "After both, the licence's own end.", exp, Some("expired"), exp + 60),
        case("certificate-ended-check", "No feature runs after it.", ends, ended, ends + 60)
            .checks("ans", At(ends, 0), Answer::Bypass("certificate_expired"), ends + 60),
    ]
}

fn policies() -> Vec<Case> {
    let policies = array(&["agc:stop", "ans:bypass"]);
    let license = License::sample()
        .with("features", &array(&["agc", "ans", "ans-ai"]))
        .with("on_expiry", &policies)
        .text();
    let loaded = |name: &str, why: &str, wall: i64, reason| {
        let now = Times::at(wall);
        Case::new(name, why).loads(&license, At(wall, 0), reason, now, |kept| {
            (kept.time, kept.newest_exp) = (wall + 60, EXP);
        })
    };
    let good = |name: &str, why: &str| loaded(name, why, IAT, None);
    let over = |name: &str, why: &str| loaded(name, why, EXP, Some("expired"));
    let (early, late) = (At(IAT, 0), At(EXP, 0));
    let missing = Answer::Bypass("feature_missing");
    let expired = Answer::Bypass("expired");
    vec![
        good("feature-runs", "A feature in the licence.").checks(
            "ans",
            early,
            Answer::Run,
            IAT + 60,
        ),
        good("feature-missing", "One that is not in it.").checks("aec", early, missing, IAT + 60),
        good("feature-prefix", "Half a name is no name.").checks("an", early, missing, IAT + 60),
        good("feature-case", "Names are exact.").checks("ANS", early, missing, IAT + 60),
        good("feature-no-name", "Nor is nothing.").checks("", early, missing, IAT + 60),
        over("stop", "stop ends the operation.").checks(
            "agc",
            late,
            Answer::Stop("expired"),
            EXP + 60,
        ),
        over("bypass", "bypass lets audio pass.").checks("ans", late, expired, EXP + 60),
        over("policy-default", "So does no policy.").checks("ans-ai", late, expired, EXP + 60),
        over("missing-and-expired", "82 comes before 83.").checks("aec", late, expired, EXP + 60),
        Case::new("nothing-loaded", "A refused licence unlocks nothing.")
            .refused("", "empty")
            .checks("ans", early, Answer::Bypass("empty"), 0),
    ]
}

fn grace() -> Vec<Case> {
    let license = License::sample().with("on_expiry", r#"["ans:grace:10"]"#).text();
    let (half, whole) = (5 * HOUR, 10 * HOUR);
    let device = |name: &str, why: &str, spread: u16, refresh: i64, wall: i64| {
        let times = Times { refresh, ..Times::at(wall) };
        let reason = (wall >= EXP).then_some("expired");
        Case::new(name, why).begins_with(Kept { spread, ..Kept::NEW }).loads(
            &license,
            At(wall, 0),
            reason,
            times,
            |kept| (kept.time, kept.newest_exp) = (wall.min(EXP) + 60, EXP),
        )
    };
    let first = |name: &str, why: &str, wall| device(name, why, 0, IAT + 304_200, wall);
    let last = |name: &str, why: &str, wall| device(name, why, 65_535, IAT + 425_880, wall);
    // Half of the spread's range: half of what lies between, rounded down.
    let middle = |name: &str, why: &str, wall| device(name, why, 32_767, IAT + 365_039, wall);
    let expired = Answer::Bypass("expired");
    vec![
        first("grace-begins", "At exp, the half of the grace on a device of spread 0.", EXP)
            .checks("ans", At(EXP, 0), Answer::Grace(half), EXP + 60),
        first("grace-last-second", "Its last second.", EXP + half - 1).checks(
            "ans",
            At(EXP + half - 1, 0),
            Answer::Grace(1),
            EXP + 60,
        ),
        first("grace-over", "Its end.", EXP + half).checks(
            "ans",
            At(EXP + half, 0),
            expired,
            EXP + 60,
        ),
        last("grace-whole", "The whole grace on a device of spread 65,535.", EXP).checks(
            "ans",
            At(EXP, 0),
            Answer::Grace(whole),
            EXP + 60,
        ),
        middle("grace-middle", "Between them on any other.", EXP).checks(
            "ans",
            At(EXP, 0),
            Answer::Grace(half + 8_999),
            EXP + 60,
        ),
        last("grace-of-one-feature", "Another feature has none.", EXP).checks(
            "agc",
            At(EXP, 0),
            expired,
            EXP + 60,
        ),
        grace_and_certificate(),
    ]
}

/// The certificate ends an hour after the licence, and the grace with it.
fn grace_and_certificate() -> Case {
    let certificate = Certificate::sample().with("exp", &(EXP + HOUR).to_string());
    let license = License::sample().with("on_expiry", r#"["ans:grace:10"]"#);
    let license = license.under(&certificate, FIRST).text();
    let times = Times::at(EXP);
    Case::new("grace-and-certificate", "No grace lasts beyond the certificate.")
        .loads(&license, At(EXP, 0), Some("expired"), times, |kept| {
            (kept.time, kept.newest_exp) = (EXP + 60, EXP);
        })
        .checks("ans", At(EXP, 0), Answer::Grace(HOUR), EXP + 60)
        .foresees("ans", Some(("grace:10", EXP + HOUR)))
}
