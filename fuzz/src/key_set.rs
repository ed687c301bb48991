//! Target `key_set`: what an identity provider publishes as its keys.

use tonegate_relay::auth::JwkSet;

/// Reads `data` as a key set. One that is taken has a key, and keeps its bounds.
pub fn key_set(data: &[u8]) {
    let Ok(set) = JwkSet::parse(data) else { return };
    assert!((1..=64).contains(&(set.usable() + set.left_out().len())));
    assert!(set.usable() > 0 && data.len() <= 256 << 10);
}
