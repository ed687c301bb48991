//! What a command prints: one report, as text for people or as JSON for programs.
//!
//! Invariant: colour reaches only terminals, and none that asked for `NO_COLOR`; a reader that
//! closes the pipe early is no error.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::exit::Failure;

/// What a command has to say. Its `Display` is for people and ends without a line end.
pub(crate) trait Report: Serialize + fmt::Display {}

impl<T: Serialize + fmt::Display> Report for T {}

/// Where reports go.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Are programs reading?
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Refuses `--json` for a command whose output is a text for some other program.
    pub(crate) fn refuse_json(&self, command: &str) -> Result<(), Failure> {
        let message = format!("`{command}` prints no JSON; leave --json out");
        if self.json { Err(Failure::usage(message)) } else { Ok(()) }
    }

    /// Prints a report.
    pub(crate) fn show(&self, report: &impl Report) -> anyhow::Result<()> {
        let text =
            if self.json { serde_json::to_string_pretty(report)? } else { report.to_string() };
        write_out(text.trim_end())
    }

    /// Prints a line that only people want.
    pub(crate) fn say(&self, text: impl fmt::Display) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { write_out(&text.to_string()) }
    }
}

/// Prints text and a line end on stdout.
pub(crate) fn write_out(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a line on stderr; where that fails too, there is nobody to tell.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour))).bold()
}

fn paint(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Text that stands out.
pub(crate) fn bold(text: impl fmt::Display) -> String {
    paint(Style::new().bold(), text)
}

/// Text that stands back.
pub(crate) fn dim(text: impl fmt::Display) -> String {
    paint(Style::new().dimmed(), text)
}

/// What is as it should be.
pub(crate) fn good(text: impl fmt::Display) -> String {
    paint(colour(AnsiColor::Green), text)
}

/// What needs attention.
pub(crate) fn warn(text: impl fmt::Display) -> String {
    paint(colour(AnsiColor::Yellow), text)
}

/// What is wrong.
pub(crate) fn bad(text: impl fmt::Display) -> String {
    paint(colour(AnsiColor::Red), text)
}

/// Rows in aligned columns, perhaps under a heading.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table under these headings.
    pub(crate) fn headed<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(dim).into()] }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Adds a row of a name and what it is.
    pub(crate) fn fact(&mut self, name: &str, value: impl fmt::Display) {
        self.row([dim(name), value.to_string()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell: &String| visible_width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line += cell;
                line += &" ".repeat(width - visible_width(cell) + 2);
            }
            f.write_str(if index == 0 { "" } else { "\n" })?;
            f.write_str(line.trim_end())?;
        }
        Ok(())
    }
}

/// Columns that a terminal takes for a cell.
fn visible_width(cell: &str) -> usize {
    anstream::adapter::strip_str(cell).to_string().width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_whatever_the_colour_and_the_script() {
        let mut table = Table::default();
        table.row([good("卡拉"), "x".into()]);
        table.row(["abcdef".into(), bad("y")]);
        let plain = anstream::adapter::strip_str(&table.to_string()).to_string();
        assert_eq!(plain, "卡拉    x\nabcdef  y");
    }
}
