//! A thousand apps: how long a start takes, and how much memory the server is.

use tonegate_server::model::{AppId, NewSecret};

use crate::child::Child;
use crate::support::house::settings;
use crate::support::{Backend, House, unix_now};

#[tokio::test]
async fn a_thousand_apps_are_at_hand_after_the_start() {
    let house = House::new().await;
    let last = NewSecret::generate().unwrap();
    house
        .change(async |tx| {
            for id in 1..1_000 {
                let secret = NewSecret::generate().unwrap();
                tx.create_app(AppId(id), settings(), &secret).await.unwrap();
            }
            tx.create_app(AppId(1_000), settings(), &last).await.unwrap();
        })
        .await;
    let child = Child::start(&house).await;
    let backend = Backend::new(1_000, last.secret());
    let apps = child.admin("/metrics").await.body;
    assert!(apps.contains("\ntonegate_apps 1000\n"), "{apps}");
    assert_eq!(child.get(&backend.query(unix_now()).to_string()).await.code(), 0);
    let resident = child.resident();
    println!("1,000 apps: ready after {:?}, {resident} KiB resident", child.ready_after);
    assert!(resident < 60 * 1_024, "{resident} KiB");
}
