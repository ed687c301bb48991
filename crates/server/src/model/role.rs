//! What a person or a program may do.

use super::text::words;

words! {
    /// What somebody may do; each may all that the one before may.
    Role in "role" {
        /// Looks.
        Viewer = "viewer",
        /// Works on apps and their secrets.
        Operator = "operator",
        /// Decides about keys, people and webhooks.
        Owner = "owner",
    }
}

impl Role {
    fn rank(self) -> usize {
        Self::ALL.iter().take_while(|role| **role != self).count()
    }
}

impl PartialOrd for Role {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Role {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}
