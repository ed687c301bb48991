//! The feature gate: a licence loaded once, asked at each use.

use core::ffi::c_char;

use tonegate_license as verifier;

use crate::border::{Out, answer, feature, license, read};
use crate::codes::TONEGATE_OK;
use crate::options::expected;
use crate::storage::{Gate, Options, content, content_to_read, fill};
use crate::verdict::{FeatureVerdict, Outlook, State, Time, Verdict};

/// Fills `gate`: closed, with the state that the device kept. 0, or `TONEGATE_E_STATE`.
///
/// # Safety
///
/// `gate` leads to a `tonegate_gate`, `options` to filled options, `state` to a `tonegate_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_new(
    gate: *mut Gate,
    options: *const Options,
    state: *const State,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (options, kept) = unsafe { (expected(options)?, read(state)?.kept()?) };
        let new = verifier::Gate::new(options.pins(), options.expect(), kept);
        // SAFETY: promised by the caller.
        unsafe { fill(gate, new) }.map(|()| TONEGATE_OK)
    })
}

/// Loads a licence in place of the one before, whatever comes of it. The SDK code: 0, 81 or 82.
///
/// # Safety
///
/// `gate` leads to a filled gate that no other thread uses now, `text` to `length` bytes, `verdict` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_load(
    gate: *mut Gate,
    text: *const c_char,
    length: usize,
    time: Time,
    verdict: *mut Verdict,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (gate, text, verdict) =
            unsafe { (content(gate)?, license(text.cast(), length)?, Out::new(verdict)?) };
        Ok(judged(&gate.load(text, time.read()), &verdict))
    })
}

/// Takes a licence in place of the one before where it is authentic and was not made earlier;
/// otherwise the one before stays, and what runs by it runs on.
///
/// The SDK code and `verdict` are the text's own; `in_force` says whether it was taken.
///
/// # Safety
///
/// As for `tonegate_gate_load`; `in_force` leads to a `bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_renew(
    gate: *mut Gate,
    text: *const c_char,
    length: usize,
    time: Time,
    verdict: *mut Verdict,
    in_force: *mut bool,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (gate, text) = unsafe { (content(gate)?, license(text.cast(), length)?) };
        // SAFETY: promised by the caller.
        let (verdict, in_force) = unsafe { (Out::new(verdict)?, Out::new(in_force)?) };
        Ok(offered(gate.renew(text, time.read()), &verdict, &in_force))
    })
}

/// May the feature run at `time`? Ask at each use, and every 60 s while it lasts: nothing ends by
/// itself. The SDK code: 0, 81, 82 or 83; what to do says `verdict->answer`.
///
/// # Safety
///
/// `gate` leads to a filled gate that no other thread uses now, `name` to `length` bytes, `verdict` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_check(
    gate: *mut Gate,
    name: *const c_char,
    length: usize,
    time: Time,
    verdict: *mut FeatureVerdict,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (gate, name, verdict) =
            unsafe { (content(gate)?, feature(name.cast(), length)?, Out::new(verdict)?) };
        Ok(allowed(&gate.check(name, time.read()), &verdict))
    })
}

/// What is true of the loaded licence at `time`. The SDK code: 0, 81 or 82.
///
/// # Safety
///
/// `gate` leads to a filled gate that no other thread uses now, `verdict` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_verdict(
    gate: *mut Gate,
    time: Time,
    verdict: *mut Verdict,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (gate, verdict) = unsafe { (content(gate)?, Out::new(verdict)?) };
        Ok(judged(&gate.verdict(time.read()), &verdict))
    })
}

/// What becomes of the feature when the licence ends, and when that is on this device. 0, or
/// `TONEGATE_FEATURE_MISSING` where no authentic licence names it.
///
/// # Safety
///
/// `gate` leads to a filled gate that no other thread changes now, `name` to `length` bytes, `outlook` to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_outlook(
    gate: *const Gate,
    name: *const c_char,
    length: usize,
    outlook: *mut Outlook,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (gate, name, outlook) =
            unsafe { (content_to_read(gate)?, feature(name.cast(), length)?, Out::new(outlook)?) };
        Ok(foreseen(gate.outlook(name), &outlook))
    })
}

/// What the device should keep: ask after each call, and store it whenever it differs. 0.
///
/// # Safety
///
/// `gate` leads to a filled gate that no other thread changes now, `state` to a `tonegate_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_gate_state(gate: *const Gate, state: *mut State) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (gate, state) = unsafe { (content_to_read(gate)?, Out::new(state)?) };
        state.put(State::of(gate.state()));
        Ok(TONEGATE_OK)
    })
}

pub(crate) fn judged(found: &verifier::Verdict, verdict: &Out<Verdict>) -> i32 {
    verdict.put(Verdict::of(found));
    found.sdk_code().into()
}

pub(crate) fn offered(
    outcome: Result<verifier::Verdict, verifier::Verdict>,
    verdict: &Out<Verdict>,
    in_force: &Out<bool>,
) -> i32 {
    in_force.put(outcome.is_ok());
    let (Ok(found) | Err(found)) = outcome;
    judged(&found, verdict)
}

pub(crate) fn allowed(found: &verifier::FeatureVerdict, verdict: &Out<FeatureVerdict>) -> i32 {
    verdict.put(FeatureVerdict::of(found));
    found.sdk_code().into()
}

pub(crate) fn foreseen(found: Option<verifier::Outlook>, outlook: &Out<Outlook>) -> i32 {
    let found = Outlook::of(found);
    outlook.put(found);
    found.code()
}
