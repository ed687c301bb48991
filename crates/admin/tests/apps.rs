//! Apps: made, found, changed, deleted, one and many.

use serde_json::{Value, json};
use tonegate_server::model::Role;
use tonegate_server::store::AuditFilter;

use crate::support::{House, Persona};

#[tokio::test]
async fn what_is_no_object_and_what_is_no_setting_is_refused() {
    let house = House::new().await;
    let operator = house.operator().with("If-Match", "*");
    operator.post("/apps", json!({ "app_id": 5, "name": "Karaoke" })).await.expect(201);
    operator.patch("/apps/5", json!({ "nothing": null })).await.refused(422, "invalid_body");
    operator.patch("/apps/5", json!({ "note": null })).await.expect(200);
    operator.post("/gateway_call", json!(["Action=x"])).await.refused(422, "invalid_body");
}

async fn make(operator: &Persona, app_id: u32, more: Value) -> Value {
    let mut body = json!({ "app_id": app_id, "name": format!("App {app_id}") });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    operator.post("/apps", body).await.expect(201)
}

fn ids(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["app_id"].as_u64().unwrap()).collect()
}

/// Three apps that differ in what they are found by.
async fn three() -> House {
    let house = House::new().await;
    let operator = house.operator();
    make(&operator, 100, json!({ "name": "Zoo", "tags": ["vip"] })).await;
    make(&operator, 200, json!({ "features": [{ "name": "ans" }], "tags": ["vip", "eu"] })).await;
    make(&operator, 300, json!({ "name": "karaoke", "environment": "test" })).await;
    operator.order("/apps/300/suspend").await.expect(200);
    house
}

#[tokio::test]
async fn apps_are_listed_by_what_they_are() {
    let house = three().await;
    let viewer = house.viewer();
    for (query, expected) in [
        ("", vec![100, 200, 300]),
        ("?sort=-app_id", vec![300, 200, 100]),
        ("?sort=name", vec![200, 100, 300]),
        ("?q=KARA", vec![300]),
        ("?q=20", vec![200]),
        ("?q=", vec![100, 200, 300]),
        ("?status=suspended", vec![300]),
        ("?environment=test", vec![300]),
        ("?tag=vip&sort=-name", vec![100, 200]),
        ("?feature=ans", vec![200]),
        ("?q=nobody", vec![]),
    ] {
        let page = viewer.get(&format!("/apps{query}")).await.expect(200);
        assert_eq!((ids(&page), &page["next"]), (expected, &Value::Null), "{query}");
    }
    let first = viewer.get("/apps?sort=-created_at&limit=2").await.expect(200);
    let next = first["next"].as_str().unwrap();
    let rest = viewer.get(&format!("/apps?sort=-created_at&limit=2&cursor={next}")).await;
    let rest = rest.expect(200);
    assert_eq!(rest["next"], Value::Null);
    let mut all = [ids(&first), ids(&rest)].concat();
    all.sort_unstable();
    assert_eq!(all, [100, 200, 300]);
    for query in [
        format!("sort=name&cursor={next}"),
        "cursor=x".into(),
        "limit=0".into(),
        "limit=201".into(),
        "sort=size".into(),
        "status=".into(),
        "feature=A".into(),
        "colour=red".into(),
        "tag=".into(),
        "q=a&q=b".into(),
        format!("q={}", "x".repeat(65)),
    ] {
        viewer.get(&format!("/apps?{query}")).await.refused(400, "invalid_query");
    }
    house.anonymous().get("/apps").await.refused(401, "not_signed_in");
}

#[tokio::test]
async fn a_confined_caller_sees_and_touches_its_apps_alone() {
    let house = three().await;
    let confined = house.token(Role::Operator, Some(&[200, 300]), true).await;
    assert_eq!(ids(&confined.get("/apps").await.expect(200)), [200, 300]);
    assert_eq!(ids(&confined.get("/apps?tag=vip").await.expect(200)), [200]);
    let table = confined.get("/apps/export").await;
    assert!(table.body.contains("\"200\",") && !table.body.contains("Zoo"), "{table:?}");
    confined.order("/apps/200/suspend").await.expect(200);
    confined.order("/apps/100/suspend").await.refused(404, "app_unknown");
    confined.get("/apps/100/secrets").await.refused(404, "app_unknown");
    let any = confined.with("If-Match", "*");
    any.delete("/apps/100").await.refused(404, "app_unknown");
    let body = json!({ "app_ids": [200], "action": "suspend" });
    confined.post("/apps/bulk", body).await.refused(403, "confined_to_apps");
    let csv = confined.with("Content-Type", "text/csv");
    let import = csv.send_bytes("POST", "/apps/import", b"name\nx\n").await;
    import.refused(403, "confined_to_apps");
}

#[tokio::test]
async fn an_app_lives_and_goes() {
    let house = House::new().await;
    let (operator, viewer) = (house.operator(), house.viewer());
    let made = operator.post("/apps", json!({ "app_id": 7, "name": "Karaoke" })).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let read = viewer.get("/apps/7").await;
    assert_eq!(read.header("etag"), Some("\"1\""));
    let read = read.expect(200);
    assert_eq!((&read["status"], &read["last_request_at"]), (&json!("active"), &Value::Null));
    assert_eq!(read["secrets"][0]["state"], "active");
    assert!(read["secrets"][0].get("server_secret").is_none());
    let suspended = operator.order("/apps/7/suspend").await;
    assert_eq!(suspended.header("etag"), Some("\"2\""));
    assert_eq!(suspended.expect(200)["status"], "suspended");
    assert_eq!(operator.order("/apps/7/suspend").await.expect(200)["rev"], 2, "again");
    assert_eq!(operator.order("/apps/7/resume").await.expect(200)["rev"], 3);
    operator.order("/apps/8/resume").await.refused(404, "app_unknown");
    viewer.order("/apps/7/suspend").await.refused(403, "role_too_low");

    operator.delete("/apps/7").await.refused(428, "precondition_required");
    let seen = |rev: &str| operator.with("If-Match", rev);
    seen("\"2\"").delete("/apps/7").await.refused(412, "changed_meanwhile");
    seen("3").delete("/apps/7").await.refused(400, "invalid_header");
    let plain = house.token(Role::Operator, None, false).await;
    let refused = plain.with("If-Match", "*").delete("/apps/7").await;
    refused.refused(403, "token_not_privileged");
    seen("\"3\"").delete("/apps/7").await.expect(204);
    viewer.get("/apps/7").await.refused(404, "app_unknown");
    seen("*").delete("/apps/7").await.refused(404, "app_unknown");
    assert_eq!(house.actions(1).await, ["app.delete"]);
    for path in ["x", "+100", "0100", "-1", "1.0", "%20100", "4294967296"] {
        let refused = operator.order(&format!("/apps/{path}/suspend")).await;
        refused.refused(404, "invalid_path");
    }
}

#[tokio::test]
async fn the_same_key_makes_one_app_and_tells_the_secret_again() {
    let house = House::new().await;
    let operator = house.operator().with("Idempotency-Key", "one");
    let first = operator.post("/apps", json!({ "name": "Karaoke" })).await;
    let again = operator.post("/apps", json!({ "name": "Karaoke" })).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    assert_eq!(ids(&house.viewer().get("/apps").await.expect(200)).len(), 1);
    let other = operator.post("/apps", json!({ "name": "Other" })).await;
    other.refused(422, "idempotency_key_reused");
    let app_id = first.expect(201)["app"]["app_id"].as_u64().unwrap();
    assert!(app_id >= 100_000_000, "a free one");
    let csv = house.operator().with("Idempotency-Key", "two").with("Content-Type", "text/csv");
    let import = async || csv.send_bytes("POST", "/apps/import", b"name\nA\nB\n").await;
    let (first, again) = (import().await, import().await);
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    assert_eq!(ids(&house.viewer().get("/apps").await.expect(200)).len(), 3);
    let dry = csv.send_bytes("POST", "/apps/import?dry_run=true", b"name\nA\nB\n").await;
    assert_eq!(dry.expect(200)["dry_run"], true, "a rehearsal is no creation");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_place() {
    let house = House::new().await;
    let operator = house.operator();
    for (path, body) in [
        ("/apps", json!({ "name": "a", "colour": 1 })),
        ("/apps/bulk", json!({ "app_ids": [1], "action": "suspend", "why": 1 })),
        ("/apps/bulk", json!({ "app_ids": [1], "action": "explode" })),
        ("/apps/bulk", json!({ "app_ids": [1], "action": "tag" })),
        ("/apps/bulk", json!({ "app_ids": [1], "action": "resume", "tag": "x" })),
        ("/apps/bulk", json!({ "app_ids": vec![1; 1_001], "action": "resume" })),
        ("/apps/1/secrets", json!({ "overlap": -1 })),
        ("/apps/1/secrets", json!({ "overlap": 0, "generation": 3 })),
        ("/licenses/inspect", json!({ "license": "a", "at": -1 })),
        ("/licenses/inspect", json!({ "license": "a".repeat(65_537) })),
        ("/requests/check", json!({ "url": "x".repeat(8_193) })),
        ("/gateway_call", json!({ "query": "x".repeat(4_097) })),
        ("/gateway_call", json!({ "query": "x", "secret": "x" })),
    ] {
        let refused = operator.post(path, body.clone()).await;
        assert_eq!(refused.refused(422, "invalid_body")["status"], 422, "{path} {body}");
    }
    let hidden = json!({ "name": "Kara\u{202e}oke" });
    operator.post("/apps", hidden).await.refused(422, "invalid_settings");
    let text = operator.with("Content-Type", "text/plain");
    text.send_bytes("POST", "/apps/bulk", b"{}").await.refused(415, "not_json");
    text.send_bytes("POST", "/apps/import", b"name\n").await.refused(415, "wrong_media_type");
}

#[tokio::test]
async fn many_apps_are_changed_at_once_and_the_others_are_named() {
    let house = three().await;
    let operator = house.operator();
    let change = |action: &str, tag: Option<&str>| {
        let mut body = json!({ "app_ids": [100, 200, 300, 999], "action": action });
        if let Some(tag) = tag {
            body["tag"] = json!(tag);
        }
        body
    };
    let result = operator.post("/apps/bulk", change("suspend", None)).await.expect(200);
    assert_eq!(result["changed"], 2, "one was suspended already");
    assert_eq!(
        (&result["failed"][0]["app_id"], &result["failed"][0]["code"]),
        (&json!(999), &json!("app_unknown"))
    );
    let result = operator.post("/apps/bulk", change("tag", Some("vip"))).await.expect(200);
    assert_eq!(result["changed"], 1, "two had it");
    assert_eq!(ids(&operator.get("/apps?tag=vip").await.expect(200)), [100, 200, 300]);
    operator.post("/apps/bulk", change("untag", Some("vip"))).await.expect(200);
    assert_eq!(ids(&operator.get("/apps?tag=vip").await.expect(200)), [0; 0]);
    let result = operator.post("/apps/bulk", change("tag", Some(" bad "))).await.expect(200);
    assert_eq!(result["failed"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn two_thousand_lines_lose_none_to_three_bad_ones() {
    let house = House::new().await;
    let csv = house.operator().with("Content-Type", "text/csv; charset=utf-8");
    let mut table = "\u{feff}name,app_id,features,tags,lifetime,note\n".to_owned().into_bytes();
    for line in 2..2_002 {
        let row = match line {
            10 => "bad,10,ANS,,,\n".to_owned(),
            1_000 => format!("twice,{},ans,,,\n", 1_000_999),
            2_001 => "short,1\n".to_owned(),
            _ => format!("\"App, {line}\",{},ans; agc,import;eu,3600,\"two\"\n", 1_000_000 + line),
        };
        table.extend(row.bytes());
    }
    let dry = csv.send_bytes("POST", "/apps/import?dry_run=true", &table).await.expect(200);
    assert_eq!(
        (&dry["created"], &dry["failed"], &dry["total"]),
        (&json!(1_997), &json!(3), &json!(2_000))
    );
    assert_eq!(dry["results"][0]["outcome"], "would_create");
    assert!(!dry.to_string().contains("server_secret"));
    assert_eq!(ids(&house.viewer().get("/apps").await.expect(200)), [0; 0]);

    let report = csv.send_bytes("POST", "/apps/import", &table).await.expect(200);
    assert_eq!((&report["created"], &report["failed"]), (&json!(1_997), &json!(3)));
    let results = report["results"].as_array().unwrap();
    let bad = results.iter().filter(|result| result["outcome"] == "failed");
    let bad: Vec<_> =
        bad.map(|it| (it["line"].as_u64().unwrap(), it["code"].as_str().unwrap())).collect();
    assert_eq!(bad, [(10, "invalid_settings"), (1_000, "app_exists"), (2_001, "invalid_body")]);
    let secret = results[0]["server_secret"].as_str().unwrap();
    let app = house.viewer().get("/apps/1000002").await.expect(200);
    assert_eq!((&app["name"], &app["tags"]), (&json!("App, 2"), &json!(["eu", "import"])));
    let entries = house.store.audit(&AuditFilter::default(), None, 5_000).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == "app.create").count(), 1_997);
    assert!(!serde_json::to_string(&entries).unwrap().contains(secret));
    let again = csv.send_bytes("POST", "/apps/import", &table).await.expect(200);
    assert_eq!((&again["created"], &again["failed"]), (&json!(0), &json!(2_000)));
    for bad in ["", "nme\nx\n", "name,name\nx,y\n", "name,colour\nx,y\n"] {
        csv.send_bytes("POST", "/apps/import", bad.as_bytes()).await.refused(422, "invalid_body");
    }
}

#[tokio::test]
async fn lines_of_json_say_everything_and_an_export_says_it_back() {
    let house = House::new().await;
    let jsonl = house.operator().with("Content-Type", "application/jsonl");
    let secret = "9193cc662a4c0ec135ec71fb57194b38";
    let lines = format!(
        "{}\n\n{}\nnonsense\n{}\n",
        json!({ "app_id": 5, "name": "=1+1", "note": "@x", "tags": ["-tag"], "secret": secret }),
        json!({ "app_id": 6, "name": "<script>alert(1)</script>", "bind": ["AQEBAQEBAQEBAQEBAQEBAQ"] }),
        json!({ "app_id": 7, "name": "x", "colour": 1 }),
    );
    let report = jsonl.send_bytes("POST", "/apps/import", lines.as_bytes()).await.expect(200);
    let lines: Vec<_> =
        report["results"].as_array().unwrap().iter().map(|it| &it["line"]).collect();
    assert_eq!(lines, [1, 3, 4, 5]);
    assert_eq!((&report["created"], &report["failed"]), (&json!(2), &json!(2)));
    assert!(report["results"][0].get("server_secret").is_none(), "it was theirs");
    assert!(!report.to_string().contains(secret));

    let viewer = house.viewer();
    let table = viewer.get("/apps/export?format=csv").await;
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    let rows: Vec<_> = table.body.lines().collect();
    assert!(
        rows[1].starts_with("\"5\",\"'=1+1\",\"active\",")
            && rows[1].contains(",\"'@x\",\"'-tag\","),
        "{rows:?}"
    );
    assert!(rows[2].starts_with("\"6\",\"<script>alert(1)</script>\","), "{rows:?}");
    let first = viewer.get("/apps/export?format=jsonl&limit=1").await;
    let app: Value = serde_json::from_str(first.body.trim_end()).unwrap();
    assert_eq!((&app["app_id"], &app["name"]), (&json!(5), &json!("=1+1")), "as it is");
    let next = first.header("next-cursor").unwrap();
    let last = viewer.get(&format!("/apps/export?format=jsonl&limit=1&cursor={next}")).await;
    let app: Value = serde_json::from_str(last.body.trim_end()).unwrap();
    assert_eq!(app["name"], "<script>alert(1)</script>", "shown, not rendered");
    assert_eq!(last.header("next-cursor"), None);
    assert_eq!(last.header("x-content-type-options"), Some("nosniff"));
}
