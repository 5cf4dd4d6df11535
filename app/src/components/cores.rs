//! A bar for each processor core, drawn as the outlines of tracks and bars.

use std::fmt::Write;

use leptos::prelude::*;
use wire::trend::Trend;

use crate::erased::words;

/// The most bars in a row, and the least that it leaves room for.
const MOST_IN_A_ROW: usize = 32;
const LEAST_IN_A_ROW: usize = 16;

/// The width of a bar, and of a bar with the space behind it.
const BAR: usize = 3;
const PITCH: usize = 4;

/// The height of a bar, and of a bar with the space below it.
const FULL: usize = 100;
const ROW: usize = 120;

/// Slim bars, in rows where there are many. They are for the eye alone.
#[component]
pub fn Cores(
    /// The newest measurement says how busy each is.
    trend: RwSignal<Trend>,
) -> impl IntoView {
    let outline = move |part: fn(Outlines) -> String| {
        words(move || {
            let trend = trend.read();
            part(outlines(trend.newest.as_ref().map_or(&[], |status| &status.host.cores)))
        })
    };
    view! {
        <svg class="cores" viewBox=outline(|it| it.view_box) preserveAspectRatio="none" aria-hidden="true">
            <path class="track" d=outline(|it| it.tracks)/>
            <path class="bar" d=outline(|it| it.bars)/>
        </svg>
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outlines {
    view_box: String,
    tracks: String,
    bars: String,
}

fn outlines(cores: &[f64]) -> Outlines {
    let rows = cores.len().div_ceil(MOST_IN_A_ROW).max(1);
    let in_a_row = cores.len().div_ceil(rows);
    let width = in_a_row.max(LEAST_IN_A_ROW) * PITCH - (PITCH - BAR);
    // Few bars stand at the right.
    let left = LEAST_IN_A_ROW.saturating_sub(in_a_row) * PITCH;
    let view_box = format!("-{left} 0 {width} {}", rows * ROW - (ROW - FULL));
    let mut outlines = Outlines { view_box, ..Outlines::default() };
    for (index, &busy) in cores.iter().enumerate() {
        let (x, y) = (index % in_a_row * PITCH, index / in_a_row * ROW);
        #[expect(clippy::cast_possible_truncation, reason = "it is between 0 and 100; NaN is 0")]
        #[expect(clippy::cast_sign_loss, reason = "it is between 0 and 100")]
        let height = busy.clamp(0.0, 100.0) as usize;
        // Writing to a String cannot fail.
        let _ = write!(outlines.tracks, "M{x} {y}h{BAR}v{FULL}h-{BAR}z");
        let _ = write!(outlines.bars, "M{x} {}h{BAR}v-{height}h-{BAR}z", y + FULL);
    }
    outlines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_cores_stay_slim_and_many_stand_in_rows() {
        assert_eq!(outlines(&[50.0]).view_box, "-60 0 63 100");
        assert_eq!(outlines(&[50.0]).bars, "M0 100h3v-50h-3z");
        assert_eq!(outlines(&[0.0; 32]).view_box, "-0 0 127 100");
        assert_eq!(outlines(&[0.0; 48]).view_box, "-0 0 95 220");
        assert_eq!(outlines(&[0.0; 128]).view_box, "-0 0 127 460");
        assert!(outlines(&[0.0; 128]).tracks.ends_with("M124 360h3v100h-3z"));
    }

    #[test]
    fn the_wildest_values_stay_in_their_track() {
        let bars = outlines(&[f64::NAN, -1.0, f64::INFINITY]).bars;
        assert_eq!(bars, "M0 100h3v-0h-3zM4 100h3v-0h-3zM8 100h3v-100h-3z");
        assert_eq!(outlines(&[]).bars, "");
    }
}
