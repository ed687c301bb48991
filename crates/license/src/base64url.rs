//! base64url without padding (RFC 4648 §5), in its one canonical spelling.
//!
//! Refuses padding, blanks, the other alphabet, a length of 4n + 1, and unused bits that are not
//! zero: two different texts never decode to the same bytes.

use crate::list::List;

/// Decodes at most `N` bytes; `None` where the text is not canonical or they do not fit.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<List<u8, N>> {
    let mut bytes = List::new();
    for group in text.chunks(4) {
        let mut bits = 0_u32;
        for character in group {
            bits = bits << 6 | u32::from(value(*character)?);
        }
        bits <<= 6 * (4 - group.len());
        // A group of n characters carries n − 1 bytes; one alone carries none.
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (carried, unused) = decoded.split_at_checked(group.len() - 1)?;
        if carried.is_empty() || unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        carried.iter().try_for_each(|byte| bytes.push(*byte))?;
    }
    Some(bytes)
}

/// Decodes exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    decode::<N>(text)?.as_slice().try_into().ok()
}

fn value(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[u8]>) {
        let decoded = decode::<16>(text.as_bytes());
        assert_eq!(decoded.as_ref().map(List::as_slice), expected, "{text:?}");
    }

    #[test]
    fn canonical_texts_decode() {
        check("", Some(b""));
        check("Zg", Some(b"f"));
        check("Zm8", Some(b"fo"));
        check("Zm9v", Some(b"foo"));
        check("-_-_", Some(&[0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in ["Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v ", "Zm\n9", "Zm9vZ"] {
            check(text, None);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(decode::<2>(b"Zm9v"), None);
        assert_eq!(decode_array::<4>(b"Zm9v"), None);
    }
}
