//! The file of a copy: a line that says which copy it is, and sealed parts of records.
//!
//! Invariants: every part is sealed together with the first line, its number and whether it is the
//! last, so parts can be neither changed, moved, left out nor taken from another copy; a record
//! stands whole in one part, so a reader needs the memory of one part. What records mean is
//! `records`' matter.

use std::io::{self, Read, Write};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::CopyError;
use crate::limits::COPY_PART_BYTES;
use crate::seal::{Kek, Label};

/// What stands before format, installation, key, revision and id.
const MAGIC: &str = "tonegate-copy";
/// Raised when a program that reads the old format could not read the new one.
const FORMAT: u32 = 1;
/// More than the first line has.
const HEAD_BYTES_MAX: usize = 256;
/// Flag and length before each part.
const FRAME_BYTES: usize = 5;
/// Tag and length before each record.
const RECORD_BYTES: usize = 5;
/// What sealing adds, and the one record that goes beyond a part's size.
const PART_BYTES_MAX: usize = 2 * COPY_PART_BYTES + 64;

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

/// Seals records into parts, one at a time in memory.
pub(super) struct Writer<'k, W> {
    out: W,
    kek: &'k Kek,
    line: String,
    part: u32,
    plain: Zeroizing<Vec<u8>>,
}

impl<'k, W: Write> Writer<'k, W> {
    pub(super) fn new(mut out: W, kek: &'k Kek, head: &Head) -> io::Result<Self> {
        let line = head.line();
        out.write_all(format!("{line}\n").as_bytes())?;
        let plain = Zeroizing::new(Vec::with_capacity(COPY_PART_BYTES));
        Ok(Self { out, kek, line, part: 0, plain })
    }

    pub(super) fn record(&mut self, tag: u8, body: &[u8]) -> io::Result<()> {
        // Before it would outgrow its memory, which leaves a copy behind that nobody wipes.
        if !self.plain.is_empty()
            && self.plain.len() + RECORD_BYTES + body.len() > self.plain.capacity()
        {
            self.end_part(false)?;
        }
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        self.plain.push(tag);
        self.plain.extend_from_slice(&length.to_be_bytes());
        self.plain.extend_from_slice(body);
        Ok(())
    }

    /// Nothing comes after it. What was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end_part(true)?;
        Ok(self.out)
    }

    fn end_part(&mut self, is_last: bool) -> io::Result<()> {
        let label = Label::Copy { head: &self.line, part: self.part, is_last };
        let sealed = self.kek.seal(label, &self.plain).map_err(io::Error::other)?;
        let length = u32::try_from(sealed.as_bytes().len()).map_err(io::Error::other)?;
        self.out.write_all(&[u8::from(is_last)])?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(sealed.as_bytes())?;
        self.plain.clear();
        self.part = self.part.checked_add(1).ok_or_else(|| io::Error::other("too many parts"))?;
        Ok(())
    }
}

/// Opens parts one by one.
pub(super) struct Reader<'k, R> {
    input: R,
    kek: &'k Kek,
    head: Head,
    line: String,
    part: u32,
    sealed: Zeroizing<Vec<u8>>,
}

impl<'k, R: Read> Reader<'k, R> {
    /// Reads the first line. `installation`: whose copy it must be.
    pub(super) fn new(mut input: R, kek: &'k Kek, installation: &str) -> Result<Self, CopyError> {
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
        Ok(Self { input, kek, head, line, part: 0, sealed: Zeroizing::new(Vec::new()) })
    }

    /// Tells all records to `found`, which is `None` for one that it cannot read. `Err`: what was told is not all, or not of this copy.
    pub(super) fn records(
        mut self,
        mut found: impl FnMut(u8, &[u8]) -> Option<()>,
    ) -> Result<Head, CopyError> {
        loop {
            let is_last = self.part(&mut found)?;
            if is_last {
                break;
            }
            self.part = self.part.checked_add(1).ok_or(CopyError::Damaged { part: u32::MAX })?;
        }
        // Whatever follows was put there.
        match self.input.read(&mut [0]).map_err(CopyError::Io)? {
            0 => Ok(self.head),
            _ => Err(CopyError::Damaged { part: self.part }),
        }
    }

    /// Was it the last?
    fn part(&mut self, found: &mut impl FnMut(u8, &[u8]) -> Option<()>) -> Result<bool, CopyError> {
        let damaged = CopyError::Damaged { part: self.part };
        let mut frame = [0; FRAME_BYTES];
        self.read_exact(&mut frame)?;
        let [flag, length @ ..] = frame;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if flag > 1 || length > PART_BYTES_MAX {
            return Err(damaged);
        }
        let mut sealed = std::mem::take(&mut self.sealed);
        sealed.resize(length, 0);
        self.read_exact(&mut sealed)?;
        let label = Label::Copy { head: &self.line, part: self.part, is_last: flag == 1 };
        let Ok(mut plain) = self.kek.open_in_place(label, &mut sealed).map(|plain| &*plain) else {
            return Err(damaged);
        };
        while !plain.is_empty() {
            let record = split_record(plain);
            let told = record.and_then(|(tag, body, rest)| found(tag, body).map(|()| rest));
            let Some(rest) = told else { return Err(damaged) };
            plain = rest;
        }
        self.sealed = sealed;
        Ok(flag == 1)
    }

    fn read_exact(&mut self, bytes: &mut [u8]) -> Result<(), CopyError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => CopyError::Damaged { part: self.part },
            _ => CopyError::Io(error),
        })
    }
}

fn split_record(plain: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = plain.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (body, rest) = rest.split_at_checked(length)?;
    Some((tag, body, rest))
}

/// Byte by byte, since what follows is no text.
fn first_line(input: &mut impl Read) -> Result<String, CopyError> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    loop {
        match input.read(&mut byte).map_err(CopyError::Io)? {
            0 => return Err(CopyError::NoCopy),
            _ if byte == *b"\n" => break,
            _ if line.len() >= HEAD_BYTES_MAX => return Err(CopyError::NoCopy),
            _ => line.extend_from_slice(&byte),
        }
    }
    String::from_utf8(line).map_err(|_| CopyError::NoCopy)
}
