//! What is granted is what the verifier reads, field by field.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tonegate_issuer::{Grant, GrantedFeature, hour_of, mint};
use tonegate_license::{Environment, Identity, License, OnExpiry, Token};

use crate::house::{self, ISSUER, START};

fn policy() -> impl Strategy<Value = OnExpiry> {
    prop_oneof![
        Just(OnExpiry::Bypass),
        Just(OnExpiry::Stop),
        (1_u32..=72).prop_map(OnExpiry::Grace),
    ]
}

prop_compose! {
    /// Any grant that is inside the format's limits and small enough to fit.
    fn any_grant()(
        app_id: u32,
        test: bool,
        revision: u32,
        lifetime in 3_600_u32..=1_209_600,
        features in prop::collection::btree_map("[a-z0-9-]{1,16}", policy(), 1..=8),
        identities in prop::collection::btree_set(any::<[u8; 16]>(), 0..=8),
    ) -> Grant {
        let feature = |name: &String| GrantedFeature { name: name.clone(), from: None, until: None };
        Grant {
            app_id,
            environment: if test { Environment::Test } else { Environment::Production },
            revision,
            lifetime,
            ends_at: None,
            features: features.keys().map(feature).collect(),
            identities: identities.into_iter().map(Identity::from_bytes).collect(),
            on_expiry: features.into_iter().collect(),
        }
    }
}

proptest! {
    #[test]
    fn every_field_comes_back(grant in any_grant(), after in 3_600_i64..2_000_000) {
        let hour = hour_of(grant.app_id, START + after);
        let minted = mint(&grant, hour, ISSUER, &house::keyring()).unwrap();
        let token = Token::parse(&minted.license).unwrap();
        let key = house::issuing_key(1, START);
        let read = License::verify(&token, key.chain()).unwrap();

        prop_assert_eq!(read.app_id(), grant.app_id);
        prop_assert_eq!(read.environment(), grant.environment);
        prop_assert_eq!(read.issuer(), ISSUER);
        prop_assert_eq!(read.revision(), grant.revision);
        prop_assert_eq!(read.key_id(), key.chain().key_id());
        prop_assert_eq!(read.issued_at(), hour);
        prop_assert_eq!(read.not_before(), hour - 600);
        prop_assert_eq!(read.expires_at(), hour + 3_600 + i64::from(grant.lifetime));
        prop_assert_eq!(minted.expires_at, read.expires_at());
        let policies: BTreeMap<_, _> =
            read.features().iter().map(|f| (f.as_str().to_owned(), read.on_expiry(f))).collect();
        prop_assert_eq!(policies, grant.on_expiry.into_iter().collect());
        let mut identities = read.identities().to_vec();
        identities.sort();
        prop_assert_eq!(identities, grant.identities);
    }
}
