//! The query string: pairs of names and values, percent-decoded once.
//!
//! `&` separates, the first `=` ends a name, `+` is a blank, `%` and two hex digits of either case
//! are a byte. Raw brackets and every other byte stand for themselves.

use std::borrow::Cow;

/// A name or value that cannot be decoded: a broken escape, or not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

/// The raw pairs of a query, in order. Empty pieces (`&&`) are none.
pub fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(query);
    let pieces = std::iter::from_fn(move || {
        let (piece, behind) = cut(rest?, b'&');
        rest = behind;
        Some(piece)
    });
    pieces.filter(|piece| !piece.is_empty()).map(|piece| {
        let (name, value) = cut(piece, b'=');
        (name, value.unwrap_or(""))
    })
}

/// What stands before the first `at`, and behind it if there is one.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    match memchr::memchr(at, text.as_bytes()) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    }
}

/// Does every name and value in it stand for itself?
pub(crate) fn is_plain(query: &str) -> bool {
    memchr::memchr2(b'%', b'+', query.as_bytes()).is_none()
}

/// Decodes a raw name or value.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, Undecodable> {
    if is_plain(raw) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes().iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next())? << 4 | hex_digit(rest.next())?,
            other => *other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| Undecodable)
}

/// Appends `value` so that [`decode`] gives it back.
pub(crate) fn encode(value: &str, query: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            query.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
            query.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}

fn hex_digit(character: Option<&u8>) -> Result<u8, Undecodable> {
    match character {
        Some(c @ b'0'..=b'9') => Ok(c - b'0'),
        Some(c @ b'a'..=b'f') => Ok(c - b'a' + 10),
        Some(c @ b'A'..=b'F') => Ok(c - b'A' + 10),
        _ => Err(Undecodable),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded_once() {
        for (raw, decoded) in [
            ("plain", Ok("plain")),
            ("a+b", Ok("a b")),
            ("%5b%5D[]", Ok("[][]")),
            ("%2541", Ok("%41")),
            ("%E9%9A%8F", Ok("随")),
            ("%", Err(Undecodable)),
            ("%4", Err(Undecodable)),
            ("%zz", Err(Undecodable)),
            ("%FF", Err(Undecodable)),
        ] {
            assert_eq!(decode(raw).as_deref(), decoded.as_deref(), "{raw}");
        }
    }

    #[test]
    fn pieces_without_a_value_have_an_empty_one() {
        let all: Vec<_> = pairs("&a=1&&b&c==2&=3").collect();
        assert_eq!(all, [("a", "1"), ("b", ""), ("c", "=2"), ("", "3")]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(value in ".*") {
            let mut raw = String::new();
            encode(&value, &mut raw);
            let decoded = decode(&raw);
            prop_assert_eq!(decoded.as_deref(), Ok(value.as_str()));
        }
    }
}
