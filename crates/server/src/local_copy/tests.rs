//! What a copy gives back, what it refuses, and how much memory it takes.

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::directory::{Directory, Secret};
use crate::model::{
    AppId, AppSettings, AppStatus, Binding, Entitlement, Environment, FeatureGrant, Generation,
    Licensee, Policy, SecretState, ServerSecret,
};
use crate::store::{KeyPlace, NewIssuingKey};

const INSTALLATION: &str = "00112233445566778899aabbccddeeff";
const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";
const CONTACT: Contact = Contact { at: 1_763_840_000, age: 5, written_at: 1_763_840_005, nodes: 3 };

fn kek() -> Kek {
    Kek::from_bytes(&[7; 32]).unwrap()
}

fn house() -> (TempDir, DataDir) {
    let directory = tempfile::tempdir().unwrap();
    let data = DataDir::new(directory.path());
    (directory, data)
}

fn settings(number: u32) -> AppSettings {
    let mut settings = AppSettings {
        lifetime: 3_600 + number,
        features: vec![FeatureGrant::unlimited("ans".parse().unwrap())],
        on_expiry: vec!["ans:grace:24".parse().unwrap()],
        allowed_networks: vec!["192.0.2.0/24".parse().unwrap()],
        ..AppSettings::named("a")
    };
    settings.bind.push(Binding([3; 16]));
    settings
}

/// Apps numbered from 1, every `alike` of them with one policy.
fn directory(apps: u32, alike: u32) -> Directory {
    let (mut draft, mut policies) = (Draft::of_all(), Policies::default());
    for id in 1..=apps {
        let policy = Policy::of(AppStatus::Suspended, settings(id / alike));
        let until = Some(1_800_000_000 + i64::from(id));
        let entitlement = Entitlement::new(None, until).unwrap();
        let policy = policies.share(policy);
        draft.add(AppId(id), Some(Licensee { id: AppId(id), rev: id + 1, entitlement, policy }));
        for (generation, state) in [
            (1, SecretState::Revoked),
            (2, SecretState::Retiring { until: 9 }),
            (3, SecretState::Active),
        ] {
            let secret = ServerSecret::new(SECRET).unwrap();
            draft.add_secret(AppId(id), Secret::new(Generation(generation), state, secret));
        }
    }
    draft.add(AppId(0), None);
    let directory = Directory::new();
    directory.apply(draft, 42);
    directory
}

fn key() -> StoredIssuingKey {
    let key = NewIssuingKey {
        serial: 3,
        kid: "0123456789abcdef".into(),
        certificate: "a.b.c".into(),
        place: KeyPlace::Seed(Zeroizing::new([9; 32])),
        sign_from: 1,
        exp: 2,
    };
    StoredIssuingKey { key, added_at: 7 }
}

fn write_of(data: &DataDir, directory: &Directory) -> Head {
    let installation = InstallationRecord {
        issuer: "tonegate".into(),
        environment: Environment::Production,
        pins: "a,b".into(),
        auto_root: true,
        contact: CONTACT,
        audit_head: None,
    };
    let (keys, apps) = ([key()], directory.keep());
    let contents = Contents { installation_id: INSTALLATION, installation, keys: &keys, apps };
    write(data, &kek(), &contents).unwrap()
}

/// Everything that a directory says of its apps, in their order.
fn told(directory: &Directory) -> Vec<String> {
    let kept = directory.keep();
    let mut told: Vec<_> = kept
        .apps()
        .map(|entry| {
            let secrets = entry.secrets();
            let secrets = secrets.iter().flatten().map(|secret| {
                (secret.generation, secret.state(), secret.secret.expose().to_owned())
            });
            format!("{:?} {:?} {:?}", entry.app_id, entry.app, secrets.collect::<Vec<_>>())
        })
        .collect();
    told.sort();
    told
}

fn loaded(data: &DataDir) -> Result<(Directory, Loaded), CopyError> {
    let mut loaded = load(data, &kek(), INSTALLATION)?;
    let directory = Directory::new();
    let draft = std::mem::replace(&mut loaded.draft, Draft::of_changes());
    directory.apply(draft, loaded.head.revision);
    Ok((directory, loaded))
}

#[test]
fn what_is_read_is_what_was_written() {
    let (_kept, data) = house();
    let before = directory(10_000, 2);
    let head = write_of(&data, &before);
    let (after, loaded) = loaded(&data).unwrap();
    assert_eq!((after.revision(), after.len()), (42, 10_001));
    assert_eq!(told(&after), told(&before), "more policies than have a number at once");
    assert_eq!((loaded.head, loaded.contact), (head, CONTACT));
    let KeyPlace::Seed(seed) = &loaded.keys[0].key.place else { panic!("it has a seed") };
    assert_eq!((loaded.keys.len(), &seed[..]), (1, &[9; 32][..]));
    assert_eq!(loaded.keys[0].key.certificate, "a.b.c");
    assert!(loaded.installation.auto_root);
    let bytes = fs::read(data.copy()).unwrap();
    for hidden in [SECRET.as_bytes(), b"tonegate\"", b"a.b.c", b"192.0.2"] {
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden), "sealed");
    }
}

#[test]
fn apps_that_were_alike_share_a_policy_again() {
    let (_kept, data) = house();
    write_of(&data, &directory(1_000, 1_001));
    let (after, _) = loaded(&data).unwrap();
    let policy = |id| after.get(AppId(id)).unwrap().app.as_ref().unwrap().policy.clone();
    assert!(std::sync::Arc::ptr_eq(&policy(1), &policy(1_000)));
}

#[test]
fn a_copy_that_was_changed_anywhere_is_refused_whole() {
    let (_kept, data) = house();
    write_of(&data, &directory(2, 1));
    let good = fs::read(data.copy()).unwrap();
    assert!(good.len() < 4_000);
    for place in 0..good.len() {
        for flip in [1, 0x20, 0x80] {
            let mut bent = good.clone();
            bent[place] ^= flip;
            fs::write(data.copy(), &bent).unwrap();
            assert!(loaded(&data).is_err(), "byte {place}");
        }
    }
    for length in 0..good.len() {
        fs::write(data.copy(), &good[..length]).unwrap();
        assert!(loaded(&data).is_err(), "cut at {length}");
    }
    fs::write(data.copy(), [&good[..], b"x"].concat()).unwrap();
    assert!(matches!(loaded(&data), Err(CopyError::Damaged)), "longer");
    fs::write(data.copy(), &good).unwrap();
    assert!(loaded(&data).is_ok());
}

#[test]
fn parts_cannot_be_left_out_moved_or_taken_from_another_copy() {
    let (_kept, data) = house();
    let directory = directory(5_000, 1);
    let parts = |bytes: &[u8]| {
        // The first line with the stream's salt, and its segments.
        let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1 + 32;
        let segments = bytes[head..].chunks((64 << 10) + 16);
        std::iter::once(&bytes[..head]).chain(segments).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    write_of(&data, &directory);
    let one = parts(&fs::read(data.copy()).unwrap());
    write_of(&data, &directory);
    let other = parts(&fs::read(data.copy()).unwrap());
    assert!(one.len() > 4, "{}", one.len());
    let mut cases = vec![one[..one.len() - 1].to_vec(), one[..3].to_vec()];
    let mut moved = one.clone();
    moved.swap(1, 2);
    cases.push(moved);
    let mut left_out = one.clone();
    left_out.remove(2);
    cases.push(left_out);
    let mut mixed = one.clone();
    mixed[2].clone_from(&other[2]);
    cases.push(mixed);
    let mut twice = one.clone();
    twice.push(one[one.len() - 1].clone());
    cases.push(twice);
    for case in cases {
        fs::write(data.copy(), case.concat()).unwrap();
        assert!(matches!(loaded(&data), Err(CopyError::Damaged)));
    }
}

#[test]
fn a_copy_of_others_says_whose_it_is_and_a_newer_one_what_it_needs() {
    let (_kept, data) = house();
    assert!(matches!(loaded(&data), Err(CopyError::Missing)));
    write_of(&data, &directory(1, 1));
    let other = load(&data, &kek(), "ffffffffffffffffffffffffffffffff");
    assert!(matches!(other, Err(CopyError::Foreign { found, .. }) if found == INSTALLATION));
    let other = load(&data, &Kek::from_bytes(&[8; 32]).unwrap(), INSTALLATION);
    assert!(matches!(other, Err(CopyError::OtherKek { .. })));
    let newer = String::from_utf8_lossy(&fs::read(data.copy()).unwrap()[..20]).replace('1', "2");
    let rest = fs::read(data.copy()).unwrap()[20..].to_vec();
    fs::write(data.copy(), [newer.as_bytes(), &rest].concat()).unwrap();
    assert!(matches!(loaded(&data), Err(CopyError::Format { found: 2, known: 1 })));
    fs::write(data.copy(), "tonegate").unwrap();
    assert!(matches!(loaded(&data), Err(CopyError::NoCopy)));
}

#[test]
fn a_crash_while_it_is_written_leaves_the_old_one() {
    let (_kept, data) = house();
    let old = write_of(&data, &directory(1, 1));
    fs::write(draft_of(&data.copy()), "half").unwrap();
    assert_eq!(loaded(&data).unwrap().1.head, old);
    let new = write_of(&data, &directory(2, 1));
    assert_eq!(loaded(&data).unwrap().1.head, new);
    assert!(!draft_of(&data.copy()).exists());
    assert_eq!(
        std::os::unix::fs::MetadataExt::mode(&data.copy().metadata().unwrap()) & 0o777,
        0o600
    );
}

#[test]
fn a_contact_goes_with_its_copy_and_a_bent_one_says_nothing() {
    let (_kept, data) = house();
    let head = write_of(&data, &directory(1, 1));
    let later = Contact { at: CONTACT.at + 9, age: 0, written_at: CONTACT.at + 9, nodes: 2 };
    write_contact(&data, &kek(), &head, later).unwrap();
    assert_eq!(loaded(&data).unwrap().1.contact, later);
    let good = fs::read(data.contact()).unwrap();
    for place in 0..good.len() {
        let mut bent = good.clone();
        bent[place] ^= 1;
        fs::write(data.contact(), bent).unwrap();
        assert_eq!(loaded(&data).unwrap().1.contact, CONTACT);
    }
    fs::write(data.contact(), good).unwrap();
    write_of(&data, &directory(1, 1));
    assert_eq!(loaded(&data).unwrap().1.contact, CONTACT, "of an earlier copy");
}

#[test]
fn writing_takes_the_memory_of_a_segment_and_of_no_second_directory() {
    let (_kept, data) = house();
    let directory = directory(50_000, 60_000);
    let taken = allocation_counter::measure(|| _ = write_of(&data, &directory));
    let file = data.copy().metadata().unwrap().len();
    println!("{file} bytes on disk, {} at once in memory", taken.bytes_max);
    assert!(file > 5_000_000);
    assert!(taken.bytes_max < 2_000_000, "{} bytes", taken.bytes_max);
}
