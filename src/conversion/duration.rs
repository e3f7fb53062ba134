//! Durations as Go writes them: `1h30m`, `1.5h`, `90s`, `100ms`.
//!
//! In comes what `time.ParseDuration` takes; out come nanoseconds, or nothing for what it refuses and for what has a
//! sign: no lifetime is negative.

/// The nanoseconds of a duration; `None` when it is none, is negative or too long.
pub(super) fn nanoseconds(text: &str) -> Option<u128> {
    const UNITS: [(&str, u128); 7] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
    ];
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(digits);
        let (unit, factor) = UNITS.iter().find(|(unit, _)| behind.starts_with(unit))?;
        rest = &behind[unit.len()..];
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 12 || fraction.len() > 12 {
            return None;
        }
        let parse = |digits: &str| match digits {
            "" => Some(0),
            digits => digits.parse::<u128>().ok(),
        };
        let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        let part = parse(whole)? * factor + parse(fraction)? * factor / scale;
        total = total.checked_add(part)?;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_does() {
        for (text, seconds) in [
            ("1h", Some(3600.0)),
            ("1h30m", Some(5400.0)),
            ("1.5h", Some(5400.0)),
            ("100ms", Some(0.1)),
            ("2160h0m0s", Some(7_776_000.0)),
            ("0", Some(0.0)),
            ("", None),
            ("1", None),
            ("-1h", None),
            ("h", None),
            ("1d", None),
            ("1..5h", None),
        ] {
            let expected = seconds.map(|seconds: f64| format!("{:.0}", seconds * 1e9));
            assert_eq!(nanoseconds(text).map(|n| n.to_string()), expected, "{text}");
        }
    }
}
