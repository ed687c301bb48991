//! What does an app pay for a licence? Two signature checks and next to nothing above them when it
//! is new, one when its key certificate was seen before, and no time to speak of at each use.
//!
//! `cargo bench -p tonegate-license`. Aims: `new_license` at most 1.15 × `two_raw_signatures`,
//! `check_feature` at most 1 µs.

#![expect(clippy::unwrap_used, reason = "the sample is a valid licence")]

use data_encoding::BASE64URL_NOPAD;
use divan::{Bencher, black_box};
use ed25519_dalek::{Signature, VerifyingKey};
use tonegate_license::{Chain, Environment, Expect, Gate, License, Pins, Root, State, Time, Token};

const LICENSE: &str = include_str!("../../../vectors/001-valid.txt");
const PINS: &str =
    "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw";
const NOW: i64 = 1_763_843_553;

fn main() {
    divan::main();
}

/// The floor: both signatures of a licence checked by ed25519-dalek's `verify_strict`, with keys
/// and bytes at hand.
#[divan::bench]
fn two_raw_signatures(bencher: Bencher<'_, '_>) {
    let (token, chain) = (Token::parse(LICENSE).unwrap(), chain());
    let certificate = Signed::by(pins().key(Root::Active), token.certificate());
    let license = Signed::by(chain.public_key(), LICENSE);
    bencher.bench_local(|| black_box(&certificate).is_genuine() & black_box(&license).is_genuine());
}

/// A first start of an app: everything from the text on.
#[divan::bench]
fn new_license(bencher: Bencher<'_, '_>) {
    let gate = gate();
    bencher
        .with_inputs(|| gate.clone())
        .bench_local_values(|mut gate| gate.load(black_box(LICENSE), at(0)).is_valid());
}

/// The next licence under the same key certificate.
#[divan::bench]
fn next_license(bencher: Bencher<'_, '_>) {
    let mut gate = loaded();
    bencher.bench_local(|| gate.load(black_box(LICENSE), at(0)).is_valid());
}

/// Without any signature: the text taken apart and read.
#[divan::bench]
fn parse_and_read(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| -> License {
        Token::parse(black_box(LICENSE)).unwrap().unverified().unwrap()
    });
}

/// At each use of a feature.
#[divan::bench]
fn check_feature(bencher: Bencher<'_, '_>) {
    let mut gate = loaded();
    let mut seconds = 0;
    bencher.bench_local(|| {
        seconds += 1;
        gate.check(black_box("ans"), at(seconds)).runs()
    });
}

/// A signed text, taken apart beforehand.
struct Signed {
    key: VerifyingKey,
    message: &'static [u8],
    signature: Signature,
}

impl Signed {
    fn by(key: &[u8; 32], text: &str) -> Self {
        let (message, signature) = text.rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        Self {
            key: VerifyingKey::from_bytes(key).unwrap(),
            message: message.as_bytes().to_vec().leak(),
            signature: Signature::from_slice(&signature).unwrap(),
        }
    }

    fn is_genuine(&self) -> bool {
        self.key.verify_strict(self.message, &self.signature).is_ok()
    }
}

fn pins() -> Pins {
    PINS.parse().unwrap()
}

fn chain() -> Chain {
    Chain::verify(Token::parse(LICENSE).unwrap().certificate(), &pins()).unwrap()
}

fn at(seconds: u64) -> Time {
    Time { wall: NOW.saturating_add_unsigned(seconds), elapsed: seconds }
}

/// The gate of an app that has no licence yet.
fn gate() -> Gate {
    let expect = Expect {
        issuer: "tonegate-test",
        environment: Environment::Production,
        app_id: Some(12345),
        identity: None,
    };
    Gate::new(pins(), expect, State::new(7))
}

fn loaded() -> Gate {
    let mut gate = gate();
    assert!(gate.load(LICENSE, at(0)).is_valid());
    gate
}
