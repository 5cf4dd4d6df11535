//! The server's time on the wire: milliseconds since the Unix epoch go in, RFC 3339 comes out, and
//! back. The server's encoder, the server's rendering and the browser all use this one codec.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const MS_PER_DAY: i64 = 86_400_000;

/// An instant on the server's clock, in milliseconds since the Unix epoch.
///
/// It is written as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) in UTC with
/// exactly three decimals: `2026-11-22T05:18:03.000Z`. The years 0000 to 9999 can be written, so
/// only those can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tick(i64);

impl Tick {
    /// The first instant that RFC 3339 can write: `0000-01-01T00:00:00.000Z`.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The last instant that RFC 3339 can write: `9999-12-31T23:59:59.999Z`.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The millisecond that an instant in microseconds since the Unix epoch falls into. Beyond
    /// [`Tick::MIN`] and [`Tick::MAX`] it is the nearest of them.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.div_euclid(1000)).clamp(Self::MIN, Self::MAX)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0 * 1000
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Year, month (1–12) and day (1–31) in UTC.
    #[must_use]
    pub fn date(self) -> (i64, i64, i64) {
        civil_from_days(self.0.div_euclid(MS_PER_DAY))
    }

    /// Days since Sunday: 0 to 6, in UTC.
    #[must_use]
    pub fn weekday(self) -> usize {
        // The epoch was a Thursday.
        let day = (self.0.div_euclid(MS_PER_DAY) + 4).rem_euclid(7);
        usize::try_from(day).unwrap_or_default()
    }

    /// Milliseconds since midnight in UTC.
    fn of_day(self) -> i64 {
        self.0.rem_euclid(MS_PER_DAY)
    }

    /// Hour, minute and second in UTC, as `05:18:03`.
    #[must_use]
    pub fn clock(self) -> String {
        let seconds = self.of_day() / 1000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let (clock, milli) = (self.clock(), self.of_day() % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{clock}.{milli:03}Z")
    }
}

/// The text is no instant in the form `2026-11-22T05:18:03.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATick;

impl fmt::Display for NotATick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an instant of the form 2026-11-22T05:18:03.000Z")
    }
}

impl std::error::Error for NotATick {}

impl FromStr for Tick {
    type Err = NotATick;

    fn from_str(text: &str) -> Result<Self, NotATick> {
        let bytes = text.as_bytes();
        let shape_fits = bytes.len() == 24
            && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')]
                .iter()
                .all(|&(at, mark)| bytes[at] == mark);
        if !shape_fits {
            return Err(NotATick);
        }
        let number = |from: usize, to: usize, most: i64| {
            bytes[from..to]
                .iter()
                .try_fold(0, |value, &digit| {
                    digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
                })
                .filter(|&value| value <= most)
                .ok_or(NotATick)
        };
        let days = days_from_civil(number(0, 4, 9999)?, number(5, 7, 12)?, number(8, 10, 31)?);
        let seconds = number(11, 13, 23)? * 3600 + number(14, 16, 59)? * 60 + number(17, 19, 59)?;
        let tick = Self(days * MS_PER_DAY + seconds * 1000 + number(20, 23, 999)?);
        // A day that does not exist (month 0, 31 April) comes back as another one.
        if tick.to_string() == text { Ok(tick) } else { Err(NotATick) }
    }
}

/// Days since the Unix epoch of a day in the proleptic Gregorian calendar. The year is made to begin
/// in March, so that the leap day is its last; 400 years are 146,097 days.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    use super::*;

    #[test]
    fn is_written_with_three_decimals_in_utc() {
        assert_eq!(
            Tick::from_micros(1_795_324_683_000_999).to_string(),
            "2026-11-22T05:18:03.000Z"
        );
        assert_eq!(Tick::from_micros(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Tick::MIN.to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Tick::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn beyond_what_can_be_written_is_the_nearest() {
        assert_eq!(Tick::from_micros(i64::MAX), Tick::MAX);
        assert_eq!(Tick::from_micros(i64::MIN), Tick::MIN);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2026-11-22T05:18:03Z",
            "2026-11-22T05:18:03.0000Z",
            "2026-11-22 05:18:03.000Z",
            "2026-11-22T05:18:03.000+00:00",
            "2026-02-29T00:00:00.000Z",
            "2026-04-31T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:60.000Z",
            "+026-01-01T00:00:00.000Z",
            "2026-11-22T05:18:03.00éZ",
        ] {
            assert_eq!(text.parse::<Tick>(), Err(NotATick), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in Tick::MIN.0..=Tick::MAX.0) {
            prop_assert_eq!(Tick(millis).to_string().parse(), Ok(Tick(millis)));
        }

        #[test]
        fn the_calendar_agrees_with_another_one(millis in Tick::MIN.0..=Tick::MAX.0) {
            let other = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
            let read = OffsetDateTime::parse(&Tick(millis).to_string(), &Rfc3339).unwrap();
            prop_assert_eq!(read, other);
            prop_assert_eq!(Tick(millis).weekday(), usize::from(other.weekday().number_days_from_sunday()));
        }

        #[test]
        fn no_text_panics(text in ".{0,30}", digits in "[0-9T:.Z-]{24}") {
            let _ = text.parse::<Tick>();
            let _ = digits.parse::<Tick>();
        }

        #[test]
        fn survives_json(millis in Tick::MIN.0..=Tick::MAX.0) {
            let json = serde_json::to_string(&Tick(millis)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Tick>(&json).unwrap(), Tick(millis));
        }
    }
}
