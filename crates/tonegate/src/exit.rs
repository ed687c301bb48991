//! How the command ends: exit codes, and the one line on stderr that says what happened.

use std::process::ExitCode;

use serde_json::json;
use tonegate_client::FetchError;
use tonegate_config::ConfigError;
use tonegate_issuer::KeyError;
use tonegate_listener::ListenError;
use tonegate_relay::auth::KeyFileError;
use tonegate_server::StartError;
use tonegate_server::backup::BackupError;
use tonegate_server::ceremony::CeremonyError;
use tonegate_server::guard::GuardError;
use tonegate_server::installation::InstallationError;
use tonegate_server::seal::SealError;
use tonegate_server::store::{CopyError, StoreError};

use crate::output;

/// The exit codes, as `tonegate --help` lists them.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done; where a licence is verified: it is valid
  1  failed, or refused: stderr says what happened, why, and what to do
  2  wrong arguments or configuration
  3  the licence is not valid, does not unlock all that was asked for, or the issuer gave none
  4  the installation cannot be used: missing, damaged, not writable, or its parts do not fit
  5  in use: another process holds the address or the data directory";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotValid = 3,
    Installation = 4,
    InUse = 5,
}

impl Exit {
    /// The code's name in JSON errors.
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotValid => "not_valid",
            Self::Installation => "installation",
            Self::InUse => "in_use",
        }
    }

    #[expect(clippy::as_conversions, reason = "the discriminant is the code, by definition")]
    const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error of this command's own, with the code that it ends with.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Something did not work, or is refused.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// The arguments ask for what cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// The installation cannot be used.
    pub(crate) fn installation(message: impl Into<String>) -> Self {
        Self { exit: Exit::Installation, message: message.into() }
    }
}

/// Prints an error as one line and tells its exit code.
pub(crate) fn failed(error: &anyhow::Error, json: bool) -> Exit {
    let exit = exit_of(error);
    report(exit, &error.to_string(), json);
    exit
}

/// Prints what clap has to say: help on stdout, complaints on stderr.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    // The arguments were not understood, so this one is looked for by hand.
    let json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && json {
        let text = error.render().to_string();
        let complaint = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ");
        report(Exit::Usage, complaint, json);
        return Exit::Usage;
    }
    // There is nobody left to tell when this fails.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn report(exit: Exit, message: &str, json: bool) {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if json {
        let error = json!({ "kind": exit.name(), "exit_code": exit.code(), "message": message });
        output::complain(&json!({ "error": error }).to_string());
    } else {
        output::complain(&format!("{} {message}", output::bad("error:")));
    }
}

fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        failure.exit
    } else if let Some(error) = error.downcast_ref::<StartError>() {
        of_start(error)
    } else if let Some(error) = error.downcast_ref::<InstallationError>() {
        of_installation(error)
    } else if let Some(error) = error.downcast_ref::<StoreError>() {
        of_store(error)
    } else if let Some(error) = error.downcast_ref::<FetchError>() {
        of_fetch(error)
    } else if let Some(error) = error.downcast_ref::<tonegate_relay::StartError>() {
        of_relay(error)
    } else if let Some(error) = error.downcast_ref::<CeremonyError>() {
        of_ceremony(error)
    } else if let Some(error) = error.downcast_ref::<BackupError>() {
        of_backup(error)
    } else if let Some(CopyError::Store(error)) = error.downcast_ref::<CopyError>() {
        of_store(error)
    } else if let Some(GuardError::InUse { .. }) = error.downcast_ref::<GuardError>() {
        Exit::InUse
    } else if error.is::<ConfigError>() {
        Exit::Usage
    } else if error.is::<SealError>() || error.is::<KeyError>() || error.is::<KeyFileError>() {
        Exit::Installation
    } else {
        Exit::Failed
    }
}

fn of_backup(error: &BackupError) -> Exit {
    match error {
        BackupError::PassphraseShort { .. } => Exit::Usage,
        BackupError::Store(error) => of_store(error),
        BackupError::Seal(_) => Exit::Installation,
        _ => Exit::Failed,
    }
}

fn of_ceremony(error: &CeremonyError) -> Exit {
    match error {
        CeremonyError::Count => Exit::Usage,
        CeremonyError::Store(error) => of_store(error),
        CeremonyError::Damaged(_) | CeremonyError::Key(_) | CeremonyError::Seal(_) => {
            Exit::Installation
        }
        _ => Exit::Failed,
    }
}

fn of_start(error: &StartError) -> Exit {
    match error {
        _ if error.is_in_use() => Exit::InUse,
        StartError::Installation(error) => of_installation(error),
        StartError::Store(error) => of_store(error),
        StartError::Unreachable { store, .. } => of_store(store),
        // It is the configuration that names what is not there.
        StartError::SharedGuard(_) => Exit::Usage,
        StartError::Guard(GuardError::Io { .. })
        | StartError::SelfIssue(_)
        | StartError::Identity(_) => Exit::Installation,
        StartError::Guard(_) | StartError::Listen(_) => Exit::Failed,
    }
}

fn of_relay(error: &tonegate_relay::StartError) -> Exit {
    use tonegate_relay::StartError as Start;
    match error {
        Start::Config(_) | Start::NoAuthentication | Start::Upstream { .. } => Exit::Usage,
        Start::Listen(ListenError::AddressInUse { .. }) => Exit::InUse,
        Start::Listen(_) => Exit::Failed,
        _ => Exit::Installation,
    }
}

fn of_installation(error: &InstallationError) -> Exit {
    match error {
        InstallationError::Exists { .. } => Exit::Failed,
        InstallationError::Store(error) => of_store(error),
        _ => Exit::Installation,
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Busy => Exit::InUse,
        StoreError::Taken { .. }
        | StoreError::Occupied { .. }
        | StoreError::Empty { .. }
        | StoreError::Refused { .. }
        | StoreError::Unreachable { .. } => Exit::Installation,
        StoreError::Missing { .. }
        | StoreError::Exists { .. }
        | StoreError::Foreign { .. }
        | StoreError::File { .. }
        | StoreError::Damaged { .. }
        | StoreError::Replaced { .. }
        | StoreError::SchemaNewer { .. }
        | StoreError::WrongKek { .. }
        | StoreError::Row(_)
        | StoreError::Seal(_)
        | StoreError::Database(_) => Exit::Installation,
        _ => Exit::Failed,
    }
}

fn of_fetch(error: &FetchError) -> Exit {
    match error {
        FetchError::Refused { .. } | FetchError::ClockOff { .. } => Exit::NotValid,
        FetchError::BadEndpoint { .. } | FetchError::NoTrust { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_code() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::NotValid,
            Exit::Installation,
            Exit::InUse,
        ];
        let listed = TABLE.lines().skip(1).filter_map(|line| line.trim().chars().next());
        let codes = all.map(|exit| char::from(b'0' + exit.code()));
        assert!(listed.eq(codes));
    }
}
