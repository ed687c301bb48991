//! Why a value was refused: one error for the whole model.

use tonegate_protocol::ServerSecretError;

/// A rule of the model that a value breaks. [`ModelError::field`] names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Not one of a closed set of words.
    #[error("{field} `{found}` is not one of {words}")]
    Word {
        /// The field.
        field: &'static str,
        /// The text as given.
        found: String,
        /// The words that are allowed.
        words: &'static str,
    },
    /// Free text of the wrong length, with control characters or outer blanks.
    #[error(
        "{field} has {found} characters; allowed are {min} to {max}, \
         without control characters or blanks at the ends"
    )]
    Text {
        /// The field.
        field: &'static str,
        /// Its length in characters.
        found: usize,
        /// The least length.
        min: usize,
        /// The greatest length.
        max: usize,
    },
    /// Free text with a character that does not show.
    #[error("{field} holds U+{found:04X}, which does not show; leave it out")]
    Hidden {
        /// The field.
        field: &'static str,
        /// The character.
        found: u32,
    },
    /// A number outside its range.
    #[error("{field} is {found}; allowed are {min} to {max}")]
    Range {
        /// The field.
        field: &'static str,
        /// The number as given.
        found: i64,
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Too many entries in a list.
    #[error("{field} has {found} entries; at most {max} are allowed")]
    TooMany {
        /// The field.
        field: &'static str,
        /// How many were given.
        found: usize,
        /// The greatest number allowed.
        max: usize,
    },
    /// The same entry twice in a list.
    #[error("{field} names `{value}` twice")]
    Duplicate {
        /// The field.
        field: &'static str,
        /// The entry.
        value: String,
    },
    /// A period that ends before it begins.
    #[error("{field} begins at {from} and ends at {until}; it must end later than it begins")]
    Period {
        /// The field.
        field: &'static str,
        /// Begin, Unix seconds.
        from: i64,
        /// End, Unix seconds.
        until: i64,
    },
    /// A feature name outside `[a-z0-9-]{1,16}`.
    #[error("feature `{found}` is not 1 to 16 characters of a-z, 0-9 and -")]
    FeatureName {
        /// The text as given.
        found: String,
    },
    /// Not `feature:stop`, `feature:bypass` or `feature:grace:1`–`72`.
    #[error(
        "expiry rule `{found}` is not `feature:stop`, `feature:bypass` or `feature:grace:1–72`"
    )]
    ExpiryRule {
        /// The text as given.
        found: String,
    },
    /// A rule for a feature that the app does not have.
    #[error("on_expiry has a rule for feature `{feature}`, which the app does not have")]
    ExpiryRuleAlone {
        /// The feature.
        feature: String,
    },
    /// Not 22 base64url characters that hold 16 bytes.
    #[error("binding `{found}` is not 22 base64url characters (a hash of 16 bytes)")]
    Binding {
        /// The text as given.
        found: String,
    },
    /// An issuer name outside `[A-Za-z0-9._:/-]{1,32}`.
    #[error("issuer name `{found}` is not 1 to 32 characters of A-Z, a-z, 0-9 and . _ : / -")]
    Issuer {
        /// The text as given.
        found: String,
    },
    /// A ServerSecret that is not 32 ASCII letters and digits. Never shows what was given.
    #[error("{0}")]
    SecretForm(ServerSecretError),
    /// A ServerSecret that could be guessed.
    #[error("the ServerSecret is too easy to guess: {0}; use a random one")]
    SecretWeak(WeakSecret),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

/// What makes a ServerSecret easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Fewer than 8 distinct characters.
    #[error("it has only {distinct} distinct characters")]
    FewCharacters {
        /// How many it has.
        distinct: usize,
    },
    /// A few characters make up most of it.
    #[error("a few characters make up most of it")]
    Uneven,
    /// The same piece again and again.
    #[error("it repeats itself every {period} characters")]
    Repeats {
        /// Length of the piece.
        period: usize,
    },
    /// Runs such as `abcdef`, `987654` or `acegik`.
    #[error("it counts up or down")]
    Sequence,
}

impl ModelError {
    /// The field that broke the rule, by the name it has in JSON and in the database.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Word { field, .. }
            | Self::Text { field, .. }
            | Self::Hidden { field, .. }
            | Self::Range { field, .. }
            | Self::TooMany { field, .. }
            | Self::Duplicate { field, .. }
            | Self::Period { field, .. } => field,
            Self::FeatureName { .. } => "features",
            Self::ExpiryRule { .. } | Self::ExpiryRuleAlone { .. } => "on_expiry",
            Self::Binding { .. } => "bind",
            Self::Issuer { .. } => "iss",
            Self::SecretForm(_) | Self::SecretWeak(_) | Self::NoRandomness => "secret",
        }
    }
}
