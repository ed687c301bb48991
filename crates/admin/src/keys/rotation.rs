//! How to rotate, as a body says it, and why it may not be.

use serde::Deserialize;
use tonegate_server::ceremony::CeremonyError;
use tonegate_server::keys::{RotateError, Rotation, Start};

use crate::problem::{Code, Problem};

/// How to rotate.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    /// When the new key begins to sign.
    start: StartBody,
    /// Withdraw every earlier key on each device that sees a licence of the new one.
    #[serde(default)]
    raise_floor: bool,
    /// Have the standby root certify the key; from then on devices refuse the active root for good.
    #[serde(default)]
    standby: bool,
    /// Make the key in the hardware token that the server is configured with.
    #[serde(default)]
    token: bool,
}

/// `planned`: at the first full hour at least 2 h ahead. `now`: at once, for when the old key is
/// stolen. A number: at this full hour, Unix seconds.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
enum StartBody {
    Word(StartWord),
    At(i64),
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum StartWord {
    Planned,
    Now,
}

impl From<RotationBody> for Rotation {
    fn from(body: RotationBody) -> Self {
        let start = match body.start {
            StartBody::Word(StartWord::Planned) => Start::Planned,
            StartBody::Word(StartWord::Now) => Start::Now,
            StartBody::At(at) => Start::At(at),
        };
        Self { start, raise_floor: body.raise_floor, standby: body.standby, in_token: body.token }
    }
}

impl From<RotateError> for Problem {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::NoRoot => Self::new(Code::RootsOffline, error.to_string()),
            RotateError::TooSoon { .. } => {
                Self::new(Code::StartTooSoon, error.to_string()).at("start", error.to_string())
            }
            RotateError::Store(error) => error.into(),
            other => Self::new(Code::KeysRefused, other.to_string()),
        }
    }
}

impl From<CeremonyError> for Problem {
    fn from(error: CeremonyError) -> Self {
        match error {
            CeremonyError::Store(error) => error.into(),
            CeremonyError::Rotate(error) => error.into(),
            CeremonyError::AutoRoot => Self::new(Code::AutoRoot, error.to_string()),
            CeremonyError::RequestWaits => Self::new(
                Code::RequestWaits,
                "a request waits for its certificates; install them, or send `replace` to begin anew",
            ),
            CeremonyError::Count => {
                Self::new(Code::InvalidBody, "`count` is 1 to 13: a year of keys")
            }
            CeremonyError::File { .. } => {
                tracing::error!(%error, "a ceremony's file cannot be used");
                Self::new(Code::Internal, "a file on the server cannot be used; its log says which")
            }
            other => Self::new(Code::KeysRefused, other.to_string()),
        }
    }
}
