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

/// Characters that only say how others are shown, and separators of lines (Unicode 16: Cf, Zl, Zp), by
/// which two names look alike or text is shown in another order. Without U+200C and U+200D: Persian,
/// Indic scripts and emoji are written with them.
const HIDDEN: [RangeInclusive<char>; 22] = [
    '\u{ad}'..='\u{ad}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{2029}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0001}'..='\u{e0001}',
    '\u{e0020}'..='\u{e007f}',
];

/// [`check_text`], and that every character shows. For text that is given, not for what is there already:
/// older rows must stay readable.
pub(crate) fn check_new_text(
    field: &'static str,
    text: &str,
    length: RangeInclusive<usize>,
) -> Result<(), ModelError> {
    check_text(field, text, length)?;
    check_shown(field, text)
}

/// `Err(Hidden)`: a character of it does not show.
pub(super) fn check_shown(field: &'static str, text: &str) -> Result<(), ModelError> {
    let hidden = text.chars().find(|c| HIDDEN.iter().any(|range| range.contains(c)));
    match hidden {
        Some(found) => Err(ModelError::Hidden { field, found: u32::from(found) }),
        None => Ok(()),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_refused_and_what_names_need_is_not() {
        let check = |text: &str| check_new_text("name", text, 1..=64);
        for hidden in
            ['\u{202e}', '\u{200b}', '\u{feff}', '\u{2028}', '\u{2029}', '\u{ad}', '\u{e0041}']
        {
            let error = check(&format!("Ad{hidden}a")).unwrap_err();
            assert_eq!(error, ModelError::Hidden { field: "name", found: u32::from(hidden) });
        }
        let shown = "name holds U+202E, which does not show; leave it out";
        assert_eq!(check("Ad\u{202e}a").unwrap_err().to_string(), shown);
        for good in
            ["Ada", "卡拉", "می\u{200c}خواهم", "क्\u{200d}ष", "👩\u{200d}🔬", "José", "مرحبا"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert!(HIDDEN.windows(2).all(|pair| pair[0].end() < pair[1].start()));
    }
}
