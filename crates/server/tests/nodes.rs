//! Several servers on one PostgreSQL: what one changes is in force on all, and what they count adds up.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use tonegate_server::clock::Clock;
use tonegate_server::config::Config;
use tonegate_server::model::{AppId, AppSettings, NewSecret};
use tonegate_server::node::Nodes;
use tonegate_server::store::{Resolution, Store};
use tonegate_testing::Postgres;

use crate::child::Child;
use crate::support::house::settings;
use crate::support::receiver::Receiver;
use crate::support::{Backend, House, NOW, TestServer, eventually, set_database_clock, unix_now};

/// Two directories of one installation, for the machine's clock.
async fn two() -> (Postgres, House, House) {
    let postgres = Postgres::start();
    let one = House::on_postgres(&postgres.url("postgres"), unix_now()).await;
    let other = one.another();
    (postgres, one, other)
}

/// As an operator who works on this server.
async fn create(server: &TestServer, id: u32) -> Backend {
    let secret = NewSecret::generate().unwrap();
    let mut tx = server.store.begin("operator", server.now()).await.unwrap();
    tx.create_app(AppId(id), settings(), &secret).await.unwrap();
    tx.commit().await.unwrap();
    Backend::new(id, secret.secret())
}

#[expect(clippy::disallowed_methods, reason = "what passes here is the machine's time")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn a_change_made_on_one_server_is_in_force_on_the_other_within_2_seconds() {
    let (_postgres, one, other) = two().await;
    let (one, other) = (TestServer::start(one).await, TestServer::start(other).await);
    assert_ne!(one.node.id, other.node.id);
    let mut slowest = Duration::ZERO;
    for id in 1..=20 {
        // Not in step with any poll.
        tokio::time::sleep(Duration::from_millis(u64::from(id) * 37 % 400)).await;
        let backend = create(&one, id).await;
        let committed = now();
        eventually("it is in force", async || other.directory.get(AppId(id)).is_some()).await;
        slowest = slowest.max(committed.elapsed());
        assert_eq!(other.ask(&backend).await.code(), 0, "it needs nothing else");
    }
    println!("slowest of 20: {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    let measured = "tonegate_directory_applied_seconds";
    let within = other.metric(&format!("{measured}_bucket{{le=\"2.0\"}}")).await;
    assert_eq!(other.metric(&format!("{measured}_count")).await, within);
    assert!((15..=20).contains(&within), "{within} of 20");

    let mut tx = other.store.begin("operator", unix_now()).await.unwrap();
    tx.suspend_app(AppId(1)).await.unwrap();
    tx.commit().await.unwrap();
    let suspended = async || {
        // What it did itself, the admin API would have taken up at once; here it comes along.
        let entry = one.directory.get(AppId(1));
        entry.is_some_and(|entry| entry.app.as_ref().is_some_and(|app| app.rev == 2))
    };
    eventually("and back", suspended).await;
}

#[tokio::test]
async fn licences_held_from_another_past_are_forgotten() {
    let postgres = Postgres::start();
    let house = House::on_postgres(&postgres.url("postgres"), NOW).await;
    set_database_clock(&postgres, NOW);
    let server = TestServer::start_with(house, Clock::manual(NOW).0, |_| ()).await;
    let backend = server.app(12345).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
    let held = || server.held.still_good(AppId(12345), 1, NOW).is_some();
    assert!(held());
    // An app of the same revision and another audit log: a backup put back in place, and gone on with.
    postgres.sql(
        "postgres",
        "UPDATE audit SET hash = sha256(hash) WHERE seq = (SELECT MAX(seq) FROM audit)",
    );
    eventually("nothing is held", async || !held()).await;
    assert_eq!(server.ask(&backend).await.code(), 0);
}

#[tokio::test]
async fn servers_see_each_other_come_and_go() {
    let (mut postgres, one, other) = two().await;
    let named = |name: &'static str| move |config: &mut Config| config.node.name = name.to_owned();
    let one = TestServer::start_with(one, Clock::system(), named("one")).await;
    let other = TestServer::start_with(other, Clock::system(), named("other")).await;
    for server in [&one, &other] {
        eventually("both", async || server.node_count() == 2).await;
    }
    assert_eq!(one.metric("tonegate_nodes").await, 2);
    let Nodes { revision, nodes } = one.list_nodes().await.unwrap();
    let names: Vec<_> = nodes.iter().map(|node| (&*node.name, node.answers_this)).collect();
    assert_eq!(names, [("one", true), ("other", false)]);
    assert!(nodes.iter().all(|node| node.alive && node.revision == revision), "{nodes:?}");
    eventually("it says that it is ready", async || one.list_nodes().await.unwrap().nodes[1].ready)
        .await;

    drop(other.stop().await);
    postgres.sql("postgres", "UPDATE nodes SET seen_at = seen_at - 21 WHERE name = 'other'");
    eventually("one is left", async || one.node_count() == 1).await;
    let nodes = one.list_nodes().await.unwrap().nodes;
    assert!(!nodes[1].alive && !nodes[1].ready, "{nodes:?}");

    let again = TestServer::start_with(one.house.another(), Clock::system(), named("third")).await;
    eventually("a third", async || one.node_count() == 2).await;
    postgres.stop(true);
    eventually("the loss is seen", async || !one.degraded().is_empty()).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((one.node_count(), again.node_count()), (2, 2), "as last known");
}

#[tokio::test]
async fn two_processes_with_copies_of_one_directory_are_told_apart() {
    let (_postgres, one, _) = two().await;
    let one = TestServer::start(one).await;
    let copied = TestServer::start(one.house.copy()).await;
    assert_eq!(one.node.id, copied.node.id);
    eventually("one of them says so", async || {
        [&one, &copied].iter().any(|server| server.degraded().contains(&"node_id_shared"))
    })
    .await;
}

async fn counted(store: &Store) -> u64 {
    let days = store.usage_series(Some(AppId(12345)), Resolution::Day, 0, i64::MAX).await.unwrap();
    days.iter().flat_map(|it| &it.points).map(|point| point.1).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_servers_count_adds_up_and_a_kill_loses_the_last_2_seconds_at_most() {
    let (_postgres, one, other) = two().await;
    let many = AppSettings { rate_per_second: 100_000, ..settings() };
    let backend = one.app(12345, many).await;
    let (first, second) = (Child::start(&one).await, Child::start(&other).await);
    let mut asked = 0;
    for _ in 0..50 {
        for child in [&first, &second] {
            assert_eq!(child.get(&backend.query(unix_now()).to_string()).await.code(), 0);
            asked += 1;
        }
    }
    // What is 2 s old is in the store; half a second is for the writing.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let store = one.store().await;
    assert_eq!(counted(&store).await, asked);
    first.get(&backend.query(unix_now()).to_string()).await;
    first.kill().await;
    second.kill().await;
    let known = counted(&store).await;
    assert!((asked..=asked + 1).contains(&known), "{known} of {asked} and one that may be lost");
    let again = Child::start(&one).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(counted(&store).await, known, "and nothing twice");
    again.kill().await;
}

#[tokio::test]
async fn a_webhook_hears_of_each_change_once_however_many_servers_there_are() {
    let (_postgres, one, other) = two().await;
    let receiver = Receiver::start(204).await;
    receiver.listen_to(&one, "app.created").await;
    let allow = |config: &mut Config| config.webhooks.allow_private_addresses = true;
    let one = TestServer::start_with(one, Clock::system(), allow).await;
    let other = TestServer::start_with(other, Clock::system(), allow).await;
    for id in 1..=15 {
        create(&one, id).await;
        create(&other, 100 + id).await;
    }
    receiver.heard(30).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let messages = receiver.messages();
    let ids: BTreeSet<_> = messages.iter().map(|message| &message.id).collect();
    assert_eq!((messages.len(), ids.len()), (30, 30), "each once");
    let delivered = "tonegate_webhook_deliveries_total{outcome=\"delivered\"}";
    let by = [one.metric(delivered).await, other.metric(delivered).await];
    println!("delivered by each: {by:?}");
    assert_eq!(by.iter().sum::<i64>(), 30);
}

#[tokio::test]
async fn what_all_servers_would_do_is_done_once() {
    let postgres = Postgres::start();
    let house = House::on_postgres(&postgres.url("postgres"), NOW).await;
    set_database_clock(&postgres, NOW);
    let store = house.store().await;
    assert_eq!(store.issuing_keys().await.unwrap().len(), 1);
    let service = TestServer::start_with(house, Clock::manual(NOW).0, |_| ()).await;
    let covered_until = service.keyring.load().covered_until(NOW);
    let house = service.stop().await;
    set_database_clock(&postgres, covered_until - 10 * 86_400);
    let due = || Clock::manual(covered_until - 10 * 86_400).0;
    let (other, third) = (house.another(), house.another());
    let (_one, _other, _third) = tokio::join!(
        TestServer::start_with(house, due(), |_| ()),
        TestServer::start_with(other, due(), |_| ()),
        TestServer::start_with(third, due(), |_| ()),
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(store.issuing_keys().await.unwrap().len(), 2, "one next key");
}

#[tokio::test]
async fn a_server_whose_clock_is_not_the_database_s_does_nothing_for_all() {
    let postgres = Postgres::start();
    let house = House::on_postgres(&postgres.url("postgres"), NOW).await;
    set_database_clock(&postgres, NOW);
    let server = TestServer::start_with(house, Clock::manual(NOW).0, |_| ()).await;
    let covered_until = server.keyring.load().covered_until(NOW);
    let house = server.stop().await;
    let receiver = Receiver::start(204).await;
    receiver.listen_to(&house, "app.created").await;
    house.app(1, settings()).await;
    let allow = |config: &mut Config| config.webhooks.allow_private_addresses = true;
    let ahead = covered_until - 10 * 86_400;
    let server = TestServer::start_with(house, Clock::manual(ahead).0, allow).await;
    assert_eq!(server.degraded(), ["database_clock_differs", "keys_end_soon"]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.messages().len(), 0);
    assert_eq!(server.store.issuing_keys().await.unwrap().len(), 1, "none is due by now");
    let waits = "SELECT COUNT(*) FROM deliveries WHERE leased_by IS NULL";
    assert_eq!(
        postgres.sql("postgres", waits).trim(),
        "1",
        "of more than 30 days ago by its clock"
    );
    set_database_clock(&postgres, ahead);
    receiver.heard(1).await;
    assert_eq!(server.degraded(), ["keys_end_soon"], "for a few minutes");
}

#[tokio::test]
async fn keys_that_end_soon_are_told_of_once() {
    let postgres = Postgres::start();
    let house = House::on_postgres(&postgres.url("postgres"), NOW).await;
    set_database_clock(&postgres, NOW);
    let server = TestServer::start_with(house, Clock::manual(NOW).0, |_| ()).await;
    let covered_until = server.keyring.load().covered_until(NOW);
    let house = server.stop().await;
    postgres.sql("postgres", "DELETE FROM root_keys");
    let receiver = Receiver::start(204).await;
    receiver.listen_to(&house, "key.*").await;
    let allow = |config: &mut Config| config.webhooks.allow_private_addresses = true;
    set_database_clock(&postgres, covered_until - 2 * 86_400);
    let soon = || Clock::manual(covered_until - 2 * 86_400).0;
    let other = house.another();
    let _one = TestServer::start_with(house, soon(), allow).await;
    let _other = TestServer::start_with(other, soon(), allow).await;
    receiver.heard(1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let messages = receiver.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0].json()["data"], json!({ "days": 3, "covered_until": covered_until }));
}
