//! What this process asks of its surroundings: its secrets to itself, and files enough to serve.

use std::panic::PanicHookInfo;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

use crate::output;

/// No core dump, no debugger of the same user, and panics that print where, never with what.
pub(crate) fn protect() {
    // Both can only fail where a sandbox forbids them, and then they protect by not being needed.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    std::panic::set_hook(Box::new(report_bug));
}

/// Files that a server keeps open beside its connections: database, listeners, runtime, health.
const FILES_BESIDE: u64 = 128;

/// Takes all the open files that this process may have, and says in the log where they are too few
/// for so many connections; `key`: where those are configured.
pub(crate) fn open_files_for(connections: usize, key: &str) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it is refused, what there was before is what counts below.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(FILES_BESIDE);
    if let Some(limit) = getrlimit(Resource::Nofile).current.filter(|limit| *limit < needed) {
        tracing::warn!(
            connections,
            limit,
            "{key} does not fit below the limit of open files; raise that to {needed}"
        );
    }
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
