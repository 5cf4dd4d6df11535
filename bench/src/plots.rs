//! Draws what a run has measured.

use std::path::Path;

use plotters::{
    chart::ChartBuilder,
    coord::ranged1d::{IntoSegmentedCoord, SegmentValue},
    drawing::IntoDrawingArea,
    element::{Rectangle, Text},
    prelude::SVGBackend,
    style::{
        Color, IntoFont, RGBColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    Result,
    results::{Results, Table},
};

const SIZE: (u32, u32) = (900, 420);
const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(34, 40, 49);
const FAINT: RGBColor = RGBColor(222, 226, 230);
const OURS: RGBColor = RGBColor(180, 83, 9);
const OTHERS: RGBColor = RGBColor(148, 163, 184);
/// Pixels for the names beside the bars.
const NAMES: u32 = 220;
/// Room after the longest bar, for its figure.
const HEADROOM: f64 = 1.12;

/// A plot: of which column of which table.
struct Plot {
    file: &'static str,
    title: &'static str,
    table: &'static str,
    column: &'static str,
}

const PLOTS: [Plot; 6] = [
    Plot {
        file: "fanout.svg",
        title: "CPU µs per delivery, 1,000 readers, 20 events/s",
        table: "peers-paced-1000",
        column: "CPU",
    },
    Plot {
        file: "saturated.svg",
        title: "Deliveries per second, 1,000 readers, saturated",
        table: "peers-saturated-1000",
        column: "deliveries/s",
    },
    Plot {
        file: "idle.svg",
        title: "Memory of the server per idle stream, bytes, 10,000 streams",
        table: "idle-10000",
        column: "process",
    },
    Plot {
        file: "tls.svg",
        title: "CPU µs per delivery over TLS, 1,000 readers, 20 events/s",
        table: "fanout-tls-paced-1000",
        column: "CPU",
    },
    Plot {
        file: "publish.svg",
        title: "Events published per second, each on disk before its answer",
        table: "publish",
        column: "events/s",
    },
    Plot {
        file: "connect.svg",
        title: "5,000 clients at once: ms until the last is served",
        table: "connect-5000",
        column: "last",
    },
];

/// Draws a plot of each table that was measured.
pub(crate) fn draw(results: &Results, folder: &Path) -> Result<()> {
    for plot in &PLOTS {
        if let Some(table) = results.table(plot.table) {
            plot.draw(table, &folder.join(plot.file))?;
        }
    }
    Ok(())
}

impl Plot {
    /// One bar for each row, the first at the top.
    fn draw(&self, table: &Table, path: &Path) -> Result<()> {
        let figures = table.rows.iter().filter_map(|row| table.figure(&row.name, self.column));
        let figures: Vec<f64> = figures.collect();
        let names: Vec<_> = table.rows.iter().map(|row| row.name.clone()).collect();
        let rows = i32::try_from(figures.len())?;
        let highest = figures.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&PAPER)?;
        let label = ("sans-serif", 14).into_font().color(&INK);
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20).into_font().color(&INK))
            .margin(16)
            .x_label_area_size(28)
            .y_label_area_size(NAMES)
            .build_cartesian_2d(0.0..highest * HEADROOM, (0..rows - 1).into_segmented())?;
        let name = |segment: &SegmentValue<i32>| match segment {
            SegmentValue::CenterOf(row) if *row < rows => names[(rows - 1 - row) as usize].clone(),
            _ => String::new(),
        };
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().light_line_style(PAPER).bold_line_style(FAINT);
        mesh.axis_style(INK).label_style(label.clone()).y_label_formatter(&name);
        mesh.y_labels(names.len()).draw()?;
        for ((figure, name), row) in figures.iter().zip(&names).zip((0..rows).rev()) {
            let colour = if name.starts_with("Belfry") { OURS } else { OTHERS };
            let corners =
                [(0.0, SegmentValue::Exact(row)), (*figure, SegmentValue::Exact(row + 1))];
            let mut bar = Rectangle::new(corners, colour.filled());
            bar.set_margin(6, 6, 0, 0);
            let at = (figure + highest * 0.01, SegmentValue::CenterOf(row));
            let anchor = Pos::new(HPos::Left, VPos::Center);
            let text = Text::new(number(*figure), at, label.clone().pos(anchor));
            chart.draw_series([bar])?;
            chart.draw_series([text])?;
        }
        Ok(area.present()?)
    }
}

fn number(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}
