//! A panel: one or two figures of a [`Status`] under their heading, what explains them, and a plot.

use leptos::{either::Either, prelude::*};

use super::host::Bar;
use crate::{
    components::{Cores, Plot, Plotted},
    quantity::Amount,
    status::{Status, Trend},
};

/// What a panel shows.
pub struct Shown {
    /// What its figures are.
    pub heading: &'static str,
    /// One or two figures, each with what explains it.
    pub figures: fn(&Status) -> Vec<(Amount, String)>,
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
    stale: Memo<bool>,
    more: Option<More>,
) -> impl IntoView {
    let more = more.map(|more| match more {
        More::Cores => Either::Left(view! { <Cores trend/> }),
        More::Bar => Either::Right(view! { <Bar trend/> }),
    });
    let Shown { heading, figures, plotted } = shown;
    let two = plotted.as_ref().is_some_and(|plotted| plotted.curves.len() > 1);
    let figures = move || {
        let figures = trend.read().newest.as_ref().map(figures);
        let figures = figures.unwrap_or_else(|| vec![(Amount::none(), String::new())]);
        let figures = figures.into_iter().enumerate();
        figures.map(|(index, figure)| one(figure, two.then_some(index == 1))).collect_view()
    };
    let plot = plotted.map(|plotted| view! { <Plot plotted trend stale/> });
    view! {
        <article class="card panel">
            <h3>{heading}</h3>
            <div class="readings">
                <div class="figures-of">{figures}</div>
                {more}
            </div>
            {plot}
        </article>
    }
}

/// A figure, and what explains it. `second` says which line of the plot is its.
fn one((amount, note): (Amount, String), second: Option<bool>) -> impl IntoView {
    let key = second.map(|second| view! { <i class="key" class:second=second></i> });
    view! {
        <div>
            <p class="figure">{amount.number}<small>{amount.unit}</small></p>
            <p class="note">{key}{note}</p>
        </div>
    }
}
