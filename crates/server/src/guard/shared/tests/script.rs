//! The script decides as the local guard does, in few bytes.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use proptest::prelude::*;
use tonegate_listener::{Gcra, Rate};
use tonegate_testing::Valkey;

use super::super::script::ADMIT;
use super::super::*;
use super::{NOW, ask, node, settle};
use crate::guard::{Admission, GuardConfig, ReplayGuard, ReplayMode, Unwritten};

#[test]
fn a_signature_takes_few_bytes() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
    let key = format!("tonegate:{{house:1}}:{}", NOW / 60);
    for (count, most) in [(1, 150), (100, 26), (1_200, 110)] {
        let asks = (0..count).map(|_| {
            let signature = fastrand::u128(..).to_le_bytes();
            Ask { signature, ..ask(1, 0) }
        });
        let asks: Vec<_> = asks.collect();
        settle(&node, &asks);
        let used = valkey.say(&["MEMORY", "USAGE", &key, "SAMPLES", "0"]);
        let used: usize = used.trim_start_matches(':').parse().unwrap();
        println!("{count} signatures of an app and minute: {} bytes each", used / count);
        assert!(used / count <= most, "{used} bytes for {count}");
        let _ = valkey.say(&["FLUSHALL"]);
    }
}

/// The script with a time that the test gives it.
fn scripted() -> redis::Script {
    let time = "{ARGV[#ARGV - 1], ARGV[#ARGV]}";
    let text = ADMIT.text.replace("redis.call('TIME')", time);
    assert!(text.contains(time));
    redis::Script::new(&text)
}

#[derive(Clone, Debug)]
struct Step {
    pause_ms: u64,
    number: u64,
    minute: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u64..120, 0_u64..12, 0_i64..2);
    let step = step.prop_map(|(pause_ms, number, minute)| Step { pause_ms, number, minute });
    prop::collection::vec(step, 1..60)
}

#[test]
fn the_script_decides_as_the_local_guard_does() {
    let valkey = Valkey::start();
    let connection = redis::Client::open(valkey.url()).unwrap().get_connection().unwrap();
    let connection = RefCell::new(connection);
    let script = scripted();
    let apps = Cell::new(0);
    let rates = prop::sample::select(vec![0_u32, 1, 3, 7, 10, 20, 60, 1_000]);
    proptest!(ProptestConfig::with_cases(200), |(
        steps in steps(), per_second in rates, repeatable: bool, burst in 1_u32..5,
    )| {
        let app = apps.get() + 1;
        apps.set(app);
        let rate = Rate { per_second, burst };
        let mode = if repeatable { ReplayMode::Repeatable } else { ReplayMode::Once };
        let guard = ReplayGuard::open(GuardConfig::default(), NOW, None).unwrap();
        let (gcra, mut unwritten, mut ms) = (Gcra::default(), Unwritten::default(), 5_000);
        let interval = 10_000_000_u32.checked_div(per_second);
        for Step { pause_ms, number, minute } in steps {
            ms += pause_ms;
            let ask = Ask { timestamp: NOW + 60 * minute, ..ask(app, number) };
            let charge = || gcra.admit(rate, Duration::from_millis(ms));
            let local = guard.admit(
                app, &ask.signature, ask.timestamp, &mut unwritten, mode, charge,
            );
            let local = match local {
                Admission::Accepted => "A",
                Admission::AcceptedAgain => "B",
                Admission::Repeated => "R",
                Admission::RateLimited => "L",
                other => panic!("{other:?}"),
            };
            let shared: String = script
                .key(format!("{{{app}}}:rate"))
                .key(format!("{{{app}}}:{minute}"))
                .arg(interval.unwrap_or(10_000_000))
                .arg(if interval.is_some() { burst } else { 0 })
                .arg(60).arg(1).arg(u8::from(repeatable)).arg(0).arg(b"\x01")
                .arg(&ask.signature)
                .arg(1_700_000_000 + ms / 1_000).arg(ms % 1_000 * 1_000)
                .invoke(&mut *connection.borrow_mut()).unwrap();
            prop_assert_eq!(&shared, local);
        }
    });
}
