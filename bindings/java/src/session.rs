//! The natives of `LicenseSession`. Threads, timers, fetching and storing are Java's.

use jni_sys::{JNIEnv, jboolean, jbyteArray, jclass, jlong, jobject, jobjectArray, jstring};
use tonegate_license::limits::STORED_BYTES_MAX;
use tonegate_license::{Session, Turn};

use crate::app::App;
use crate::border::{Refusal, enter, held, hold, nothing, release};
use crate::gate::{FEATURE_ROOM, FEATURE_UNITS, LICENSE_ROOM, LICENSE_UNITS};
use crate::{time, verdicts};

/// The session behind the number that Java holds.
fn session<'a>(session: jlong) -> Result<&'a mut Session, Refusal> {
    // SAFETY: Java's LicenseSession has the number from `begin`, locks around each call, and passes
    // 0 once it is closed.
    unsafe { held(session) }
}

/// A turn as one number: fetch in bit 0, changed in bit 1, is there something to store in bit 16,
/// the seconds to wait from bit 32 on.
fn number(turn: Turn, unsaved: bool) -> jlong {
    let wait = jlong::try_from(turn.wait_secs).unwrap_or(1);
    let (fetch, changed) = (jlong::from(turn.fetch), jlong::from(turn.changed.is_some()));
    fetch | changed << 1 | jlong::from(unsaved) << 16 | wait << 32
}

/// `long sessionBegin(String[] app, byte[] stored, long drawn, long wall, long elapsed)`.
pub(crate) extern "system" fn begin(
    env: *mut JNIEnv,
    _class: jclass,
    app: jobjectArray,
    stored: jbyteArray,
    drawn: jlong,
    wall: jlong,
    elapsed: jlong,
) -> jlong {
    enter(env, 0, |border| {
        let app = App::read(border, app)?;
        let mut room = [0; STORED_BYTES_MAX + 1];
        let stored = border.bytes(stored, &mut room);
        let (drawn, time) = (drawn.cast_unsigned(), time(wall, elapsed));
        Ok(hold(Session::begin(app.pins, app.expect(), stored, drawn, time)))
    })
}

/// `void sessionRelease(long session)`.
pub(crate) extern "system" fn free(env: *mut JNIEnv, _class: jclass, session: jlong) {
    enter(env, (), |_| {
        // SAFETY: as in `session`, and Java's Handle forgets the number before it calls.
        unsafe { release::<Session>(session) };
        Ok(())
    });
}

/// `long sessionTurn(Object owner, long session, long wall, long elapsed)`.
pub(crate) extern "system" fn turn(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    wall: jlong,
    elapsed: jlong,
) -> jlong {
    enter(env, 0, |_| {
        let session = session(held)?;
        let turn = session.turn(time(wall, elapsed));
        Ok(number(turn, session.is_unsaved()))
    })
}

/// `String sessionFetched(Object owner, long session, String license, long wall, long elapsed)`.
pub(crate) extern "system" fn fetched(
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
        let outcome = session(held)?.fetched(license, time(wall, elapsed));
        Ok(border.new_string(&verdicts::renewal_lines(&outcome)))
    })
}

/// `void sessionFailed(Object owner, long session, long retryAfter, long wall, long elapsed)`.
pub(crate) extern "system" fn failed(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    retry_after: jlong,
    wall: jlong,
    elapsed: jlong,
) {
    enter(env, (), |_| {
        let retry_after = u64::try_from(retry_after).unwrap_or(0);
        session(held)?.failed(retry_after, time(wall, elapsed));
        Ok(())
    });
}

/// `void sessionHasten(Object owner, long session)`.
pub(crate) extern "system" fn hasten(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
) {
    enter(env, (), |_| {
        session(held)?.hasten();
        Ok(())
    });
}

/// `long sessionCheck(Object owner, long session, String feature, long wall, long elapsed)`.
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
        let session = session(held)?;
        let verdict = session.check(feature, time(wall, elapsed));
        Ok(verdicts::number(verdict, session.is_unsaved()))
    })
}

/// `String sessionVerdict(Object owner, long session, long wall, long elapsed)`.
pub(crate) extern "system" fn verdict(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    wall: jlong,
    elapsed: jlong,
) -> jstring {
    enter(env, nothing(), |border| {
        let verdict = session(held)?.verdict(time(wall, elapsed));
        Ok(border.new_string(&verdicts::lines(&verdict)))
    })
}

/// `String sessionOutlook(Object owner, long session, String feature)`; null: no licence names it.
pub(crate) extern "system" fn outlook(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    feature: jstring,
) -> jstring {
    enter(env, nothing(), |border| {
        let mut room = [0; FEATURE_ROOM];
        let outlook = session(held)?.outlook(border.text::<FEATURE_UNITS>(feature, &mut room));
        let lines = outlook.map(verdicts::outlook_lines);
        Ok(lines.map_or(nothing(), |lines| border.new_string(&lines)))
    })
}

/// `String sessionLicense(Object owner, long session)`; empty: none is held.
pub(crate) extern "system" fn license(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
) -> jstring {
    enter(env, nothing(), |border| Ok(border.new_string(session(held)?.text())))
}

/// `byte[] sessionSave(Object owner, long session, boolean again)`; null: nothing is unsaved, and
/// it was not asked for all the same.
pub(crate) extern "system" fn save(
    env: *mut JNIEnv,
    _class: jclass,
    _owner: jobject,
    held: jlong,
    again: jboolean,
) -> jbyteArray {
    enter(env, nothing(), |border| {
        let session = session(held)?;
        if !again && !session.is_unsaved() {
            return Ok(nothing());
        }
        let mut room = [0; STORED_BYTES_MAX];
        Ok(border.new_bytes(session.save(&mut room)))
    })
}
