//! Valkey stands still, dies, forgets, is full, and comes back.

use std::time::Duration;

use tokio::time::Instant;
use tonegate_listener::Rate;
use tonegate_testing::Valkey;

use super::super::*;
use super::{NOW, accept, ask, eventually, lose, node, node_of, one, patient, section, settle};
use crate::guard::ReplayMode;

#[test]
fn nobody_waits_long_for_a_valkey_that_stands_still_and_it_is_strict_again_soon() {
    let valkey = Valkey::start();
    let nodes = [node(&valkey.url()), node(&valkey.url())];
    valkey.stop();
    let mut waits = Vec::new();
    for number in 0..40 {
        for node in &nodes {
            let start = Instant::now();
            assert_eq!(accept(node, ask(1, number)), Answer::Lost);
            waits.push(start.elapsed());
        }
    }
    waits.sort();
    assert!(waits[waits.len() - 1] < Duration::from_millis(150), "{waits:?}");
    assert!(nodes.iter().all(SharedGuard::is_lost));
    let total: Duration = waits.iter().sum();
    assert!(total < Duration::from_millis(800), "five trips each: {total:?}");
    valkey.go_on();
    let took = eventually("strict again", || nodes.iter().all(|node| !node.is_lost()));
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(settle(&nodes[0], &[ask(1, 5), ask(1, 99)]), [Answer::Repeated, Answer::Accepted]);
    // Each was accepted by both: one acceptance of each was one too many.
    let extra: u64 = nodes.iter().map(|node| node.core.metrics.extra.get()).sum();
    assert_eq!(extra, 40);
    assert_eq!(nodes[0].core.metrics.handed_over.get(), 40);
}

#[test]
fn a_turn_after_one_that_waited_waits_less() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
    valkey.stop();
    let mut batch = Batch::default();
    let mut trip = |number| {
        batch.clear();
        batch.push(ask(1, number));
        let start = Instant::now();
        node.settle(&mut batch);
        start.elapsed()
    };
    let took = [1, 2].map(&mut trip);
    assert!(took[0] >= Duration::from_millis(48), "{took:?}");
    // Whoever came while the one before was under way has waited too.
    assert!(took[1] < Duration::from_millis(40), "{took:?}");
}

#[test]
fn a_valkey_that_lost_everything_learns_what_was_accepted_without_it() {
    let mut valkey = Valkey::start();
    let [a, b] = [patient(&valkey.url()), patient(&valkey.url())];
    valkey.kill();
    [&a, &b].into_iter().for_each(lose);
    let numbers = 0..3_000;
    numbers.clone().for_each(|number| a.accepted_alone(&ask(number as u32 % 3, number), NOW));
    valkey.restart();
    eventually("both are strict", || !a.is_lost() && !b.is_lost());
    let asks: Vec<_> = numbers.map(|number| ask(number as u32 % 3, number)).collect();
    assert!(settle(&b, &asks).iter().all(|answer| *answer == Answer::Repeated));
    assert_eq!(a.core.metrics.extra.get(), 0);
}

#[test]
fn requests_without_end_do_not_keep_it_lost() {
    let mut valkey = Valkey::start();
    let [a, b] = [node(&valkey.url()), node(&valkey.url())];
    valkey.kill();
    [&a, &b].into_iter().for_each(lose);
    let (mut number, start) = (0, Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while a.is_lost() && start.elapsed() < Duration::from_secs(15) {
                a.accepted_alone(&ask(1, number), NOW);
                number += 1;
                // A sleep would be long enough for Valkey to have them all.
                let added = Instant::now();
                while added.elapsed() < Duration::from_micros(10) {}
            }
        });
        valkey.restart();
        eventually("both are strict", || !a.is_lost() && !b.is_lost());
    });
    eventually("all is handed over", || a.core.metrics.handed_over.get() == number);
    let last = [ask(1, 0), ask(1, number - 1), ask(1, number)];
    assert_eq!(settle(&b, &last), [Answer::Repeated, Answer::Repeated, Answer::Accepted]);
}

#[test]
fn a_dead_connection_goes_unnoticed() {
    let valkey = Valkey::start();
    let node = patient(&valkey.url());
    for number in 0..20 {
        let _ = valkey.say(&["CLIENT", "KILL", "TYPE", "normal"]);
        assert_eq!(one(&node, ask(1, number)), Answer::Accepted, "{number}");
    }
    assert_eq!(node.core.metrics.failures.get(), 0);
}

#[test]
fn an_answer_that_was_lost_is_no_other_nodes() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
    valkey.stop();
    // Both arrive when Valkey goes on, long after the node has decided.
    for number in [1, 2] {
        assert_eq!(accept(&node, ask(1, number)), Answer::Lost);
    }
    valkey.go_on();
    eventually("handed over", || node.core.metrics.handed_over.get() == 2);
    assert_eq!(node.core.metrics.extra.get(), 0);
    assert_eq!(one(&node, ask(1, 1)), Answer::Repeated);
}

#[test]
fn what_was_refused_for_now_and_taken_may_come_again_once() {
    let valkey = Valkey::start();
    let [a, b] = [node(&valkey.url()), node(&valkey.url())];
    let repeatable = |number| Ask { mode: ReplayMode::Repeatable, ..ask(2, number) };
    for number in [1, 2] {
        valkey.stop();
        let asks = [ask(1, number), repeatable(number)];
        assert_eq!(settle(&a, &asks), [Answer::Lost; 2]);
        asks.iter().for_each(|ask| a.refused_for_now(ask));
        valkey.go_on();
        eventually("it is taken", || one(&b, ask(1, number)) == Answer::Repeated);
        eventually("lines", || one(&a, ask(1, fastrand::u64(9..))) == Answer::Accepted);
        assert_eq!(settle(&a, &asks), [Answer::Accepted; 2], "{number}");
        assert_eq!(settle(&a, &asks), [Answer::Repeated, Answer::AcceptedAgain]);
    }
}

#[test]
fn a_second_try_finds_what_the_first_one_did() {
    let valkey = Valkey::start();
    let [a, b] = [node(&valkey.url()), node(&valkey.url())];
    let single = Ask { rate: Rate { per_second: 1, burst: 1 }, ..ask(1, 1) };
    assert_eq!(one(&a, single), Answer::Accepted);
    // The connection died before the answer came: the rate is charged already, the signature is used.
    let again = |node: &SharedGuard, retried| {
        let mut line = node.core.settings.dial(&node.core.names).unwrap();
        let mut batch = Batch::default();
        batch.push(single);
        let deadline = Instant::now() + Duration::from_secs(5);
        line.admit(&node.core.names, &mut batch, retried, deadline).unwrap();
        batch.answer(0)
    };
    assert_eq!(again(&a, true), Answer::Accepted);
    assert_eq!([again(&a, false), again(&b, true)], [Answer::Repeated; 2]);
}

#[test]
fn forgotten_scripts_are_loaded_again() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
    assert_eq!(valkey.say(&["SCRIPT", "FLUSH"]), "+OK");
    assert_eq!(settle(&node, &[ask(1, 1), ask(2, 1), ask(1, 1)])[2], Answer::Repeated);
    assert_eq!(node.core.metrics.failures.get(), 0);
}

#[test]
fn a_valkey_that_is_not_there_at_the_start_is_found_later() {
    let mut valkey = Valkey::start();
    valkey.kill();
    let node = node_of(&section(&valkey.url()));
    assert!(node.is_lost());
    assert_eq!(accept(&node, ask(1, 1)), Answer::Lost);
    valkey.restart();
    let took = eventually("found", || !node.is_lost());
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(one(&node, ask(1, 1)), Answer::Repeated);
}

#[test]
fn a_full_valkey_counts_as_lost() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
    let _ = valkey.say(&["CONFIG", "SET", "maxmemory", "1"]);
    lose(&node);
}
