//! What a mint cannot go below: one Ed25519 signature and one verification, and nothing else.

use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use ed25519_dalek::{Signature, VerifyingKey};
use tonegate_issuer::{Signer as _, SoftwareKey};

use crate::clock;
use crate::results::RawRates;

/// How long each operation is repeated.
const TIME: Duration = Duration::from_millis(300);
/// Bytes that a usual licence's signature covers.
const MESSAGE: usize = 1_000;

/// Times signature and verification with the libraries that a mint uses, on the core it runs on.
pub(crate) fn measure() -> anyhow::Result<RawRates> {
    let key = SoftwareKey::generate()?;
    let pair = Ed25519KeyPair::from_seed_unchecked(key.seed().as_slice());
    let pair = pair.ok().context("an Ed25519 key")?;
    let message = [b'x'; MESSAGE];
    let signature = key.sign(&message)?;
    let dalek = VerifyingKey::from_bytes(&key.public_key())?;
    let aws_lc = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    Ok(RawRates {
        sign: per_second(|| pair.sign(&message).as_ref().len() == 64),
        verify: per_second(|| {
            dalek.verify_strict(&message, &Signature::from_bytes(&signature)).is_ok()
        }),
        verify_aws_lc: per_second(|| aws_lc.verify(&message, &signature).is_ok()),
    })
}

/// How often it succeeds in a second.
fn per_second(operation: impl Fn() -> bool) -> f64 {
    let start = clock::now();
    let mut done = 0_u32;
    while start.elapsed() < TIME {
        done += (0..16).map(|_| u32::from(std::hint::black_box(operation()))).sum::<u32>();
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}
