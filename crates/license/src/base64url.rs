//! base64url without padding (RFC 4648 §5), in its one canonical spelling.
//!
//! Refuses padding, blanks, the other alphabet, a length of 4n + 1, and unused bits that are not
//! zero: two different texts never decode to the same bytes.

use crate::list::List;

/// Decodes at most `N` bytes; `None` where the text is not canonical or they do not fit.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<List<u8, N>> {
    let (groups, last) = text.as_chunks::<4>();
    let mut bytes = List::of_length(groups.len() * 3 + carried_by(last)?)?;
    let (decoded, rest) = bytes.as_mut_slice().as_chunks_mut::<3>();
    let mut seen = 0;
    for (group, bytes) in groups.iter().zip(decoded) {
        *bytes = bytes_of(*group, &mut seen);
    }
    let mut padded = [b'A'; 4];
    padded.iter_mut().zip(last).for_each(|(to, from)| *to = *from);
    let of_last = bytes_of(padded, &mut seen);
    let (carried, unused) = of_last.split_at_checked(rest.len())?;
    rest.copy_from_slice(carried);
    (seen != INVALID && unused.iter().all(|byte| *byte == 0)).then_some(bytes)
}

/// Decodes exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    decode::<N>(text)?.as_slice().try_into().ok()
}

/// The characters of `bytes`, in order.
pub(crate) fn encode(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.chunks(3).flat_map(|group| {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (24 - 8 * group.len());
        let sixes = [bits >> 18, bits >> 12 & 63, bits >> 6 & 63, bits & 63];
        sixes.into_iter().take(group.len() + 1).map(character)
    })
}

fn character(six: u32) -> char {
    let known = (0_u8..=b'z').find(|c| u32::from(value(*c)) == six);
    known.map_or('A', char::from)
}

/// A group of n characters carries n − 1 bytes; one alone carries none and is refused.
fn carried_by(group: &[u8]) -> Option<usize> {
    match group.len() {
        0 => Some(0),
        1 => None,
        characters => Some(characters - 1),
    }
}

/// The three bytes of a group; `seen` becomes [`INVALID`] where a character is none of base64url.
fn bytes_of(group: [u8; 4], seen: &mut u8) -> [u8; 3] {
    let bits = group.iter().fold(0_u32, |bits, character| {
        let value = VALUES.get(usize::from(*character)).copied().unwrap_or(INVALID);
        *seen = value.max(*seen);
        bits << 6 | u32::from(value)
    });
    let [_, bytes @ ..] = bits.to_be_bytes();
    bytes
}

/// More than any character's value.
const INVALID: u8 = 64;

/// The value of every character, looked up for speed.
const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut rest: &mut [u8] = &mut values;
    let mut character: u8 = 0;
    while let [first, after @ ..] = rest {
        *first = value(character);
        character = character.wrapping_add(1);
        rest = after;
    }
    values
};

const fn value(character: u8) -> u8 {
    match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => INVALID,
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
    fn every_pair_of_characters_means_what_it_does_elsewhere() {
        for [first, second] in (0..=u16::MAX).map(u16::to_be_bytes) {
            for text in [&[first, second][..], &[first, second, b'w'], &[b'Z', first, second, b'_']]
            {
                let elsewhere = data_encoding::BASE64URL_NOPAD.decode(text).ok();
                let here = decode::<3>(text);
                assert_eq!(here.as_ref().map(List::as_slice), elsewhere.as_deref(), "{text:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(decode::<2>(b"Zm9v"), None);
        assert_eq!(decode_array::<4>(b"Zm9v"), None);
    }
}
