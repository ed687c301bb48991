//! Closed sets of words, and checked free text.
//!
//! Invariant: a word reads the same in the database, in JSON and on the command line, because all
//! three come from one table per set.

use std::ops::RangeInclusive;

use super::ModelError;

/// Defines an enum whose variants are words, with `ALL`, `as_str`, `Display`, `FromStr` and serde.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident in $field:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word of the set, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word, as stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        // By hand: the derive does not see a `rename` that comes out of a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let words = utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .enum_values(Some([$($word),+]));
                words.into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::ModelError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| {
                    $crate::model::ModelError::Word {
                        field: $field,
                        found: text.to_owned(),
                        words: concat!($("`", $word, "` "),+).trim_end(),
                    }
                })
            }
        }
    };
}
pub(super) use words;

/// Gives a type with `Display` and `FromStr` the same text in JSON.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use serde_as_text;

/// Refuses text of the wrong length, with control characters, or with blanks at either end.
///
/// `length`: in characters. `Err(Text)`: says which `field` and how long it was.
pub(crate) fn check_text(
    field: &'static str,
    text: &str,
    length: RangeInclusive<usize>,
) -> Result<(), ModelError> {
    let found = text.chars().count();
    if length.contains(&found) && text.trim() == text && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ModelError::Text { field, found, min: *length.start(), max: *length.end() })
}
