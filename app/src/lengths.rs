//! Formats lengths of time: `3 ms`, `1.2 s`, `4 min 10 s`.

use crate::{number::number, text::text};

/// A length of time in microseconds, rounded to a suitable unit: `3 ms`, `1.2 s`, `4 min 10 s`. The sign is
/// dropped.
#[must_use]
pub fn length(micros: i64) -> String {
    let nearest = |unit: u64| (micros.unsigned_abs().saturating_add(unit / 2) / unit).cast_signed();
    let (millis, tenths, seconds) = (nearest(1000), nearest(100_000), nearest(1_000_000));
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let units = &text().units;
    match seconds {
        _ if millis < 1000 => said(millis, 0, units.milliseconds),
        _ if tenths < 600 => said(tenths, 1, units.seconds),
        0..3600 => both(said(minutes, 0, units.minutes), said(seconds % 60, 0, units.seconds)),
        3600..86_400 => both(said(hours, 0, units.hours), said(minutes % 60, 0, units.minutes)),
        _ => both(said(days, 0, units.days), said(hours % 24, 0, units.hours)),
    }
}

/// An error in microseconds, rounded up: `± 3 ms`.
#[must_use]
pub fn error(micros: i64) -> String {
    let millis = micros.unsigned_abs().div_ceil(1000).cast_signed();
    let units = &text().units;
    let error = if millis < 10_000 {
        said(millis, 0, units.milliseconds)
    } else {
        said(millis.unsigned_abs().div_ceil(1000).cast_signed(), 0, units.seconds)
    };
    format!("± {error}")
}

/// An elapsed time in microseconds, with tenths below ten seconds: `0.8 s`, `12 s`.
#[must_use]
pub fn elapsed(micros: i64) -> String {
    let tenths = micros.max(0) / 100_000;
    if tenths < 100 { said(tenths, 1, text().units.seconds) } else { long(tenths / 10) }
}

/// A wait in microseconds, in whole seconds, at least one: `4 s`.
#[must_use]
pub fn wait(micros: i64) -> String {
    long((micros.max(0) / 1_000_000).saturating_add(1))
}

fn long(seconds: i64) -> String {
    if seconds < 60 {
        said(seconds, 0, text().units.seconds)
    } else {
        length(seconds.saturating_mul(1_000_000))
    }
}

fn said(value: i64, decimals: u8, unit: &str) -> String {
    format!("{} {unit}", number(value, decimals))
}

fn both(larger: String, smaller: String) -> String {
    larger + " " + &smaller
}

#[cfg(test)]
mod tests {
    use leptos::prelude::{Owner, provide_context};
    use wire::language::Language;

    use super::*;

    #[test]
    fn lengths_are_said_in_the_unit_that_suits_them() {
        for (micros, said) in [
            (84_499, "84 ms"),
            (-84_499, "84 ms"),
            (999_500, "1.0 s"),
            (1_250_000, "1.3 s"),
            (4_990_000, "5.0 s"),
            (59_960_000, "1 min 0 s"),
            (89_990_000, "1 min 30 s"),
            (7_500_000_000, "2 h 5 min"),
            (200_000_000_000, "2 d 7 h"),
            (i64::MIN, "106,751,991 d 4 h"),
        ] {
            assert_eq!(length(micros), said);
        }
    }

    #[test]
    fn an_error_is_never_said_smaller_than_it_is() {
        assert_eq!(
            [1, 3_000, 3_001, 12_000_001].map(error),
            ["± 1 ms", "± 3 ms", "± 4 ms", "± 13 s"]
        );
    }

    #[test]
    fn elapsed_times_lose_their_tenths_when_they_no_longer_matter() {
        assert_eq!(
            [-5, 840_000, 9_990_000, 10_000_000, 75_000_000].map(elapsed),
            ["0.0 s", "0.8 s", "9.9 s", "10 s", "1 min 15 s"]
        );
        assert_eq!([0, 3_999_999].map(wait), ["1 s", "4 s"]);
    }

    #[test]
    fn lengths_are_said_in_the_language_of_the_page() {
        Owner::new().with(|| {
            provide_context(Language::Chinese);
            assert_eq!(
                [84_000, 7_500_000_000, 200_000_000_000].map(length),
                ["84 毫秒", "2 小时 5 分", "2 天 7 小时"]
            );
            assert_eq!(error(12_000_001), "± 13 秒");
            assert_eq!([840_000, 75_000_000].map(elapsed), ["0.8 秒", "1 分 15 秒"]);
            assert_eq!(wait(0), "1 秒");
        });
    }
}
