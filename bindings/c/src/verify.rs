//! A licence judged once, as at a start of the app: verified, or explained.

use core::ffi::c_char;
use core::fmt;

use tonegate_license as verifier;

use crate::border::{Buffer, Out, answer, bytes, license, read};
use crate::codes::{Misuse, TONEGATE_OK};
use crate::limits::TONEGATE_STATE_BYTES;
use crate::options::expected;
use crate::storage::Options;
use crate::verdict::{State, Time, Verdict};

/// A new device's state. `drawn` is any number, drawn once per device at random: it spreads what a
/// fleet does at the same time. 0, or misuse.
///
/// # Safety
///
/// `state` leads to a `tonegate_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_state_new(drawn: u16, state: *mut State) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        unsafe { Out::new(state) }?.put(State::of(verifier::State::new(drawn)));
        Ok(TONEGATE_OK)
    })
}

/// Reads stored bytes. `TONEGATE_E_STATE`: they are not whole; begin with `tonegate_state_new`.
///
/// # Safety
///
/// `stored` leads to `length` bytes, `state` to a `tonegate_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_state_read(
    stored: *const u8,
    length: usize,
    state: *mut State,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (stored, state) =
            unsafe { (bytes(stored, length, TONEGATE_STATE_BYTES), Out::new(state)?) };
        let kept = match stored {
            Err(Misuse::Length) => None,
            stored => verifier::State::from_bytes(stored?),
        };
        state.put(State::of(kept.ok_or(Misuse::State)?));
        Ok(TONEGATE_OK)
    })
}

/// Verifies a licence as at a start of the app, without keeping it, and writes the verdict and the
/// state to keep.
///
/// The SDK code: 0, 81 or 82. Each call costs the device what a start costs (60 s in advance): to
/// ask often, keep a `tonegate_gate`.
///
/// # Safety
///
/// `options` leads to filled options, `text` to `length` bytes, `state` and `verdict` to their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_verify(
    options: *const Options,
    text: *const c_char,
    length: usize,
    time: Time,
    state: *mut State,
    verdict: *mut Verdict,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (options, text, kept) =
            unsafe { (expected(options)?, license(text.cast(), length)?, read(state)?.kept()?) };
        // SAFETY: promised by the caller.
        let (state, verdict) = unsafe { (Out::new(state)?, Out::new(verdict)?) };
        let (found, kept) =
            verifier::verify(text, options.pins(), options.expect(), time.read(), kept);
        state.put(State::of(kept));
        verdict.put(Verdict::of(&found));
        Ok(found.sdk_code().into())
    })
}

/// Writes what a text is, what is true of it, and what to do next, as one JSON object and a final zero; changes
/// nothing. `*written` becomes its length without the zero.
///
/// 0, or `TONEGATE_E_SHORT`: `out` holds the empty text, and `*written + 1` bytes are needed. `TONEGATE_EXPLANATION_BYTES`
/// are always enough.
///
/// # Safety
///
/// As for `tonegate_verify`; `out` leads to `capacity` writable bytes, which overlap nothing else, `written` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_explain(
    options: *const Options,
    text: *const c_char,
    length: usize,
    time: Time,
    state: *const State,
    out: *mut c_char,
    capacity: usize,
    written: *mut usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (options, text, kept) =
            unsafe { (expected(options)?, license(text.cast(), length)?, read(state)?.kept()?) };
        // SAFETY: promised by the caller.
        let mut out = unsafe { Buffer::new(out.cast(), capacity, written) }?;
        let (pins, expect) = (options.pins(), options.expect());
        let mut page = Page { out: &mut out, length: 0 };
        // It takes whatever comes.
        let _ = verifier::explain(text, pins, expect, time.read(), kept, &mut page);
        let length = page.length;
        out.end_text(length)
    })
}

/// Writes what fits and counts all, so that nothing as long as an explanation lies on the stack.
struct Page<'b> {
    out: &'b mut Buffer,
    length: usize,
}

impl fmt::Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.put_at(self.length, text.as_bytes());
        self.length = self.length.saturating_add(text.len());
        Ok(())
    }
}
