//! Which app this is, as far as a licence can be tied to it.

use core::ffi::c_char;
use core::fmt::{self, Write as _};

use tonegate_license::Identity;

use crate::border::{Answer, Buffer, answer, bytes, text};
use crate::codes::Misuse;
use crate::limits::TONEGATE_IDENTITY_BYTES;

/// Writes the identity of an Android app, of its package name and the SHA-256 digest (32 bytes) of its signing
/// certificate: 22 characters and a final zero into `out`, of `TONEGATE_IDENTITY_BYTES` at least.
///
/// # Safety
///
/// `package` leads to `length` bytes, `certificate_sha256` to 32, `out` to `capacity` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_identity_android(
    package: *const c_char,
    length: usize,
    certificate_sha256: *const u8,
    out: *mut c_char,
    capacity: usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let (package, digest) =
            unsafe { (text(package.cast(), length)?, bytes(certificate_sha256, 32, 32)?) };
        let digest = digest.try_into().map_err(|_| Misuse::Length)?;
        // SAFETY: promised by the caller.
        unsafe { write(&Identity::android(package, digest), out, capacity) }
    })
}

/// Writes the identity of an iOS, iPadOS or macOS app, of its bundle id; otherwise as `tonegate_identity_android`.
///
/// # Safety
///
/// `bundle_id` leads to `length` bytes, `out` to `capacity` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_identity_ios(
    bundle_id: *const c_char,
    length: usize,
    out: *mut c_char,
    capacity: usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let bundle_id = unsafe { text(bundle_id.cast(), length) }?;
        // SAFETY: promised by the caller.
        unsafe { write(&Identity::ios(bundle_id), out, capacity) }
    })
}

/// Writes the identity of a page, of its origin as browsers write it; otherwise as `tonegate_identity_android`.
///
/// # Safety
///
/// `origin` leads to `length` bytes, `out` to `capacity` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_identity_web(
    origin: *const c_char,
    length: usize,
    out: *mut c_char,
    capacity: usize,
) -> i32 {
    answer(|| {
        // SAFETY: promised by the caller.
        let origin = unsafe { text(origin.cast(), length) }?;
        // SAFETY: promised by the caller.
        unsafe { write(&Identity::web(origin), out, capacity) }
    })
}

/// # Safety
///
/// `out` is null, or leads to `capacity` writable bytes.
unsafe fn write(identity: &Identity, out: *mut c_char, capacity: usize) -> Answer {
    let mut written = 0;
    // SAFETY: promised by the caller; `written` is ours.
    let mut out = unsafe { Buffer::new(out.cast(), capacity, &raw mut written) }?;
    let mut line = Line { bytes: [0; TONEGATE_IDENTITY_BYTES - 1], length: 0 };
    write!(line, "{identity}").map_err(|_| Misuse::Length)?;
    out.put_text(str::from_utf8(&line.bytes).unwrap_or_default())
}

/// The 22 characters.
struct Line {
    bytes: [u8; TONEGATE_IDENTITY_BYTES - 1],
    length: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let places = self.bytes.iter_mut().skip(self.length);
        self.length += places.zip(text.bytes()).map(|(place, byte)| *place = byte).count();
        Ok(())
    }
}
