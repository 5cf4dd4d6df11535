//! A plot of the last ten minutes of a [`Trend`]: lines, an axis, the value under the pointer, and a table
//! of the same values.

mod drawn;
mod geometry;
mod pointed;
mod table;

use leptos::prelude::*;
use wire::trend::Trend;

use crate::{
    erased::{flag, words},
    feed::Feed,
    lengths::elapsed,
    text::text,
};
use drawn::{Drawn, said};
use geometry::{HEIGHT, Outline, WIDTH, outline, x, y};
use pointed::Pointed;
use table::Table;

pub use drawn::{Curve, Plotted};

/// A plot. Below the lines stands its time axis, or the value that is pointed at, and above them when
/// that was.
#[component]
pub fn Plot(
    plotted: Plotted,
    /// What is plotted from.
    trend: RwSignal<Trend>,
    /// The newest values are no longer what they are now.
    stale: Signal<bool>,
) -> impl IntoView {
    let plotted = StoredValue::new(plotted);
    let drawn = Memo::new(move |_| Drawn::new(&plotted.read_value(), &trend.read()));
    let pointed = Pointed::at(drawn);
    let curves = (0..plotted.read_value().curves.len())
        .map(|curve| view! { <Line curve drawn/> })
        .collect_view();
    let top = words(move || plotted.read_value().unit.mark(drawn.read().top).to_string());
    let rule = words(move || {
        pointed.age().map_or_else(String::new, |age| format!("M{0} 0V{HEIGHT}", x(age)))
    });
    let limit = words(move || {
        let Drawn { top, limit, .. } = *drawn.read();
        if limit > 0.0 { format!("M0 {}H{WIDTH}", y(limit, top)) } else { String::new() }
    });
    let dots =
        words(move || pointed.index().map_or_else(String::new, |index| dots(&drawn.read(), index)));
    let label = words(move || label(&plotted.read_value(), &drawn.read()));
    let end = move |which: usize| {
        let several = plotted.read_value().curves.len() > 1;
        let unkeyed = flag(move || !several || pointed.index().is_none());
        let reads = flag(move || pointed.index().is_some());
        let said = words(move || match pointed.index() {
            Some(index) => readout(&plotted.read_value(), &drawn.read(), index, which),
            None => axis(&drawn.read(), stale.get())[which].clone(),
        });
        view! {
            <span class:reads=reads><i class="key" class:second=which != 0 hidden=unkeyed></i>{said}</span>
        }
    };
    view! {
        <div class="plot" translate="no">
            <p class="top" aria-hidden="true">
                <span>{words(move || pointed.age().map_or_else(String::new, when))}</span>
                <span>{top}</span>
            </p>
            <div
                class="field"
                role="img"
                tabindex="0"
                aria-label=label
                on:pointerdown=move |event| pointed.on_pointer(&event)
                on:pointermove=move |event| pointed.on_pointer(&event)
                on:pointerleave=move |event| pointed.on_leave(&event)
                on:focus=move |_| pointed.on_focus()
                on:blur=move |_| pointed.leave()
                on:keydown=move |event| pointed.on_key(&event)
            >
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d=format!("M0 0H{WIDTH}M0 {HEIGHT}H{WIDTH}")/>
                    <path class="limit" d=limit/>
                    {curves}
                    <path class="rule" d=rule/>
                    <path class="dots" d=dots/>
                </svg>
            </div>
            <p class="axis" aria-hidden="true">
                {end(0)}
                {end(1)}
            </p>
            <Table plotted drawn/>
        </div>
    }
}

/// One curve: its area, where it is the first, and its line.
#[component]
fn Line(curve: usize, drawn: Memo<Drawn>) -> impl IntoView {
    let part = move |part: fn(Outline) -> String| {
        words(move || {
            let drawn = drawn.read();
            part(outline(&drawn.at, &drawn.columns[curve], drawn.top))
        })
    };
    let area = (curve == 0).then(|| view! { <path class="area" d=part(|it| it.area)/> });
    view! {
        {area}
        <path class="line" class:second=curve != 0 d=part(|it| it.line)/>
    }
}

/// A dot on each curve. A line of no length has round ends, in a box of any proportion.
fn dots(drawn: &Drawn, index: usize) -> String {
    let left = x(geometry::age(&drawn.at, drawn.at[index]));
    let values = (0..drawn.columns.len()).filter_map(|curve| drawn.value(curve, index));
    values.map(|value| format!("M{left} {}l0 0", y(value, drawn.top))).collect()
}

/// The two ends of the time axis. Its right one is an instant where that is not now.
fn axis(drawn: &Drawn, stale: bool) -> [String; 2] {
    let words = &text().status.plot;
    let end = match drawn.at.last() {
        Some(&newest) if stale => (expect_context::<Feed>().writing.get().face)(newest).digits,
        _ => words.now.to_owned(),
    };
    [if stale { words.before } else { words.ago }.to_owned(), end]
}

/// How long ago it was what is pointed at.
fn when(age: i64) -> String {
    let words = &text().status.plot;
    if age == 0 {
        return words.now.to_owned();
    }
    (words.ago_by)(&elapsed(age.saturating_mul(1000)))
}

/// What is said of a measurement at one end of the axis: one curve has the right one alone.
fn readout(plotted: &Plotted, drawn: &Drawn, index: usize, end: usize) -> String {
    let curve = match plotted.curves.len() {
        1 if end == 0 => return String::new(),
        1 => 0,
        _ => end,
    };
    said(plotted.unit, drawn.value(curve, index))
}

/// The plot in words: each curve's newest, lowest and highest value.
fn label(plotted: &Plotted, drawn: &Drawn) -> String {
    let words = &text().status.plot;
    let mut label = String::new();
    for (curve, column) in plotted.curves.iter().zip(&drawn.columns) {
        let values = || column.iter().copied().flatten();
        let said = |value| said(plotted.unit, value);
        if !label.is_empty() {
            label.push_str(words.and);
        }
        label.push_str(&(words.label)(
            curve.name,
            &said(column.last().copied().flatten()),
            &said(values().reduce(f64::min)),
            &said(values().reduce(f64::max)),
        ));
    }
    label
}
