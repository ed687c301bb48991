//! A session in a slot: `tonegate_license::Session`, function by function.
//!
//! Safety is as of `gate.rs`, with sessions that `session_begin` made. A null slot answers as a session
//! without a licence does, wants nothing and keeps nothing.

use core::mem;

use tonegate_license::{FeatureVerdict, Reason, Session, limits};

use crate::border::{
    Bytes, FoundFeature, FoundOutlook, FoundVerdict, NO_LICENSE, Options, code, time,
};

// A slot is taken back by forgetting it.
const _: () = assert!(!mem::needs_drop::<Session>());

/// What is due, laid out.
#[repr(C)]
pub struct FoundTurn {
    fetch: u32,
    /// Is `verdict` one to tell?
    changed: u32,
    wait_secs: u64,
    verdict: FoundVerdict,
}

/// What a slot has to hold, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn session_bytes() -> usize {
    mem::size_of::<Session>()
}

/// Makes a session in a slot; 0, or the fault in its options, and then nothing is made.
///
/// # Safety
/// As stated above, but what lies in the slot is of no account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_begin(
    slot: *mut Session,
    options: *const Options,
    wall: i64,
    elapsed: u64,
) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { (*options).read() } {
        Err(fault) => code(fault),
        Ok(settings) => {
            let (stored, drawn) = (settings.stored, settings.drawn);
            let at = time(wall, elapsed);
            let session = Session::begin(settings.pins, settings.expect, stored, drawn, at);
            // SAFETY: the slot has room for a session, and is aligned for one.
            unsafe { slot.write(session) };
            0
        }
    }
}

/// `Session::turn`; false where the slot is null.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_turn(
    slot: *mut Session,
    wall: i64,
    elapsed: u64,
    out: *mut FoundTurn,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(session) = slot.as_mut() else { return false };
        let turn = session.turn(time(wall, elapsed));
        out.write(FoundTurn {
            fetch: turn.fetch.into(),
            changed: turn.changed.is_some().into(),
            wait_secs: turn.wait_secs,
            verdict: turn.changed.unwrap_or(NO_LICENSE).into(),
        });
    }
    true
}

/// `Session::fetched`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_fetched(
    slot: *mut Session,
    text: *const Bytes,
    wall: i64,
    elapsed: u64,
    out: *mut FoundVerdict,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let session = slot.as_mut();
        let offered = session.map(|session| session.fetched((*text).text(), time(wall, elapsed)));
        out.write(offered.unwrap_or(Err(NO_LICENSE)).into());
    }
}

/// `Session::failed`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_failed(
    slot: *mut Session,
    retry_after: u64,
    wall: i64,
    elapsed: u64,
) {
    // SAFETY: the caller's promise.
    if let Some(session) = unsafe { slot.as_mut() } {
        session.failed(retry_after, time(wall, elapsed));
    }
}

/// `Session::hasten`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_hasten(slot: *mut Session) {
    // SAFETY: the caller's promise.
    if let Some(session) = unsafe { slot.as_mut() } {
        session.hasten();
    }
}

/// `Session::check`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_check(
    slot: *mut Session,
    feature: *const Bytes,
    wall: i64,
    elapsed: u64,
    out: *mut FoundFeature,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let session = slot.as_mut();
        let verdict = session.map(|session| session.check((*feature).text(), time(wall, elapsed)));
        out.write(verdict.unwrap_or(FeatureVerdict::Bypass(Reason::Empty)).into());
    }
}

/// `Session::verdict`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_verdict(
    slot: *mut Session,
    wall: i64,
    elapsed: u64,
    out: *mut FoundVerdict,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let verdict = slot.as_mut().map(|session| session.verdict(time(wall, elapsed)));
        out.write(verdict.unwrap_or(NO_LICENSE).into());
    }
}

/// `Session::outlook`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_outlook(
    slot: *const Session,
    feature: *const Bytes,
    out: *mut FoundOutlook,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let session = slot.as_ref();
        out.write(session.and_then(|session| session.outlook((*feature).text())).into());
    }
}

/// `Session::text`: where it lies until the next call that could change it.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_text(slot: *const Session, out: *mut Bytes) {
    // SAFETY: the caller's promise.
    unsafe {
        out.write(slot.as_ref().map_or(Bytes::NONE, |session| session.text().into()));
    }
}

/// `Session::is_unsaved`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_is_unsaved(slot: *const Session) -> bool {
    // SAFETY: the caller's promise.
    unsafe { slot.as_ref() }.is_some_and(Session::is_unsaved)
}

/// `Session::save`: how many bytes there are to store.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_save(
    slot: *mut Session,
    into: *mut [u8; limits::STORED_BYTES_MAX],
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { slot.as_mut() }.map_or(0, |session| {
        // SAFETY: the caller's promise.
        session.save(unsafe { &mut *into }).len()
    })
}
