//! The tables of a run: printed as they come, and kept for a file.

use std::{fs, path::Path};

use serde::Serialize;

use crate::{
    Result,
    machine::{Machine, Spread},
};

/// All that a run has measured.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    machine: Machine,
    tables: Vec<Table>,
}

/// What was measured together.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    /// By which a plot finds it, such as `fanout-1000`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// What a reader needs to know to understand it.
    pub(crate) note: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// After the point, where it is printed.
    #[serde(skip)]
    digits: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
}

/// One figure, or why there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Spread(Spread),
    Number(f64),
    Text(String),
}

impl Results {
    pub(crate) fn new() -> Self {
        Self { machine: Machine::here(), tables: vec![] }
    }

    /// Prints a table, and keeps it.
    pub(crate) fn add(&mut self, table: Table) {
        table.print();
        self.tables.push(table);
    }

    /// The table of that name, if it was measured.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Writes everything as JSON.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::create_dir_all(folder)?;
        Ok(fs::write(folder.join("results.json"), text)?)
    }
}

impl Table {
    fn print(&self) {
        println!("## {}\n", self.title);
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        println!("| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
        for row in &self.rows {
            let cells = row.cells.iter().zip(&self.columns);
            let cells: Vec<_> = cells.map(|(cell, column)| cell.show(column.digits)).collect();
            println!("| {} | {} |", row.name, cells.join(" | "));
        }
        println!("\n{}\n", self.note);
    }

    /// The median of a row's figure, by the beginning of the column's name.
    pub(crate) fn figure(&self, row: &str, column: &str) -> Option<f64> {
        let at = self.columns.iter().position(|one| one.name.starts_with(column))?;
        let row = self.rows.iter().find(|one| one.name == row)?;
        match row.cells.get(at)? {
            Cell::Spread(spread) => Some(spread.median),
            Cell::Number(number) => Some(*number),
            Cell::Text(_) => None,
        }
    }
}

/// A column whose figures are printed with so many digits after the point.
pub(crate) const fn column(name: &'static str, digits: usize) -> Column {
    Column { name, digits }
}

impl Cell {
    fn show(&self, digits: usize) -> String {
        match self {
            Self::Spread(spread) => format!("{spread:.digits$}"),
            Self::Number(number) => format!("{number:.digits$}"),
            Self::Text(text) => text.clone(),
        }
    }
}

impl From<Spread> for Cell {
    fn from(spread: Spread) -> Self {
        Self::Spread(spread)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Table, column};
    use crate::machine::Spread;

    #[test]
    fn a_figure_is_the_median_of_its_row() {
        let columns = vec![column("CPU µs", 1), column("note", 0)];
        let cells = vec![Spread::of([3.0, 1.0, 2.0].into_iter()).into(), "-".to_owned().into()];
        let rows = vec![Row { name: "Belfry".into(), cells }];
        let [name, title, note] = [(); 3].map(|()| String::new());
        let table = Table { name, title, columns, rows, note };
        assert_eq!(table.figure("Belfry", "CPU"), Some(2.0));
        assert_eq!(table.figure("Belfry", "note"), None);
        assert_eq!(table.rows[0].cells[0].show(1), "2.0 (1.0–3.0)");
    }
}
