//! The table of a plot for screen readers: a row for each minute.

use leptos::prelude::*;
use wire::tick::Tick;

use super::drawn::{Drawn, Plotted, said};
use crate::{erased::words, feed::Feed, text::text, writing::Writing};

/// The milliseconds of a minute.
const MINUTE: i64 = 60_000;

/// A row: an instant, and the value of each curve.
type Row = (Tick, Vec<String>);

/// The values of a plot, the last of each full minute: so they change once a minute, and not while
/// they are read out.
#[component]
pub fn Table(plotted: StoredValue<Plotted>, drawn: Memo<Drawn>) -> impl IntoView {
    let writing = expect_context::<Feed>().writing;
    let table = words(move || {
        let plotted = plotted.read_value();
        table(&plotted, &rows(&plotted, &drawn.read()), &writing.read())
    });
    view! { <div class="visually-hidden" inner_html=table></div> }
}

/// The table as HTML: it changes as a whole, and holds nothing but numbers and words of ours.
fn table(plotted: &Plotted, rows: &[Row], writing: &Writing) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let said = &text().status.plot;
    let mut table = format!(
        "<table><caption>{}</caption><thead><tr><th scope=\"col\">{}</th>",
        said.by_the_minute, said.time
    );
    for curve in &plotted.curves {
        table.push_str(&format!("<th scope=\"col\">{}</th>", curve.name));
    }
    table.push_str("</tr></thead><tbody>");
    for (tick, values) in rows {
        let time = (writing.face)(*tick).digits;
        table.push_str(&format!("<tr><th scope=\"row\">{time}</th>"));
        for value in values {
            table.push_str(&format!("<td>{value}</td>"));
        }
        table.push_str("</tr>");
    }
    table + "</tbody></table>"
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
        let plotted =
            Plotted { unit: Unit::Percent, full: |_| 0.0, limit: |_| 0.0, curves: Vec::new() };
        let rows = rows(&plotted, &Drawn { at, columns, top: 100.0, limit: 0.0 });
        let said: Vec<_> = rows.iter().map(|(at, values)| (at.millis(), &*values[0])).collect();
        assert_eq!(said, [(58_000, "29\u{a0}%"), (118_000, "59\u{a0}%"), (178_000, "89\u{a0}%")]);
    }
}
