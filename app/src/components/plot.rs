//! A plot of the last ten minutes: a [`Trend`] goes in; lines, an axis, the value under the pointer
//! and a table of the same values come out.

mod geometry;
mod pointed;
mod table;

use leptos::{either::Either, prelude::*};

use crate::{
    feed::Feed,
    quantity::Unit,
    status::Trend,
    text::{elapsed, text},
    tick::Tick,
};
use geometry::{HEIGHT, WIDTH, outline, x, y};
use pointed::Pointed;
use table::Table;

/// One line of a plot.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// What it shows, in a word or two.
    pub name: &'static str,
    /// Its values, one for each of [`Trend::at`]; `None` where there was nothing to measure.
    pub values: fn(&Trend) -> Vec<Option<f64>>,
}

/// What a plot shows.
#[derive(Clone, Debug)]
pub struct Plotted {
    /// What its values count.
    pub unit: Unit,
    /// The value at which its axis ends, where there is a natural one; else 0, and the values decide.
    pub full: fn(&Trend) -> f64,
    /// One or two: the first has an area under it.
    pub curves: Vec<Curve>,
}

/// What is drawn: the columns of the plot's curves, and the top of its axis.
#[derive(Clone, Debug, PartialEq)]
struct Drawn {
    at: Vec<Tick>,
    columns: Vec<Vec<Option<f64>>>,
    top: f64,
}

impl Drawn {
    fn new(plotted: &Plotted, trend: &Trend) -> Self {
        let columns: Vec<_> = plotted.curves.iter().map(|curve| (curve.values)(trend)).collect();
        let full = (plotted.full)(trend);
        let most = columns.iter().flatten().flatten().copied().fold(0.0, f64::max);
        let top = if full > 0.0 { full } else { plotted.unit.top(most) };
        Self { at: trend.at.clone(), columns, top }
    }

    fn value(&self, curve: usize, index: usize) -> Option<f64> {
        self.columns.get(curve)?.get(index).copied().flatten()
    }
}

/// A plot. Below the lines stands its time axis, or the value that is pointed at, and above them when
/// that was.
#[component]
pub fn Plot(
    plotted: Plotted,
    /// What is plotted from.
    trend: RwSignal<Trend>,
    /// The newest values are no longer what they are now.
    stale: Memo<bool>,
) -> impl IntoView {
    let plotted = StoredValue::new(plotted);
    let drawn = Memo::new(move |_| Drawn::new(&plotted.read_value(), &trend.read()));
    let pointed = Pointed::at(drawn);
    let curves = (0..plotted.read_value().curves.len())
        .map(|curve| view! { <Line curve drawn/> })
        .collect_view();
    let top = move || plotted.read_value().unit.mark(drawn.read().top).to_string();
    let rule = move || pointed.age().map(|age| format!("M{0} 0V{HEIGHT}", x(age)));
    let dots = move || pointed.index().map(|index| dots(&drawn.read(), index));
    view! {
        <div class="plot">
            <p class="top" aria-hidden="true">
                <span>{move || pointed.age().map(when)}</span>
                <span>{top}</span>
            </p>
            <div
                class="field"
                role="img"
                tabindex="0"
                aria-label=move || label(&plotted.read_value(), &drawn.read())
                on:pointerdown=move |event| pointed.on_pointer(&event)
                on:pointermove=move |event| pointed.on_pointer(&event)
                on:pointerleave=move |event| pointed.on_leave(&event)
                on:focus=move |_| pointed.on_focus()
                on:blur=move |_| pointed.leave()
                on:keydown=move |event| pointed.on_key(&event)
            >
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d=format!("M0 0H{WIDTH}M0 {HEIGHT}H{WIDTH}")/>
                    {curves}
                    <path class="rule" d=rule/>
                    <path class="dots" d=dots/>
                </svg>
            </div>
            <p class="axis" aria-hidden="true">
                {move || match pointed.index() {
                    Some(index) => Either::Left(readout(&plotted.read_value(), &drawn.read(), index)),
                    None => Either::Right(axis(&drawn.read(), stale.get())),
                }}
            </p>
            <Table plotted drawn/>
        </div>
    }
}

/// One curve: its area, where it is the first, and its line.
#[component]
fn Line(curve: usize, drawn: Memo<Drawn>) -> impl IntoView {
    let outline = Memo::new(move |_| {
        let drawn = drawn.read();
        outline(&drawn.at, &drawn.columns[curve], drawn.top)
    });
    let area =
        (curve == 0).then(|| view! { <path class="area" d=move || outline.read().area.clone()/> });
    view! {
        {area}
        <path class="line" class:second=curve != 0 d=move || outline.read().line.clone()/>
    }
}

/// A dot on each curve. A line of no length has round ends, in a box of any proportion.
fn dots(drawn: &Drawn, index: usize) -> String {
    let left = x(geometry::age(&drawn.at, drawn.at[index]));
    let values = (0..drawn.columns.len()).filter_map(|curve| drawn.value(curve, index));
    values.map(|value| format!("M{left} {}l0 0", y(value, drawn.top))).collect()
}

/// The time axis: its two ends. Its right one is an instant where that is not now.
fn axis(drawn: &Drawn, stale: bool) -> impl IntoView + use<> {
    let words = &text().status.plot;
    let end = match drawn.at.last() {
        Some(&newest) if stale => (expect_context::<Feed>().writing.get().face)(newest).digits,
        _ => words.now.to_owned(),
    };
    view! { <span>{if stale { words.before } else { words.ago }}</span><span>{end}</span> }
}

/// How long ago it was what is pointed at.
fn when(age: i64) -> String {
    let words = &text().status.plot;
    if age == 0 {
        return words.now.to_owned();
    }
    (words.ago_by)(&elapsed(age.saturating_mul(1000)))
}

/// The values of what is pointed at.
fn readout(plotted: &Plotted, drawn: &Drawn, index: usize) -> impl IntoView + use<> {
    let several = plotted.curves.len() > 1;
    let value = move |curve| {
        let key = several.then(|| view! { <i class="key" class:second=curve != 0></i> });
        view! { <b>{key}{said(plotted.unit, drawn.value(curve, index))}</b> }
    };
    let values = (0..plotted.curves.len()).map(value).collect_view();
    let before = (!several).then(|| view! { <span></span> });
    view! { {before}{values} }
}

/// A value in words.
fn said(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| unit.amount(value).to_string())
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
