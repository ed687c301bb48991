//! Two nodes and a Valkey that is stopped, killed and failed over.

use std::cell::{Cell, RefCell};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::time::Instant;
use tonegate_listener::{Gcra, Rate};
use tonegate_testing::{Valkey, ValkeyCluster, ValkeySentinel};

use super::script::ADMIT;
use super::*;
use crate::config::Topology;
use crate::guard::{Admission, GuardConfig, ReplayGuard, ReplayMode, Unwritten};

const NOW: i64 = 1_763_840_000;
const FAST: Rate = Rate { per_second: 100_000, burst: 100_000 };

fn section(url: &str) -> config::SharedGuard {
    let mut section = config::Config::default().shared_guard;
    section.urls = vec![url.to_owned()];
    section
}

fn node_of(section: &config::SharedGuard) -> SharedGuard {
    let metrics = SharedGuardMetrics::default();
    SharedGuard::start(section, "house", 2, metrics).unwrap().unwrap()
}

fn node(url: &str) -> SharedGuard {
    let node = node_of(&section(url));
    assert!(!node.is_lost(), "found at the start");
    node
}

fn ask(app_id: u32, number: u64) -> Ask {
    let mut signature = [0; 16];
    signature[..8].copy_from_slice(&number.to_le_bytes());
    let mode = ReplayMode::Once;
    Ask { app_id, refused: false, rate: FAST, mode, signature, timestamp: NOW }
}

fn settle(node: &SharedGuard, asks: &[Ask]) -> Vec<Answer> {
    let mut batch = Batch::default();
    asks.iter().for_each(|ask| batch.push(*ask));
    node.settle(&mut batch);
    (0..asks.len()).map(|number| batch.answer(number)).collect()
}

fn one(node: &SharedGuard, ask: Ask) -> Answer {
    settle(node, &[ask])[0]
}

/// As the gateway does it: the node decides alone what is lost.
fn accept(node: &SharedGuard, ask: Ask) -> Answer {
    let answer = one(node, ask);
    if answer == Answer::Lost {
        node.accepted_alone(&ask, NOW);
    }
    answer
}

fn eventually(what: &str, mut is: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(15), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    start.elapsed()
}

/// Has the node find out that Valkey is lost.
fn lose(node: &SharedGuard) {
    eventually("it counts as lost", || {
        one(node, ask(999, u64::MAX));
        node.is_lost()
    });
}

#[test]
fn a_signature_counts_once_on_all_nodes() {
    let valkey = Valkey::start();
    let [a, b] = [node(&valkey.url()), node(&valkey.url())];
    let repeatable = Ask { mode: ReplayMode::Repeatable, ..ask(2, 1) };
    assert_eq!(
        settle(&a, &[ask(1, 1), ask(2, 9), ask(1, 2), ask(1, 1), repeatable]),
        [Answer::Accepted, Answer::Accepted, Answer::Accepted, Answer::Repeated, Answer::Accepted]
    );
    // Another app's, and another minute's, are others.
    let later = Ask { timestamp: NOW + 60, ..ask(1, 1) };
    assert_eq!(
        settle(&b, &[ask(1, 1), later, ask(3, 1), repeatable, ask(1, 2)]),
        [
            Answer::Repeated,
            Answer::Accepted,
            Answer::Accepted,
            Answer::AcceptedAgain,
            Answer::Repeated
        ]
    );
    let memory = valkey.say(&["TTL", &format!("tonegate:{{house:1}}:{}", NOW / 60)]);
    assert!([":1860", ":1859"].contains(&&*memory), "{memory}");
}

#[test]
fn installations_do_not_meet() {
    let valkey = Valkey::start();
    let a = node(&valkey.url());
    let metrics = SharedGuardMetrics::default();
    let b = SharedGuard::start(&section(&valkey.url()), "other", 1, metrics).unwrap().unwrap();
    assert_eq!([one(&a, ask(1, 1)), one(&b, ask(1, 1))], [Answer::Accepted; 2]);
}

#[test]
fn the_rate_is_exact_across_nodes_and_spares_signatures() {
    let valkey = Valkey::start();
    let nodes = [node(&valkey.url()), node(&valkey.url())];
    let (start, mut number, mut accepted) = (Instant::now(), 0, 0);
    let limited = |number| Ask { rate: Rate::APP, ..ask(1, number) };
    let mut refused = None;
    while start.elapsed() < Duration::from_secs(3) {
        for node in &nodes {
            number += 1;
            match one(node, limited(number)) {
                Answer::Accepted => accepted += 1,
                Answer::RateLimited => refused = Some(number),
                other => panic!("{other:?}"),
            }
        }
    }
    let most = 21 + (start.elapsed().as_millis() / 50) as u64;
    assert!((most - 3..=most).contains(&accepted), "{accepted} of {most}");
    // What was over the rate may come again, and the other rate is another.
    let refused = limited(refused.unwrap());
    eventually("there is room again", || one(&nodes[0], refused) == Answer::Accepted);
    let stolen = Ask { refused: true, ..limited(0) };
    assert_eq!(settle(&nodes[1], &[refused, stolen]), [Answer::Repeated, Answer::Accepted]);
}

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
    let [a, b] = [node(&valkey.url()), node(&valkey.url())];
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
fn a_dead_connection_goes_unnoticed() {
    let valkey = Valkey::start();
    let node = node(&valkey.url());
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

/// What the documents name: no more is needed.
const ACL: &str = "user tonegate on >secret ~tonegate:* -@all +evalsha +script|load +time +get +set \
                   +hsetnx +hget +hexists +expire +role +cluster|slots";

#[test]
fn a_user_with_few_rights_and_a_password_file_will_do() {
    let user = format!("--{ACL}");
    let arguments = ["--requirepass", "other"].into_iter().chain(user.split(' '));
    let arguments: Vec<_> = arguments.collect();
    let valkey = Valkey::start_as(&arguments, &["AUTH", "other"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "secret\n").unwrap();
    let mut section = section(&valkey.url());
    section.username = "tonegate".to_owned();
    section.password_file = file.path().to_owned();
    let node = node_of(&section);
    assert!(!node.is_lost());
    assert_eq!(settle(&node, &[ask(1, 1), ask(1, 1)]), [Answer::Accepted, Answer::Repeated]);
    fs::write(&file, "wrong\n").unwrap();
    assert!(node_of(&section).is_lost());
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let error = SharedGuard::start(&section, "house", 1, SharedGuardMetrics::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("mode 640") && !error.contains("secret"), "{error}");
}

#[test]
fn over_tls_the_certificate_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let authority = || {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, others) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    fs::write(path("cert"), params.signed_by(&key, &ours).unwrap().pem()).unwrap();
    fs::write(path("key"), key.serialize_pem()).unwrap();
    fs::write(path("ours"), ours.pem()).unwrap();
    fs::write(path("others"), others.pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = port.to_string();
    let files = [path("cert"), path("key"), path("ours")];
    let _valkey = Valkey::start_with(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &files[0],
        "--tls-key-file",
        &files[1],
        "--tls-ca-cert-file",
        &files[2],
        "--tls-auth-clients",
        "no",
    ]);
    let mut section = section(&format!("rediss://localhost:{port}"));
    section.tls_ca = path("ours").into();
    let node = node_of(&section);
    assert!(!node.is_lost());
    assert_eq!(settle(&node, &[ask(1, 1), ask(1, 1)]), [Answer::Accepted, Answer::Repeated]);
    section.tls_ca = path("others").into();
    assert!(node_of(&section).is_lost(), "another authority's");
    section.tls_ca = path("none").into();
    let error = SharedGuard::start(&section, "house", 1, SharedGuardMetrics::default());
    assert!(error.unwrap_err().to_string().starts_with("shared_guard.tls_ca: cannot read"));
}

#[test]
fn sentinels_say_who_is_the_primary() {
    let mut servers = ValkeySentinel::start();
    let mut section = section(&servers.sentinel.url());
    section.topology = Topology::Sentinel;
    section.sentinel_master = ValkeySentinel::NAME.to_owned();
    let nodes = [node_of(&section), node_of(&section)];
    assert!(nodes.iter().all(|node| !node.is_lost()));
    assert_eq!(one(&nodes[0], ask(1, 1)), Answer::Accepted);
    servers.primary.kill();
    nodes.iter().for_each(lose);
    nodes[0].accepted_alone(&ask(1, 2), NOW);
    eventually("failed over", || nodes.iter().all(|node| !node.is_lost()));
    assert_eq!(
        settle(&nodes[1], &[ask(1, 1), ask(1, 2), ask(1, 3)]),
        [Answer::Repeated, Answer::Repeated, Answer::Accepted]
    );
    assert!(servers.replica.say(&["DBSIZE"]) != ":0");
}

#[test]
fn in_a_cluster_every_app_is_asked_about_where_it_is() {
    let cluster = ValkeyCluster::start();
    let mut section = section(&cluster.primaries[1].url());
    section.topology = Topology::Cluster;
    let nodes = [node_of(&section), node_of(&section)];
    assert!(nodes.iter().all(|node| !node.is_lost()));
    let asks: Vec<_> = (0..60).map(|number| ask(number % 30, 1 + u64::from(number / 30))).collect();
    assert!(settle(&nodes[0], &asks).iter().all(|answer| *answer == Answer::Accepted));
    assert!(settle(&nodes[1], &asks).iter().all(|answer| *answer == Answer::Repeated));
    for primary in &cluster.primaries {
        assert!(primary.say(&["DBSIZE"]) != ":0", "it has its part");
        assert_eq!(primary.say(&["SCRIPT", "FLUSH"]), "+OK");
    }
    let more: Vec<_> = (0..30).map(|app| ask(app, 9)).collect();
    assert!(settle(&nodes[0], &more).iter().all(|answer| *answer == Answer::Accepted));
    // One of them gone is Valkey lost, though the others go on.
    cluster.primaries[2].stop();
    eventually("lost", || {
        let asks: Vec<_> = (0..30).map(|app| ask(app, fastrand::u64(..))).collect();
        let answers = settle(&nodes[0], &asks);
        for (ask, _) in asks.iter().zip(&answers).filter(|(_, it)| **it == Answer::Lost) {
            nodes[0].accepted_alone(ask, NOW);
        }
        nodes[0].is_lost()
    });
    nodes[0].accepted_alone(&ask(7, 77), NOW);
    cluster.primaries[2].go_on();
    eventually("strict again", || !nodes[0].is_lost());
    eventually("the other one finds it too", || one(&nodes[1], ask(7, 77)) == Answer::Repeated);
    assert_eq!(nodes[0].core.metrics.extra.get(), 0);
}

#[tokio::test]
async fn who_may_not_block_asks_the_desk() {
    let valkey = Valkey::start();
    let node = Arc::new(node(&valkey.url()));
    let asks = (0..400_u64).map(|number| {
        let node = Arc::clone(&node);
        tokio::spawn(async move { node.ask(ask(1, number % 200)).await })
    });
    let (mut accepted, mut repeated) = (0, 0);
    for answer in asks.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Answer::Accepted => accepted += 1,
            Answer::Repeated => repeated += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((accepted, repeated), (200, 200));
}

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
