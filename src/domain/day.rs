//! Calendar days as text: exactly `YYYY-MM-DD`, in the years that a business can mean.
//!
//! Bodies, queries and statement files are read by the one function here. chrono alone also takes `2026-1-2`,
//! `+99999-01-01` and the year 0, which databases, clients and people read differently or not at all.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

/// 0001-01-01 and 9999-12-31 are what some software writes for "no date".
pub const YEARS: RangeInclusive<i32> = 1900..=2200;

/// Reads a day; nothing when it is not written as it should be, does not exist, or lies outside of [`YEARS`].
pub fn parse(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().zip(*b"dddd-dd-dd").all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
    let day = shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())??;
    YEARS.contains(&day.year()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling_and_a_year_of_business() {
        assert_eq!(parse("2026-11-24"), NaiveDate::from_ymd_opt(2026, 11, 24));
        for text in ["1900-01-01", "2200-12-31", "2028-02-29"] {
            assert_eq!(parse(text).map(|day| day.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "2026-1-2",
            "+99999-01-01",
            "-262143-01-01",
            "0000-01-01",
            "1899-12-31",
            "2201-01-01",
            "2026-02-29",
            "2026-11-24 ",
            " 2026-11-24",
            "2026-11-24T00:00:00Z",
            "20261124",
            "24.11.2026",
            "2026-11-2ä",
            "+026-11-24",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
