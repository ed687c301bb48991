//! Whoever receives a licence gets at least the app's lifetime, but for the named exceptions.

use proptest::prelude::*;
use tonegate_issuer::{Grant, GrantedFeature, MintError, hour_of, mint};
use tonegate_license::{License, Token};

use crate::house::{self, HOUR, ISSUER, START};

/// The licence that an app is answered at `now`: its end, and its features.
fn answer(grant: &Grant, now: i64) -> Result<(i64, Vec<String>), MintError> {
    let minted = mint(grant, hour_of(grant.app_id, now), ISSUER, &house::keyring())?;
    let token = Token::parse(&minted.license).unwrap();
    let read = License::verify(&token, house::issuing_key(1, START).chain()).unwrap();
    let features = read.features().iter().map(|feature| feature.as_str().to_owned()).collect();
    Ok((read.expires_at(), features))
}

fn named(name: &str, from: Option<i64>, until: Option<i64>) -> GrantedFeature {
    GrantedFeature { name: name.to_owned(), from, until }
}

proptest! {
    #[test]
    fn an_answer_carries_the_lifetime(
        app_id: u32,
        lifetime in 3_600_u32..=1_209_600,
        after in HOUR..2_000_000,
    ) {
        let (now, grant) = (START + after, Grant { app_id, lifetime, ..house::grant() });
        let (expires_at, _) = answer(&grant, now).unwrap();
        let left = expires_at - now;
        prop_assert!((i64::from(lifetime)..=i64::from(lifetime) + HOUR).contains(&left), "{left}");
    }

    #[test]
    fn an_answer_ends_with_the_entitlement(
        app_id: u32,
        lifetime in 3_600_u32..=1_209_600,
        after in HOUR..2_000_000,
        entitled in -7_200_i64..1_400_000,
    ) {
        let now = START + after;
        let ends_at = Some(now + entitled);
        let grant = Grant { app_id, lifetime, ends_at, ..house::grant() };
        match answer(&grant, now) {
            Ok((expires_at, _)) => {
                prop_assert!(expires_at - now >= entitled.min(lifetime.into()));
                prop_assert!(expires_at <= now + entitled);
            }
            Err(error) => {
                let nothing = MintError::NothingGranted { hour: hour_of(app_id, now) };
                prop_assert_eq!(error, nothing);
                prop_assert!(entitled <= 0, "{entitled} s before the end");
            }
        }
    }

    /// A feature that ends earlier is left out from (its end − lifetime) on, so none outlives it.
    #[test]
    fn a_feature_is_left_out_a_lifetime_before_its_end(
        app_id: u32,
        lifetime in 3_600_u32..=604_800,
        after in HOUR..1_000_000,
        until in 0_i64..1_400_000,
    ) {
        let now = START + after;
        let features = vec![named("agc", None, None), named("ans", None, Some(now + until))];
        let grant = Grant { app_id, lifetime, features, ..house::grant() };
        let (expires_at, unlocked) = answer(&grant, now).unwrap();
        let life = i64::from(lifetime);
        prop_assert!(expires_at - now >= life);
        if unlocked.contains(&"ans".to_owned()) {
            prop_assert!(until > life - HOUR);
            prop_assert!(expires_at <= now + until + HOUR, "outlives its grant by over an hour");
        } else {
            prop_assert!(until <= life + HOUR);
        }
    }
}

#[test]
fn a_feature_joins_in_the_hour_that_its_grant_begins() {
    let now = START + HOUR;
    let hour = hour_of(house::APP_ID, now);
    for (from, expected) in [(hour + HOUR, 1), (hour + HOUR - 1, 2), (hour, 2)] {
        let features = vec![named("agc", None, None), named("ans", Some(from), None)];
        let (_, unlocked) = answer(&Grant { features, ..house::grant() }, now).unwrap();
        assert_eq!(unlocked.len(), expected, "{from}");
    }
}
