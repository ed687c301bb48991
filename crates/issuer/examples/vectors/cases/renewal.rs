//! What is offered while a licence is held, and what an app is told of its end.

use crate::case::{Answer, At, Case, Kept, Times};
use crate::forge::{EXP, IAT, License, array};

const HOUR: i64 = 3_600;
/// A minute after the sample was loaded, and what is then paid for.
const MINUTE_LATER: At = At(IAT + 120, 60);
const PAID: i64 = IAT + 240;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = renewals();
    cases.extend(outlooks());
    cases
}

/// The sample, made an hour later.
fn later() -> String {
    let at = |time: i64| (time + HOUR).to_string();
    let license = License::sample().with("exp", &at(EXP)).with("iat", &at(IAT));
    license.with("nbf", &at(IAT - 600)).text()
}

fn renewals() -> Vec<Case> {
    let sample = License::sample().text();
    let changed = License::sample().with("features", &array(&["agc"])).with("rev", "2").text();
    let paid = |kept: &mut Kept| kept.time = PAID;
    let times = Some(Times::at(IAT + 120));
    let hour_later = IAT + 60 + HOUR;
    let of_later = Times::at(hour_later).later(1);
    let held = |name: &str, why: &str| Case::new(name, why).valid(&sample);
    vec![
        held("renew-newer", "The next hour's licence takes over.").offered(
            &later(),
            At(hour_later, 3_600),
            None,
            Some(of_later),
            true,
            |kept| (kept.time, kept.newest_exp) = (hour_later + 300, EXP + HOUR),
        ),
        held("renew-again", "So does the same one.")
            .offered(&sample, MINUTE_LATER, None, times, true, paid)
            .checks("ans", MINUTE_LATER, Answer::Run, PAID),
        held("renew-changed", "So does one of the same hour after a change to the app.")
            .offered(&changed, MINUTE_LATER, None, times, true, paid)
            .checks("ans", MINUTE_LATER, Answer::Bypass("feature_missing"), PAID),
        Case::new("renew-revision-older", "Not the one before the change.")
            .valid(&changed)
            .offered(&sample, MINUTE_LATER, None, times, false, paid)
            .checks("ans", MINUTE_LATER, Answer::Bypass("feature_missing"), PAID),
        Case::new("renew-older", "An older one takes nothing away.")
            .loads(&later(), At(hour_later, 0), None, of_later, |kept| {
                (kept.time, kept.newest_exp) = (hour_later + 60, EXP + HOUR);
            })
            .offered(&sample, At(hour_later, 0), None, Some(Times::at(hour_later)), false, |_| ())
            .checks("ans", At(hour_later, 0), Answer::Run, hour_later + 60),
        held("renew-refused", "Nor does what is no licence.")
            .offered("", MINUTE_LATER, Some("empty"), None, false, paid)
            .checks("ans", MINUTE_LATER, Answer::Run, PAID),
        Case::new("renew-nothing", "Without one held, the latest refusal is the reason.")
            .refused("", "empty")
            .offered("a.b", At(IAT + 60, 0), Some("not_a_license"), None, false, |_| ())
            .checks("ans", At(IAT + 60, 0), Answer::Bypass("not_a_license"), 0),
    ]
}

fn outlooks() -> Vec<Case> {
    let license = License::sample()
        .with("features", &array(&["agc", "ans", "ans-ai"]))
        .with("on_expiry", &array(&["agc:stop", "ans:grace:10"]))
        .text();
    let device = |name: &str, why: &str, spread: u16, refresh: i64| {
        let times = Times { refresh, ..Times::at(IAT + 60) };
        let case = Case::new(name, why).begins_with(Kept { spread, ..Kept::NEW });
        case.loads(&license, At(IAT + 60, 0), None, times, |kept| {
            (kept.time, kept.newest_exp) = (IAT + 120, EXP);
        })
    };
    vec![
        device("outlook", "How each feature ends on a device of spread 0.", 0, IAT + 304_200)
            .foresees("agc", Some(("stop", EXP)))
            .foresees("ans", Some(("grace:10", EXP + 5 * HOUR)))
            .foresees("ans-ai", Some(("bypass", EXP)))
            .foresees("aec", None),
        device("outlook-spread", "And of spread 65,535.", 65_535, IAT + 425_880)
            .foresees("agc", Some(("stop", EXP)))
            .foresees("ans", Some(("grace:10", EXP + 10 * HOUR))),
        Case::new("outlook-nothing", "A refused licence has no end.")
            .refused("", "empty")
            .foresees("ans", None),
    ]
}
