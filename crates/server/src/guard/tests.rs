//! The guard as a whole: against a model that remembers everything, across restarts, clock walks,
//! damage and threads. A guard that is dropped is one whose process was killed.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

const START: i64 = 1_700_000_020;
const BOOT: Option<&str> = Some("boot 1");

fn open_at(dir: &Path, now: i64, boot_id: Option<&str>) -> ReplayGuard {
    let dir = dir.join("guard");
    if !dir.exists() {
        ReplayGuard::create(&dir).unwrap();
    }
    open_existing(dir, now, boot_id)
}

fn open_existing(dir: PathBuf, now: i64, boot_id: Option<&str>) -> ReplayGuard {
    let config = GuardConfig { journal_dir: Some(dir), ..GuardConfig::default() };
    ReplayGuard::open(config, now, boot_id).unwrap()
}

fn in_memory(max_entries: usize) -> ReplayGuard {
    ReplayGuard::open(GuardConfig { max_entries, journal_dir: None }, START, None).unwrap()
}

/// A signature that belongs to one Timestamp, as a real one does.
fn signature(request: u64, timestamp: i64) -> [u8; 16] {
    (u128::from(request) << 64 | timestamp as u128).to_be_bytes()
}

fn admit(guard: &ReplayGuard, request: u64, timestamp: i64, now: i64) -> Admission {
    let (signature, unwritten) = (signature(request, timestamp), &mut Unwritten::default());
    let admission = guard.admit(7, &signature, timestamp, unwritten, ReplayMode::Once, || true);
    guard.write(unwritten, now);
    admission
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("guard")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "journal")).collect();
    found.sort();
    found
}

#[test]
fn a_signature_passes_once() {
    let guard = in_memory(100);
    assert_eq!(admit(&guard, 1, START, START), Admission::Accepted);
    assert_eq!(admit(&guard, 1, START, START), Admission::Repeated);
    assert_eq!(admit(&guard, 2, START, START), Admission::Accepted);
    let (one, unwritten) = (signature(1, START), &mut Unwritten::default());
    let other_app = guard.admit(8, &one, START, unwritten, ReplayMode::Once, || true);
    assert_eq!(other_app, Admission::Accepted);
    assert_eq!((guard.len(), guard.capacity()), (3, 100));
}

#[test]
fn a_repeatable_signature_is_answered_again_and_charged() {
    let guard = in_memory(100);
    let mut credit = 3;
    let mut ask = || {
        guard.admit(7, &[1; 16], START, &mut Unwritten::default(), ReplayMode::Repeatable, || {
            credit -= 1;
            credit >= 0
        })
    };
    assert_eq!(
        [ask(), ask(), ask(), ask()],
        [
            Admission::Accepted,
            Admission::AcceptedAgain,
            Admission::AcceptedAgain,
            Admission::RateLimited
        ]
    );
    assert_eq!(guard.len(), 1);
}

#[test]
fn over_the_rate_and_full_do_not_consume_and_a_repeat_is_not_charged() {
    let guard = in_memory(1);
    let ask = |request, passes: Option<bool>| {
        let (signature, unwritten) = (signature(request, START), &mut Unwritten::default());
        guard.admit(7, &signature, START, unwritten, ReplayMode::Once, || {
            passes.expect("must not be charged")
        })
    };
    assert_eq!(ask(1, Some(false)), Admission::RateLimited);
    assert_eq!(ask(1, Some(true)), Admission::Accepted);
    assert_eq!(ask(1, None), Admission::Repeated);
    assert_eq!(ask(2, None), Admission::Full);
    guard.expire(START + 60 + WINDOW_SECS + HOLD_SECS);
    let later = START + 3_600;
    assert_eq!(admit(&guard, 2, later, later), Admission::Accepted, "there is room again");
}

#[test]
fn a_table_is_kept_1260_seconds_after_its_minute_left_the_window() {
    let guard = in_memory(100);
    let end_of_minute = (START / 60 + 1) * 60;
    admit(&guard, 1, START, START);
    guard.expire(end_of_minute + 1_859);
    assert_eq!(guard.len(), 1);
    guard.expire(end_of_minute + 1_860);
    assert!(guard.is_empty());
    assert_eq!(admit(&guard, 1, START, START), Admission::Forgotten);
    assert_eq!(admit(&guard, 1, i64::MAX, START), Admission::Forgotten);
}

#[test]
fn of_equal_requests_on_many_threads_one_is_new() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    let accepted =
        |_| (0..500).filter(|&request| admit(&guard, request, START, START) == Admission::Accepted);
    let total: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || accepted(n).count())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!((total, guard.len()), (500, 500));
    drop(guard);
    assert_eq!(open_at(home.path(), START, BOOT).len(), 500, "each has a record of its own");
}

#[test]
fn what_was_dropped_stays_forgotten_across_restarts_and_its_segment_goes() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    admit(&guard, 1, START, START);
    guard.sync(START + 300);
    assert_eq!(segments(home.path()).len(), 2, "a new segment every five minutes");
    guard.expire(START + 2_000);
    assert_eq!(segments(home.path()).len(), 1);
    drop(guard);
    let guard = open_at(home.path(), START, BOOT);
    assert!(guard.is_empty());
    assert_eq!(admit(&guard, 1, START, START), Admission::Forgotten);
    assert_eq!(admit(&guard, 1, START + 600, START), Admission::Accepted);
}

#[test]
fn after_a_system_crash_older_timestamps_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    admit(&guard, 1, START - 5, START);
    drop(guard);
    // What was not synced is gone.
    fs::OpenOptions::new()
        .write(true)
        .open(&segments(home.path())[0])
        .unwrap()
        .set_len(16)
        .unwrap();
    let now = START + 30;
    drop(open_at(home.path(), now, Some("boot 2")));
    // The refusal survives one more kill.
    let guard = open_at(home.path(), now + 1, Some("boot 2"));
    assert_eq!(admit(&guard, 1, START - 5, now), Admission::Forgotten);
    assert_eq!(admit(&guard, 2, now - 1, now), Admission::Forgotten);
    assert_eq!(admit(&guard, 3, now, now), Admission::Forgotten, "the restart's own second");
    assert_eq!(admit(&guard, 4, now + 1, now + 1), Admission::Accepted);
}

#[test]
fn after_a_close_a_reboot_refuses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    admit(&guard, 1, START, START);
    guard.close(START).unwrap();
    drop(guard);
    let guard = open_at(home.path(), START + 9, Some("boot 2"));
    assert_eq!(admit(&guard, 1, START, START + 9), Admission::Repeated);
    assert_eq!(admit(&guard, 2, START, START + 9), Admission::Accepted);
}

#[test]
fn a_lost_key_or_a_damaged_record_refuses_older_timestamps() {
    let damage_key = |dir: &Path| fs::remove_file(dir.join("guard/key")).unwrap();
    let damage_record = |dir: &Path| {
        let path = &segments(dir)[0];
        let mut bytes = fs::read(path).unwrap();
        bytes[20] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let damage_forgotten = |dir: &Path| fs::write(dir.join("guard/forgotten"), "?").unwrap();
    let damages: [&dyn Fn(&Path); 3] = [&damage_key, &damage_record, &damage_forgotten];
    for damage in damages {
        let home = tempfile::tempdir().unwrap();
        let guard = open_at(home.path(), START, BOOT);
        admit(&guard, 1, START, START);
        drop(guard);
        damage(home.path());
        let guard = open_at(home.path(), START + 9, BOOT);
        assert_eq!(admit(&guard, 1, START, START + 9), Admission::Forgotten);
        assert_eq!(admit(&guard, 2, START + 10, START + 10), Admission::Accepted);
    }
}

#[test]
fn a_new_directory_refuses_nothing_and_a_lost_one_refuses_older_timestamps() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    assert_eq!(admit(&guard, 1, START - 1, START), Admission::Accepted);
    guard.close(START).unwrap();
    drop(guard);
    fs::remove_dir_all(home.path().join("guard")).unwrap();
    let guard = open_existing(home.path().join("guard"), START + 9, BOOT);
    assert_eq!(admit(&guard, 1, START - 1, START + 9), Admission::Forgotten);
    assert_eq!(admit(&guard, 2, START + 9, START + 9), Admission::Forgotten);
    assert_eq!(admit(&guard, 3, START + 10, START + 10), Admission::Accepted);
}

#[test]
fn a_segment_cut_at_any_byte_opens_and_keeps_what_is_left() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    (0..4)
        .for_each(|request| assert_eq!(admit(&guard, request, START, START), Admission::Accepted));
    drop(guard);
    let path = segments(home.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole.len(), 80);
    for len in (0..=whole.len()).rev() {
        fs::write(&path, &whole[..len]).unwrap();
        let guard = open_at(home.path(), START, BOOT);
        assert_eq!(guard.len(), (len / 16).saturating_sub(1), "cut at {len}");
        drop(guard);
        segments(home.path()).into_iter().skip(1).for_each(|path| fs::remove_file(path).unwrap());
    }
}

#[test]
fn a_disk_that_cannot_be_written_stops_no_request() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    let journal = &guard.disk.as_ref().unwrap().journal;
    journal.break_current();
    assert_eq!(admit(&guard, 1, START, START), Admission::Accepted);
    assert_eq!(admit(&guard, 1, START, START), Admission::Repeated);
    assert_eq!(guard.journal_errors(), 1);
    assert!(guard.journal_is_failing(START + 299));
    guard.sync(START + 300);
    assert!(!guard.journal_is_failing(START + 300), "what ended long ago is no news");
    assert_eq!(admit(&guard, 2, START + 300, START + 300), Admission::Accepted);
    assert_eq!(guard.journal_errors(), 1, "the next segment can be written again");
    drop(guard);
    let guard = open_at(home.path(), START + 301, BOOT);
    assert_eq!(admit(&guard, 1, START, START + 301), Admission::Forgotten, "its record is missing");
}

#[test]
fn the_journal_is_private_and_shows_no_signature() {
    let home = tempfile::tempdir().unwrap();
    let guard = open_at(home.path(), START, BOOT);
    let marked = *b"MARKED SIGNATURE";
    let app_id = u32::from_le_bytes(*b"APP!");
    let unwritten = &mut Unwritten::default();
    guard.admit(app_id, &marked, START, unwritten, ReplayMode::Once, || true);
    guard.write(unwritten, START);
    assert_eq!(fs::metadata(&segments(home.path())[0]).unwrap().len(), 32, "it is written");
    for entry in fs::read_dir(home.path().join("guard")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        let bytes = fs::read(&path).unwrap();
        for secret in [&marked[..8], &marked[8..], b"APP!"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{path:?}");
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A request, its Timestamp this far from now.
    Ask { request: u64, skew: i64, mode: ReplayMode, passes: bool },
    /// The last accepted one again, this many back.
    Repeat { back: usize },
    /// Time passes, with a tick at its end.
    Pass { seconds: i64 },
    /// Gateway time moves: a re-anchoring or a restart with another wall.
    Jump { seconds: i64 },
    /// kill -9 and a new start.
    Kill,
    /// An orderly stop, a reboot and a new start.
    Reboot,
}

fn any_step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![4 => Just(ReplayMode::Once), 1 => Just(ReplayMode::Repeatable)];
    prop_oneof![
        12 => (0u64..40, -610i64..=610, mode, prop::bool::weighted(0.9))
            .prop_map(|(request, skew, mode, passes)| Step::Ask { request, skew, mode, passes }),
        8 => (0usize..60).prop_map(|back| Step::Repeat { back }),
        4 => (0i64..900).prop_map(|seconds| Step::Pass { seconds }),
        1 => (-9_000i64..9_000).prop_map(|seconds| Step::Jump { seconds }),
        1 => Just(Step::Kill),
        1 => Just(Step::Reboot),
    ]
}

/// The guard beside a list of all that it ever accepted.
struct Model {
    home: tempfile::TempDir,
    guard: Option<ReplayGuard>,
    now: i64,
    boot: u32,
    accepted: Vec<(u64, i64)>,
    jumped: bool,
}

impl Model {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let guard = Some(open_at(home.path(), START, BOOT));
        Self { home, guard, now: START, boot: 1, accepted: Vec::new(), jumped: false }
    }

    fn restart(&mut self) {
        let boot_id = format!("boot {}", self.boot);
        self.guard = None;
        self.guard = Some(open_at(self.home.path(), self.now, Some(&boot_id)));
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Ask { request, skew, mode, passes } => {
                self.ask(request, self.now + skew, mode, passes);
            }
            Step::Repeat { back } => {
                let index = self.accepted.len().checked_sub(back + 1);
                if let Some(&(request, timestamp)) = index.and_then(|i| self.accepted.get(i)) {
                    self.ask(request, timestamp, ReplayMode::Once, true);
                }
            }
            Step::Pass { seconds } => {
                self.now += seconds;
                self.guard.as_ref().unwrap().sync(self.now);
                self.guard.as_ref().unwrap().expire(self.now);
            }
            Step::Jump { seconds } => {
                self.now += seconds;
                self.jumped = true;
            }
            Step::Kill => self.restart(),
            Step::Reboot => {
                self.guard.take().unwrap().close(self.now).unwrap();
                self.boot += 1;
                self.restart();
            }
        }
    }

    fn ask(&mut self, request: u64, timestamp: i64, mode: ReplayMode, passes: bool) {
        if (timestamp - self.now).abs() > WINDOW_SECS {
            return;
        }
        let guard = self.guard.as_ref().unwrap();
        let signature = signature(request, timestamp);
        let mut unwritten = Unwritten::default();
        let verdict = guard.admit(7, &signature, timestamp, &mut unwritten, mode, || passes);
        guard.write(&mut unwritten, self.now);
        let known = self.accepted.contains(&(request, timestamp));
        match verdict {
            Admission::Accepted => {
                assert!(!known && passes, "accepted twice");
                self.accepted.push((request, timestamp));
            }
            Admission::Repeated => assert!(known && mode == ReplayMode::Once),
            Admission::AcceptedAgain => assert!(known && passes && mode == ReplayMode::Repeatable),
            Admission::RateLimited => {
                assert!(!passes && (!known || mode == ReplayMode::Repeatable))
            }
            Admission::Forgotten => {
                assert!(self.jumped, "only a jump brings back what was dropped")
            }
            Admission::Full => panic!("it is not full"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_walk_accepts_a_signature_twice(steps in prop::collection::vec(any_step(), 1..120)) {
        let mut model = Model::new();
        for step in steps {
            model.run(step);
        }
        let distinct: HashSet<_> = model.accepted.iter().collect();
        prop_assert_eq!(distinct.len(), model.accepted.len());
    }
}
