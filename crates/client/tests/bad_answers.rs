//! Whatever an upstream sends in place of a good licence: none of it is kept, in memory or on disk, and
//! each is reported with its cause.

use tonegate_client::{FetchError, LicenseCache, LicenseState, Reason, ReturnCode};
use tonegate_testing::{Behaviour, SECRET};

use crate::world::{BACK_WITHIN, REFRESH_MAX, World, file_in, text_of};

#[tokio::test]
async fn of_our_issuer_none_is_kept_and_each_is_told() {
    let kinds = Behaviour::bad_ones();
    assert!(kinds.len() >= 30, "{}", kinds.len());
    none_is_kept(&World::ours().await, kinds).await;
}

#[tokio::test]
async fn of_an_opaque_upstream_none_is_kept_and_each_is_told() {
    let kinds = Behaviour::bad_ones_of_opaque();
    assert!(kinds.len() >= 30, "{}", kinds.len());
    none_is_kept(&World::opaque().await, kinds).await;
}

async fn none_is_kept(world: &World, kinds: Vec<(&'static str, Behaviour)>) {
    let cache = world.fresh_cache().await;
    for (name, behaviour) in kinds {
        spoils_nothing(world, &cache, name, &behaviour).await;
        world.upstream.set(behaviour.clone());
        leaves_nothing_behind(world, name, &behaviour).await;
        is_healed_by_a_good_answer(world, &cache, name).await;
    }
}

/// A cache that holds a licence goes on with it.
async fn spoils_nothing(world: &World, cache: &LicenseCache, name: &str, behaviour: &Behaviour) {
    world.advance(REFRESH_MAX);
    let (held, file) = (text_of(&cache.view()), std::fs::read(world.file()).unwrap());
    assert_eq!(cache.view().state, LicenseState::Due, "{name}");
    world.upstream.set(behaviour.clone());
    cache.attend().await;
    let view = cache.view();
    assert_eq!(view.state.name(), "stale", "{name}");
    assert_eq!(view.failures, 1, "{name}");
    tells(name, behaviour, view.state.error().unwrap());
    assert_eq!(text_of(&view), held, "{name}");
    assert_eq!(std::fs::read(world.file()).unwrap(), file, "{name}");
    let handed_out = cache.license().await.unwrap();
    world.assert_good(handed_out.usable().unwrap());
}

/// A cache that holds none has none after it either.
async fn leaves_nothing_behind(world: &World, name: &str, behaviour: &Behaviour) {
    let home = tempfile::tempdir().unwrap();
    let cache = world.cache_in(home.path());
    let error = cache.license().await.unwrap_err();
    tells(name, behaviour, &error);
    let view = cache.view();
    assert!(view.license.is_none() && view.usable().is_none(), "{name}");
    assert_eq!(view.state, LicenseState::Expired { why: Some(error) }, "{name}");
    assert!(!file_in(home.path()).exists(), "{name}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "{name}");
}

async fn is_healed_by_a_good_answer(world: &World, cache: &LicenseCache, name: &str) {
    world.upstream.set(Behaviour::Good);
    world.advance(BACK_WITHIN);
    cache.attend().await;
    let view = cache.view();
    assert_eq!((view.state.clone(), view.failures), (LicenseState::Fresh, 0), "{name}");
    assert_eq!(text_of(&view), world.upstream.last_license(crate::world::APP), "{name}");
}

/// The error names what happened and what to do, and nothing secret.
fn tells(name: &str, behaviour: &Behaviour, error: &FetchError) {
    let said = error.to_string();
    for part in cause_of(name, behaviour) {
        assert!(said.contains(part.trim_end_matches('.')), "{name}: {part:?} is not in {said:?}");
    }
    let shown = format!("{said} {error:?}");
    let secrets = shown.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 32);
    assert_eq!(secrets.collect::<Vec<_>>(), [""; 0], "{name}");
    assert!(!shown.contains(SECRET) && !shown.contains("Signature="), "{name}: {shown}");
}

/// What must be found in the text of its error.
fn cause_of(name: &str, behaviour: &Behaviour) -> Vec<String> {
    let parts: &[&str] = match behaviour {
        Behaviour::Hang | Behaviour::SlowLoris => &["did not answer within", "reachable"],
        Behaviour::CloseAtOnce | Behaviour::Reset => &["without an answer", "fetch again"],
        Behaviour::Truncated | Behaviour::BrokenChunks => &["it broke off", "no proxy changes"],
        Behaviour::TooLong => &["it is longer than 64 KiB"],
        Behaviour::HeadTooLong => &["its head is too long"],
        Behaviour::Garbage(_) if name == "head cut off" => &["without an answer"],
        Behaviour::Garbage(_) => &["it is not HTTP", "check that the endpoint is the issuer's"],
        Behaviour::Status(status)
        | Behaviour::StatusWithBody(status, _)
        | Behaviour::StatusWithLicense(status) => {
            return vec![format!("HTTP status {status}"), cure_of_status(*status).to_owned()];
        }
        Behaviour::Redirect(_) => &["HTTP status 302", "give the address that it points to"],
        Behaviour::EmptyLicense | Behaviour::CodeZeroWithoutData => &["holds no licence"],
        Behaviour::Body(_)
        | Behaviour::NotJson
        | Behaviour::EmptyObject
        | Behaviour::LicenseNotAString
        | Behaviour::WrongContentEncoding => {
            &["not this API's JSON", "the endpoint is the issuer's"]
        }
        Behaviour::Code(ReturnCode::SignatureExpired) => &["100000004", "clock", "synchronise"],
        Behaviour::Code(code) | Behaviour::CodeWithLicense(code) => return cause_of_code(*code),
        Behaviour::CodeNumber(-1) => &["refused with -1", "look the code up"],
        Behaviour::CodeNumber(_) => &["refused with 123456789", "look the code up"],
        other => return cause_of_license(other),
    };
    parts.iter().map(|part| (*part).to_owned()).collect()
}

fn cure_of_status(status: u16) -> &'static str {
    match status {
        429 | 500.. => "fetch again later",
        _ => "check that the endpoint is the issuer's",
    }
}

fn cause_of_code(code: ReturnCode) -> Vec<String> {
    vec![format!("refused with {}", code.number()), code.meaning().into(), code.cure().into()]
}

fn cause_of_license(behaviour: &Behaviour) -> Vec<String> {
    let reason = match behaviour {
        Behaviour::License(_) | Behaviour::LicenseCutShort => Reason::NotALicense,
        Behaviour::LicenseTooLong => Reason::TooLong,
        Behaviour::Forged | Behaviour::Altered => Reason::Signature,
        Behaviour::ForeignAuthority => Reason::Root,
        Behaviour::ForgedChain => Reason::Chain,
        Behaviour::ExpiredChain => Reason::CertificateExpired,
        Behaviour::WrongIssuer => Reason::Issuer,
        Behaviour::WrongEnvironment => Reason::Environment,
        Behaviour::WrongApp => Reason::App,
        Behaviour::ExpiredLicense => Reason::Expired,
        Behaviour::NotYetValidLicense => Reason::NotYetValid,
        Behaviour::WithoutFeature(_) => Reason::FeatureMissing,
        other => panic!("{other:?} has no cause here"),
    };
    vec![reason.to_string(), reason.next_step().to_owned()]
}
