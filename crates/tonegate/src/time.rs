//! Times and spans, as people write and read them. Inside, all are Unix seconds.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tonegate_server::clock::Clock;

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

/// A span of seconds in an argument: `7d`, `36h`, `90m`, `3600s`, `2w` or plain seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) i64);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => 0,
        };
        let number = digits.parse::<u32>().ok().filter(|_| unit > 0);
        number
            .map(|number| Self(i64::from(number) * unit))
            .ok_or_else(|| "a span is a number and a unit: 7d, 36h, 90m, 3600s or 2w".to_owned())
    }
}

/// As people read it: `6 days 23 h`. Two units at most.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.unsigned_abs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        let days_word = if days == 1 { "day" } else { "days" };
        match (days, hours, minutes) {
            (0, 0, 0) => write!(f, "{seconds} s"),
            (0, 0, _) => write!(f, "{minutes} min"),
            (0, _, 0) => write!(f, "{hours} h"),
            (0, _, _) => write!(f, "{hours} h {minutes} min"),
            (_, 0, _) => write!(f, "{days} {days_word}"),
            _ => write!(f, "{days} {days_word} {hours} h"),
        }
    }
}

/// A moment as people read it: `2027-01-31 12:00:00 UTC`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) i64);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S UTC")),
            Err(_) => write!(f, "Unix second {}", self.0),
        }
    }
}

/// How far a moment is from another: `in 6 days 23 h`, `2 h ago`.
pub(crate) fn distance(time: i64, now: i64) -> String {
    let span = Span(time.saturating_sub(now));
    if span.0 == 0 {
        return "now".to_owned();
    }
    if span.0 > 0 { format!("in {span}") } else { format!("{span} ago") }
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

    #[test]
    fn spans_read_and_show() {
        for (text, shown) in [
            ("7d", "7 days"),
            ("1d", "1 day"),
            ("90m", "1 h 30 min"),
            ("36h", "1 day 12 h"),
            ("59", "59 s"),
            ("2w", "14 days"),
            ("120s", "2 min"),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), shown);
        }
        for text in ["", "d", "7y", "-7d", "7.5d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn moments_show_as_utc() {
        assert_eq!(Moment(1_763_840_000).to_string(), "2025-11-22 19:33:20 UTC");
        assert_eq!(distance(100, 40), "in 1 min");
        assert_eq!(distance(40, 100), "1 min ago");
    }
}
