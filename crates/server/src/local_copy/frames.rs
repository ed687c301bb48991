//! The file of a copy: a line that says which copy it is, and a sealed stream of records.
//!
//! Invariant: the stream is sealed together with the first line, so what is in it can be neither
//! changed, moved, left out nor taken from another copy; a reader needs the memory of one record.
//! What records mean is `records`' matter.

use std::io::{self, BufRead, Read as _, Write};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::CopyError;
use crate::limits::COPY_RECORD_BYTES_MAX;
use crate::seal::{Kek, Label, SealedReader, SealedWriter};

/// What stands before format, installation, key, revision and id.
const MAGIC: &str = "tonegate-copy";
/// Raised when a program that reads the old format could not read the new one.
const FORMAT: u32 = 1;
/// More than the first line has.
const HEAD_BYTES_MAX: u64 = 256;
/// Tag and length before each record.
const RECORD_BYTES: usize = 5;

/// Which copy a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Of which installation.
    pub(crate) installation: String,
    /// The fingerprint of the key that sealed it.
    pub(crate) kek: String,
    /// The store's revision.
    pub(crate) revision: i64,
    /// Its own name, 32 random hex characters.
    pub(crate) id: String,
}

impl Head {
    /// Of a new copy.
    pub(super) fn new(installation: &str, kek: &Kek, revision: i64) -> io::Result<Self> {
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).map_err(io::Error::other)?;
        let (installation, kek) = (installation.to_owned(), kek.fingerprint().to_owned());
        Ok(Self { installation, kek, revision, id: HEXLOWER.encode(&id) })
    }

    fn line(&self) -> String {
        let Self { installation, kek, revision, id } = self;
        format!("{MAGIC} {FORMAT} {installation} {kek} {revision} {id}")
    }

    fn parse(line: &str) -> Result<Self, CopyError> {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_default();
        if next() != MAGIC {
            return Err(CopyError::NoCopy);
        }
        let format = next();
        match format.parse::<u32>() {
            Ok(FORMAT) => {}
            Ok(found) => return Err(CopyError::Format { found, known: FORMAT }),
            Err(_) => return Err(CopyError::NoCopy),
        }
        let (installation, kek) = (next().to_owned(), next().to_owned());
        let revision = next().parse().map_err(|_| CopyError::NoCopy)?;
        let head = Self { installation, kek, revision, id: next().to_owned() };
        // Another spelling of the same is a change like any other.
        if head.line() == line { Ok(head) } else { Err(CopyError::NoCopy) }
    }
}

/// Seals records one after the other.
pub(super) struct Writer<W> {
    stream: SealedWriter<W>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(mut out: W, kek: &Kek, head: &Head) -> io::Result<Self> {
        let line = head.line();
        out.write_all(format!("{line}\n").as_bytes())?;
        Ok(Self { stream: SealedWriter::new(out, kek, Label::Copy { head: &line })? })
    }

    pub(super) fn record(&mut self, tag: u8, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        self.stream.write_all(&[tag])?;
        self.stream.write_all(&length.to_be_bytes())?;
        self.stream.write_all(body)
    }

    /// Nothing comes after it. What was written to.
    pub(super) fn finish(self) -> io::Result<W> {
        self.stream.finish()
    }
}

/// Opens records one by one.
pub(super) struct Reader<R> {
    stream: SealedReader<R>,
    head: Head,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line. `installation`: whose copy it must be.
    pub(super) fn new(mut input: R, kek: &Kek, installation: &str) -> Result<Self, CopyError> {
        let line = first_line(&mut input)?;
        let head = Head::parse(&line)?;
        if head.installation != installation {
            let (found, expected) = (head.installation, installation.to_owned());
            return Err(CopyError::Foreign { found, expected });
        }
        if head.kek != kek.fingerprint() {
            let (found, expected) = (head.kek, kek.fingerprint().to_owned());
            return Err(CopyError::OtherKek { found, expected });
        }
        let stream = SealedReader::new(input, kek, Label::Copy { head: &line }).map_err(unread)?;
        Ok(Self { stream, head })
    }

    /// Tells all records to `found`, which is `None` for one that it cannot read. `Err`: what was told is not all, or not of this copy.
    pub(super) fn records(
        mut self,
        mut found: impl FnMut(u8, &[u8]) -> Option<()>,
    ) -> Result<Head, CopyError> {
        // All its memory at once: what it would outgrow stays behind, and nobody wipes that.
        let mut body = Zeroizing::new(Vec::with_capacity(COPY_RECORD_BYTES_MAX));
        while !self.stream.fill_buf().map_err(unread)?.is_empty() {
            let tag = self.record(&mut body)?;
            found(tag, &body).ok_or(CopyError::Damaged)?;
        }
        Ok(self.head)
    }

    /// The next record's tag.
    fn record(&mut self, body: &mut Vec<u8>) -> Result<u8, CopyError> {
        let mut before = [0; RECORD_BYTES];
        self.stream.read_exact(&mut before).map_err(unread)?;
        let [tag, length @ ..] = before;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > COPY_RECORD_BYTES_MAX {
            return Err(CopyError::Damaged);
        }
        body.resize(length, 0);
        self.stream.read_exact(body).map_err(unread)?;
        Ok(tag)
    }
}

fn unread(error: io::Error) -> CopyError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => CopyError::Damaged,
        _ => CopyError::Io(error),
    }
}

fn first_line(input: &mut impl BufRead) -> Result<String, CopyError> {
    let mut line = Vec::new();
    input.take(HEAD_BYTES_MAX).read_until(b'\n', &mut line).map_err(CopyError::Io)?;
    match line.pop() {
        Some(b'\n') => String::from_utf8(line).map_err(|_| CopyError::NoCopy),
        _ => Err(CopyError::NoCopy),
    }
}
