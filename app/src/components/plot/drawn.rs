//! What a plot shows, and what is drawn of it.

use wire::{tick::Tick, trend::Trend};

use crate::quantity::Unit;

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
    /// The value from which on something is not well; 0 where there is none.
    pub limit: fn(&Trend) -> f64,
    /// One or two: the first has an area under it.
    pub curves: Vec<Curve>,
}

/// What is drawn: the columns of the plot's curves, and the top of its axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// When each value was measured, oldest first.
    pub at: Vec<Tick>,
    /// The values of each curve.
    pub columns: Vec<Vec<Option<f64>>>,
    /// The value at which the axis ends.
    pub top: f64,
    /// See [`Plotted::limit`].
    pub limit: f64,
}

impl Drawn {
    /// What a plot shows of a trend.
    pub fn new(plotted: &Plotted, trend: &Trend) -> Self {
        let columns: Vec<_> = plotted.curves.iter().map(|curve| (curve.values)(trend)).collect();
        let full = (plotted.full)(trend);
        let most = columns.iter().flatten().flatten().copied().fold(0.0, f64::max);
        let top = if full > 0.0 { full } else { plotted.unit.top(most) };
        Self { at: trend.at.clone(), columns, top, limit: (plotted.limit)(trend) }
    }

    /// A value of a curve; `None` where there was nothing to measure.
    pub fn value(&self, curve: usize, index: usize) -> Option<f64> {
        self.columns.get(curve)?.get(index).copied().flatten()
    }
}

/// A value in words.
pub fn said(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| unit.amount(value).to_string())
}
