//! Requests are checked as a gateway checks them.

use std::time::Duration;

use tonegate_clock::Clock;
use tonegate_protocol::{AppId, ServerSecret, signed_query};
use tonegate_testing::{Behaviour, Upstream};

use crate::wire::{APP, START, fetch, get, query};

#[tokio::test]
async fn a_signature_is_good_once_whatever_was_answered() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    let first = query(APP, 1, START);
    fetch(&upstream, &first).await.unwrap();
    let (code, message) = fetch(&upstream, &first).await.unwrap_err();
    assert_eq!(code, 100000005);
    assert!(message.ends_with("sign each request anew"), "{message}");

    upstream.set_next([Behaviour::Status(500)]);
    let second = query(APP, 2, START);
    get(&upstream, &second).await;
    assert_eq!(fetch(&upstream, &second).await.unwrap_err().0, 100000005);
}

#[tokio::test]
async fn the_first_fault_is_told_in_the_published_order() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    let good = query(APP, 1, START);
    let altered = |from: &str, to: &str| good.replace(from, to);
    for (request, code) in [
        (altered("AppId=12345", "AppId=012345"), 100000001),
        (altered("Timestamp=", "Time="), 100000002),
        (altered("Nonce=0", "Nonce=0&SignatureNonce=0"), 2),
        (altered("Version=2.0", "Version=1.0"), 100000014),
        (query(APP, 2, START - 601), 100000004),
        (query(APP, 2, START + 601), 100000004),
        (altered("Nonce=0", "Nonce=1"), 100000005),
        (altered("Action=Cgi", "Action=cgi"), 100000007),
    ] {
        assert_eq!(fetch(&upstream, &request).await.unwrap_err().0, code, "{request}");
    }
    for (nonce, timestamp) in [(3, START - 600), (4, START + 600)] {
        fetch(&upstream, &query(APP, nonce, timestamp)).await.unwrap();
    }
}

#[tokio::test]
async fn an_app_may_have_a_secret_of_its_own() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    let own = "0123456789abcdef0123456789ABCDEF";
    upstream.set_secret(APP, own);
    assert_eq!(fetch(&upstream, &query(APP, 1, START)).await.unwrap_err().0, 100000005);
    fetch(&upstream, &query(7, 1, START)).await.unwrap();
    let own = signed_query(AppId(APP), "2", &ServerSecret::new(own).unwrap(), START);
    fetch(&upstream, &own).await.unwrap();
}

#[tokio::test]
async fn the_rate_is_twenty_a_second_by_its_clock() {
    let (clock, hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    upstream.enforce_rate(true);
    for nonce in 0..20 {
        fetch(&upstream, &query(APP, nonce, START)).await.unwrap();
    }
    let over = query(APP, 20, START);
    assert_eq!(fetch(&upstream, &over).await.unwrap_err().0, 7);
    fetch(&upstream, &query(7, 20, START)).await.unwrap();
    hand.advance(Duration::from_millis(50));
    fetch(&upstream, &over).await.unwrap();
    assert_eq!(fetch(&upstream, &query(APP, 21, START)).await.unwrap_err().0, 7);
}
