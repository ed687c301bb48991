//! What needs no slot: explaining a licence, and computing an app's identity.
//!
//! Safety is as of `gate.rs`.

use core::slice;

use tonegate_license::{Identity, explain as write_explanation};

use crate::border::{Bytes, Options, Written, code, time};

/// What an explanation came to.
#[repr(C)]
pub struct Explained {
    /// 0, or the fault in the options.
    fault: u32,
    /// Bytes of JSON; 0: there is a fault, or it did not fit.
    length: usize,
}

/// `explain`, written to `into`, which has room for `room` bytes.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn explain(
    options: *const Options,
    text: *const Bytes,
    wall: i64,
    into: *mut u8,
    room: usize,
    out: *mut Explained,
) {
    // SAFETY: the caller's promise.
    let (settings, text, into) =
        unsafe { ((*options).read(), (*text).text(), slice::from_raw_parts_mut(into, room)) };
    let explained = match settings {
        Err(fault) => Explained { fault: code(fault), length: 0 },
        Ok(settings) => {
            let state = settings.state();
            let mut json = Written { into, length: 0 };
            let (pins, expect, at) = (settings.pins, settings.expect, time(wall, 0));
            let fits = write_explanation(text, pins, expect, at, state, &mut json).is_ok();
            Explained { fault: 0, length: if fits { json.length } else { 0 } }
        }
    };
    // SAFETY: the caller's promise.
    unsafe { out.write(explained) };
}

/// The identity of an Android app (0), an iOS app (1) or a page (2), from its name, and for Android
/// from the digest of its signing certificate; false where there is no such platform.
///
/// # Safety
/// As stated above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn identity(
    platform: u32,
    name: *const Bytes,
    digest: *const [u8; 32],
    out: *mut [u8; 16],
) -> bool {
    // SAFETY: the caller's promise; the digest is only looked at where there is one.
    unsafe {
        let name = (*name).text();
        let identity = match platform {
            0 => Identity::android(name, &*digest),
            1 => Identity::ios(name),
            2 => Identity::web(name),
            _ => return false,
        };
        out.write(*identity.as_bytes());
    }
    true
}
