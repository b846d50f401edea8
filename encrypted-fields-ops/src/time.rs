//! Dates as RFC 3339 in UTC, and ages.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};
use encrypted_fields_keys::UnixSeconds;

pub(crate) const DAY: i64 = 24 * 60 * 60;

/// `2026-01-31T12:00:00Z`.
pub(crate) fn rfc3339(date: UnixSeconds) -> String {
    let date = DateTime::from_timestamp(date, 0).unwrap_or_default();
    date.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How long ago, in its largest unit.
pub(crate) fn age(date: UnixSeconds, now: UnixSeconds) -> String {
    let seconds = now.saturating_sub(date).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..DAY => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / DAY),
    }
}

/// Now.
pub(crate) fn now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_ages() {
        assert_eq!(rfc3339(1_767_225_600), "2026-01-01T00:00:00Z");
        let ages =
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (DAY, "1 d"), (400 * DAY, "400 d"), (-5, "0 s")];
        for (seconds, shown) in ages {
            assert_eq!(age(1_767_225_600, 1_767_225_600 + seconds), shown);
        }
    }
}
