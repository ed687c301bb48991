//! Changes while nobody knows what time it is.

use std::time::Duration;

use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn while_the_clock_is_suspect_nothing_is_changed_and_sessions_can_end() {
    let (house, hand) = House::manual().await;
    let (_, browser) = house.first_owner().await;
    let operator = house.operator();
    let app = json!({ "app_id": 5, "name": "Karaoke" });
    hand.step_wall(3_600);
    house.pass(&hand, Duration::from_millis(250));

    let refused = operator.post("/apps", app.clone()).await;
    refused.refused(503, "clock_suspect");
    assert_eq!(refused.header("retry-after"), Some("60"));
    house.owner().post("/keys", json!({ "start": "planned" })).await.refused(503, "clock_suspect");
    operator.get("/apps/5").await.refused(404, "app_unknown");
    browser.delete("/session").await.expect(204);

    for _ in 0..61 * 4 {
        house.pass(&hand, Duration::from_millis(250));
    }
    operator.post("/apps", app).await.expect(201);
}
