//! Why Valkey did not answer.

use std::fmt;
use std::io;

/// Why a round trip came to nothing, or a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not in time.
    TimedOut,
    /// The connection is over.
    Closed(String),
    /// It answered with an error, such as READONLY or MOVED.
    Refused(String),
}

impl Fault {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Closed(error.to_string()),
        }
    }

    /// Does the server want a password?
    pub(super) fn wants_password(&self) -> bool {
        matches!(self, Self::Refused(why) if why.starts_with("NOAUTH") || why.starts_with("NOPERM"))
    }

    pub(super) fn unexpected(what: &str) -> Self {
        Self::Refused(format!("it answered {what} with something else"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Closed(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}
