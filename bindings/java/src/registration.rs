//! Ties the native methods of `dev.tonegate.Native` to our functions when the library is loaded.
//!
//! The JVM finds each method by name and signature, so a jar and a library that do not belong
//! together fail here, with a NoSuchMethodError, and not later in memory.

use std::ffi::{CStr, c_void};
use std::panic::catch_unwind;
use std::ptr;

use jni_sys::{JNI_ERR, JNI_OK, JNI_VERSION_1_6, JNIEnv, JNINativeMethod, JavaVM, jint};

use crate::border::Border;
use crate::{gate, session};

const CLASS: &CStr = c"dev/tonegate/Native";

/// A native method's name and signature in Java, and our function.
type Method = (&'static CStr, &'static CStr, *const ());

fn of_all() -> [Method; 5] {
    [
        (c"version", c"()Ljava/lang/String;", crate::version as *const ()),
        (c"reasons", c"()Ljava/lang/String;", crate::reasons as *const ()),
        (c"examine", c"([Ljava/lang/String;)V", crate::examine as *const ()),
        (
            c"identity",
            c"(Ljava/lang/String;Ljava/lang/String;[B)Ljava/lang/String;",
            crate::identity as *const (),
        ),
        (
            c"explain",
            c"([Ljava/lang/String;Ljava/lang/String;[BJ)Ljava/lang/String;",
            gate::explain as *const (),
        ),
    ]
}

fn of_gates() -> [Method; 8] {
    const LICENSE: &CStr = c"(Ljava/lang/Object;JLjava/lang/String;JJ)Ljava/lang/String;";
    [
        (c"gateCreate", c"([Ljava/lang/String;[BI)J", gate::create as *const ()),
        (c"gateRelease", c"(J)V", gate::free as *const ()),
        (c"gateLoad", LICENSE, gate::load as *const ()),
        (c"gateRenew", LICENSE, gate::renew as *const ()),
        (c"gateVerdict", VERDICT, gate::verdict as *const ()),
        (c"gateCheck", CHECK, gate::check as *const ()),
        (c"gateOutlook", OUTLOOK, gate::outlook as *const ()),
        (c"gateState", c"(Ljava/lang/Object;J)[B", gate::stored as *const ()),
    ]
}

fn of_sessions() -> [Method; 11] {
    const FETCHED: &CStr = c"(Ljava/lang/Object;JLjava/lang/String;JJ)Ljava/lang/String;";
    const LICENSE: &CStr = c"(Ljava/lang/Object;J)Ljava/lang/String;";
    [
        (c"sessionBegin", c"([Ljava/lang/String;[BJJJ)J", session::begin as *const ()),
        (c"sessionRelease", c"(J)V", session::free as *const ()),
        (c"sessionTurn", c"(Ljava/lang/Object;JJJ)J", session::turn as *const ()),
        (c"sessionFetched", FETCHED, session::fetched as *const ()),
        (c"sessionFailed", c"(Ljava/lang/Object;JJJJ)V", session::failed as *const ()),
        (c"sessionHasten", c"(Ljava/lang/Object;J)V", session::hasten as *const ()),
        (c"sessionCheck", CHECK, session::check as *const ()),
        (c"sessionVerdict", VERDICT, session::verdict as *const ()),
        (c"sessionOutlook", OUTLOOK, session::outlook as *const ()),
        (c"sessionLicense", LICENSE, session::license as *const ()),
        (c"sessionSave", c"(Ljava/lang/Object;JZ)[B", session::save as *const ()),
    ]
}

const VERDICT: &CStr = c"(Ljava/lang/Object;JJJ)Ljava/lang/String;";
const CHECK: &CStr = c"(Ljava/lang/Object;JLjava/lang/String;JJ)J";
const OUTLOOK: &CStr = c"(Ljava/lang/Object;JLjava/lang/String;)Ljava/lang/String;";

/// Called by the JVM when the library is loaded; an error, or an exception, fails the loading.
#[unsafe(no_mangle)]
extern "system" fn JNI_OnLoad(vm: *mut JavaVM, _reserved: *mut c_void) -> jint {
    match catch_unwind(|| register(vm)) {
        Ok(Some(())) => JNI_VERSION_1_6,
        _ => JNI_ERR,
    }
}

fn register(vm: *mut JavaVM) -> Option<()> {
    let mut env = ptr::null_mut::<c_void>();
    // SAFETY: the JVM passes itself; it knows 1.6, which every JVM and Android does.
    let found = unsafe { ((**vm).v1_2.GetEnv)(vm, &raw mut env, JNI_VERSION_1_6) };
    if found != JNI_OK {
        return None;
    }
    let env = env.cast::<JNIEnv>();
    let border = Border::of(env);
    let class = border.class(CLASS);
    let methods: Vec<_> = [&of_all()[..], &of_gates(), &of_sessions()]
        .concat()
        .into_iter()
        .map(|(name, signature, function)| JNINativeMethod {
            name: name.as_ptr().cast_mut(),
            signature: signature.as_ptr().cast_mut(),
            fnPtr: function.cast_mut().cast(),
        })
        .collect();
    let count = jint::try_from(methods.len()).ok()?;
    if class.is_null() {
        return None;
    }
    // SAFETY: the class is there, and each function has the arguments that its signature says: the
    // sources stand side by side, and the JVM compares the signatures with Java's.
    let done = unsafe { (border.v1_1().RegisterNatives)(env, class, methods.as_ptr(), count) };
    (done == JNI_OK).then_some(())
}
