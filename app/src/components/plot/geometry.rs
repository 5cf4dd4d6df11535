//! The geometry of a plot: maps instants and values to outlines in a box of [`WIDTH`] by [`HEIGHT`].
//! Coordinates are whole numbers, which the server and the browser write alike.

use wire::{status::STATUS_INTERVAL_MS, tick::Tick, trend::TREND_KEPT};

/// The width of the box; the newest value is at its right edge.
pub const WIDTH: i32 = 600;

/// The height of the box; zero is at its lower edge.
pub const HEIGHT: i32 = 200;

/// The time that the width stands for, in milliseconds.
pub const SPAN_MS: i64 = STATUS_INTERVAL_MS as i64 * TREND_KEPT as i64;

/// Between two measurements further apart than this, in milliseconds, no line is drawn.
const HOLE_MS: i64 = STATUS_INTERVAL_MS as i64 * 4;

/// The outlines of one curve, as the `d` of SVG paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The line.
    pub line: String,
    /// What lies between the line and zero.
    pub area: String,
}

/// The outlines of values that were measured at these instants, oldest first. Nothing is drawn where
/// there is no value; a value between two holes is a dot.
#[must_use]
pub fn outline(at: &[Tick], values: &[Option<f64>], top: f64) -> Outline {
    let Outline { mut line, mut area } = Outline::default();
    // Where the pen is, and at which age.
    let mut pen: Option<(i32, i32, i64)> = None;
    for (&tick, &value) in at.iter().zip(values) {
        let age = age(at, tick);
        let Some(value) = value.filter(|_| (0..=SPAN_MS).contains(&age)) else {
            lift(&mut pen, &mut area);
            continue;
        };
        if pen.is_some_and(|(.., before)| before - age > HOLE_MS) {
            lift(&mut pen, &mut area);
        }
        let (x, y) = (x(age), y(value, top));
        if let Some((from_x, from_y, _)) = pen {
            let step = format!(" {} {}", x - from_x, y - from_y);
            line.push_str(&step);
            area.push_str(&step);
        } else {
            line.push_str(&format!("M{x} {y}l0 0"));
            area.push_str(&format!("M{x} {HEIGHT}V{y}l0 0"));
        }
        pen = Some((x, y, age));
    }
    lift(&mut pen, &mut area);
    Outline { line, area }
}

/// Ends a line, and closes the area under it.
fn lift(pen: &mut Option<(i32, i32, i64)>, area: &mut String) {
    if pen.take().is_some() {
        area.push_str(&format!("V{HEIGHT}Z"));
    }
}

/// How long before the newest instant another one was, in milliseconds.
#[must_use]
pub fn age(at: &[Tick], tick: Tick) -> i64 {
    at.last().map_or(0, |newest| newest.millis() - tick.millis())
}

/// Where an age is drawn, from the left edge.
#[must_use]
pub fn x(age: i64) -> i32 {
    let left = (SPAN_MS - age.clamp(0, SPAN_MS)) * i64::from(WIDTH) / SPAN_MS;
    // It is between 0 and the width.
    i32::try_from(left).unwrap_or(WIDTH)
}

/// Where a value is drawn, from the upper edge; at one of the edges where it is beyond.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "it is between 0 and the height; NaN is 0")]
pub fn y(value: f64, top: f64) -> i32 {
    HEIGHT - ((value / top).clamp(0.0, 1.0) * f64::from(HEIGHT)) as i32
}

/// The measurement nearest to an age; `None` where there is none.
#[must_use]
pub fn nearest(at: &[Tick], sought: i64) -> Option<usize> {
    (0..at.len()).min_by_key(|&index| age(at, at[index]).abs_diff(sought))
}

/// The age that is drawn `left` pixels from the left edge of a box `width` pixels wide.
#[must_use]
pub fn age_at(left: i32, width: i32) -> i64 {
    let width = i64::from(width.max(1));
    SPAN_MS - i64::from(left).clamp(0, width) * SPAN_MS / width
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn every(step: i64, count: i64) -> Vec<Tick> {
        (0..count).map(|index| Tick::from(index * step)).collect()
    }

    /// Every point that a path goes through; fails where it holds anything but what is written here.
    fn points(path: &str) -> Vec<(i32, i32)> {
        let mut points: Vec<(i32, i32)> = Vec::new();
        let spaced = path.replace('M', " M ").replace('l', " l ").replace('V', " V ");
        let mut words = spaced.split([' ', 'Z']).filter(|word| !word.is_empty());
        let mut command = "";
        while let Some(word) = words.next() {
            let last = points.last().copied().unwrap_or_default();
            if let "M" | "l" | "V" = word {
                command = word;
                if command != "V" {
                    continue;
                }
            }
            let mut number = || words.next().unwrap().parse::<i32>().unwrap();
            points.push(match command {
                "V" => (last.0, number()),
                "M" => (word.parse().unwrap(), number()),
                _ => (last.0 + word.parse::<i32>().unwrap(), last.1 + number()),
            });
        }
        points
    }

    #[test]
    fn the_newest_value_is_at_the_right_and_the_top_is_above() {
        let outline = outline(&every(2000, 3), &[Some(0.0), Some(50.0), Some(100.0)], 100.0);
        assert_eq!(outline.line, "M596 200l0 0 2 -100 2 -100");
        assert_eq!(outline.area, "M596 200V200l0 0 2 -100 2 -100V200Z");
    }

    #[test]
    fn no_line_is_drawn_where_nothing_was_measured() {
        let values = [Some(1.0), None, Some(1.0)];
        assert_eq!(outline(&every(2000, 3), &values, 2.0).line, "M596 100l0 0M600 100l0 0");
        assert_eq!(outline(&every(60_000, 2), &values, 2.0).line, "M540 100l0 0");
        let away = outline(&every(60_000, 2), &[Some(1.0); 2], 2.0).line;
        assert_eq!(away, "M540 100l0 0M600 100l0 0");
    }

    #[test]
    fn what_is_too_old_is_not_drawn() {
        assert_eq!(outline(&every(SPAN_MS + 1, 2), &[Some(1.0); 2], 2.0).line, "M600 100l0 0");
    }

    #[test]
    fn the_pointer_finds_what_lies_under_it() {
        let at = every(2000, 300);
        assert_eq!(nearest(&at, age_at(600, 600)), Some(299));
        assert_eq!(nearest(&at, age_at(0, 600)), Some(0));
        assert_eq!(nearest(&at, age_at(300, 600)), Some(149));
        assert_eq!(nearest(&[], 0), None);
        assert_eq!(age_at(-5, 0), SPAN_MS);
    }

    proptest! {
        #[test]
        fn everything_is_inside_the_box(
            at in vec(any::<i64>().prop_map(Tick::from), 0..20),
            values in vec(option::of(any::<f64>()), 0..20),
            top: f64,
        ) {
            inside(&outline(&at, &values, top));
        }

        #[test]
        fn so_is_everything_of_the_last_minutes(
            at in vec((0..SPAN_MS).prop_map(Tick::from), 0..20),
            values in vec(option::of(0.0..200.0), 20),
            top in 0.0..200.0,
        ) {
            inside(&outline(&at, &values, top));
        }

        #[test]
        fn no_place_panics(left: i32, width: i32, sought: i64) {
            let age = age_at(left, width);
            prop_assert!((0..=SPAN_MS).contains(&age));
            prop_assert!((0..=WIDTH).contains(&x(sought)));
            prop_assert!(nearest(&every(2000, 9), sought).is_some());
        }
    }

    fn inside(outline: &Outline) {
        for path in [&outline.line, &outline.area] {
            for (x, y) in points(path) {
                assert!((0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y), "{path}");
            }
        }
    }
}
