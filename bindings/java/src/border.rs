//! The border to Java: copies under a bound on the way in, and exceptions for panics on the way out.
//!
//! Everything unsafe about the Java Native Interface is here. It rests on two things the JVM
//! promises: `env` is that of the calling thread, and a reference has the type that the method's
//! signature in `registration` says, which the JVM compared with Java's at loading.

use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use jni_sys::{
    JNIEnv, JNINativeInterface__1_1, JNINativeInterface__1_2, jbyteArray, jclass, jlong, jobject,
    jobjectArray, jsize, jstring,
};

/// What a call ends with when it has no value: an exception.
pub(crate) enum Refusal {
    /// The app is misconfigured: `IllegalArgumentException`.
    Argument(String),
    /// What was called is closed: `IllegalStateException`.
    Closed,
}

/// The calling thread's way back into the JVM, good for the call.
#[derive(Clone, Copy)]
pub(crate) struct Border(*mut JNIEnv);

/// Does the work of one native method. Its refusal, or its panic, becomes a Java exception; the
/// method then returns `otherwise`, which Java never sees.
pub(crate) fn enter<T>(
    env: *mut JNIEnv,
    otherwise: T,
    work: impl FnOnce(Border) -> Result<T, Refusal>,
) -> T {
    let border = Border(env);
    // A panic can leave a gate half changed, never unsound: there is no unsafe code below it.
    let outcome = catch_unwind(AssertUnwindSafe(|| work(border)));
    match outcome {
        Ok(Ok(value)) => return value,
        Ok(Err(Refusal::Argument(why))) => {
            border.throw(c"java/lang/IllegalArgumentException", &why);
        }
        Ok(Err(Refusal::Closed)) => border.throw(
            c"java/lang/IllegalStateException",
            "it is closed: make a new one, or close it later",
        ),
        Err(_) => border.throw(
            c"java/lang/RuntimeException",
            "the verifier has a fault and went no further; please report it",
        ),
    }
    otherwise
}

/// No object: Java's null.
pub(crate) const fn nothing() -> jobject {
    ptr::null_mut()
}

/// What Java holds of a value of ours, until [`release`].
pub(crate) fn hold<T>(value: T) -> jlong {
    // An address as a number, and back: Android marks addresses in their highest byte, so no check
    // of ranges can be made here.
    Box::into_raw(Box::new(value)).expose_provenance() as jlong
}

/// The value behind a number from [`hold`]; 0: it was closed.
///
/// # Safety
/// `held` is 0 or comes from [`hold`] with the same type, was not released, and no other thread uses
/// it during this call.
pub(crate) unsafe fn held<'a, T>(held: jlong) -> Result<&'a mut T, Refusal> {
    let value = ptr::with_exposed_provenance_mut::<T>(held as usize);
    // SAFETY: the caller's promise.
    unsafe { value.as_mut() }.ok_or(Refusal::Closed)
}

/// Frees what was held.
///
/// # Safety
/// As for [`held`], and it is never used again.
pub(crate) unsafe fn release<T>(held: jlong) {
    let value = ptr::with_exposed_provenance_mut::<T>(held as usize);
    if !value.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(value) });
    }
}

impl Border {
    /// For `JNI_OnLoad`, which gets the thread's environment by other means.
    pub(crate) const fn of(env: *mut JNIEnv) -> Self {
        Self(env)
    }

    /// Copies the first `UNITS` UTF-16 units of a string, as UTF-8 (three bytes a unit are enough).
    /// A lone surrogate becomes U+FFFD, and null becomes nothing.
    pub(crate) fn text<const UNITS: usize>(self, string: jstring, into: &mut [u8]) -> &str {
        let mut units = [0; UNITS];
        let units = self.units(string, &mut units);
        let mut length = 0;
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            let end = length + character.len_utf8();
            let Some(room) = into.get_mut(length..end) else { break };
            character.encode_utf8(room);
            length = end;
        }
        into.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }

    /// Copies at most as many bytes of an array as there is room for; null is none.
    pub(crate) fn bytes(self, array: jbyteArray, into: &mut [u8]) -> &[u8] {
        if array.is_null() {
            return &[];
        }
        // SAFETY: `array` is a byte array; the region lies within it and fits into `into`, whose
        // bytes may have any value.
        let length = unsafe {
            let length = (self.v1_1().GetArrayLength)(self.0, array).min(size(into.len()));
            (self.v1_1().GetByteArrayRegion)(self.0, array, 0, length, into.as_mut_ptr().cast());
            length
        };
        usize::try_from(length).ok().and_then(|length| into.get(..length)).unwrap_or_default()
    }

    /// The element of a `String[]`; null where there is none.
    pub(crate) fn element(self, array: jobjectArray, place: jsize) -> jstring {
        // SAFETY: `array` is an array of strings, and `place` lies within it.
        unsafe {
            match array.is_null() || place >= (self.v1_1().GetArrayLength)(self.0, array) {
                true => nothing(),
                false => (self.v1_1().GetObjectArrayElement)(self.0, array, place),
            }
        }
    }

    /// A new `String`; null, with Java's exception on its way, where memory is out.
    pub(crate) fn new_string(self, text: &str) -> jstring {
        let units: Vec<u16> = text.encode_utf16().collect();
        // SAFETY: so many units are there.
        unsafe { (self.v1_1().NewString)(self.0, units.as_ptr(), size(units.len())) }
    }

    /// A new `byte[]`; null as for a string.
    pub(crate) fn new_bytes(self, bytes: &[u8]) -> jbyteArray {
        let length = size(bytes.len());
        // SAFETY: the array is as long as what is copied into it.
        unsafe {
            let array = (self.v1_1().NewByteArray)(self.0, length);
            if !array.is_null() {
                let from = bytes.as_ptr().cast();
                (self.v1_1().SetByteArrayRegion)(self.0, array, 0, length, from);
            }
            array
        }
    }

    /// A class by its name; null, with Java's exception on its way, where there is none.
    pub(crate) fn class(self, name: &CStr) -> jclass {
        // SAFETY: the name ends with a zero.
        unsafe { (self.v1_1().FindClass)(self.0, name.as_ptr()) }
    }

    /// The functions of the first interface; every JVM has them.
    pub(crate) fn v1_1<'a>(self) -> &'a JNINativeInterface__1_1 {
        // SAFETY: `env` is the calling thread's, and its table outlives the call.
        unsafe { &(**self.0).v1_1 }
    }

    fn v1_2<'a>(self) -> &'a JNINativeInterface__1_2 {
        // SAFETY: as above; JNI_OnLoad was told that the JVM knows 1.6.
        unsafe { &(**self.0).v1_2 }
    }

    fn units(self, string: jstring, into: &mut [u16]) -> &[u16] {
        if string.is_null() {
            return &[];
        }
        // SAFETY: `string` is a string; the region lies within it and fits into `into`.
        let length = unsafe {
            let length = (self.v1_1().GetStringLength)(self.0, string).min(size(into.len()));
            (self.v1_2().GetStringRegion)(self.0, string, 0, length, into.as_mut_ptr());
            length
        };
        usize::try_from(length).ok().and_then(|length| into.get(..length)).unwrap_or_default()
    }

    fn throw(self, class: &CStr, message: &str) {
        let class = self.class(class);
        let message = CString::new(message).unwrap_or_default();
        if !class.is_null() {
            // SAFETY: the class is one of Java's exceptions, and the message ASCII with its zero.
            unsafe { (self.v1_1().ThrowNew)(self.0, class, message.as_ptr()) };
        }
    }
}

/// A length in Java's numbers.
fn size(length: usize) -> jsize {
    jsize::try_from(length).unwrap_or(jsize::MAX)
}
