//! The public number of an app.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An app's public number, a uint32. Written in canonical decimal: `0` or `[1-9][0-9]*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppId(pub u32);

/// The text is no AppId.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppIdError;

impl fmt::Display for AppIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an AppId is a whole number from 0 to 4294967295, without sign, blanks or leading zeros")
    }
}

impl std::error::Error for AppIdError {}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AppId {
    type Err = AppIdError;

    fn from_str(text: &str) -> Result<Self, AppIdError> {
        canonical_decimal(text).and_then(|id| u32::try_from(id).ok()).map(Self).ok_or(AppIdError)
    }
}

/// `0` or `[1-9][0-9]*` up to `i64::MAX`: one spelling for each number.
pub(crate) fn canonical_decimal(text: &str) -> Option<i64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|c| c.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        for (text, id) in [("0", 0), ("12345", 12345), ("4294967295", u32::MAX)] {
            assert_eq!(text.parse(), Ok(AppId(id)));
            assert_eq!(AppId(id).to_string(), text);
        }
        for text in
            ["", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "1\0", "4294967296", "1e3", "１"]
        {
            assert_eq!(text.parse::<AppId>(), Err(AppIdError), "{text:?}");
        }
    }
}
