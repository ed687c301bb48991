//! A signature counts once: at once, from all sides, and across restarts.

use std::sync::Arc;
use std::time::Duration;

use tonegate_server::clock::Clock;
use tonegate_server::model::{AppSettings, ReplayMode};

use crate::support::house::settings;
use crate::support::{House, NOW, TestServer, Wire, manual};

#[tokio::test]
async fn a_repeated_signature_is_refused_with_a_hint() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let query = backend.query(server.now());
    assert_eq!(server.get(&query.to_string()).await.code(), 0);
    let again = server.get(&query.to_string()).await;
    let hint = "Signature error. this signature was already used; sign each request anew";
    assert_eq!((again.code(), &*again.message()), (100000005, hint));
    let disguised = format!("{query}&x=1").replace("Action=Cgi", "Action=%43gi");
    assert_eq!(server.get(&disguised).await.code(), 100000005);
    // A constant nonce is no repeat: another second, another signature.
    for second in 1..4 {
        let query = backend.query_with("constant", server.now() - second);
        assert_eq!(server.get(&query.to_string()).await.code(), 0);
    }
}

#[tokio::test]
async fn an_action_that_is_unknown_has_used_the_signature() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let query = backend.query(server.now());
    let other = query.clone().set("Action", "Other");
    assert_eq!(server.get(&other.to_string()).await.code(), 100000007);
    assert_eq!(server.get(&query.to_string()).await.code(), 100000005);
}

#[tokio::test]
async fn a_repeatable_app_is_answered_again_and_charged() {
    let (server, hand) = manual().await;
    let shared = AppSettings { replay_mode: ReplayMode::Repeatable, ..settings() };
    let backend = server.app_of(12345, shared).await;
    let query = backend.query(server.now()).to_string();
    let first = server.get(&query).await.license();
    for _ in 1..20 {
        assert_eq!(server.get(&query).await.license(), first);
    }
    assert_eq!(server.get(&query).await.code(), 7);
    hand.advance(Duration::from_secs(1));
    assert_eq!(server.get(&query).await.code(), 0);
}

#[tokio::test]
async fn of_equal_requests_at_once_one_is_answered() {
    let server = Arc::new(TestServer::new().await);
    let backend = server.app(12345).await;
    for _ in 0..5 {
        let request = format!("GET /?{} HTTP/1.1\r\nHost: a\r\n\r\n", backend.query(server.now()));
        let mut wires = Vec::new();
        for _ in 0..8 {
            wires.push(Wire::connect(server.gateway).await);
        }
        let answers = wires.into_iter().map(|mut wire| {
            let request = request.clone();
            tokio::spawn(async move {
                wire.send(request).await;
                wire.answer().await.code()
            })
        });
        let mut codes = Vec::new();
        for answer in answers.collect::<Vec<_>>() {
            codes.push(answer.await.unwrap());
        }
        codes.sort_unstable();
        assert_eq!((codes[0], &codes[1..]), (0, &[100000005; 7][..]));
    }
}

#[tokio::test]
async fn a_restart_remembers_what_was_used_and_refuses_nothing_else() {
    let mut server = TestServer::new().await;
    let backend = server.app(12345).await;
    let now = server.now();
    let unused = backend.query(now - 1).to_string();
    let used = [backend.query(now), backend.query(now - 500), backend.query(now + 500)];
    for query in &used {
        assert_eq!(server.get(&query.to_string()).await.code(), 0);
    }
    for _ in 0..3 {
        server = TestServer::start(server.stop().await).await;
        for query in &used {
            assert_eq!(server.get(&query.to_string()).await.code(), 100000005);
        }
    }
    assert_eq!(server.get(&unused).await.code(), 0);
}

#[tokio::test]
async fn a_restart_without_the_journal_refuses_what_may_have_been_used() {
    let (clock, hand) = Clock::manual(NOW);
    let server = TestServer::start_with(House::at(NOW).await, clock.clone(), |_| ()).await;
    let backend = server.app(12345).await;
    let early = backend.query(NOW - 1).to_string();
    assert_eq!(server.get(&early).await.code(), 0, "at the first start all is taken");
    let house = server.stop().await;
    std::fs::remove_dir_all(house.path("journal")).unwrap();
    hand.advance(Duration::from_secs(2));
    let server = TestServer::start_with(house, clock, |_| ()).await;
    assert_eq!(server.get(&early).await.code(), 100000004);
    assert_eq!(server.ask(&backend).await.code(), 100000004, "in the second of the restart");
    hand.advance(Duration::from_secs(1));
    assert_eq!(server.ask(&backend).await.code(), 0);
}

#[tokio::test]
async fn a_full_guard_refuses_new_ones_and_forgets_none() {
    let house = House::new().await;
    let server =
        TestServer::start_with(house, Clock::system(), |config| config.guard.max_entries = 4).await;
    let backend = server.app(12345).await;
    let queries: Vec<_> = (0..4).map(|_| backend.query(server.now()).to_string()).collect();
    for query in &queries {
        assert_eq!(server.get(query).await.code(), 0);
    }
    assert_eq!(server.ask(&backend).await.code(), 1);
    for query in &queries {
        assert_eq!(server.get(query).await.code(), 100000005);
    }
    let ready = server.admin("/readyz").await.json();
    assert_eq!(ready["degraded"], serde_json::json!(["guard_nearly_full"]));
    assert_eq!(server.metric("tonegate_replay_guard_entries").await, 4);
}
