//! base64url without padding (RFC 4648 §5), in its one canonical spelling.
//!
//! Refuses padding, blanks, the other alphabet, a length of 4n + 1, and unused bits that are not
//! zero: two different texts never decode to the same bytes.

/// Decodes `text` into the beginning of `out`; the decoded part, or `None` where the text is not
/// canonical or does not fit.
pub(crate) fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let length = decoded_length(text.len())?;
    let out = out.get_mut(..length)?;
    for (group, bytes) in text.chunks(4).zip(out.chunks_mut(3)) {
        let mut bits = 0_u32;
        for character in group {
            bits = bits << 6 | u32::from(value(*character)?);
        }
        bits <<= 6 * (4 - group.len());
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (kept, unused) = decoded.split_at_checked(bytes.len())?;
        if unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.copy_from_slice(kept);
    }
    Some(out)
}

/// Decodes exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (decode(text, &mut bytes)?.len() == N).then_some(bytes)
}

fn decoded_length(characters: usize) -> Option<usize> {
    let rest = match characters % 4 {
        0 => 0,
        2 => 1,
        3 => 2,
        _ => return None,
    };
    Some(characters / 4 * 3 + rest)
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
        let mut out = [0; 16];
        assert_eq!(decode(text.as_bytes(), &mut out), expected, "{text:?}");
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
        assert_eq!(decode(b"Zm9v", &mut [0; 2]), None);
        assert_eq!(decode_array::<4>(b"Zm9v"), None);
    }
}
