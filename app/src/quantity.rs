//! Formats quantities in a suitable unit, and chooses where the axis of a plot ends.

use std::fmt;

use crate::number::number;

/// What a value measures, and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Percent, from 0 to 100.
    Percent,
    /// A count.
    Number,
    /// A load average.
    Load,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    ByteRate,
    /// Events per second.
    Rate,
    /// Microseconds.
    Micros,
    /// Degrees Celsius.
    Celsius,
}

/// A number and its unit, kept apart because the number is drawn large and the unit small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The number, rounded.
    pub number: String,
    /// Its unit, or empty.
    pub unit: &'static str,
}

impl Amount {
    /// In place of a value that is missing.
    #[must_use]
    pub fn none() -> Self {
        Self { number: "–".to_owned(), unit: "" }
    }
}

impl fmt::Display for Amount {
    /// With a no-break space between the number and the unit: `34 %`, but `500/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if matches!(self.unit, "" | "/s") { "" } else { "\u{a0}" };
        write!(f, "{}{space}{}", self.number, self.unit)
    }
}

impl Unit {
    /// A value in a suitable unit: `5.2 GiB`, `840 µs`. Negative values and NaN become 0.
    #[must_use]
    pub fn amount(self, value: f64) -> Amount {
        let (rounded, decimals, unit) = self.rounded(value);
        Amount { number: number(rounded, decimals), unit }
    }

    /// The same without trailing zeros, for the end of an axis: `2 GiB`.
    #[must_use]
    pub fn mark(self, value: f64) -> Amount {
        let (mut rounded, mut decimals, unit) = self.rounded(value);
        while decimals > 0 && rounded % 10 == 0 {
            (rounded, decimals) = (rounded / 10, decimals - 1);
        }
        Amount { number: number(rounded, decimals), unit }
    }

    /// A value in units of its last decimal, its number of decimals, and its unit.
    fn rounded(self, value: f64) -> (i64, u8, &'static str) {
        let (scaled, unit) = self.scaled(value);
        let decimals = match self {
            Self::Load => 2,
            Self::Rate => u8::from(scaled < 9.95),
            Self::Bytes | Self::ByteRate | Self::Micros => {
                u8::from(unit != self.scale().1[0] && scaled < 99.95)
            }
            Self::Percent | Self::Number | Self::Celsius => 0,
        };
        let factor = [1.0, 10.0, 100.0][usize::from(decimals)];
        #[expect(clippy::cast_possible_truncation, reason = "it is at most 10^18")]
        let rounded = (scaled * factor).round() as i64;
        (rounded, decimals, unit)
    }

    /// Where the axis for values up to `most` ends: 1, 2 or 5 times a power of ten of a unit.
    #[must_use]
    pub fn top(self, most: f64) -> f64 {
        let most = most.max(self.least_top());
        let (factor, units) = self.scale();
        let mut step = 1.0;
        for _ in 1..units.len() {
            if most > 500.0 * step {
                step *= factor;
            }
        }
        // Nothing measured here reaches 10^18.
        for _ in 0..18 {
            for times in [1.0, 2.0, 5.0] {
                if most <= times * step {
                    return times * step;
                }
            }
            step *= 10.0;
        }
        step
    }

    /// The least end of an axis. Below it, noise would look like mountains.
    fn least_top(self) -> f64 {
        match self {
            Self::Percent | Self::Celsius => 100.0,
            Self::Number => 5.0,
            Self::Load | Self::Rate => 1.0,
            Self::Bytes | Self::ByteRate => 1024.0,
            Self::Micros => 1000.0,
        }
    }

    fn scaled(self, value: f64) -> (f64, &'static str) {
        let (factor, units) = self.scale();
        // NaN is not greater than 0.
        let mut value = if value > 0.0 { value.min(1e18) } else { 0.0 };
        let mut unit = 0;
        // A value that would round up to 1 of the next unit is given in that unit.
        while value >= factor - 0.5 && unit + 1 < units.len() {
            value /= factor;
            unit += 1;
        }
        (value, units[unit])
    }

    /// How many of one unit make the next, and the units, smallest first.
    fn scale(self) -> (f64, &'static [&'static str]) {
        match self {
            Self::Percent => (1000.0, &["%"]),
            Self::Number | Self::Load => (1000.0, &[""]),
            Self::Bytes => (1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]),
            Self::ByteRate => (1024.0, &["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s", "PiB/s"]),
            Self::Rate => (1000.0, &["/s"]),
            Self::Micros => (1000.0, &["µs", "ms", "s"]),
            Self::Celsius => (1000.0, &["°C"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Unit; 8] = [
        Unit::Percent,
        Unit::Number,
        Unit::Load,
        Unit::Bytes,
        Unit::ByteRate,
        Unit::Rate,
        Unit::Micros,
        Unit::Celsius,
    ];

    #[test]
    fn a_value_is_said_in_the_unit_that_suits_it() {
        for (unit, value, said) in [
            (Unit::Percent, 34.4, "34\u{a0}%"),
            (Unit::Number, 1_234_567.0, "1,234,567"),
            (Unit::Load, 0.418, "0.42"),
            (Unit::Bytes, 1023.0, "1,023\u{a0}B"),
            (Unit::Bytes, 1023.7, "1.0\u{a0}KiB"),
            (Unit::Bytes, 5_583_457_484.0, "5.2\u{a0}GiB"),
            (Unit::ByteRate, 104_857_600.0, "100\u{a0}MiB/s"),
            (Unit::Rate, 2.04, "2.0/s"),
            (Unit::Rate, 1500.0, "1,500/s"),
            (Unit::Micros, 840.0, "840\u{a0}µs"),
            (Unit::Micros, 999.6, "1.0\u{a0}ms"),
            (Unit::Micros, 12_345_678.0, "12.3\u{a0}s"),
            (Unit::Celsius, 61.5, "62\u{a0}°C"),
            (Unit::Percent, -3.0, "0\u{a0}%"),
            (Unit::Bytes, f64::NAN, "0\u{a0}B"),
        ] {
            assert_eq!(unit.amount(value).to_string(), said);
        }
    }

    #[test]
    fn an_axis_ends_at_a_number_that_is_easily_read() {
        for (unit, most, said) in [
            (Unit::Percent, 3.0, "100\u{a0}%"),
            (Unit::Number, 0.0, "5"),
            (Unit::Number, 42.0, "50"),
            (Unit::Rate, 320.0, "500/s"),
            (Unit::Load, 1.2, "2"),
            (Unit::ByteRate, 0.0, "1\u{a0}KiB/s"),
            (Unit::Bytes, 1_200_000_000.0, "2\u{a0}GiB"),
            (Unit::Bytes, 600.0 * 1024.0, "1\u{a0}MiB"),
            (Unit::Micros, 2_600.0, "5\u{a0}ms"),
            (Unit::Micros, 700_000.0, "1\u{a0}s"),
        ] {
            assert_eq!(unit.mark(unit.top(most)).to_string(), said);
        }
    }

    proptest! {
        #[test]
        fn no_value_is_above_its_axis(most in 0.0..1e15) {
            for unit in ALL {
                prop_assert!(unit.top(most) >= most);
                prop_assert!(unit.top(most) <= most.max(unit.least_top()) * 2.5);
            }
        }

        #[test]
        fn no_value_panics(value: f64) {
            for unit in ALL {
                prop_assert!(!unit.amount(value).number.is_empty());
                prop_assert!(unit.top(value).is_finite());
            }
        }
    }

    #[test]
    fn a_mark_has_no_needless_digits_in_whatever_writing() {
        let snapshot = wire::page_data::Snapshot {
            now: 0.into(),
            interval_ms: 3000,
            readers: 0,
            http_version: String::new(),
            synchronised: None,
            base: String::new(),
            url: String::new(),
            token_maker: None,
            language: wire::language::Language::English,
            identity: wire::identity::Identity::default(),
            chat: true,
            address: String::new(),
            cursor: String::new(),
            page: wire::page_data::PageData::Plain,
        };
        leptos::prelude::Owner::new().with(|| {
            let feed = crate::Feed::new(&snapshot);
            let with_comma = |value, decimals| {
                (crate::writing::Writing::plain().number)(value, decimals).replace('.', ",")
            };
            leptos::prelude::Update::update(&feed.writing, |writing| writing.number = with_comma);
            leptos::prelude::provide_context(feed);
            assert_eq!(Unit::Load.mark(1.0).number, "1");
            assert_eq!(Unit::Load.mark(0.5).number, "0,5");
            assert_eq!(Unit::Load.amount(0.5).number, "0,50");
        });
    }
}
