//! A gate in a slot: `tonegate_license::Gate`, function by function.
//!
//! **Safety, of every function here:** a slot is null or holds a gate that `gate_begin` made there, and no
//! other call uses it meanwhile (the module has one thread); other pointers point to what their type says,
//! within linear memory, apart from each other. `js/module.js` sees to both. A null slot answers as a gate
//! without a licence does.

use core::mem;

use tonegate_license::{FeatureVerdict, Gate, Reason, State};

use crate::border::{
    Bytes, FoundFeature, FoundOutlook, FoundVerdict, NO_LICENSE, Options, code, time,
};

// A slot is taken back by forgetting it.
const _: () = assert!(!mem::needs_drop::<Gate>());

/// What a slot has to hold, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn gate_bytes() -> usize {
    mem::size_of::<Gate>()
}

/// Makes a closed gate in a slot; 0, or the fault in its options, and then nothing is made.
///
/// # Safety
/// As stated above, but what lies in the slot is of no account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_begin(slot: *mut Gate, options: *const Options) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { (*options).read() } {
        Err(fault) => code(fault),
        Ok(settings) => {
            let gate = Gate::new(settings.pins, settings.expect, settings.state());
            // SAFETY: the slot has room for a gate, and is aligned for one.
            unsafe { slot.write(gate) };
            0
        }
    }
}

/// `Gate::load`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_load(
    slot: *mut Gate,
    text: *const Bytes,
    wall: i64,
    elapsed: u64,
    out: *mut FoundVerdict,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let gate = slot.as_mut();
        let verdict = gate.map(|gate| gate.load((*text).text(), time(wall, elapsed)));
        out.write(verdict.unwrap_or(NO_LICENSE).into());
    }
}

/// `Gate::renew`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_renew(
    slot: *mut Gate,
    text: *const Bytes,
    wall: i64,
    elapsed: u64,
    out: *mut FoundVerdict,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let gate = slot.as_mut();
        let offered = gate.map(|gate| gate.renew((*text).text(), time(wall, elapsed)));
        out.write(offered.unwrap_or(Err(NO_LICENSE)).into());
    }
}

/// `Gate::verdict`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_verdict(
    slot: *mut Gate,
    wall: i64,
    elapsed: u64,
    out: *mut FoundVerdict,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let verdict = slot.as_mut().map(|gate| gate.verdict(time(wall, elapsed)));
        out.write(verdict.unwrap_or(NO_LICENSE).into());
    }
}

/// `Gate::check`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_check(
    slot: *mut Gate,
    feature: *const Bytes,
    wall: i64,
    elapsed: u64,
    out: *mut FoundFeature,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let gate = slot.as_mut();
        let verdict = gate.map(|gate| gate.check((*feature).text(), time(wall, elapsed)));
        out.write(verdict.unwrap_or(FeatureVerdict::Bypass(Reason::Empty)).into());
    }
}

/// `Gate::outlook`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_outlook(
    slot: *const Gate,
    feature: *const Bytes,
    out: *mut FoundOutlook,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let gate = slot.as_ref();
        out.write(gate.and_then(|gate| gate.outlook((*feature).text())).into());
    }
}

/// `Gate::state`; false where the slot is null.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gate_state(slot: *const Gate, out: *mut [u8; State::BYTES]) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(gate) = slot.as_ref() else { return false };
        out.write(gate.state().to_bytes());
    }
    true
}
