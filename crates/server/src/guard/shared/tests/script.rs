//! The script decides as the local guard does, in few bytes.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use proptest::prelude::*;
use redis::{ConnectionInfo, IntoConnectionInfo as _, Value, cmd};
use tokio::time::Instant;
use tonegate_listener::{Gcra, Rate};
use tonegate_testing::Valkey;

use super::super::script::{ADMIT, Names};
use super::super::wire::{Reply, Wire};
use super::super::*;
use super::{NOW, ask, node, patient, settle};
use crate::guard::{Admission, GuardConfig, ReplayGuard, ReplayMode, Unwritten};

#[test]
fn a_signature_takes_few_bytes() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
    let key = format!("tonegate:{{house}}:{NOW}");
    for (count, most) in [(1, 150), (10, 42), (100, 31), (1_200, 110)] {
        let asks = (0..count).map(|_| {
            let signature = fastrand::u128(..).to_le_bytes();
            Ask { signature, ..ask(fastrand::u32(..1_000), 0) }
        });
        let asks: Vec<_> = asks.collect();
        settle(&node, &asks);
        let used = valkey.say(&["MEMORY", "USAGE", &key, "SAMPLES", "0"]);
        let used: usize = used.trim_start_matches(':').parse().unwrap();
        println!("{count} signatures of a second: {} bytes each", used / count);
        assert!(used / count <= most, "{used} bytes for {count}");
        let _ = valkey.say(&["FLUSHALL"]);
    }
}

/// A Valkey of which the script asks the time that the test gives it.
struct Stopped {
    wire: Wire,
    sha: String,
}

impl Stopped {
    fn connect(valkey: &Valkey) -> Self {
        let server: ConnectionInfo = valkey.url().into_connection_info().unwrap();
        let mut wire = Wire::connect(&server, None).unwrap();
        let text =
            ADMIT.text.replace("redis.call('TIME')", "redis.call('HMGET', 'time', 's', 'us')");
        assert!(text != ADMIT.text);
        match wire.ask(cmd("SCRIPT").arg("LOAD").arg(text)).unwrap() {
            Value::BulkString(sha) => Self { wire, sha: String::from_utf8(sha).unwrap() },
            other => panic!("{other:?}"),
        }
    }

    fn admit(&mut self, names: &Names, asks: &[(&Ask, bool)], ms: u64) -> String {
        // Far ahead of Valkey's own clock, by which keys end.
        let time = [("s", 2_000_000_000 + ms / 1_000), ("us", ms % 1_000 * 1_000)];
        self.wire.ask(cmd("HSET").arg("time").arg(&time)).unwrap();
        let mut call = Vec::new();
        names.admit(&mut call, asks);
        let named = call.windows(40).position(|it| it == ADMIT.sha().as_bytes()).unwrap();
        call[named..named + 40].copy_from_slice(self.sha.as_bytes());
        let deadline = Instant::now() + Duration::from_secs(5);
        self.wire.send(&call, deadline).unwrap();
        match self.wire.receive(deadline, 4_096).unwrap() {
            Reply::Value(Value::BulkString(letters)) => String::from_utf8(letters).unwrap(),
            Reply::Value(other) => panic!("{other:?}"),
            Reply::Error(why) => panic!("{why}"),
        }
    }
}

/// Requests that come together, after a pause: app, number of the signature, second of the Timestamp.
#[derive(Clone, Debug)]
struct Step {
    pause_ms: u64,
    requests: Vec<(u32, u64, i64)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let requests = prop::collection::vec((0_u32..3, 0_u64..12, 0_i64..3), 1..8);
    let step = (0_u64..600, requests);
    let step = step.prop_map(|(pause_ms, requests)| Step { pause_ms, requests });
    prop::collection::vec(step, 1..40)
}

#[test]
fn the_script_decides_as_the_local_guard_does() {
    let valkey = Valkey::start();
    let stopped = RefCell::new(Stopped::connect(&valkey));
    let installations = Cell::new(0);
    let rates = prop::sample::select(vec![0_u32, 1, 3, 7, 10, 20, 60, 1_000]);
    let terms = (rates, 1_u32..5, any::<bool>());
    proptest!(ProptestConfig::with_cases(200), |(
        steps in steps(), terms in prop::array::uniform3(terms),
    )| {
        installations.set(installations.get() + 1);
        let installation = format!("house-{}", installations.get());
        let names = Names { installation, node: 1, by_app: false };
        let guard = ReplayGuard::open(GuardConfig::default(), NOW, None).unwrap();
        let gcras: [Gcra; 3] = Default::default();
        let (mut unwritten, mut ms) = (Unwritten::default(), 5_000);
        for Step { pause_ms, requests } in steps {
            ms += pause_ms;
            let (mut local, mut asks) = (String::new(), Vec::new());
            for (app, number, second) in requests {
                let (per_second, burst, repeatable) = terms[app as usize];
                let rate = Rate { per_second, burst };
                let mode = if repeatable { ReplayMode::Repeatable } else { ReplayMode::Once };
                let timestamp = NOW + second;
                // As real ones: of a signature's making is its Timestamp.
                let number = number * 3 + second as u64;
                let ask = Ask { rate, mode, timestamp, ..ask(app, number) };
                let charge = || gcras[app as usize].admit(rate, Duration::from_millis(ms));
                let signature = &ask.signature;
                let admission =
                    guard.admit(app, signature, timestamp, &mut unwritten, mode, charge);
                local.push(match admission {
                    Admission::Accepted => 'A',
                    Admission::AcceptedAgain => 'B',
                    Admission::Repeated => 'R',
                    Admission::RateLimited => 'L',
                    other => panic!("{other:?}"),
                });
                asks.push(ask);
            }
            let asks: Vec<_> = asks.iter().map(|ask| (ask, false)).collect();
            let shared = stopped.borrow_mut().admit(&names, &asks, ms);
            prop_assert_eq!(shared, local);
        }
    });
}

#[test]
fn who_asks_again_hears_what_was_decided() {
    let valkey = Valkey::start();
    let mut stopped = Stopped::connect(&valkey);
    let names = |node| Names { installation: "house".to_owned(), node, by_app: false };
    let slow = |number| Ask { rate: Rate { per_second: 1, burst: 2 }, ..ask(1, number) };
    let (a, b, c) = (slow(1), slow(2), slow(3));
    let mut say = |node, asks: &[(&Ask, bool)]| stopped.admit(&names(node), asks, 60_000);
    assert_eq!(say(1, &[(&a, false), (&b, false), (&c, false)]), "AAL");
    // Its own, and what it had not taken; nothing is charged twice.
    assert_eq!(say(1, &[(&a, true), (&b, false), (&c, true)]), "ARL");
    assert_eq!(say(2, &[(&a, true), (&b, true), (&c, false)]), "RRL");
}

#[test]
fn a_debt_of_another_clock_is_cut() {
    let valkey = Valkey::start();
    let mut stopped = Stopped::connect(&valkey);
    let names = Names { installation: "house".to_owned(), node: 1, by_app: false };
    let mut number = 0;
    let mut say = |ms| {
        number += 1;
        let ask = Ask { rate: Rate { per_second: 10, burst: 1 }, ..ask(1, number) };
        stopped.admit(&names, &[(&ask, false)], ms)
    };
    // The clock goes back by an hour to where the same hash has its turn, and to where the other has.
    for (now, back, first) in [(8_000_000, 4_400_000, "L"), (8_001_000, 4_397_000, "A")] {
        assert_eq!([say(now), say(now + 50)], ["A", "L"]);
        assert_eq!([say(back), say(back + 50), say(back + 101)], [first, "L", "A"]);
    }
}

#[test]
fn a_call_may_be_full_of_one_request_or_of_as_many_keys() {
    let valkey = Valkey::start();
    let node = patient(&valkey.url());
    assert_eq!(
        settle(&node, &[ask(1, 1); 300]).iter().filter(|it| **it == Answer::Accepted).count(),
        1
    );
    let scattered = |second: i64| Ask { timestamp: NOW + second, ..ask(second as u32, 2) };
    let scattered: Vec<_> = (0..300).map(scattered).collect();
    assert_eq!(settle(&node, &scattered), vec![Answer::Accepted; 300]);
    assert_eq!(settle(&node, &scattered), vec![Answer::Repeated; 300]);
}
