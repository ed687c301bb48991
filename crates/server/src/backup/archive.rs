//! A backup as a file: one line that says how it is sealed, then a sealed stream of lines.
//!
//! Every line is JSON: the manifest first, then for each table its name and columns, its rows as arrays,
//! and how many there were, and at last [`Line::End`]. Bytes are `{"b": "<base64>"}`. Invariant: an archive
//! that was read up to its end is whole and what was written; one that was cut, changed, or sealed with
//! another key is an error before any line of the part concerned. Leaves to others: what the rows mean.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ArchiveKey, BackupError, Manifest, Sealing};
use crate::limits::BACKUP_LINE_BYTES_MAX;
use crate::seal::{Kek, Label, SealedReader, SealedWriter};
use crate::store::Cell;

/// What the file begins with.
const MAGIC: &str = "tonegate-backup";
const FORMAT: u32 = 1;
/// Longest first line, bytes.
const HEAD_BYTES_MAX: u64 = 4_096;

/// The first line: what anybody may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    magic: String,
    format: u32,
    /// Whose it is.
    pub installation_id: String,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// What opens it.
    pub sealing: Sealing,
}

/// A line of the sealed part.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Line {
    /// The first.
    Manifest(Box<Manifest>),
    /// Rows of a table begin.
    Table { name: String, columns: Vec<String> },
    /// One row, in the order of the columns.
    Row(Vec<Cell>),
    /// The table's rows end; so many they were.
    Rows(u64),
    /// The last.
    End,
}

/// Writes an archive.
pub(crate) struct ArchiveWriter<W: Write> {
    stream: SealedWriter<W>,
}

/// Reads an archive.
pub(crate) struct ArchiveReader<R: Read> {
    stream: SealedReader<R>,
    line: Zeroizing<Vec<u8>>,
}

impl Head {
    pub(super) fn new(installation_id: &str, created_at: i64, sealing: Sealing) -> Self {
        let installation_id = installation_id.to_owned();
        Self { magic: MAGIC.to_owned(), format: FORMAT, installation_id, created_at, sealing }
    }

    /// Reads the first line and not a byte more.
    ///
    /// `Err(NoBackup)`, `Err(FormatNewer)`: this program reads no such file.
    pub fn read(file: &mut impl BufRead) -> Result<Self, BackupError> {
        let mut line = Vec::new();
        file.by_ref().take(HEAD_BYTES_MAX).read_until(b'\n', &mut line)?;
        let seen: serde_json::Value =
            serde_json::from_slice(&line).map_err(|_| BackupError::NoBackup)?;
        if seen["magic"] != MAGIC {
            return Err(BackupError::NoBackup);
        }
        match seen["format"].as_u64() {
            Some(1) => serde_json::from_value(seen).map_err(|_| BackupError::NoBackup),
            Some(found) => Err(BackupError::FormatNewer { found, known: FORMAT }),
            None => Err(BackupError::NoBackup),
        }
    }
}

impl<W: Write> ArchiveWriter<W> {
    pub(crate) fn new(mut file: W, head: &Head, kek: &Kek) -> Result<Self, BackupError> {
        serde_json::to_writer(&mut file, head).map_err(io::Error::from)?;
        file.write_all(b"\n")?;
        let stream = SealedWriter::new(file, kek, Label::Backup)?;
        Ok(Self { stream })
    }

    pub(crate) fn write(&mut self, line: &Line) -> Result<(), BackupError> {
        serde_json::to_writer(&mut self.stream, line).map_err(io::Error::from)?;
        Ok(self.stream.write_all(b"\n")?)
    }

    /// Writes the last line, and gives back what it was written to.
    pub(crate) fn finish(mut self) -> Result<W, BackupError> {
        self.write(&Line::End)?;
        Ok(self.stream.finish()?)
    }
}

impl<R: BufRead> ArchiveReader<R> {
    /// Begins to read, with the key that `head` asks for.
    pub(crate) fn new(file: R, key: &ArchiveKey) -> Result<Self, BackupError> {
        let stream = SealedReader::new(file, key.kek(), Label::Backup).map_err(closed)?;
        Ok(Self { stream, line: Zeroizing::default() })
    }

    /// The next line; the last is [`Line::End`], after which there is nothing.
    pub(crate) fn next(&mut self) -> Result<Line, BackupError> {
        self.line.clear();
        let most = BACKUP_LINE_BYTES_MAX;
        self.stream.by_ref().take(most).read_until(b'\n', &mut self.line).map_err(closed)?;
        let damaged = |_| BackupError::Damaged("a line of it cannot be read");
        let line = serde_json::from_slice(&self.line).map_err(damaged)?;
        if line == Line::End && !self.stream.fill_buf().map_err(closed)?.is_empty() {
            return Err(BackupError::Damaged("it goes on after its end"));
        }
        Ok(line)
    }

    pub(crate) fn manifest(&mut self) -> Result<Manifest, BackupError> {
        match self.next()? {
            Line::Manifest(manifest) => Ok(*manifest),
            _ => Err(BackupError::Damaged("it does not begin with its manifest")),
        }
    }
}

/// A segment that does not open is another key's, or damaged: nobody can tell.
fn closed(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::InvalidData => BackupError::Closed,
        io::ErrorKind::UnexpectedEof => BackupError::Damaged("it ends too early"),
        _ => BackupError::File(error),
    }
}
