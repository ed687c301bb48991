//! What operations tell those who run the server: lines in the log, and spans.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tonegate_clock::Clock;
use tonegate_telemetry::{TARGET, Telemetry};
use tonegate_testing::Collector;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::support::House;

/// Everything that was logged, as JSON lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Level and the rest of each line about an operation.
    fn operations(&self) -> Vec<(String, Value)> {
        let log = self.text();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines = lines.filter(|line| line["message"] == "operation");
        lines.map(|line| (line["level"].as_str().unwrap().to_owned(), line)).collect()
    }
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let attributes = span["attributes"].as_array().unwrap();
    let attribute = attributes.iter().find(|attribute| attribute["key"] == key);
    attribute.map_or(&Value::Null, |attribute| &attribute["value"])
}

/// On one thread, so that all of the server is under this test's subscriber.
#[tokio::test]
async fn operations_leave_one_line_and_one_span_each_and_no_secret() {
    let collector = Collector::start();
    let telemetry = Telemetry::new(collector.url(), "tonegate", Clock::system());
    let log = Log::default();
    let writer = log.clone();
    let lines = fmt::layer().with_writer(move || writer.clone()).json().flatten_event(true);
    let lines = lines.with_filter(filter_fn(|metadata| metadata.target() != TARGET));
    let subscriber = tracing_subscriber::registry().with(lines).with(telemetry.layer());
    let _guard = tracing::subscriber::set_default(subscriber);

    let house = House::new().await;
    let (owner, viewer) = (house.owner(), house.viewer());
    let token = house.token_text(tonegate_server::model::Role::Viewer, None, false).await;
    let new = json!({ "name": "Karaoke of Nobody", "features": [{ "name": "ans" }] });
    let made = owner.post("/apps", new.clone()).await.expect(201);
    let secret = made["server_secret"].as_str().unwrap();
    let app_id = made["app"]["app_id"].as_u64().unwrap();
    let odd = viewer.get(&format!("/apps/{app_id}?nonsense=hidden")).await.status;
    viewer.get(&format!("/apps/{app_id}")).await.expect(200);
    viewer.post("/apps", new.clone()).await.expect(403);
    house.anonymous().post("/apps", new.clone()).await.expect(401);
    house.anonymous().get("/hidden/path").await;
    house.anonymous().get("/openapi.json").await;

    let told = log.operations();
    let told: Vec<_> = told
        .iter()
        .map(|(level, line)| (level.as_str(), &line["operation"], &line["status"], &line["caller"]))
        .map(|(level, operation, status, caller)| {
            (level, operation.as_str().unwrap(), status.as_u64().unwrap(), caller.as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("INFO", "create_app", 201, "token"),
            ("DEBUG", "get_app", odd.into(), "token"),
            ("DEBUG", "get_app", 200, "token"),
            ("INFO", "create_app", 403, "token"),
            ("DEBUG", "create_app", 401, "nobody"),
            ("DEBUG", "none", 404, "nobody"),
            ("DEBUG", "none", 200, "nobody"),
        ]
    );
    assert!(log.operations().iter().all(|(_, line)| line["took_us"].is_u64()));

    telemetry.export(|_| String::new()).finish().await;
    let sent = collector.bodies("/v1/traces");
    let bodies = sent.iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
    let spans: Vec<Value> = bodies
        .flat_map(|body| {
            body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
        })
        .collect();
    let names: BTreeSet<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert!(
        names.is_superset(&["create_app", "get_app", "change_store", "none"].into()),
        "{names:?}"
    );
    let create = spans.iter().find(|span| span["name"] == "create_app").unwrap();
    assert_eq!(attribute(create, "http.route")["stringValue"], "/api/v1/apps");
    assert_eq!(attribute(create, "http.response.status_code")["intValue"], "201");
    assert_eq!(attribute(create, "tonegate.caller")["stringValue"], "token");
    let get = spans.iter().find(|span| span["name"] == "get_app").unwrap();
    assert_eq!(attribute(get, "http.route")["stringValue"], "/api/v1/apps/{app_id}");
    let below = |span: &&Value| span["parentSpanId"] == create["spanId"];
    let change = spans.iter().find(below).unwrap();
    assert_eq!((&change["name"], &change["traceId"]), (&"change_store".into(), &create["traceId"]));
    assert_eq!(attribute(change, "committed")["boolValue"], true);

    let everything = log.text() + &sent.concat();
    for hidden in [secret, &token, "Karaoke of Nobody", "of the tests", "tok_", "hidden", "Bearer"]
    {
        assert!(!everything.contains(hidden), "{hidden}");
    }
}
