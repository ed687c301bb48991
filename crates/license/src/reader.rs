//! The frozen JSON profile (FORMAT.md §3): the only code that takes a payload apart.
//!
//! Not a JSON parser. Members come in one order, without blanks, escapes, signs or fractions, so
//! that equal claims have equal bytes, and whatever deviates is refused where it stands.

use crate::limits::{EXTENSION_CHARS_MAX, INTEGER_MAX};

/// The payload deviates from the profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deviation;

type Read<T> = Result<T, Deviation>;

/// Reads one object, member by member.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    first: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn object(payload: &'a [u8]) -> Read<Self> {
        let rest = payload.strip_prefix(b"{").ok_or(Deviation)?;
        Ok(Self { rest, first: true })
    }

    /// The required string member `name`; the caller judges its characters.
    pub(crate) fn string(&mut self, name: &str) -> Read<&'a [u8]> {
        self.member(name)?;
        self.string_value()
    }

    /// The required integer member `name`: 0 to 2⁵³ − 1, plain.
    pub(crate) fn integer(&mut self, name: &str) -> Read<i64> {
        self.member(name)?;
        self.integer_value()
    }

    /// As [`integer`](Self::integer), for what is an unsigned 32-bit number.
    pub(crate) fn integer_u32(&mut self, name: &str) -> Read<u32> {
        u32::try_from(self.integer(name)?).map_err(|_| Deviation)
    }

    /// The required member `name`, an array of at least one string in ascending order, each once;
    /// each is handed to `item`.
    pub(crate) fn strings(
        &mut self,
        name: &str,
        item: impl FnMut(&'a [u8]) -> Read<()>,
    ) -> Read<()> {
        self.member(name)?;
        self.strings_value(item)
    }

    /// Is `name` the next member? For the optional ones.
    pub(crate) fn next_is(&self, name: &str) -> bool {
        Reader { ..*self }.member(name).is_ok()
    }

    /// Passes over `x_` members, the only unknown ones that are allowed, and demands the end.
    pub(crate) fn end(mut self) -> Read<()> {
        let before = self.rest.len();
        let mut last: &[u8] = b"";
        while self.rest != b"}" {
            let name = self.extension_name()?;
            if name <= last {
                return Err(Deviation);
            }
            last = name;
            self.extension_value()?;
        }
        if before - self.rest.len() > EXTENSION_CHARS_MAX {
            return Err(Deviation);
        }
        Ok(())
    }

    fn extension_name(&mut self) -> Read<&'a [u8]> {
        self.separator()?;
        let name = self.string_value()?;
        self.expect(b":")?;
        let plain = |c: &u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let named = name.strip_prefix(b"x_").is_some_and(|tail| !tail.is_empty());
        if named && name.iter().all(plain) { Ok(name) } else { Err(Deviation) }
    }

    fn extension_value(&mut self) -> Read<()> {
        match self.rest.first() {
            Some(b'"') => self.string_value().map(drop),
            Some(b'[') => self.strings_value(|_| Ok(())),
            _ => self.integer_value().map(drop),
        }
    }

    fn member(&mut self, name: &str) -> Read<()> {
        self.separator()?;
        if self.string_value()? != name.as_bytes() {
            return Err(Deviation);
        }
        self.expect(b":")
    }

    fn separator(&mut self) -> Read<()> {
        if core::mem::take(&mut self.first) { Ok(()) } else { self.expect(b",") }
    }

    fn expect(&mut self, text: &[u8]) -> Read<()> {
        self.rest = self.rest.strip_prefix(text).ok_or(Deviation)?;
        Ok(())
    }

    fn string_value(&mut self) -> Read<&'a [u8]> {
        self.expect(b"\"")?;
        let length = self.rest.iter().position(|c| *c == b'"').ok_or(Deviation)?;
        let (value, rest) = self.rest.split_at_checked(length).ok_or(Deviation)?;
        if !value.iter().all(|c| matches!(c, b' '..=b'~') && *c != b'\\') {
            return Err(Deviation);
        }
        self.rest = rest;
        self.expect(b"\"")?;
        Ok(value)
    }

    fn integer_value(&mut self) -> Read<i64> {
        let length = self.rest.iter().take_while(|c| c.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(length).ok_or(Deviation)?;
        self.rest = rest;
        integer(digits).ok_or(Deviation)
    }

    fn strings_value(&mut self, mut item: impl FnMut(&'a [u8]) -> Read<()>) -> Read<()> {
        self.expect(b"[")?;
        let mut last = None;
        loop {
            let text = self.string_value()?;
            if last.is_some_and(|last| last >= text) {
                return Err(Deviation);
            }
            last = Some(text);
            item(text)?;
            if self.expect(b",").is_err() {
                return self.expect(b"]");
            }
        }
    }
}

/// A plain integer: `0`, or digits without a leading zero, at most 2⁵³ − 1.
pub(crate) fn integer(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 16 || (digits.len() > 1 && digits.starts_with(b"0")) {
        return None;
    }
    let mut value = 0_i64;
    for digit in digits {
        value = value * 10 + i64::from(digit.checked_sub(b'0').filter(|d| *d <= 9)?);
    }
    (value <= INTEGER_MAX).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &str) -> Read<(i64, i64)> {
        let mut reader = Reader::object(payload.as_bytes())?;
        let a = reader.integer("a")?;
        let b = if reader.next_is("b") { reader.integer("b")? } else { -1 };
        reader.end()?;
        Ok((a, b))
    }

    #[test]
    fn the_profile_is_read() {
        assert_eq!(read(r#"{"a":0}"#), Ok((0, -1)));
        assert_eq!(read(r#"{"a":12,"b":9007199254740991}"#), Ok((12, INTEGER_MAX)));
        assert_eq!(read(r#"{"a":1,"x_a":1,"x_b":"t","x_c":["u","v"]}"#), Ok((1, -1)));
    }

    #[test]
    fn every_deviation_is_refused() {
        for payload in [
            "",
            "{",
            "{}",
            r#"{"a":1"#,
            r#"{"a":1} "#,
            r#"{ "a":1}"#,
            r#"{"a": 1}"#,
            r#"{"a":01}"#,
            r#"{"a":-1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":"1"}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":18446744073709551617}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"c":1}"#,
            r#"{"a":1,,"x_a":1}"#,
            r#"{"a":1,"x_":1}"#,
            r#"{"a":1,"x_b":1,"x_a":1}"#,
            r#"{"a":1,"x_a":1,"x_a":1}"#,
            r#"{"a":1,"x_a":null}"#,
            r#"{"a":1,"x_a":[]}"#,
            r#"{"a":1,"x_a":["v","u"]}"#,
            r#"{"a":1,"x_a":["u","u"]}"#,
            r#"{"a":1,"x_a":"\n"}"#,
            r#"{"a":1,"x_é":1}"#,
        ] {
            assert_eq!(read(payload), Err(Deviation), "{payload}");
        }
    }

    #[test]
    fn extensions_are_bounded() {
        let with = |chars: usize| std::format!(r#"{{"a":1,"x_a":"{}"}}"#, "t".repeat(chars));
        let frame = r#","x_a":"""#.len();
        assert!(read(&with(EXTENSION_CHARS_MAX - frame)).is_ok());
        assert!(read(&with(EXTENSION_CHARS_MAX - frame + 1)).is_err());
    }
}
