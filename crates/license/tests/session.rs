//! A session through a device's days: what it asks for, what it keeps, what it tells.

use tonegate_license::limits::{
    RETRY_SECS_FIRST, RETRY_SECS_MAX, RETRY_SECS_WITHOUT, STORED_BYTES_MAX,
};
use tonegate_license::{Environment, Expect, Pins, Reason, Session, Time, Verdict};

use crate::vectors;

/// `iat` of the sample, and a minute.
const NOW: i64 = 1_763_843_553;
/// From then until a device of spread 0 asks for the next one, and until the sample ends.
const DUE: u64 = 304_140;
const ENDS: u64 = 608_340;
/// A number whose low bits make a device of spread 0.
const SPREAD_0: u64 = 0x5eed_0000;

fn at(elapsed: u64) -> Time {
    Time { wall: NOW.saturating_add_unsigned(elapsed), elapsed }
}

fn begin(stored: &[u8], time: Time) -> Session {
    let pins: Pins = vectors::all()["pins"].as_str().unwrap().parse().unwrap();
    let environment = Environment::Production;
    let expect =
        Expect { issuer: "tonegate-test", environment, app_id: Some(12345), identity: None };
    Session::begin(pins, expect, stored, SPREAD_0, time)
}

/// A new device.
fn fresh() -> Session {
    begin(&[], at(0))
}

/// A device that has just fetched the sample, and told so.
fn holding() -> Session {
    let mut session = fresh();
    assert!(session.turn(at(0)).fetch);
    session.fetched(&license(0), at(0)).unwrap();
    assert!(session.turn(at(0)).changed.is_some());
    session
}

/// A licence of the case `renew-newer`: the sample, and the one of an hour later.
fn license(step: usize) -> String {
    let all = vectors::all();
    let case = all["cases"].as_array().unwrap().iter().find(|case| case["name"] == "renew-newer");
    case.unwrap()["steps"][step]["license"].as_str().unwrap().to_owned()
}

fn saved(session: &mut Session) -> Vec<u8> {
    session.save(&mut [0; STORED_BYTES_MAX]).to_vec()
}

/// Lets a fetch fail as soon as one is wanted; how long it waited for that, from `from` on.
fn fails(session: &mut Session, from: u64) -> u64 {
    let mut elapsed = from;
    loop {
        let turn = session.turn(at(elapsed));
        if turn.fetch {
            session.failed(0, at(elapsed));
            return elapsed - from;
        }
        elapsed += turn.wait_secs;
    }
}

#[test]
fn a_new_device_fetches_at_once_and_once() {
    let mut session = fresh();
    let turn = session.turn(at(0));
    assert!(turn.fetch);
    assert_eq!(turn.changed.and_then(|verdict| verdict.reason), Some(Reason::Empty));
    let turn = session.turn(at(1));
    assert_eq!((turn.fetch, turn.changed, turn.wait_secs), (false, None, 60));
}

#[test]
fn a_fetch_without_an_end_is_given_up_and_its_late_answer_is_welcome() {
    let mut session = fresh();
    assert!(session.turn(at(0)).fetch);
    assert!(!session.turn(at(59)).fetch);
    assert!(!session.turn(at(60)).fetch);
    assert!(session.turn(at(65)).fetch);
    assert!(session.fetched(&license(0), at(70)).is_ok_and(|verdict| verdict.is_valid()));
}

#[test]
fn the_next_licence_is_due_by_the_one_held() {
    let mut session = holding();
    assert!(!session.turn(at(DUE - 1)).fetch);
    assert_eq!(session.turn(at(DUE - 1)).wait_secs, 1);
    assert!(session.turn(at(DUE)).fetch);
    // The same one again is no progress.
    assert!(session.fetched(&license(0), at(DUE)).is_ok());
    assert!(!session.turn(at(DUE)).fetch);
    assert!(session.turn(at(DUE + 5)).fetch);
    assert!(session.fetched(&license(1), at(DUE + 5)).is_ok());
    let turn = session.turn(at(DUE + 5));
    assert!(turn.changed.is_some_and(|verdict| verdict.is_valid()), "another one is in force");
    assert!(!turn.fetch);
    assert!(session.turn(at(DUE + 3_600)).fetch, "it was made an hour later");
}

#[test]
fn what_is_no_newer_licence_takes_nothing_away() {
    let mut session = holding();
    session.fetched(&license(1), at(3_600)).unwrap();
    for (text, reason) in [
        ("", Reason::Empty),
        ("<html>", Reason::NotALicense),
        (&license(0)[1..], Reason::NotALicense),
    ] {
        assert_eq!(session.fetched(text, at(3_601)).unwrap_err().reason, Some(reason));
    }
    assert_eq!(session.fetched(&license(0), at(3_602)).map_err(|older| older.reason), Err(None));
    assert!(session.check("ans", at(3_602)).runs());
    assert_eq!(session.text(), license(1));
}

#[test]
fn waits_double_up_to_a_bound_and_differ() {
    let mut session = fresh();
    let mut elapsed = fails(&mut session, 0);
    let mut waits = Vec::new();
    for _ in 0..12 {
        let wait = fails(&mut session, elapsed);
        elapsed += wait;
        waits.push(wait);
    }
    let bounds = [5, 10, 20, 40, 80, 160].into_iter().chain([RETRY_SECS_WITHOUT; 6]);
    for (wait, bound) in waits.iter().zip(bounds) {
        assert!((bound / 2..=bound).contains(wait), "{waits:?}");
    }
    let last: std::collections::BTreeSet<_> = waits[6..].iter().collect();
    assert!(last.len() > 3, "{waits:?}");
}

#[test]
fn with_a_good_licence_a_device_is_patient_and_without_one_it_is_not() {
    let mut session = holding();
    let (mut elapsed, mut longest) = (DUE, 0);
    while elapsed < ENDS {
        let wait = fails(&mut session, elapsed);
        longest = longest.max(wait);
        elapsed += wait;
    }
    assert!((RETRY_SECS_MAX / 2..=RETRY_SECS_MAX).contains(&longest), "{longest}");
    fails(&mut session, elapsed);
    elapsed = ENDS + 2 * RETRY_SECS_MAX;
    session.failed(0, at(elapsed));
    assert!(fails(&mut session, elapsed) <= RETRY_SECS_WITHOUT);
}

#[test]
fn a_wait_from_before_the_end_reaches_no_further_past_it_than_one_from_after_it() {
    // The later the last failure before the end, the longer its wait: so from several beginnings.
    for begun in (ENDS - 20_000..ENDS - 10_000).step_by(500) {
        let mut session = holding();
        let mut elapsed = begun;
        while elapsed < ENDS {
            elapsed += fails(&mut session, elapsed).max(1);
        }
        assert!(elapsed <= ENDS + RETRY_SECS_WITHOUT, "{} s without a try", elapsed - ENDS);
    }
}

#[test]
fn a_server_that_asks_to_wait_is_heeded_within_reason() {
    let mut session = fresh();
    assert!(session.turn(at(0)).fetch);
    session.failed(120, at(0));
    assert_eq!(fails(&mut session, 0), 120);
    session.failed(u64::MAX, at(120));
    assert_eq!(fails(&mut session, 120), RETRY_SECS_MAX);
}

#[test]
fn a_wait_can_be_cut_short() {
    let mut session = fresh();
    assert!(session.turn(at(0)).fetch);
    session.failed(3_000, at(0));
    assert!(!session.turn(at(1)).fetch);
    session.hasten();
    assert!(session.turn(at(1)).fetch);
    // One that is under way is not doubled.
    session.hasten();
    assert!(!session.turn(at(2)).fetch);
}

#[test]
fn who_is_back_while_a_fetch_hangs_does_not_wait_long_after_it() {
    let mut session = fresh();
    let mut elapsed = 0;
    for _ in 0..10 {
        elapsed += fails(&mut session, elapsed);
    }
    while !session.turn(at(elapsed)).fetch {
        elapsed += 1;
    }
    session.hasten();
    session.failed(0, at(elapsed));
    assert!(fails(&mut session, elapsed) <= RETRY_SECS_FIRST);
}

#[test]
fn each_change_is_told_once_and_in_time() {
    let mut session = holding();
    let told = |turn: tonegate_license::Turn| turn.changed.map(|verdict: Verdict| verdict.state());
    assert_eq!(told(session.turn(at(60))), None);
    session.fetched("", at(61)).unwrap_err();
    assert_eq!(told(session.turn(at(61))), None);
    assert_eq!(session.turn(at(ENDS - 1)).wait_secs, 1);
    assert_eq!(told(session.turn(at(ENDS))), Some("expired"));
    assert_eq!(told(session.turn(at(ENDS + 1))), None);
}

#[test]
fn a_start_goes_on_where_the_last_one_ended() {
    let mut session = holding();
    assert!(session.is_unsaved());
    let stored = saved(&mut session);
    assert!(!session.is_unsaved());

    // An hour offline: the licence is there at once, and nothing is fetched before it is due.
    let mut session = begin(&stored, at(3_600));
    assert!(session.is_unsaved(), "a start is paid in advance");
    assert!(session.check("ans", at(3_600)).runs());
    assert!(!session.turn(at(3_600)).fetch);
    // With the clock set back, it ends all the same.
    let mut session = begin(&saved(&mut session), at(0));
    assert_eq!(session.turn(at(ENDS)).changed.map(|verdict| verdict.state()), Some("expired"));
    let mut session = begin(&saved(&mut session), at(0));
    assert_eq!(session.verdict(at(0)).reason, Some(Reason::Expired));
}

#[test]
fn damaged_storage_is_a_new_device() {
    let stored = saved(&mut holding());
    let cut = &stored[..20];
    let mut flipped = stored.clone();
    flipped[5] ^= 1;
    for damaged in [cut, &flipped[..32], &[0xff; STORED_BYTES_MAX + 9]] {
        let mut session = begin(damaged, at(0));
        assert!(session.turn(at(0)).fetch && session.is_unsaved());
        session.fetched(&license(0), at(0)).unwrap();
        assert!(session.check("ans", at(0)).runs());
    }
    // A licence that lost its end is fetched anew; the state before it is good.
    let mut session = begin(&stored[..stored.len() - 1], at(0));
    assert!(session.turn(at(0)).fetch && session.text().is_empty());
}
