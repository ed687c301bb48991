//! Apps as a table that spreadsheets read and write: CSV, one app a row.
//!
//! Invariant: no cell that is written is run by a spreadsheet: every cell is quoted, and what would be run
//! begins with an apostrophe, also behind a `;`, at which some spreadsheets part cells.

use std::borrow::Cow;
use std::collections::HashSet;

use csv::{ByteRecord, QuoteStyle, ReaderBuilder, StringRecord, Trim, WriterBuilder};
use tonegate_server::model::{App, AppSettings, FeatureGrant};

use super::settings::NewApp;
use crate::problem::{Code, Problem};

/// What an import may have, in any order.
const COLUMNS: [&str; 9] = [
    "app_id",
    "name",
    "secret",
    "features",
    "environment",
    "lifetime",
    "rate_per_second",
    "note",
    "tags",
];

/// What an export has.
const WRITTEN: [&str; 11] = [
    "app_id",
    "name",
    "status",
    "features",
    "environment",
    "lifetime",
    "rate_per_second",
    "note",
    "tags",
    "created_at",
    "updated_at",
];

/// A line of an import, and what it asks for.
pub(super) type Line = (u64, Result<NewApp, Problem>);

/// The rows of a table. `Err(InvalidBody)`: its header is none, so no row says anything.
pub(super) fn read(bytes: &[u8], most: usize) -> Result<Vec<Line>, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|error| invalid(error.to_string()))?.clone();
    check_header(&header)?;
    let mut lines = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| invalid(error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        lines.push((number, new_app(&header, record)));
        super::import::check_count(lines.len(), most)?;
    }
    Ok(lines)
}

/// The table of these apps.
pub(super) fn write<'a>(apps: impl Iterator<Item = &'a App>) -> Vec<u8> {
    let mut writer = WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(WRITTEN);
    for app in apps {
        let _ = writer.write_record(row(app).iter().map(|cell| inert(cell).into_owned()));
    }
    writer.into_inner().unwrap_or_default()
}

fn row(app: &App) -> [String; 11] {
    let settings = app.settings();
    let features: Vec<_> = settings.features.iter().map(|it| it.name.as_str()).collect();
    [
        app.id.to_string(),
        settings.name.clone(),
        app.status.to_string(),
        features.join(";"),
        settings.environment.to_string(),
        settings.lifetime.to_string(),
        settings.rate_per_second.to_string(),
        settings.note.clone(),
        settings.tags.join(";"),
        app.created_at.to_string(),
        app.updated_at.to_string(),
    ]
}

/// A cell that is text to any spreadsheet.
fn inert(cell: &str) -> Cow<'_, str> {
    if !cell.split(';').any(is_run) {
        return cell.into();
    }
    let parts =
        cell.split(';').map(|part| format!("{}{part}", if is_run(part) { "'" } else { "" }));
    parts.collect::<Vec<_>>().join(";").into()
}

/// The full-width signs too: spreadsheets take them for the others.
fn is_run(cell: &str) -> bool {
    cell.trim_start_matches(' ').starts_with([
        '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

fn check_header(header: &StringRecord) -> Result<(), Problem> {
    let mut seen = HashSet::new();
    for name in header {
        if !COLUMNS.contains(&name) {
            let known = COLUMNS.join(", ");
            return Err(invalid(format!("`{name}` is no column of an import; there are {known}")));
        }
        if !seen.insert(name) {
            return Err(invalid(format!("there are two columns `{name}`")));
        }
    }
    match seen.contains("name") {
        true => Ok(()),
        false => {
            Err(invalid("the first line names the columns, and `name` must be one".to_owned()))
        }
    }
}

fn new_app(header: &StringRecord, record: ByteRecord) -> Result<NewApp, Problem> {
    let record = StringRecord::from_byte_record(record)
        .map_err(|_| invalid("the line is no UTF-8; save the table in UTF-8".to_owned()))?;
    if record.len() != header.len() {
        let (cells, columns) = (record.len(), header.len());
        return Err(invalid(format!(
            "the line has {cells} cells, and there are {columns} columns"
        )));
    }
    let cell = |name: &str| {
        let mut cells = header.iter().zip(&record);
        cells.find(|(column, _)| *column == name).map_or("", |(_, cell)| cell)
    };
    let mut settings = AppSettings::named(cell("name"));
    settings.note = cell("note").to_owned();
    settings.tags = items(cell("tags")).map(str::to_owned).collect();
    let features = items(cell("features")).map(|name| name.parse().map(FeatureGrant::unlimited));
    settings.features = features.collect::<Result<_, _>>()?;
    let environment = given(cell("environment"));
    if let Some(text) = environment {
        settings.environment = text.parse()?;
    }
    settings.lifetime = number("lifetime", cell("lifetime"))?.unwrap_or(settings.lifetime);
    settings.rate_per_second =
        number("rate_per_second", cell("rate_per_second"))?.unwrap_or(settings.rate_per_second);
    Ok(NewApp {
        app_id: number("app_id", cell("app_id"))?,
        secret: given(cell("secret")).map(str::to_owned),
        settings,
        has_environment: environment.is_some(),
    })
}

fn given(cell: &str) -> Option<&str> {
    Some(cell).filter(|cell| !cell.is_empty())
}

fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|item| !item.is_empty())
}

fn number(name: &str, cell: &str) -> Result<Option<u32>, Problem> {
    let wrong = |_| invalid(format!("{name} `{cell}` is no whole number that fits"));
    given(cell).map(|cell| cell.parse().map_err(wrong)).transpose()
}

fn invalid(detail: String) -> Problem {
    Problem::new(Code::InvalidBody, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_cell_is_run() {
        for (cell, written) in [
            ("plain; a-b", "plain; a-b"),
            ("=1", "'=1"),
            ("vip;=1;+2", "vip;'=1;'+2"),
            ("x; @y", "x;' @y"),
            ("\u{ff1d}1;\u{ff0b}\u{ff0d};\u{ff20}", "'\u{ff1d}1;'\u{ff0b}\u{ff0d};'\u{ff20}"),
        ] {
            assert_eq!(inert(cell), written);
        }
    }
}
