//! How an instant is written for a reader: a [`Tick`] goes in, the words of a clock face come out.
//!
//! The server writes UTC. The browser replaces the [`Zone`] by the visitor's own once it runs.

use crate::{text::text, tick::Tick};

/// The parts of a clock face. In some languages the day period stands before the digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    /// What stands before the digits, as 上午.
    pub before: String,
    /// Hours, minutes and seconds.
    pub digits: String,
    /// What stands behind the digits, as PM.
    pub after: String,
}

/// A way to write instants: a time zone and a language.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The zone's name for people, as `Central European Summer Time`.
    pub name: String,
    /// The clock face of an instant.
    pub face: fn(Tick) -> Face,
    /// The calendar day of an instant, in words.
    pub date: fn(Tick) -> String,
}

impl Zone {
    /// Coordinated Universal Time, written as the page's own language does.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), face: utc_face, date: utc_date }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_written_in_words() {
        let tick: Tick = "2026-11-22T05:18:03.000Z".parse().unwrap();
        let utc = Zone::utc();
        assert_eq!((utc.date)(tick), "Sunday, 22 November 2026");
        assert_eq!((utc.face)(tick).digits, "05:18:03");
    }
}
