//! What protects the secrets in this process from everything around it.

use std::panic::PanicHookInfo;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::output;

/// No core dump, no debugger of the same user, and panics that print where, never with what.
pub(crate) fn protect() {
    // Both can only fail where a sandbox forbids them, and then they protect by not being needed.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    std::panic::set_hook(Box::new(report_bug));
}

/// A panic's message may quote what it choked on, so it is left out.
fn report_bug(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    if tracing::dispatcher::has_been_set() {
        tracing::error!(place, "this is a bug in tonegate; please report it");
    } else {
        output::complain(&format!("this is a bug in tonegate, at {place}; please report it"));
    }
}

/// Who acts, for the audit.
pub(crate) fn actor() -> String {
    format!("cli uid {}", rustix::process::getuid().as_raw())
}
