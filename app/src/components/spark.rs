//! A plot without axes: values and their errors go in, a line and a band come out.

use std::fmt::Write;

use leptos::prelude::*;

use crate::{changing::words, feed::Offset};

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 44.0;
const MARGIN: f64 = 3.0;

/// The last measurements as a line in a band. Below two measurements it is empty, but as high.
#[component]
pub fn Spark(
    /// What is drawn, for a screen reader.
    label: &'static str,
    /// Oldest first.
    #[prop(into)]
    offsets: Signal<Vec<Offset>>,
) -> impl IntoView {
    view! {
        <svg class="spark" viewBox="0 0 200 44" preserveAspectRatio="none" role="img" aria-label=label>
            <path class="band" d=words(move || paths(&offsets.read()).0)/>
            <path class="line" d=words(move || paths(&offsets.read()).1)/>
        </svg>
    }
}

/// The outlines of the band and of the line.
#[expect(clippy::cast_precision_loss, reason = "a picture of 200 by 44 does not need 53 bits")]
fn paths(offsets: &[Offset]) -> (String, String) {
    if offsets.len() < 2 {
        return Default::default();
    }
    let low = offsets.iter().map(|o| o.ahead.saturating_sub(o.error)).min().unwrap_or_default();
    let high = offsets.iter().map(|o| o.ahead.saturating_add(o.error)).max().unwrap_or_default();
    let scale = (HEIGHT - 2.0 * MARGIN) / (high.saturating_sub(low).max(1) as f64);
    let x = |index: usize| WIDTH * index as f64 / (offsets.len() - 1) as f64;
    let y = |value: i64| HEIGHT - MARGIN - value.saturating_sub(low) as f64 * scale;

    let (mut upper, mut lower, mut line) = (String::new(), String::new(), String::new());
    for (index, offset) in offsets.iter().enumerate() {
        let mark = if index == 0 { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        let _ = write!(line, "{mark}{:.1} {:.1}", x(index), y(offset.ahead));
        let _ = write!(
            upper,
            "{mark}{:.1} {:.1}",
            x(index),
            y(offset.ahead.saturating_add(offset.error))
        );
    }
    for (index, offset) in offsets.iter().enumerate().rev() {
        let _ =
            write!(lower, "L{:.1} {:.1}", x(index), y(offset.ahead.saturating_sub(offset.error)));
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
        assert_eq!(band, "M0.0 3.0L200.0 3.0L200.0 41.0L0.0 41.0Z");
        assert_eq!(line, "M0.0 22.0L200.0 22.0");
    }

    #[test]
    fn the_wildest_values_do_not_panic() {
        let wild = Offset { ahead: i64::MIN, error: i64::MAX };
        paths(&[wild, Offset { ahead: i64::MAX, ..wild }]);
    }
}
