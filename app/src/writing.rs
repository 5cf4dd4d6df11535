//! The formats of instants and numbers on a page.
//!
//! The server formats instants in UTC, and numbers in the way that both languages share. Once it runs, the
//! browser replaces this [`Writing`] with the visitor's own.

use wire::tick::Tick;

use crate::text::text;

/// The time zone of a visitor whose own is unknown.
pub const UTC: &str = "UTC";

/// The parts of a clock face. Some languages put the day period before the digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    /// What comes before the digits, such as 上午.
    pub before: String,
    /// Hours, minutes and seconds.
    pub digits: String,
    /// What comes after the digits, such as PM.
    pub after: String,
}

/// A way to format instants and numbers: a time zone, and the conventions of a language and region.
#[derive(Clone, Debug)]
pub struct Writing {
    /// The time zone's full name at an instant, such as `Central European Summer Time`.
    pub zone: fn(Tick) -> String,
    /// The clock face of an instant.
    pub face: fn(Tick) -> Face,
    /// The calendar day of an instant, in words.
    pub date: fn(Tick) -> String,
    /// Hours and minutes of an instant.
    pub minute: fn(Tick) -> String,
    /// A number, given in units of its last decimal and with 0 to 2 decimals: `(12345, 1)` is `1,234.5`.
    pub number: fn(i64, u8) -> String,
    /// Whether a preference is on.
    pub is_on: fn(Habit) -> bool,
    /// Turns a preference on or off, and remembers it.
    pub turn: fn(Habit),
}

/// What a visitor may prefer to the conventions of their region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// The 24-hour clock.
    Hours,
    /// Coordinated Universal Time.
    Utc,
}

impl Writing {
    /// UTC and plain numbers, in the language of the page.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            zone: |_| UTC.to_owned(),
            face: utc_face,
            date: utc_date,
            minute: utc_minute,
            number: plain_number,
            is_on: |_| true,
            turn: |_| {},
        }
    }
}

fn utc_face(tick: Tick) -> Face {
    Face { digits: tick.clock(), ..Face::default() }
}

fn utc_date(tick: Tick) -> String {
    let utc = tick.utc();
    let weekday = text().weekdays[usize::from(utc.weekday().number_days_from_sunday())];
    let month = text().months[usize::from(u8::from(utc.month())) - 1];
    (text().date)(weekday, utc.day(), month, utc.year())
}

fn utc_minute(tick: Tick) -> String {
    let mut clock = tick.clock();
    clock.truncate(5);
    clock + " " + UTC
}

/// Groups digits in threes with commas, and puts a point before decimals, as both languages do.
fn plain_number(value: i64, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0>1$}", value.unsigned_abs(), decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mut written = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    if decimals > 0 {
        written.push('.');
        written.push_str(fraction);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_written_in_words() {
        let tick: Tick = "2026-11-22T05:18:03.000Z".parse().unwrap();
        let utc = Writing::plain();
        assert_eq!((utc.date)(tick), "Sunday, 22 November 2026");
        assert_eq!((utc.face)(tick).digits, "05:18:03");
        assert_eq!((utc.minute)(tick), "05:18 UTC");
    }

    #[test]
    fn numbers_are_grouped_and_keep_their_decimals() {
        for (value, decimals, written) in [
            (0, 0, "0"),
            (7, 2, "0.07"),
            (-5, 1, "-0.5"),
            (999, 0, "999"),
            (1000, 0, "1,000"),
            (1_234_567, 1, "123,456.7"),
            (-1_234_567, 0, "-1,234,567"),
            (i64::MIN, 2, "-92,233,720,368,547,758.08"),
        ] {
            assert_eq!((Writing::plain().number)(value, decimals), written);
        }
    }
}
