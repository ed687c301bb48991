//! What does a request cost before anything is looked up, and its answer after?
//!
//! `cargo bench -p tonegate-protocol`. The queries are the published example's, in the order of
//! its documents, and the same with everything percent-encoded that may be.

#![expect(clippy::unwrap_used, reason = "the published example is well-formed")]

use divan::{Bencher, black_box};
use tonegate_protocol::{
    AppId, Envelope, PublicParameters, Refusal, RequestId, ReturnCode, ServerSecret, signed_query,
};

const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";
const LICENSE: &str = include_str!("../../../vectors/001-valid.txt");

fn main() {
    divan::main();
}

/// The query as backends send it.
#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let query = published();
    bencher.bench_local(|| PublicParameters::parse(black_box(&query)).is_ok());
}

/// The same with its names and values encoded character by character.
#[divan::bench]
fn parse_encoded(bencher: Bencher<'_, '_>) {
    let encoded = |c: char| match c {
        '&' | '=' => c.to_string(),
        _ => format!("%{:02X}", u32::from(c)),
    };
    let query: String = published().chars().map(encoded).collect();
    assert!(PublicParameters::parse(&query).is_ok());
    bencher.bench_local(|| PublicParameters::parse(black_box(&query)).is_ok());
}

/// Signature 2.0: an MD5 and a comparison in constant time.
#[divan::bench]
fn check_signature(bencher: Bencher<'_, '_>) {
    let (query, secret) = (published(), secret());
    let parameters = PublicParameters::parse(&query).unwrap();
    bencher.bench_local(|| black_box(&parameters).is_signed_with(black_box(&secret)));
}

/// The query as clients make it.
#[divan::bench]
fn sign() -> String {
    published()
}

/// The answer with a licence, into a buffer that is there.
#[divan::bench]
fn envelope(bencher: Bencher<'_, '_>) {
    let (mut json, mut random) = (Vec::with_capacity(2_048), 0_u64);
    bencher.bench_local(|| {
        random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        json.clear();
        Envelope::write_success(&mut json, RequestId::from_random(random), black_box(LICENSE));
        json.len()
    });
}

/// The answer without one, and a hint.
#[divan::bench]
fn envelope_refused(bencher: Bencher<'_, '_>) {
    let (mut json, id) = (Vec::with_capacity(2_048), RequestId::from_random(7));
    let refusal = Refusal::new(ReturnCode::SignatureExpired, "your clock is 611 s behind");
    bencher.bench_local(|| {
        json.clear();
        Envelope::write_refusal(&mut json, id, black_box(&refusal));
        json.len()
    });
}

fn secret() -> ServerSecret {
    ServerSecret::new(SECRET).unwrap()
}

fn published() -> String {
    signed_query(AppId(12345), "4fd24687296dd9f3", &secret(), 1615186943)
}
