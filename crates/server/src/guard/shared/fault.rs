//! Why Valkey did not answer.

use std::fmt;

use redis::{RedisError, ServerError};

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
    pub(super) fn of(error: &RedisError) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_io_error() || error.is_connection_dropped() {
            Self::Closed(error.to_string())
        } else {
            Self::Refused(error.to_string())
        }
    }

    pub(super) fn refused(error: &ServerError) -> Self {
        Self::Refused(format!("{} {}", error.code(), error.details().unwrap_or_default()))
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
