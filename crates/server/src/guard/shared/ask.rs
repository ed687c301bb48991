//! What is asked about a request, and what Valkey says.

use tonegate_listener::Rate;

use crate::guard::ReplayMode;

/// A request whose admission is decided for all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The app that has signed it.
    pub app_id: u32,
    /// Which of the app's two rates is charged: that of who holds a secret and may not use it?
    pub refused: bool,
    /// The rate.
    pub rate: Rate,
    /// What a repeat gets.
    pub mode: ReplayMode,
    /// Its signature.
    pub signature: [u8; 16],
    /// Its Timestamp.
    pub timestamp: i64,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// New on every node, charged and consumed.
    Accepted,
    /// Seen before and charged; only with [`ReplayMode::Repeatable`].
    AcceptedAgain,
    /// Seen before.
    Repeated,
    /// Over the rate, and not consumed.
    RateLimited,
    /// Valkey did not say.
    #[default]
    Lost,
}

impl Answer {
    /// A letter of the script.
    pub(super) const fn of(letter: u8) -> Option<Self> {
        match letter {
            b'A' => Some(Self::Accepted),
            b'B' => Some(Self::AcceptedAgain),
            b'R' => Some(Self::Repeated),
            b'L' => Some(Self::RateLimited),
            _ => None,
        }
    }
}
