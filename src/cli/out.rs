//! What commands print. Standard output is for results, standard error for what went wrong; a reader that has gone
//! away, as in `heller openapi | head`, is no failure.

use std::fmt::Display;
use std::io::{self, Write};

pub fn line(text: impl Display) {
    writeln!(io::stdout().lock(), "{text}").ok();
}

/// Text that ends its own lines.
pub fn text(text: &str) {
    io::stdout().lock().write_all(text.as_bytes()).ok();
}

/// What is being done, for people who wait.
pub fn remark(text: impl Display) {
    writeln!(io::stderr().lock(), "… {text}").ok();
}

pub fn complaint(text: impl Display) {
    writeln!(io::stderr().lock(), "heller: {text}").ok();
}

/// Rows in columns as wide as their widest cell; the last one is not padded.
pub fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        line(cells.join("  ").trim_end());
    }
}
