//! The verifier for the JVM and Android: what the class `dev.tonegate.Native` calls.
//!
//! Java objects are made by Java alone: over the border go numbers, texts and bytes, so nothing of
//! Java's is cached here and no reference outlives a call. Invariant: whatever comes over it, no
//! panic leaves this library (`border::enter`) and nothing is copied without a bound. That one
//! thread at a time uses a gate or a session is Java's part: it locks.

mod app;
mod border;
mod gate;
mod registration;
mod session;
mod verdicts;

use jni_sys::{JNIEnv, jclass, jlong, jobject, jobjectArray, jstring};
use tonegate_license::Time;

use crate::app::App;
use crate::border::{enter, nothing};

/// The moment that Java's two numbers name. `Time` in Java refuses a negative `elapsed`.
fn time(wall: jlong, elapsed: jlong) -> Time {
    Time { wall, elapsed: u64::try_from(elapsed).unwrap_or(0) }
}

/// `String version()`.
extern "system" fn version(env: *mut JNIEnv, _class: jclass) -> jstring {
    enter(env, nothing(), |border| Ok(border.new_string(env!("CARGO_PKG_VERSION"))))
}

/// `String reasons()`: see `verdicts::reason_lines`.
extern "system" fn reasons(env: *mut JNIEnv, _class: jclass) -> jstring {
    enter(env, nothing(), |border| Ok(border.new_string(&verdicts::reason_lines())))
}

/// `void examine(String[] app)`: throws where an app cannot be meant so.
extern "system" fn examine(env: *mut JNIEnv, _class: jclass, app: jobjectArray) {
    enter(env, (), |border| App::read(border, app).map(drop));
}

/// `String identity(String platform, String name, byte[] certificateSha256)`.
extern "system" fn identity(
    env: *mut JNIEnv,
    _class: jclass,
    platform: jstring,
    name: jstring,
    certificate: jobject,
) -> jstring {
    enter(env, nothing(), |border| {
        let identity = app::identity(border, platform, name, certificate)?;
        Ok(border.new_string(&identity.to_string()))
    })
}

/// Panics, for the test that no panic gets through. Not in a library that ships.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
extern "system" fn Java_dev_tonegate_tests_Panic_panic(env: *mut JNIEnv, _class: jclass) {
    enter(env, (), |_| {
        let none: [u8; 0] = [];
        let _ = none[std::hint::black_box(0)];
        Ok(())
    });
}
