//! A sparkline: a plot without axes, of values as a line and their errors as a band.

use std::fmt::Write;

use leptos::prelude::*;

use crate::{erased::words, feed::Offset};

/// The box that is drawn in, in tenths of what it is high and wide on a small screen: so whole
/// numbers do.
const WIDTH: i64 = 2000;
const HEIGHT: i64 = 440;
const MARGIN: i64 = 30;

/// The last measurements as a line in a band. Below two measurements it is empty, but as high.
#[component]
pub fn Spark(
    /// What is drawn, for a screen reader.
    label: &'static str,
    /// Oldest first.
    offsets: RwSignal<Vec<Offset>>,
) -> impl IntoView {
    view! {
        <svg class="spark" viewBox="0 0 2000 440" preserveAspectRatio="none" role="img" aria-label=label>
            <path class="band" d=words(move || paths(&offsets.read()).0)/>
            <path class="line" d=words(move || paths(&offsets.read()).1)/>
        </svg>
    }
}

/// The outlines of the band and of the line.
fn paths(offsets: &[Offset]) -> (String, String) {
    if offsets.len() < 2 {
        return Default::default();
    }
    let ends = |o: &Offset| (o.ahead.saturating_sub(o.error), o.ahead.saturating_add(o.error));
    let low = offsets.iter().map(|o| ends(o).0).min().unwrap_or_default();
    let high = offsets.iter().map(|o| ends(o).1).max().unwrap_or_default();
    let range = high.saturating_sub(low).max(1);
    // The product below fits for all that a page measures; for the wildest values after a shift.
    let shift = if range > i64::MAX / HEIGHT { HEIGHT.ilog2() + 1 } else { 0 };
    let last = offsets.len() as i64 - 1;
    let at = |index: usize, value: i64| {
        let above = (value.saturating_sub(low) >> shift) * (HEIGHT - 2 * MARGIN) / (range >> shift);
        format!("{} {}", WIDTH * index as i64 / last, HEIGHT - MARGIN - above)
    };
    let (mut upper, mut lower, mut line) = (String::new(), String::new(), String::new());
    for (index, offset) in offsets.iter().enumerate() {
        let mark = if index == 0 { 'M' } else { 'L' };
        let (least, most) = ends(offset);
        // Writing to a String cannot fail.
        let _ = write!(line, "{mark}{}", at(index, offset.ahead));
        let _ = write!(upper, "{mark}{}", at(index, most));
        lower.insert_str(0, &format!("L{}", at(index, least)));
    }
    (format!("{upper}{lower}Z"), line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_measurement_draws_nothing() {
        assert_eq!(paths(&[Offset { ahead: 5, error: 1 }]), Default::default());
    }

    #[test]
    fn the_band_spans_the_height_and_the_line_lies_within() {
        let (band, line) = paths(&[Offset { ahead: 0, error: 10 }, Offset { ahead: 0, error: 10 }]);
        assert_eq!(band, "M0 30L2000 30L2000 410L0 410Z");
        assert_eq!(line, "M0 220L2000 220");
    }

    #[test]
    fn the_wildest_values_do_not_panic() {
        let wild = Offset { ahead: i64::MIN, error: i64::MAX };
        paths(&[wild, Offset { ahead: i64::MAX, ..wild }]);
    }
}
