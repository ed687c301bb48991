//! 10 million rows of usage and a million requests of 100,000 apps: how long each read takes. Run by
//! hand, since the figures are for people:
//! `cargo test --release -p tonegate-server --lib usage_million -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use super::testing::{House, NOW};
use super::{RequestFilter, Resolution, UsageBatch, UsageCount, UsageSort, db};
use crate::model::AppId;

const APPS: u32 = 100_000;
const TURNS: u32 = 100;
const DAY: i64 = NOW - NOW % 86_400;

#[tokio::test]
#[ignore = "takes minutes; its figures are for people"]
async fn reads_of_ten_million_rows() {
    let house = House::with_apps([1]).await;
    let filling = now();
    fill(&house).await;
    println!("filled in {:?}", filling.elapsed());
    let store = &house.store;
    let app = |turn: u32| AppId(1 + turn * 487 % APPS);
    let day = |ago: i64| DAY - ago * 86_400;

    for (name, of, resolution, from) in [
        ("a day's minutes of all", None, Resolution::Minute, NOW - 86_400),
        ("a month's hours of all", None, Resolution::Hour, day(31)),
        ("400 days of all", None, Resolution::Day, day(400)),
        ("400 days of an app", Some(()), Resolution::Day, day(400)),
        ("a month's hours of an app", Some(()), Resolution::Hour, day(31)),
    ] {
        time(name, async |turn| {
            let app = of.map(|()| app(turn));
            store.usage_series(app, resolution, from, NOW).await.unwrap();
        })
        .await;
    }
    time("a busy app's minutes", async |_| {
        let series = store.usage_series(Some(AppId(1)), Resolution::Minute, NOW - 86_400, NOW);
        assert!(!series.await.unwrap().is_empty());
    })
    .await;
    for sort in [UsageSort::Requests, UsageSort::Failures] {
        time(&format!("the top 50 by {sort:?}"), async |turn| {
            let top = store.usage_by_app(day(i64::from(turn % 20)), sort, 50).await.unwrap();
            assert_eq!(top.len(), 50);
        })
        .await;
    }
    let mut after = None;
    time("1,000 rows of an export", async |_| {
        let days = day(30)..NOW;
        let page = store.usage_rows(None, Resolution::Day, days, after, 1_000).await.unwrap();
        after = page.next;
    })
    .await;
    time("an export without rows", async |_| {
        store.usage_rows(None, Resolution::Hour, 0..100, None, 1_000).await.unwrap();
    })
    .await;
    requests(&house).await;
    time("writing 1,000 counts", async |turn| {
        let count = |number| UsageCount {
            app_id: app(turn * 1_000 + number),
            code: tonegate_protocol::ReturnCode::Success,
            at: NOW,
            count: 1,
        };
        let counts = (0..1_000).map(count).collect();
        store.note_usage(&UsageBatch { counts, ..UsageBatch::default() }).await.unwrap();
    })
    .await;
    let mut after = None;
    time("deleting from 1,000 apps", async |_| {
        let later = NOW + 2 * 86_400;
        after = store.prune_usage(after, later).await.unwrap();
    })
    .await;
}

async fn requests(house: &House) {
    let store = &house.store;
    let three = [AppId(1), AppId(2), AppId(3)];
    let all = RequestFilter::default();
    for (name, filter) in [
        ("the newest requests", all),
        ("requests of an app", RequestFilter { apps: Some(&three[..1]), ..all }),
        ("requests of three apps", RequestFilter { apps: Some(&three), ..all }),
        ("requests with a code", RequestFilter { code: Some(7), ..all }),
        (
            "of an app, with a rare code",
            RequestFilter { apps: Some(&three[..1]), code: Some(16), ..all },
        ),
        ("of some days ago", RequestFilter { until: Some(NOW - 4 * 86_400), ..all }),
        (
            "of a code, some days ago",
            RequestFilter { until: Some(NOW - 4 * 86_400), code: Some(7), ..all },
        ),
    ] {
        time(name, async |_| _ = store.requests(&filter, None, 50).await.unwrap()).await;
    }
    time("a request by its id", async |turn| {
        assert!(store.request(u64::from(turn * 4_999)).await.unwrap().is_some());
    })
    .await;
}

/// Median and 99th percentile of many calls.
async fn time(name: &str, mut call: impl AsyncFnMut(u32)) {
    let mut took: Vec<Duration> = Vec::new();
    for turn in 0..TURNS {
        let start = now();
        call(turn).await;
        took.push(start.elapsed());
    }
    took.sort();
    println!("{name}: median {:?}, p99 {:?}", took[took.len() / 2], took[took.len() * 99 / 100]);
}

/// Of each app 60 days and 31 hours with a code and a half; the total and a busy app by minutes with five
/// codes; and a million requests of a week, half of them the busy app's.
async fn fill(house: &House) {
    let numbers = "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers \
                   WHERE n + 1 < ";
    let codes = "codes (code) AS (VALUES (0), (7), (100000005), (100000010), (910002))";
    let each = |count: u32, rest: &str| format!("{numbers}{count}), {codes} {rest}");
    let apps = "INSERT INTO apps SELECT n + 1, 'App ' || n, environment, status, service_enabled, \
         features, entitlement_from, entitlement_until, lifetime, rate_per_second, replay_mode, \
         nonce_profile, on_expiry, bind, allowed_networks, note, rev, created_at, updated_at, \
         deleted_at, last_generation, changed_at_revision, tags FROM numbers, apps \
         WHERE n > 0 AND id = 1";
    house.vandalise(&each(APPS, apps)).await;
    for (resolution, periods) in [(86_400_i64, 60), (3_600, 31)] {
        let first = NOW - NOW % resolution;
        // App by app, as the table lies; an app in two has a failure, too.
        let usage = format!(
            "INSERT INTO usage SELECT id, {resolution}, {first} - {resolution} * ({periods} - 1 - n), \
             code, 1 + id * 7919 % 1000 FROM apps CROSS JOIN numbers CROSS JOIN codes \
             WHERE code = 0 OR (code = 100000005 AND (id + n) % 10 = 0)"
        );
        house.vandalise(&each(periods, &usage)).await;
    }
    for (app, resolution, periods) in
        [(0, 60, 1_440), (0, 3_600, 744), (0, 86_400, 400), (1, 60, 1_440)]
    {
        let first = NOW - NOW % resolution;
        let usage = format!(
            "INSERT INTO usage SELECT {app}, {resolution}, {first} - {resolution} * n, code, 5 \
             FROM numbers, codes"
        );
        house.vandalise(&each(periods, &usage)).await;
    }
    let requests = format!(
        "INSERT INTO requests (id, at, app_id, code, reason, network, duration_us) \
         SELECT n, {NOW} - 604800 + n * 6 / 10, CASE WHEN n % 2 = 0 THEN 1 ELSE n % {APPS} END, \
         CASE WHEN n % 4 = 1 THEN 7 ELSE 0 END, '', '192.0.2.0', 7 FROM numbers"
    );
    house.vandalise(&each(1_000_000, &requests)).await;
    let rows: i64 = db::query_scalar("SELECT COUNT(*) FROM usage")
        .fetch_one(&mut house.store.db.begin_read().await.unwrap())
        .await
        .unwrap();
    println!("{rows} rows of usage");
}

#[expect(clippy::disallowed_methods, reason = "a figure for people; nothing depends on it")]
fn now() -> Instant {
    Instant::now()
}
