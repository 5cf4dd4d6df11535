//! The server's time on the wire, as RFC 3339 writes it. The server's encoder, the server's rendering and
//! the browser all use this one codec.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month, Time, UtcDateTime};

use crate::read::{FromJson, Source};

/// An instant on the server's clock, in milliseconds since the Unix epoch.
///
/// It is written as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) in UTC with
/// exactly three decimals: `2026-11-22T05:18:03.000Z`. The years 0000 to 9999 can be written, so
/// only those can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
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
        micros.div_euclid(1000).into()
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

    /// The instant on the calendar. Its days are those of UTC.
    #[must_use]
    pub fn utc(self) -> UtcDateTime {
        UtcDateTime::UNIX_EPOCH.saturating_add(Duration::milliseconds(self.0))
    }

    /// Hour, minute and second in UTC, as `05:18:03`.
    #[must_use]
    pub fn clock(self) -> String {
        let (hour, minute, second) = self.utc().as_hms();
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// From milliseconds since the Unix epoch; beyond the ends it is the nearest.
impl From<i64> for Tick {
    fn from(millis: i64) -> Self {
        Self(millis).clamp(Self::MIN, Self::MAX)
    }
}

impl FromJson for Tick {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        i64::from_json(source).map(Self::from)
    }
}

impl From<Tick> for i64 {
    fn from(tick: Tick) -> Self {
        tick.0
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (utc, clock) = (self.utc(), self.clock());
        let (year, month, day) = (utc.year(), u8::from(utc.month()), utc.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{clock}.{:03}Z", utc.millisecond())
    }
}

/// The text is not an instant in the form `2026-11-22T05:18:03.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATick;

impl fmt::Display for NotATick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must have the form 2026-11-22T05:18:03.000Z")
    }
}

impl std::error::Error for NotATick {}

impl FromStr for Tick {
    type Err = NotATick;

    fn from_str(text: &str) -> Result<Self, NotATick> {
        read(text).ok_or(NotATick)
    }
}

/// Reads the one form that is written; RFC 3339 itself allows offsets and other numbers of decimals.
fn read(text: &str) -> Option<Tick> {
    const MARKS: [(usize, u8); 7] =
        [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    let bytes: &[u8; 24] = text.as_bytes().try_into().ok()?;
    if MARKS.iter().any(|&(at, mark)| bytes[at] != mark) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_u16, |value, &digit| {
            digit.is_ascii_digit().then(|| value * 10 + u16::from(digit - b'0'))
        })
    };
    let small = |from, to| u8::try_from(number(from, to)?).ok();
    let month = Month::try_from(small(5, 7)?).ok()?;
    let date = Date::from_calendar_date(number(0, 4)?.into(), month, small(8, 10)?).ok()?;
    let time = Time::from_hms(small(11, 13)?, small(14, 16)?, small(17, 19)?).ok()?;
    let seconds = UtcDateTime::new(date, time).unix_timestamp();
    Some(Tick(seconds * 1000 + i64::from(number(20, 23)?)))
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
        fn any_reader_of_rfc_3339_understands_it(millis in Tick::MIN.0..=Tick::MAX.0) {
            let read = OffsetDateTime::parse(&Tick(millis).to_string(), &Rfc3339).unwrap();
            prop_assert_eq!(read.unix_timestamp_nanos(), i128::from(millis) * 1_000_000);
        }

        #[test]
        fn no_text_panics(text in ".{0,30}", digits in "[0-9T:.Z-]{24}") {
            let _ = text.parse::<Tick>();
            let _ = digits.parse::<Tick>();
        }

        #[test]
        fn no_number_in_json_is_beyond_the_ends(millis: i64) {
            let tick: Tick = serde_json::from_str(&millis.to_string()).unwrap();
            prop_assert!((Tick::MIN..=Tick::MAX).contains(&tick));
            let _ = tick.to_string();
        }

        #[test]
        fn survives_json(millis in Tick::MIN.0..=Tick::MAX.0) {
            let json = serde_json::to_string(&Tick(millis)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Tick>(&json).unwrap(), Tick(millis));
        }
    }
}
