//! An app identity that a license may be bound to.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use super::ModelError;

/// A 16-byte hash of an app identity (Android package and certificate, iOS bundle id, web origin).
///
/// Shown as in a license's `bind`: 22 base64url characters without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binding(pub [u8; 16]);

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for Binding {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Binding)
            .ok_or_else(|| ModelError::Binding { found: text.to_owned() })
    }
}

super::text::serde_as_text!(Binding);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_shows_and_refuses_other_lengths_and_unused_bits() {
        let binding = Binding([7; 16]);
        assert_eq!(binding.to_string().len(), 22);
        assert_eq!(binding.to_string().parse(), Ok(binding));
        for bad in
            ["", "BwcHBwcHBwcHBwcHBwcHBwc", "BwcHBwcHBwcHBwcHBwcHBx", "not base64 url at all!"]
        {
            assert_eq!(bad.parse::<Binding>(), Err(ModelError::Binding { found: bad.into() }));
        }
    }
}
