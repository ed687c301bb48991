//! What the double gives when it behaves.

use std::time::Duration;

use tonegate_clock::Clock;
use tonegate_license::Token;
use tonegate_testing::{Authority, Behaviour, Upstream};

use crate::wire::{APP, START, exchange, fetch, get, query, verdict};

const DAY: i64 = 86_400;

#[tokio::test]
async fn licences_verify_on_each_of_sixty_days_and_last_as_long_as_told() {
    let (clock, hand) = Clock::manual(START);
    let upstream = Upstream::start(clock.clone()).await;
    for (day, lifetime) in (0..=60).zip([7, 14, 1].into_iter().cycle()) {
        upstream.set_lifetime(lifetime * 86_400);
        let now = clock.unix_seconds();
        let license = fetch(&upstream, &query(APP, day, now)).await.unwrap();
        assert_eq!(verdict(&license, upstream.authority(), now), "valid", "day {day}");
        let ends = Token::parse(&license).unwrap().unverified().unwrap().expires_at();
        assert!((0..=3_600).contains(&(ends - now - i64::from(lifetime) * DAY)), "day {day}");
        assert_eq!(upstream.last_license(APP), Some(license));
        hand.advance(Duration::from_secs(86_400));
    }
}

#[tokio::test]
async fn its_clock_may_be_off_and_its_date_says_so() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    upstream.set_skew(10_800);
    let (code, message) = fetch(&upstream, &query(APP, 1, START)).await.unwrap_err();
    assert_eq!(code, 100000004);
    assert!(message.ends_with("server time 1763854353, request is 10800 s behind"), "{message}");
    let answer = get(&upstream, &query(APP, 2, START + 10_800)).await;
    assert!(answer.contains("\r\nDate: Sat, 22 Nov 2025 23:32:33 GMT\r\n"), "{answer}");
    assert!(answer.contains(r#"{"Code":0,"#), "{answer}");
    upstream.set(Behaviour::DateMissing);
    assert!(!get(&upstream, &query(APP, 3, START + 10_800)).await.contains("\r\nDate: "));
}

#[tokio::test]
async fn opaque_licences_are_new_each_time_or_the_same() {
    let (clock, _hand) = Clock::manual(START);
    let new = Upstream::start_opaque(clock.clone()).await;
    let same = Upstream::start_opaque_repeated(clock).await;
    let mut licenses = Vec::new();
    for (upstream, app_id) in [(&new, APP), (&new, APP), (&same, APP), (&same, APP), (&same, 7)] {
        let nonce = upstream.calls();
        let license = fetch(upstream, &query(app_id, nonce, START)).await.unwrap();
        assert_eq!(license.len(), 200);
        assert_eq!(verdict(&license, upstream.authority(), START), "NotALicense");
        licenses.push(license);
    }
    assert_ne!(licenses[0], licenses[1]);
    assert_eq!(licenses[2], licenses[3]);
    assert_ne!(licenses[3], licenses[4]);
}

#[tokio::test]
async fn behaviours_are_told_for_the_next_requests_for_an_app_or_for_all() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    upstream.set(Behaviour::Status(500));
    upstream.set_for(7, Behaviour::EmptyObject);
    upstream.set_next([Behaviour::CodeNumber(-9), Behaviour::Late(Duration::from_millis(50))]);
    let mut answers = Vec::new();
    for app_id in [7, 8, 8, 7] {
        answers.push(get(&upstream, &query(app_id, upstream.calls(), START)).await);
    }
    let parts = [r#"{"Code":-9,"#, r#"{"Code":0,"#, " 500 ", "{}"];
    for (answer, part) in answers.iter().zip(parts) {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    assert_eq!((upstream.calls(), upstream.calls_of(7), upstream.calls_of(8)), (4, 2, 2));
    assert_eq!(upstream.peak_per_second(), 4);
    upstream.reset_calls();
    assert_eq!((upstream.calls(), upstream.calls_of(7), upstream.peak_per_second()), (0, 0, 0));
}

#[tokio::test]
async fn other_paths_and_methods_are_turned_away() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    for (line, status) in [("GET /other?", "404"), ("DELETE /?", "405"), ("nonsense", "405")] {
        let (answer, _) = exchange(&upstream, &format!("{line} HTTP/1.1\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
    }
}

#[test]
fn authorities_of_one_name_are_strangers() {
    let (one, other) = (Authority::new("tonegate-test"), Authority::new("tonegate-test"));
    let license = one.mint(APP, START, 3_600);
    assert_eq!(license, one.mint(APP, START + 60, 3_600));
    assert_eq!(verdict(&license, &one, START), "valid");
    assert_eq!(verdict(&license, &other, START), "Root");
    assert_eq!(one.pins_text().parse(), Ok(one.pins()));
}
