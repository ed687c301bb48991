//! Imports that are sent again, at once with others, or broken off.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::support::{Answer, House, Persona};

/// Apps with these numbers, as a table.
fn table(ids: std::ops::Range<u32>) -> Vec<u8> {
    let rows = ids.map(|id| format!("{id},App {id}\n"));
    format!("app_id,name\n{}", rows.collect::<String>()).into_bytes()
}

fn importer(house: &House) -> Persona {
    house.operator().with("Content-Type", "text/csv")
}

fn import(persona: &Persona, query: &'static str, table: Vec<u8>) -> JoinHandle<Answer> {
    let persona = persona.clone();
    let path = format!("/apps/import{query}");
    tokio::spawn(async move { persona.send_bytes("POST", &path, &table).await })
}

async fn apps(house: &House) -> Vec<Value> {
    let table = house.viewer().get("/apps/export?format=jsonl").await.body;
    table.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Until the import has made some.
async fn begun(house: &House) {
    let before = house.store.revision().await.unwrap();
    while house.store.revision().await.unwrap() == before {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_three_times_at_once_makes_everything_once() {
    let house = House::new().await;
    let keyed = importer(&house).with("Idempotency-Key", "thrice");
    let names = || b"name\nA\nB\nC\n".to_vec();
    let all = [(); 3].map(|()| import(&keyed, "", names()));
    for sent in all {
        let answer = sent.await.unwrap();
        if answer.status != 200 {
            assert!(answer.header("retry-after").is_some());
            answer.refused(429, "too_many_requests");
        }
    }
    let again = import(&keyed, "", names()).await.unwrap();
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    let secrets = again.expect(200);
    assert!(secrets["results"][2]["server_secret"].is_string());
    assert_eq!(apps(&house).await.len(), 3);
    let other = import(&keyed, "", b"name\nD\n".to_vec()).await.unwrap();
    other.refused(422, "idempotency_key_reused");
    keyed.post("/apps", json!({ "name": "E" })).await.refused(422, "idempotency_key_reused");
    let none = importer(&house).with("Idempotency-Key", "none");
    import(&none, "", b"name\n".to_vec()).await.unwrap().expect(200);
    let again = import(&none, "", b"name\n".to_vec()).await.unwrap();
    assert_eq!(again.header("idempotent-replay"), Some("true"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_broke_off_goes_on_where_it_stopped() {
    let house = House::new().await;
    let keyed = importer(&house).with("Idempotency-Key", "resumed");
    // Without numbers, so that nothing but the key keeps the first from being made again.
    let names: Vec<u8> = b"name\n".iter().chain(&b"A\n".repeat(1_800)).copied().collect();
    let sent = import(&keyed, "", names.clone());
    begun(&house).await;
    let (at, away) =
        (house.data().database_file(), house.data().database_file().with_extension("away"));
    std::fs::rename(&at, &away).unwrap();
    let broken = sent.await.unwrap().expect(200);
    std::fs::rename(&away, &at).unwrap();
    let made = broken["created"].as_u64().unwrap();
    assert!((500..=1_500).contains(&made), "{made}");
    assert_eq!(broken["results"][1_799]["code"], "store_unavailable");

    let again = import(&keyed, "", names.clone()).await.unwrap();
    assert_eq!(again.header("idempotent-replay"), None, "some are new");
    let whole = again.expect(200);
    assert_eq!((&whole["created"], &whole["failed"]), (&json!(1_800), &json!(0)));
    assert_eq!(whole["results"][0], broken["results"][0], "the secret too");
    let third = import(&keyed, "", names).await.unwrap();
    assert_eq!(third.header("idempotent-replay"), Some("true"));
    assert_eq!(third.expect(200), whole);
    let page = house.viewer().get("/apps/export?format=jsonl").await;
    let rest = page.header("next-cursor").unwrap();
    let rest = format!("/apps/export?format=jsonl&cursor={rest}");
    let rest = house.viewer().get(&rest).await.body.lines().count();
    assert_eq!(page.body.lines().count() + rest, 1_800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_get_their_turn_beside_a_rehearsal_but_no_second_import() {
    let house = House::new().await;
    let csv = importer(&house);
    let long = import(&csv, "?dry_run=true", table(1_000..4_000));
    sleep(Duration::from_millis(300)).await;
    for query in ["", "?dry_run=true"] {
        let second = import(&csv, query, table(1..2)).await.unwrap();
        assert_eq!(second.header("retry-after"), Some("2"));
        second.refused(429, "too_many_requests");
    }
    house.operator().post("/apps", json!({ "app_id": 7, "name": "Mine" })).await.expect(201);
    assert!(!long.is_finished(), "it waited for the whole rehearsal");
    assert_eq!(long.await.unwrap().expect(200)["created"], 3_000);
    assert_eq!(apps(&house).await.len(), 1);
    import(&csv, "", table(1..2)).await.unwrap().expect(200);
}

#[tokio::test]
async fn a_rehearsal_sees_what_lies_far_apart_and_is_there_twice() {
    let house = House::new().await;
    let secret = "9193cc662a4c0ec135ec71fb57194b38";
    let mut lines = format!("app_id,name,secret\n1,A,{secret}\n");
    lines.extend((2..=600).map(|id| format!("{id},App,\n")));
    lines.push_str(&format!("1,again,\n601,same,{secret}\n"));
    let csv = importer(&house);
    let mut failed = Vec::new();
    for query in ["?dry_run=true", ""] {
        let report = import(&csv, query, lines.clone().into_bytes()).await.unwrap().expect(200);
        let results = report["results"].as_array().unwrap().iter();
        let bad = results.filter(|it| it["outcome"] == "failed");
        failed.push(bad.cloned().collect::<Vec<_>>());
    }
    let codes: Vec<_> = failed[0].iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["app_exists", "secret_taken"]);
    assert_eq!(failed[0], failed[1], "rehearsed as it is");
}
