//! Writes a [`Tick`] as the time of day, by the visitor's clock.

use wire::tick::Tick;

use crate::writing::{UTC, Writing};

/// Hours, minutes and seconds, with the period of the day where the visitor's language says it, and with
/// the zone where that is not the visitor's, because nothing knows theirs.
pub fn clock(writing: &Writing, tick: Tick) -> String {
    let face = (writing.face)(tick);
    let zone = (writing.zone)(tick);
    let zone = if zone == UTC { UTC } else { "" };
    let parts = [&face.before, &face.digits, &face.after, zone];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::Face;

    #[test]
    fn a_clock_of_another_zone_than_the_visitors_says_so() {
        let midnight = Tick::from_micros(0);
        assert_eq!(clock(&Writing::plain(), midnight), "00:00:00 UTC");
        let face = |_| Face { before: "上午".into(), digits: "8:00:00".into(), after: "".into() };
        let writing = Writing { zone: |_| "中国标准时间".into(), face, ..Writing::plain() };
        assert_eq!(clock(&writing, midnight), "上午 8:00:00");
    }
}
