//! The natives of `Gate` and `Tonegate`. Java keeps `owner` alive through a call by passing it.

use jni_sys::{JNIEnv, jbyteArray, jclass, jint, jlong, jobject, jobjectArray, jstring};
use tonegate_license::limits::{FEATURE_CHARS_MAX, LICENSE_CHARS_MAX};
use tonegate_license::{Gate, State};

use crate::app::App;
use crate::border::{Border, Refusal, enter, held, hold, nothing, release};
use crate::{time, verdicts};

/// One more than any licence has, so that the verifier sees what is too long.
pub(crate) const LICENSE_UNITS: usize = LICENSE_CHARS_MAX + 1;
/// Room for [`LICENSE_UNITS`] as UTF-8.
pub(crate) const LICENSE_ROOM: usize = 3 * LICENSE_UNITS;
/// One more than any feature has.
pub(crate) const FEATURE_UNITS: usize = FEATURE_CHARS_MAX + 1;
/// Room for [`FEATURE_UNITS`] as UTF-8.
pub(crate) const FEATURE_ROOM: usize = 3 * FEATURE_UNITS;

/// The gate behind the number that Java holds.
fn gate<'a>(gate: jlong) -> Result<&'a mut Gate, Refusal> {
    // SAFETY: Java's Gate has the number from `create`, locks around each call, and passes 0 once it
    // is closed.
    unsafe { held(gate) }
}

/// A stored state, or a new device's where those bytes are none.
fn state(border: Border, stored: jbyteArray, spread: jint) -> State {
    let mut room = [0; State::BYTES + 1];
    let [low, high, ..] = spread.to_le_bytes();
    let fresh = State::new(u16::from_le_bytes([low, high]));
    State::from_bytes(border.bytes(stored, &mut room)).unwrap_or(fresh)
}

/// `long gateCreate(String[] app, byte[] state, int spread)`.
pub(crate) extern "system" fn create(
    env: *mut JNIEnv,
    _class: jclass,
    app: jobjectArray,
    stored: jbyteArray,
    spread: jint,
) -> jlong {
    enter(env, 0, |border| {
        let app = App::read(border, app)?;
        Ok(hold(Gate::new(app.pins, app.expect(), state(border, stored, spread))))
    })
}

/// `void gateRelease(long gate)`.
pub(crate) extern "system" fn free(env: *mut JNIEnv, _class: jclass, gate: jlong) {
    enter(env, (), |_| {
        // SAFETY: as in `gate`, and Java's Handle forgets the number before it calls.
        unsafe { release::<Gate>(gate) };
        Ok(())
    });
}

/// `String gateLoad(Object owner, long gate, String license, long wall, long elapsed)`.
pub(crate) extern "system" fn load(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    license: jstring,
    wall: jlong,
    elapsed: jlong,
) -> jstring {
    enter(env, nothing(), |border| {
        let mut room = [0; LICENSE_ROOM];
        let license = border.text::<LICENSE_UNITS>(license, &mut room);
        let verdict = gate(held)?.load(license, time(wall, elapsed));
        Ok(border.new_string(&verdicts::lines(&verdict)))
    })
}

/// `String gateRenew(Object owner, long gate, String license, long wall, long elapsed)`.
pub(crate) extern "system" fn renew(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    license: jstring,
    wall: jlong,
    elapsed: jlong,
) -> jstring {
    enter(env, nothing(), |border| {
        let mut room = [0; LICENSE_ROOM];
        let license = border.text::<LICENSE_UNITS>(license, &mut room);
        let outcome = gate(held)?.renew(license, time(wall, elapsed));
        Ok(border.new_string(&verdicts::renewal_lines(&outcome)))
    })
}

/// `String gateVerdict(Object owner, long gate, long wall, long elapsed)`.
pub(crate) extern "system" fn verdict(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    wall: jlong,
    elapsed: jlong,
) -> jstring {
    enter(env, nothing(), |border| {
        let verdict = gate(held)?.verdict(time(wall, elapsed));
        Ok(border.new_string(&verdicts::lines(&verdict)))
    })
}

/// `long gateCheck(Object owner, long gate, String feature, long wall, long elapsed)`.
pub(crate) extern "system" fn check(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    feature: jstring,
    wall: jlong,
    elapsed: jlong,
) -> jlong {
    enter(env, 0, |border| {
        let mut room = [0; FEATURE_ROOM];
        let feature = border.text::<FEATURE_UNITS>(feature, &mut room);
        Ok(verdicts::number(gate(held)?.check(feature, time(wall, elapsed)), false))
    })
}

/// `String gateOutlook(Object owner, long gate, String feature)`; null: no licence names it.
pub(crate) extern "system" fn outlook(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    feature: jstring,
) -> jstring {
    enter(env, nothing(), |border| {
        let mut room = [0; FEATURE_ROOM];
        let outlook = gate(held)?.outlook(border.text::<FEATURE_UNITS>(feature, &mut room));
        let lines = outlook.map(verdicts::outlook_lines);
        Ok(lines.map_or(nothing(), |lines| border.new_string(&lines)))
    })
}

/// `byte[] gateState(Object owner, long gate)`.
pub(crate) extern "system" fn stored(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
) -> jbyteArray {
    enter(env, nothing(), |border| Ok(border.new_bytes(&gate(held)?.state().to_bytes())))
}

/// `String explain(String[] app, String license, byte[] state, long wall)`.
pub(crate) extern "system" fn explain(
    env: *mut JNIEnv,
    _class: jclass,
    app: jobjectArray,
    license: jstring,
    stored: jbyteArray,
    wall: jlong,
) -> jstring {
    enter(env, nothing(), |border| {
        let app = App::read(border, app)?;
        let mut room = [0; LICENSE_ROOM];
        let license = border.text::<LICENSE_UNITS>(license, &mut room);
        let state = state(border, stored, 0);
        let mut json = String::with_capacity(2_048);
        // Writing to a String cannot fail.
        let _ = tonegate_license::explain(
            license,
            app.pins,
            app.expect(),
            time(wall, 0),
            state,
            &mut json,
        );
        Ok(border.new_string(&json))
    })
}
