//! Whom a licence is for: issuer, environment, app, app identity.

use crate::case::Case;
use crate::forge::{License, array, quoted};

/// Of the Android app in `identities`.
const ANDROID: &str = "kc0wNVuBLf6zCHWFao8ogA";
/// Of the iOS app in `identities`.
const IOS: &str = "-hwO_RwxXRILFiY5jhsuRw";

pub(super) fn cases() -> Vec<Case> {
    let sample = License::sample().text();
    let test = License::sample().with("env", r#""test""#).text();
    let bound = License::sample().with("bind", &array(&[IOS, ANDROID])).text();
    let other_app = License::sample().with("sub", &quoted("4294967295")).text();
    vec![
        Case::new("issuer-expected", "The app expects another issuer.")
            .expecting_issuer("tonegate-other")
            .refused(&sample, "issuer"),
        Case::new("production-in-test", "A production licence in a test app.")
            .in_environment("test")
            .refused(&sample, "environment"),
        Case::new("test-in-production", "A test licence in a production app.")
            .refused(&test, "environment"),
        Case::new("test-in-test", "A test licence in a test app.")
            .in_environment("test")
            .valid(&test),
        Case::new("app-other", "For another app.").refused(&other_app, "app"),
        Case::new("app-any", "An app that expects no AppId takes any.")
            .of_app(None)
            .valid(&other_app),
        Case::new("bound-unnamed", "Bound, and the app does not say which it is.")
            .refused(&bound, "identity"),
        Case::new("bound-other", "Bound to others.")
            .with_identity("aa8R4wLDmIFA1N6gdYysPQ")
            .refused(&bound, "identity"),
        Case::new("bound-first", "Bound to this app.").with_identity(IOS).valid(&bound),
        Case::new("bound-second", "Bound to this app among others.")
            .with_identity(ANDROID)
            .valid(&bound),
        Case::new("unbound", "Bound to none, it is for any app.").with_identity(IOS).valid(&sample),
        Case::new("environment-before-app", "The environment is asked first.")
            .in_environment("test")
            .of_app(Some(1))
            .refused(&sample, "environment"),
        Case::new("app-before-identity", "The app before the identity.")
            .of_app(Some(1))
            .refused(&bound, "app"),
    ]
}
