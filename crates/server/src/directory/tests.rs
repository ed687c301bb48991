//! What the directory promises across changes, and how much memory it takes.

use tonegate_protocol::ServerSecret;

use super::*;
use crate::model::{
    AppSettings, AppStatus, Entitlement, FeatureGrant, Generation, Licensee, Policies, Policy,
    SecretState,
};
use tonegate_listener::Rate;

const APP: AppId = AppId(7);

fn secret(generation: u32) -> Secret {
    let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38").unwrap();
    Secret::new(Generation(generation), SecretState::Active, secret)
}

/// A directory of these apps without terms, each with the secret of this generation.
fn directory(apps: impl IntoIterator<Item = u32>) -> Directory {
    let directory = Directory::new();
    directory.apply(with_secrets(Draft::of_all(), apps, 1), 1);
    directory
}

fn with_secrets(mut draft: Draft, apps: impl IntoIterator<Item = u32>, generation: u32) -> Draft {
    for app in apps.into_iter().map(AppId) {
        draft.add(app, None);
        draft.add_secret(app, secret(generation));
    }
    draft
}

fn uses(directory: &Directory) -> Vec<(u32, u32, i64)> {
    let mut uses: Vec<_> =
        directory.take_uses().iter().map(|it| (it.app.0, it.generation.0, it.at)).collect();
    uses.sort_unstable();
    uses
}

fn touch(directory: &Directory, app: u32, now: i64) {
    let entry = directory.get(AppId(app)).unwrap();
    directory.touch(&entry, entry.secrets()[0].unwrap(), now);
}

#[test]
fn every_app_is_found_and_no_other() {
    let apps = (0..50_000).map(|number: u32| number.wrapping_mul(65_536 + 3));
    let directory = directory(apps.clone());
    assert_eq!((directory.len(), directory.revision()), (50_000, 1));
    let reading = directory.read();
    assert!(apps.clone().all(|app| reading.get(AppId(app)).unwrap().app_id.0 == app));
    assert!(apps.clone().all(|app| reading.get(AppId(app.wrapping_add(1))).is_none()));
}

#[test]
fn changes_touch_what_they_name_and_a_reading_goes_on_with_what_it_saw() {
    let directory = directory(1..=3);
    let reading = directory.read();
    let mut draft = with_secrets(Draft::of_changes(), [2, 4], 2);
    draft.remove(AppId(3));
    directory.apply(draft, 2);
    assert!(reading.get(AppId(3)).is_some() && reading.get(AppId(4)).is_none());
    assert_eq!((directory.len(), directory.revision()), (3, 2));
    let generation = |app| {
        let entry = directory.get(AppId(app))?;
        entry.secrets()[0].map(|secret| secret.generation.0)
    };
    assert_eq!([1, 2, 3, 4].map(generation), [Some(1), Some(2), None, Some(2)]);
}

#[test]
fn what_is_not_in_a_whole_draft_is_gone() {
    let directory = directory(1..=3);
    directory.apply(with_secrets(Draft::of_all(), [2], 1), 1);
    assert_eq!([1, 2, 3].map(|app| directory.get(AppId(app)).is_some()), [false, true, false]);
    assert_eq!(directory.len(), 1);
}

#[test]
fn a_secret_of_an_app_that_was_not_read_is_let_be() {
    let directory = directory([]);
    let mut draft = Draft::of_changes();
    draft.add_secret(APP, secret(1));
    directory.apply(draft, 1);
    assert!(directory.is_empty());
}

#[test]
fn rates_go_on_when_an_app_changes() {
    let directory = directory([APP.0]);
    let (rate, now) = (Rate { per_second: 1, burst: 1 }, std::time::Duration::from_secs(9));
    assert!(directory.get(APP).unwrap().rate.admit(rate, now));
    for whole in [false, true] {
        let draft = if whole { Draft::of_all() } else { Draft::of_changes() };
        directory.apply(with_secrets(draft, [APP.0], 2), 2);
        let entry = directory.get(APP).unwrap();
        assert!(!entry.rate.admit(rate, now), "whole: {whole}");
        assert_eq!(entry.secrets()[0].unwrap().generation, Generation(2));
    }
    assert!(directory.get(APP).unwrap().rate_of_refused.admit(rate, now));
}

#[test]
fn a_use_is_told_once_and_outlives_a_change() {
    let directory = directory(1..=3);
    for now in [100, 100, 101] {
        touch(&directory, 1, now);
        touch(&directory, 3, now);
    }
    directory.apply(with_secrets(Draft::of_changes(), [3], 1), 2);
    assert_eq!(uses(&directory), [(1, 1, 101), (3, 1, 101)]);
    touch(&directory, 3, 101);
    assert_eq!(uses(&directory), [], "the store knows that second");
    touch(&directory, 3, 102);
    assert_eq!(uses(&directory), [(3, 1, 102)]);
}

#[test]
fn a_use_that_was_not_written_is_told_again_and_a_later_one_counts() {
    let directory = directory(1..=3);
    touch(&directory, 1, 100);
    touch(&directory, 2, 100);
    let unwritten = directory.take_uses();
    touch(&directory, 2, 105);
    directory.put_back(&unwritten);
    assert_eq!(uses(&directory), [(1, 1, 100), (2, 1, 105)]);
}

/// What an allocator adds to an allocation at most: a length, and rounding up to 16.
const ALLOCATION: i64 = 16;

#[test]
fn an_app_takes_at_most_180_bytes() {
    // As many as have just made most tables double, where they are emptiest.
    const APPS: u32 = 29 * 1_024;
    let mut directory = None;
    let taken = allocation_counter::measure(|| {
        let (mut draft, mut policies) = (Draft::of_all(), Policies::default());
        for id in (0..APPS).map(|number| AppId(number * 17)) {
            draft.add(id, Some(licensee(id, &mut policies)));
            draft.add_secret(id, secret(1));
        }
        directory.insert(Directory::new()).apply(draft, 1);
    });
    let bytes = taken.bytes_current + ALLOCATION * taken.count_current;
    let per_app = bytes / i64::from(APPS);
    println!("{per_app} bytes per app, of which its entry {}", size_of::<Entry>() + 16);
    assert!(per_app <= 180, "{per_app} bytes per app");
}

fn licensee(id: AppId, policies: &mut Policies) -> Licensee {
    let features = ["aec", "agc", "ans"].map(|name| FeatureGrant::unlimited(name.parse().unwrap()));
    let settings = AppSettings { features: features.to_vec(), ..AppSettings::named("a") };
    // Every app's own, as in contracts.
    let entitlement = Entitlement::new(None, Some(1_800_000_000 + i64::from(id.0))).unwrap();
    let policy = policies.share(Policy::of(AppStatus::Active, settings));
    Licensee { id, rev: 1, entitlement, policy }
}
