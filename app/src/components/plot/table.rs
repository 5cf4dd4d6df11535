//! The table of a plot: what is drawn goes in, a row for each minute comes out, for screen readers.

use leptos::prelude::*;

use super::{Drawn, Plotted, said};
use crate::{feed::Feed, text::text, tick::Tick};

/// The milliseconds of a minute.
const MINUTE: i64 = 60_000;

/// A row: an instant, and the value of each curve.
type Row = (Tick, Vec<String>);

/// The values of a plot, the last of each full minute: so they change once a minute, and not while
/// they are read out.
#[component]
pub fn Table(plotted: StoredValue<Plotted>, drawn: Memo<Drawn>) -> impl IntoView {
    let writing = expect_context::<Feed>().writing;
    let rows = Memo::new(move |_| rows(&plotted.read_value(), &drawn.read()));
    let row = move |(tick, values): Row| {
        let cells = values.into_iter().map(|value| view! { <td>{value}</td> }).collect_view();
        view! {
            <tr>
                <th scope="row">{(writing.get().face)(tick).digits}</th>
                {cells}
            </tr>
        }
    };
    move || {
        let words = &text().status.plot;
        let plotted = plotted.read_value();
        let names = plotted.curves.iter();
        let names = names.map(|curve| view! { <th scope="col">{curve.name}</th> }).collect_view();
        let rows = rows.get();
        (!rows.is_empty()).then(|| {
            view! {
                            <div class="visually-hidden">
            <table>
                                <caption>{words.by_the_minute}</caption>
                                <thead>
                                    <tr>
                                        <th scope="col">{words.time}</th>
                                        {names}
                                    </tr>
                                </thead>
                                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                            </table>
            </div>
                        }
        })
    }
}

fn rows(plotted: &Plotted, drawn: &Drawn) -> Vec<Row> {
    let minute = |tick: &Tick| tick.millis().div_euclid(MINUTE);
    let ends =
        drawn.at.windows(2).enumerate().filter(|(_, two)| minute(&two[0]) != minute(&two[1]));
    ends.map(|(index, two)| {
        let curves = 0..drawn.columns.len();
        (two[0], curves.map(|curve| said(plotted.unit, drawn.value(curve, index))).collect())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Unit;

    #[test]
    fn a_row_stands_for_each_full_minute() {
        let at: Vec<_> = (0..100).map(|index| Tick::from(index * 2000)).collect();
        let columns = vec![(0..100).map(|index| Some(f64::from(index))).collect()];
        let plotted = Plotted { unit: Unit::Percent, full: |_| 0.0, curves: Vec::new() };
        let rows = rows(&plotted, &Drawn { at, columns, top: 100.0 });
        let said: Vec<_> = rows.iter().map(|(at, values)| (at.millis(), &*values[0])).collect();
        assert_eq!(said, [(58_000, "29\u{a0}%"), (118_000, "59\u{a0}%"), (178_000, "89\u{a0}%")]);
    }
}
