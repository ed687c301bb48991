//! A voice behind a handle: `tonegate_voice::Voice`, function by function.
//!
//! **Safety, of every function here:** a handle came from `voice_new` and was not freed, and no other call uses it or the
//! desk meanwhile (the module has one thread). `js/voice.js` sees to that. Clocks are whole seconds; texts are taken
//! from the desk, answers are put there.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::mem;
use std::rc::Rc;

use tonegate_license::explain as write_explanation;
use tonegate_voice::{Flow, Voice, VoiceError};

use crate::desk::{answer, frame, texts, time};
use crate::json;

type Tell = Box<dyn FnMut(&VoiceError)>;

/// A voice, and the errors that nobody has fetched yet.
#[expect(missing_debug_implementations, reason = "it crosses as an address")]
pub struct Handle {
    voice: Voice<Tell>,
    errors: Rc<RefCell<Vec<VoiceError>>>,
}

/// Makes a voice from the desk's texts (pins, issuer, environment, identity, state); its address, or a fault below 16.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_new(app_id: f64, drawn: u32) -> usize {
    // SAFETY: the caller's promise.
    match unsafe { texts() }.settings(app_id, drawn) {
        Err(fault) => fault.number(),
        Ok(settings) => {
            let errors = Rc::new(RefCell::new(Vec::with_capacity(4)));
            let told = Rc::clone(&errors);
            let tell: Tell = Box::new(move |error| told.borrow_mut().push(*error));
            let voice = Voice::new(settings.pins, settings.expect, settings.state, tell);
            Box::into_raw(Box::new(Handle { voice, errors })) as usize
        }
    }
}

/// Ends a voice.
///
/// # Safety
/// As stated above; the handle is of no use afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_free(handle: *mut Handle) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(handle) });
}

/// `Voice::init` with the desk's text; the verdict is the answer.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_init(handle: *mut Handle, wall: f64, elapsed: f64) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let verdict = (*handle).voice.init(texts().text(), time(wall, elapsed));
        answer(|out| json::verdict(&verdict, out))
    }
}

/// `Voice::renew` with the desk's text; the verdict, and whether the licence is in force, is the answer.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_renew(handle: *mut Handle, wall: f64, elapsed: f64) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let offered = (*handle).voice.renew(texts().text(), time(wall, elapsed));
        answer(|out| json::offered(&offered, out))
    }
}

/// `Voice::enable_ans`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_enable_ans(handle: *mut Handle, on: u32, wall: f64, elapsed: f64) {
    // SAFETY: the caller's promise.
    unsafe { (*handle).voice.enable_ans(on != 0, time(wall, elapsed)) }
}

/// `Voice::enable_agc`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_enable_agc(handle: *mut Handle, on: u32, wall: f64, elapsed: f64) {
    // SAFETY: the caller's promise.
    unsafe { (*handle).voice.enable_agc(on != 0, time(wall, elapsed)) }
}

/// `Voice::set_ans_mode`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_set_ans_mode(
    handle: *mut Handle,
    number: i32,
    wall: f64,
    elapsed: f64,
) {
    // SAFETY: the caller's promise.
    unsafe { (*handle).voice.set_ans_mode(number, time(wall, elapsed)) }
}

/// `Voice::start_record`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_start_record(handle: *mut Handle, wall: f64, elapsed: f64) {
    // SAFETY: the caller's promise.
    unsafe { (*handle).voice.start_record(time(wall, elapsed)) }
}

/// `Voice::process` with the desk's frame; how it goes on: 0 idle, 1 records, 2 ended.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_process(handle: *mut Handle, wall: f64, elapsed: f64) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { (*handle).voice.process(frame(), time(wall, elapsed)) } {
        Flow::Idle => 0,
        Flow::Records => 1,
        Flow::Ended => 2,
    }
}

/// `Voice::complete_record`.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_complete_record(handle: *mut Handle) {
    // SAFETY: the caller's promise.
    unsafe { (*handle).voice.complete_record() }
}

/// What is going on, in bits: 0 a recording; 1 gain control ran in its last frame; from 2 on the number of the mode in
/// which noise suppression did, plus one.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_running(handle: *const Handle) -> u32 {
    // SAFETY: the caller's promise.
    let voice = unsafe { &(*handle).voice };
    let running = voice.running();
    let mode = running.ans.map_or(0, |mode| mode as u32 + 1);
    u32::from(voice.is_recording()) | u32::from(running.agc) << 1 | mode << 2
}

/// `Voice::latency`, in samples.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_latency(handle: *const Handle) -> usize {
    // SAFETY: the caller's promise.
    unsafe { (*handle).voice.latency() }
}

/// The errors since they were asked for last; 0: none.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_errors(handle: *mut Handle) -> usize {
    // SAFETY: the caller's promise.
    let mut errors = unsafe { (*handle).errors.borrow_mut() };
    if errors.is_empty() {
        return 0;
    }
    let told = mem::replace(&mut *errors, Vec::with_capacity(4));
    // SAFETY: the caller's promise.
    unsafe { answer(|out| json::errors(&told, out)) }
}

/// The state that the device should keep, as hex digits.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn voice_state(handle: *const Handle) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let state = (*handle).voice.gate().state().to_bytes();
        answer(|out| state.iter().try_for_each(|byte| write!(out, "{byte:02x}")))
    }
}

/// `tonegate_license::explain` of the desk's sixth text, for what the five before it say; 0: it does not fit; negative: the
/// fault in those.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn explain(app_id: f64, drawn: u32, wall: f64) -> isize {
    // SAFETY: the caller's promise.
    let mut texts = unsafe { texts() };
    let settings = match texts.settings(app_id, drawn) {
        Err(fault) => return -fault.number().cast_signed(),
        Ok(settings) => settings,
    };
    let (text, at) = (texts.text(), time(wall, 0.0));
    // SAFETY: the caller's promise.
    let length = unsafe {
        answer(|out| {
            write_explanation(text, settings.pins, settings.expect, at, settings.state, out)
        })
    };
    length.cast_signed()
}
