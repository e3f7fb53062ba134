//! Points in time and lifetimes, both in whole seconds of UTC.
//!
//! In come RFC 3339 texts and durations such as `90d` or `1h30m`; out go values that can be compared and added. Nothing
//! in here reads a clock: `main` does, once, and hands the value down.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
// RFC 5280 4.1.2.5.2: GeneralizedTime ends with the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// A second of UTC between 1970 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The given number of seconds after 1970-01-01T00:00:00Z; `None` outside the years 1970 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        (0..=LAST_SECOND)
            .contains(&seconds)
            .then_some(Self(seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// As `Wed, 02 Jan 2030 03:04:05 +0000`.
    #[must_use]
    pub fn to_rfc1123(self) -> String {
        let time = OffsetDateTime::from_unix_timestamp(self.0);
        let text = time.ok().and_then(|time| time.format(&Rfc2822).ok());
        text.unwrap_or_else(|| self.to_string())
    }

    /// So much later; the end of the year 9999 at the latest.
    #[must_use]
    pub fn plus(self, lifetime: Lifetime) -> Self {
        let seconds = i64::try_from(lifetime.seconds()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(seconds).min(LAST_SECOND))
    }

    /// Whether so much later is still a time.
    #[must_use]
    pub fn reaches(self, lifetime: Lifetime) -> bool {
        let seconds = i64::try_from(lifetime.seconds()).unwrap_or(i64::MAX);
        self.0.saturating_add(seconds) <= LAST_SECOND
    }

    /// So much earlier; 1970 at the earliest.
    #[must_use]
    pub fn minus(self, lifetime: Lifetime) -> Self {
        let seconds = i64::try_from(lifetime.seconds()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(seconds).max(0))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimeError::NotRfc3339)?;
        Self::from_unix(time.unix_timestamp()).ok_or(TimeError::OutOfRange)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = OffsetDateTime::from_unix_timestamp(self.0).map_err(|_| fmt::Error)?;
        f.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A length of time in whole seconds, never zero when it comes from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u64);

impl Lifetime {
    /// So many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Lifetime {
    type Err = TimeError;

    /// Reads integers with the units `s m h d w`, chained: `1h30m`. A day has 24 hours.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let mut seconds: u64 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits]
                .parse()
                .map_err(|_| TimeError::NotADuration)?;
            let unit = match rest.as_bytes().get(digits) {
                Some(b's') => 1,
                Some(b'm') => MINUTE,
                Some(b'h') => HOUR,
                Some(b'd') => DAY,
                Some(b'w') => WEEK,
                _ => return Err(TimeError::NotADuration),
            };
            let length = number.checked_mul(unit).ok_or(TimeError::OutOfRange)?;
            seconds = seconds.checked_add(length).ok_or(TimeError::OutOfRange)?;
            rest = &rest[digits + 1..];
        }
        if seconds == 0 {
            return Err(TimeError::NotADuration);
        }
        Ok(Self(seconds))
    }
}

impl fmt::Display for Lifetime {
    /// The largest units that divide it, as a person would write it: `90d`, `1h30m`, `24h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        // A single day reads better as `24h`, as Kubernetes prints it.
        let units: &[(u64, char)] = if rest < 2 * DAY {
            &[(HOUR, 'h'), (MINUTE, 'm'), (1, 's')]
        } else {
            &[(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm'), (1, 's')]
        };
        for (unit, letter) in units {
            if rest >= *unit {
                write!(f, "{}{letter}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

/// Why a text is no time: a sentence without its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not in the form of RFC 3339.
    NotRfc3339,
    /// Not an integer and a unit, or zero.
    NotADuration,
    /// Outside what X.509 can express.
    OutOfRange,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRfc3339 => "must be a time such as `2030-01-01T00:00:00Z`",
            Self::NotADuration => "must be a duration such as `90d`, `24h` or `1h30m`",
            Self::OutOfRange => "must lie between the years 1970 and 9999",
        })
    }
}

impl std::error::Error for TimeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_integers_with_units() {
        for (text, seconds) in [
            ("90d", Some(7_776_000)),
            ("1h30m", Some(5_400)),
            ("2w", Some(1_209_600)),
            ("600s", Some(600)),
            ("0s", None),
            ("-1h", None),
            ("1.5h", None),
            ("10", None),
            ("", None),
            ("h", None),
            ("99999999999999999999d", None),
            ("9999999999999999w", None),
            ("1ä", None),
        ] {
            assert_eq!(
                text.parse().ok().map(Lifetime::seconds),
                seconds,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_duration_is_printed_as_people_write_it() {
        for text in ["90d", "1h30m", "24h", "7d12h", "10m", "1s"] {
            assert_eq!(
                text.parse::<Lifetime>()
                    .map(|lifetime| lifetime.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn a_time_is_printed_in_utc() {
        let time: Timestamp = "2030-01-01T01:00:00+01:00".parse().expect("a time");
        assert_eq!(time.to_string(), "2030-01-01T00:00:00Z");
        assert_eq!(
            time.plus(Lifetime::from_seconds(u64::MAX)).to_string(),
            "9999-12-31T23:59:59Z"
        );
    }
}
