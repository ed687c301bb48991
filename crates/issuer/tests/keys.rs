//! Which key signs an hour, on every node alike; keys and pins that do not fit are refused.

use std::sync::Arc;

use tonegate_issuer::limits::{DAY_SECS, SIGNING_SECS};
use tonegate_issuer::{
    CertificateError, Grant, IssuingKey, KeyCertificate, KeyError, Keyring, MintError, Signer as _,
    hour_of, mint,
};
use tonegate_license::Reason;

use crate::house::{self, HOUR, ISSUER, START};

/// Two nodes that were given the same keys in different order.
fn nodes() -> (Keyring, Keyring) {
    let keys = || [house::issuing_key(1, START), house::issuing_key(2, START + 10 * HOUR)];
    let [first, second] = keys();
    (Keyring::new(vec![first, second]), Keyring::new(vec![keys()[1].clone(), keys()[0].clone()]))
}

#[test]
fn two_nodes_mint_the_same_bytes_across_a_rotation() {
    let (here, there) = nodes();
    let mut serials = Vec::new();
    for app_id in [1, house::APP_ID, u32::MAX] {
        let grant = Grant { app_id, ..house::grant() };
        for quarter in 4..80 {
            let hour = hour_of(app_id, START + quarter * HOUR / 4);
            let minted = mint(&grant, hour, ISSUER, &here).unwrap();
            assert_eq!(minted, mint(&grant, hour, ISSUER, &there).unwrap());
            assert_eq!(minted.serial, if hour < START + 10 * HOUR { 1 } else { 2 });
            serials.push(minted.serial);
        }
    }
    assert!(serials.contains(&1) && serials.contains(&2));
}

#[test]
fn a_change_of_the_app_gives_another_license() {
    let minted = |grant: &Grant| mint(grant, START, ISSUER, &house::keyring()).unwrap().license;
    let changed = Grant { revision: 2, ..house::grant() };
    assert_ne!(minted(&house::grant()), minted(&changed));
    assert_eq!(minted(&changed), minted(&changed));
}

#[test]
fn a_key_signs_for_thirty_days() {
    let keys = house::keyring();
    let last = START + SIGNING_SECS - HOUR;
    let grant = Grant { lifetime: 1_209_600, ..house::grant() };
    assert!(mint(&grant, last, ISSUER, &keys).is_ok(), "14 days fit into the certificate");
    assert_eq!(keys.covered_until(START), START + SIGNING_SECS);
    for hour in [START - HOUR, START + SIGNING_SECS] {
        let refused = mint(&grant, hour, ISSUER, &keys);
        assert_eq!(refused, Err(MintError::NoKey { hour }));
    }
}

#[test]
fn staged_keys_cover_without_a_gap() {
    let staged =
        |serial: u8| house::issuing_key(serial, START + i64::from(serial - 1) * 29 * DAY_SECS);
    let keys = Keyring::new((1..=13).map(staged).collect());
    assert_eq!(keys.covered_until(START), START + 12 * 29 * DAY_SECS + SIGNING_SECS);
}

#[test]
fn a_withdrawn_key_never_signs_again() {
    let staged = house::issuing_key(1, START + 20 * DAY_SECS);
    let emergency = |root, floor| house::certified(root, 2, floor, START);
    for (root, floor) in [(1, 2), (2, 1)] {
        let keys = Keyring::new(vec![staged.clone(), emergency(root, floor)]);
        let end = START + SIGNING_SECS;
        assert_eq!(keys.signer_of(end - HOUR).unwrap().chain().serial(), 2);
        assert!(keys.signer_of(end).is_none(), "devices would refuse key 1");
        assert_eq!(keys.covered_until(START), end);
    }
    let kept = Keyring::new(vec![staged, emergency(1, 1)]);
    assert_eq!(kept.covered_until(START), START + 20 * DAY_SECS + SIGNING_SECS);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let signer = house::key(101);
    let certificate = KeyCertificate {
        issuer: ISSUER.to_owned(),
        public_key: signer.public_key(),
        serial: 1,
        floor: 1,
        sign_from: START,
    };
    let by_stranger = certificate.sign(&house::key(3), &house::pins());
    assert_eq!(by_stranger, Err(CertificateError::Refused(Reason::Root)));
    let bad_floor = KeyCertificate { floor: 2, ..certificate.clone() };
    let refused = bad_floor.sign(&house::key(1), &house::pins());
    assert_eq!(refused, Err(CertificateError::Refused(Reason::Certificate)));

    let text = certificate.sign(&house::key(1), &house::pins()).unwrap();
    let other = IssuingKey::new(&text, Arc::new(house::key(102)), &house::pins());
    assert!(matches!(other, Err(KeyError::OtherKey { .. })));
}
