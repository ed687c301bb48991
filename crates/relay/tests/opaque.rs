//! Before the original service, whose licences nobody can read: passed through as they are, and counted
//! from their fetch.

use tonegate_testing::Behaviour;

use crate::support::world::{opaque, pass};
use crate::support::{APP, DAY, NOW};

use super::reached;

#[tokio::test]
async fn an_opaque_licence_is_passed_through_and_counted_from_its_fetch() {
    let (world, hand) = opaque().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    pass(&hand, 60);
    let answer = relay.ask(&key).await;
    assert_eq!(Some(answer.license()), world.upstream.last_license(APP));
    assert_eq!((&*answer.text("ExpireAtBasis"), &*answer.text("Source")), ("fetch", "fresh"));
    assert_eq!(answer.number("IssuedAt"), NOW);
    assert_eq!(answer.number("ExpireAt"), NOW + 7 * DAY - 600);
    assert_eq!(answer.number("ServerTime"), NOW + 60);
}

#[tokio::test]
async fn whatever_characters_it_has_it_arrives_as_it_was_sent() {
    let (world, _hand) = opaque().await;
    let world = reached(world);
    let license = "AA+/==.~\u{e9}\u{1f3b5} <&>'";
    world.upstream.set(Behaviour::License(license.to_owned()));
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    assert_eq!(relay.ask(&key).await.license(), license);
}
