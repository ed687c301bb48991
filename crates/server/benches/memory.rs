//! Does what a request reads and writes in memory cost more when there is more of it?
//!
//! `cargo bench -p tonegate-server`. Aims: the replay guard at 10 million signatures and the
//! directory at a million apps within what caches explain, some hundred nanoseconds a request.

#![expect(clippy::unwrap_used, reason = "a guard without a journal opens")]

use std::time::Duration;

use divan::{Bencher, black_box};
use tonegate_listener::{Gcra, Rate};
use tonegate_protocol::{AppId, ServerSecret};
use tonegate_server::directory::{Directory, Draft, Secret};
use tonegate_server::guard::{Admission, GuardConfig, ReplayGuard, ReplayMode, Unwritten};
use tonegate_server::model::{Generation, SecretState};

const NOW: i64 = 1_763_840_000;
/// Timestamps come from ten minutes on either side of now.
const WINDOW_SECS: i64 = 600;

fn main() {
    divan::main();
}

/// A new signature, with so many remembered: looked up, charged and remembered.
#[divan::bench(args = [0, 10_000_000], sample_count = 200, sample_size = 1_000)]
fn replay_insert(bencher: Bencher<'_, '_>, remembered: u64) {
    let mut signatures = Signatures::default();
    let guard = ReplayGuard::open(GuardConfig::default(), NOW, None).unwrap();
    (0..remembered).for_each(|_| signatures.admit_next(&guard));
    bencher.bench_local(|| signatures.admit_next(black_box(&guard)));
}

/// The app of a request, among so many.
#[divan::bench(args = [1_000, 1_000_000], sample_count = 200, sample_size = 1_000)]
fn directory_lookup(bencher: Bencher<'_, '_>, apps: u32) {
    let directory = directory(apps);
    let mut asked = 0_u32;
    bencher.bench_local(|| {
        asked = asked.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        directory.read().get(AppId(black_box(asked) % apps)).is_some()
    });
}

/// One request charged to an app's rate.
#[divan::bench]
fn rate_admit(bencher: Bencher<'_, '_>) {
    let (rate, mut now) = (Gcra::default(), Duration::ZERO);
    bencher.bench_local(|| {
        now += Duration::from_millis(50);
        black_box(&rate).admit(Rate::APP, now)
    });
}

/// Signatures that never come twice, with Timestamps all over the window.
#[derive(Default)]
struct Signatures {
    made: u64,
    unwritten: Unwritten,
}

impl Signatures {
    fn admit_next(&mut self, guard: &ReplayGuard) {
        self.made += 1;
        let mixed = self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut signature = [0; 16];
        signature[..8].copy_from_slice(&mixed.to_le_bytes());
        signature[8..].copy_from_slice(&self.made.to_le_bytes());
        let timestamp = NOW + mixed.cast_signed() % WINDOW_SECS;
        let (unwritten, mode) = (&mut self.unwritten, ReplayMode::Once);
        let admitted = guard.admit(12345, &signature, timestamp, unwritten, mode, || true);
        assert!(admitted == Admission::Accepted);
    }
}

fn directory(apps: u32) -> Directory {
    let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38").unwrap();
    let mut draft = Draft::of_all();
    for app_id in (0..apps).map(AppId) {
        draft.add(app_id, None);
        let secret = Secret::new(Generation(1), SecretState::Active, secret.clone());
        draft.add_secret(app_id, secret);
    }
    let directory = Directory::new();
    directory.apply(draft, 1);
    directory
}
