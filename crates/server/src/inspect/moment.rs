//! Times and spans, as people write and read them. Inside, all are Unix seconds.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// A span of seconds, read as `7d`, `36h`, `90m`, `3600s`, `2w` or plain seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub i64);

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
pub struct Moment(pub i64);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S UTC")),
            Err(_) => write!(f, "Unix second {}", self.0),
        }
    }
}

/// How far a moment is from another: `in 6 days 23 h`, `2 h ago`.
#[must_use]
pub fn distance(time: i64, now: i64) -> String {
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
