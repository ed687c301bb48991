//! The dry run before a relay goes into service: it asks each upstream twice, and keeps nothing.

use tonegate_client::{ExpireAtBasis, ReturnCode};
use tonegate_relay::check::{Check, Checked};
use tonegate_testing::Behaviour;

use crate::support::world::{opaque, with_two_apps};
use crate::support::{APP, DAY, NOW, OTHER, World};

async fn check(world: &World) -> Vec<Checked> {
    let check = Check::open(&world.config(), &world.clock).unwrap();
    let mut told = 0;
    let checked = check.run(|_| told += 1).await;
    assert_eq!((check.len(), told), (checked.len(), checked.len()), "each is told as it comes");
    checked
}

#[tokio::test]
async fn it_tells_what_each_upstream_answers_and_how_far_the_clock_is_off() {
    let (world, _hand) = with_two_apps().await;
    world.upstream.set_skew(3 * 3_600);
    world.upstream.set_secret(OTHER, "R0tAtEdSeCrEt0000000000000000000");
    let checked = check(&world).await;
    let of = |app_id: u32| checked.iter().find(|one| one.app_id.0 == app_id).unwrap();
    let found = of(APP).found.as_ref().unwrap();
    assert_eq!((found.clock_offset, found.same_string), (Some(3 * 3_600), true));
    assert_eq!(found.expire_at_basis, ExpireAtBasis::License);
    assert!(found.expire_at > NOW + 7 * DAY, "by the issuer's clock");
    let error = of(OTHER).error.as_ref().unwrap();
    assert_eq!(error.code, Some(ReturnCode::SignatureInvalid.number()));
    assert!(!world.path("cache").exists(), "nothing is kept");

    world.upstream.set(Behaviour::Forged);
    let checked = check(&world).await;
    assert!(checked.iter().all(|one| one.found.is_none() && one.error.is_some()), "{checked:?}");
}

#[tokio::test]
async fn it_tells_that_an_opaque_licence_differs_each_time() {
    let (world, _hand) = opaque().await;
    let checked = check(&world).await;
    let found = checked[0].found.as_ref().unwrap();
    assert_eq!((found.expire_at_basis, found.same_string), (ExpireAtBasis::Fetch, false));
    assert_eq!(found.expire_at, NOW + 7 * DAY - 600);
}
