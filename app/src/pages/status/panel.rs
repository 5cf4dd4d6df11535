//! A panel: one or two figures of a [`Status`] under their heading, what explains them, and a plot.

use leptos::{either::Either, prelude::*};
use wire::{status::Status, trend::Trend};

use super::bar::Bar;
use crate::{
    components::{Cores, Plot, Plotted},
    erased::{flag, words},
    quantity::Amount,
};

/// The figures of a measurement, each with what explains it.
type Figures = fn(&Status) -> Vec<(Amount, String)>;

/// What a panel shows.
pub struct Shown {
    /// What its figures are.
    pub heading: &'static str,
    /// One or two figures, each with what explains it; none where the machine has none.
    pub figures: Figures,
    /// Not every machine has it: without figures there is no such panel.
    pub optional: bool,
    /// Its history; `None` where that says nothing more.
    pub plotted: Option<Plotted>,
}

/// What stands between the figures and the plot.
#[derive(Clone, Copy, Debug)]
pub enum More {
    /// A bar for each core.
    Cores,
    /// How full the disk is.
    Bar,
}

/// A panel, with whatever else stands between the figures and the plot.
pub fn panel(
    shown: Shown,
    trend: RwSignal<Trend>,
    stale: Signal<bool>,
    more: Option<More>,
) -> impl IntoView {
    let more = more.map(|more| match more {
        More::Cores => Either::Left(view! { <Cores trend/> }),
        More::Bar => Either::Right(view! { <Bar trend/> }),
    });
    let Shown { heading, figures: figures_of, optional, plotted } = shown;
    let two = plotted.as_ref().is_some_and(|plotted| plotted.curves.len() > 1);
    let figures = (0..if two { 2 } else { 1 }).map(|index| one(figures_of, index, two, trend));
    let absent = flag(move || {
        let has = |status: &Status| !figures_of(status).is_empty();
        optional && !trend.read().newest.as_ref().is_some_and(has)
    });
    let plot = plotted.map(|plotted| view! { <Plot plotted trend stale/> });
    view! {
        <article class="card panel" hidden=absent>
            <h3>{heading}</h3>
            <div class="readings" translate="no">
                <div class="figures-of">{figures.collect_view()}</div>
                {more}
            </div>
            {plot}
        </article>
    }
}

/// A figure, and what explains it. Where there are two, each says which line of the plot is its.
fn one(figures: Figures, index: usize, two: bool, trend: RwSignal<Trend>) -> impl IntoView {
    let part = move |part: fn(Amount, String) -> String| {
        words(move || {
            let mut figures = trend.read().newest.as_ref().map(figures).unwrap_or_default();
            let none = (Amount::none(), String::new());
            let (amount, note) =
                if index < figures.len() { figures.swap_remove(index) } else { none };
            part(amount, note)
        })
    };
    let key = two.then(|| view! { <i class="key" class:second=index != 0></i> });
    view! {
        <div>
            <p class="figure">{part(|amount, _| amount.number)}<small>{part(|amount, _| amount.unit.to_owned())}</small></p>
            <p class="note">{key}{part(|_, note| note)}</p>
        </div>
    }
}
