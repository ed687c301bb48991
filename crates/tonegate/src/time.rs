//! Times and spans, as people write and read them. Inside, all are Unix seconds.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tonegate_server::clock::Clock;
pub(crate) use tonegate_server::inspect::{Moment, Span, distance};

/// Now, by this machine's clock.
pub(crate) fn now() -> i64 {
    i64::try_from(Clock::system().wall().as_secs()).unwrap_or(i64::MAX)
}

/// Where a clock stands that another one is `offset` seconds ahead of: `5 s behind`, `5 s ahead`.
pub(crate) fn clock_offset(offset: i64) -> String {
    let size = offset.unsigned_abs();
    if offset < 0 { format!("{size} s ahead") } else { format!("{size} s behind") }
}

/// A time in an argument: RFC 3339, a date, Unix seconds, `now`, or relative to now (`+8d`, `-2h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(i64),
    FromNow(i64),
}

impl When {
    /// The time, Unix seconds.
    pub(crate) fn at(self, now: i64) -> i64 {
        match self {
            Self::At(time) => time,
            Self::FromNow(span) => now.saturating_add(span),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::FromNow(0));
        }
        if let Some(span) = text.strip_prefix('+') {
            return span.parse::<Span>().map(|span| Self::FromNow(span.0));
        }
        if let Some(span) = text.strip_prefix('-') {
            return span.parse::<Span>().map(|span| Self::FromNow(-span.0));
        }
        if let Ok(seconds) = text.parse() {
            return Ok(Self::At(seconds));
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self::At(time.as_second()));
        }
        let date = text.parse::<Date>().ok().and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        date.map(|date| Self::At(date.timestamp().as_second())).ok_or_else(|| {
            "a time is 2027-01-31, 2027-01-31T12:00:00Z, Unix seconds, now, +8d or -2h".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling() {
        for (text, at) in [
            ("1763840000", 1_763_840_000),
            ("2025-11-22T19:33:20Z", 1_763_840_000),
            ("2025-11-22T20:33:20+01:00", 1_763_840_000),
            ("2025-11-22", 1_763_769_600),
            ("now", 1_000),
            ("+8d", 692_200),
            ("-2h", -6_200),
        ] {
            assert_eq!(text.parse::<When>().unwrap().at(1_000), at, "{text}");
        }
        for text in ["", "tomorrow", "+", "8d", "2025-13-01", "+8 d"] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
    }
}
