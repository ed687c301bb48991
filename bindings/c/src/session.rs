//! A licence that is kept fresh, without threads or sockets: the caller brings both.
//!
//! Per turn: ask what is due, fetch if told to, report what came of it, store what is unsaved, wait.

use core::ffi::c_char;

use tonegate_license as verifier;
use tonegate_license::limits::STORED_BYTES_MAX;

use crate::border::{Buffer, Out, answer, bytes, feature, license};
use crate::codes::{Misuse, TONEGATE_OK};
use crate::gate::{allowed, foreseen, judged, offered};
use crate::options::expected;
use crate::storage::{Options, Session, content, content_to_read, fill};
use crate::verdict::{FeatureVerdict, Outlook, Time, Turn, Verdict};

/// Fills `session`: goes on where the last start of the app ended.
///
/// `stored` is what `tonegate_session_save` gave, nothing on a new device; damaged bytes count as nothing. `drawn` is a
/// number drawn at random at each start. 0, or misuse.
///
/// # Safety
///
/// `session` leads to a `tonegate_session`, `options` to filled options, `stored` to `stored_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_begin(
    session: *mut Session,
    options: *const Options,
    stored: *const u8,
    stored_length: usize,
    drawn: u64,
    time: Time,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (options, stored) =
            unsafe { (expected(options)?, bytes(stored, stored_length, STORED_BYTES_MAX)) };
        let stored = match stored {
            Err(Misuse::Length) => &[],
            stored => stored?,
        };
        let (pins, expect) = (options.pins(), options.expect());
        let begun = verifier::Session::begin(pins, expect, stored, drawn, time.read());
        // SAFETY: promised by the caller.
        unsafe { fill(session, begun) }.map(|()| TONEGATE_OK)
    })
}

/// What is due at `time`: ask after each wait, and whenever a fetch has ended. 0.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread uses now, `turn` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_turn(
    session: *mut Session,
    time: Time,
    turn: *mut Turn,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, turn) = unsafe { (content(session)?, Out::new(turn)?) };
        turn.put(Turn::of(&session.turn(time.read())));
        Ok(TONEGATE_OK)
    })
}

/// A fetch brought this text. The SDK code and `verdict` are the text's own; `in_force` says whether it was taken: if
/// not, what was in force stays so, and the fetch counts as failed.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread uses now, `text` to `length` bytes, `verdict` and
/// `in_force` to their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_fetched(
    session: *mut Session,
    text: *const c_char,
    length: usize,
    time: Time,
    verdict: *mut Verdict,
    in_force: *mut bool,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, text) = unsafe { (content(session)?, license(text.cast(), length)?) };
        // SAFETY: promised by the caller.
        let (verdict, in_force) = unsafe { (Out::new(verdict)?, Out::new(in_force)?) };
        Ok(offered(session.fetched(text, time.read()), &verdict, &in_force))
    })
}

/// A fetch failed. `retry_after`: how many seconds the server asked to wait; 0: it did not. 0.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread uses now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_failed(
    session: *mut Session,
    retry_after: u64,
    time: Time,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        unsafe { content(session) }?.failed(retry_after, time.read());
        Ok(TONEGATE_OK)
    })
}

/// Forgets a wait after a failure: the network is back, or the user is. Take a turn next. 0.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread uses now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_hasten(session: *mut Session) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        unsafe { content(session) }?.hasten();
        Ok(TONEGATE_OK)
    })
}

/// As `tonegate_gate_check`, of the licence in force.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread uses now, `name` to `length` bytes, `verdict` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_check(
    session: *mut Session,
    name: *const c_char,
    length: usize,
    time: Time,
    verdict: *mut FeatureVerdict,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, name, verdict) =
            unsafe { (content(session)?, feature(name.cast(), length)?, Out::new(verdict)?) };
        Ok(allowed(&session.check(name, time.read()), &verdict))
    })
}

/// As `tonegate_gate_verdict`, of the licence in force.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread uses now, `verdict` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_verdict(
    session: *mut Session,
    time: Time,
    verdict: *mut Verdict,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, verdict) = unsafe { (content(session)?, Out::new(verdict)?) };
        Ok(judged(&session.verdict(time.read()), &verdict))
    })
}

/// As `tonegate_gate_outlook`, of the licence in force.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread changes now, `name` to `length` bytes, `outlook` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_outlook(
    session: *const Session,
    name: *const c_char,
    length: usize,
    outlook: *mut Outlook,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, name, outlook) = unsafe {
            (content_to_read(session)?, feature(name.cast(), length)?, Out::new(outlook)?)
        };
        Ok(foreseen(session.outlook(name), &outlook))
    })
}

/// Writes the text of the licence that is held and a final zero; `*written` becomes its length without the zero, 0 where none is held.
///
/// 0, or `TONEGATE_E_SHORT`: `out` holds the empty text, and `*written + 1` bytes are needed, `TONEGATE_LICENSE_BYTES + 1` at most.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread changes now, `out` to `capacity` writable bytes outside
/// of it, `written` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_license(
    session: *const Session,
    out: *mut c_char,
    capacity: usize,
    written: *mut usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, mut out) =
            unsafe { (content_to_read(session)?, Buffer::new(out.cast(), capacity, written)?) };
        out.put_text(session.text())
    })
}

/// Is there something to store that was not saved? 1, or 0. Ask after each call.
///
/// # Safety
///
/// `session` leads to a begun session that no other thread changes now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_is_unsaved(session: *const Session) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        Ok(unsafe { content_to_read(session) }?.is_unsaved().into())
    })
}

/// Writes the bytes to store, in one piece and in place of those before; `*written` becomes their number.
///
/// 0, or `TONEGATE_E_SHORT`: nothing was written, and `*written` bytes are needed, `TONEGATE_STORED_BYTES` at most.
///
/// # Safety
///
/// As for `tonegate_session_license`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_session_save(
    session: *mut Session,
    out: *mut u8,
    capacity: usize,
    written: *mut usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (session, mut out) =
            unsafe { (content(session)?, Buffer::new(out, capacity, written)?) };
        // What did not reach the caller was not saved.
        let mut saved = session.clone();
        out.put(saved.save(&mut [0; STORED_BYTES_MAX]))?;
        *session = saved;
        Ok(TONEGATE_OK)
    })
}
