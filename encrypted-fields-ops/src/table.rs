//! Tables for people, as wide as the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use encrypted_fields_keys::Finding;

/// Columns of the terminal, or of a page where there is none.
pub(crate) fn width() -> u16 {
    // A pipe has no width: nothing is wrapped, so that lines stay lines for grep.
    terminal_size::terminal_size_of(std::io::stdout()).map_or(u16::MAX, |(width, _)| width.0)
}

/// A table with a head, and columns of numbers to the right.
pub(crate) fn of(head: &[&str], numbers: &[usize], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = plain();
    table.set_header(head.to_vec());
    table.add_rows(rows);
    for column in numbers {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines(&table)
}

/// Names and values.
pub(crate) fn pairs(rows: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = plain();
    table.add_rows(rows.into_iter().map(|(name, value)| [name, value]));
    lines(&table)
}

/// What goes to standard error: wrapped at its terminal's width, and in a pipe one line a message.
pub(crate) fn to_stderr(rows: [(&str, &str); 2]) -> String {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(u16::MAX, |(width, _)| width.0);
    let mut table = plain();
    table.set_width(width);
    table.add_rows(rows.map(|(name, text)| [name, text]));
    if let Some(names) = table.column_mut(0) {
        names.set_cell_alignment(CellAlignment::Right);
        names.set_padding((1, 0));
    }
    lines(&table)
}

/// Findings: how bad, what, and below it how to mend it.
pub(crate) fn findings(findings: &[Finding]) -> String {
    let mut table = plain();
    table.add_rows(findings.iter().map(|it| {
        let what = format!("{}\n-> {}", it.what, it.mend);
        [it.severity.to_string(), what]
    }));
    lines(&table)
}

fn plain() -> Table {
    let mut table = Table::new();
    // White space only: it copies, greps and shows in any font.
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width());
    table
}

/// Without the margin, and without the white space that fills the last column.
fn lines(table: &Table) -> String {
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let margin = usize::from(lines.iter().all(|line| line.is_empty() || line.starts_with(' ')));
    lines.iter().map(|line| line.get(margin..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
