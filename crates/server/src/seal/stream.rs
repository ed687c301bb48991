//! Sealed streams: more bytes than memory holds at once, written and read from front to back.
//!
//! A stream is 32 random bytes and then segments of 64 KiB, the last one shorter, each sealed with AES-256-GCM
//! under a key of the stream's own (HKDF of the key-encryption key, those bytes and the [`Label`]). A
//! segment's nonce is its number and whether it is the last, so segments can be neither
//! swapped, nor dropped, nor cut off at the end. Invariant: the reader gives no byte that was not
//! written there, and says [`Ok(0)`](Read::read) at the true end alone. Leaves to others: what is in it.

use std::io::{self, BufRead, Read, Write};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, rand};
use zeroize::Zeroizing;

use super::{Kek, Label, SealError};

const SALT: usize = 32;
const TAG: usize = 16;
/// Plain bytes of a segment.
const SEGMENT: usize = 64 << 10;
const SEALED: usize = SEGMENT + TAG;

/// Seals what is written to it. To be [finished](Self::finish): what is not ends as if cut off.
pub struct SealedWriter<W> {
    inner: W,
    segments: Segments,
    /// Never outgrows its first memory, which would stay behind unwiped; nor does the reader's.
    plain: Zeroizing<Vec<u8>>,
}

/// Opens what a [`SealedWriter`] wrote, under the same key and label.
pub struct SealedReader<R> {
    inner: R,
    segments: Segments,
    /// The segment at hand, and how much of it was given out.
    plain: Zeroizing<Vec<u8>>,
    given: usize,
    /// The first byte of the next one: without it this one is the last.
    ahead: Option<u8>,
    ended: bool,
}

struct Segments {
    key: LessSafeKey,
    number: u64,
}

impl<W: Write> SealedWriter<W> {
    /// Begins a stream.
    pub fn new(mut inner: W, kek: &Kek, label: Label<'_>) -> io::Result<Self> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt).map_err(|_| io::Error::other(SealError::Crypto))?;
        inner.write_all(&salt)?;
        let segments = Segments::new(kek, &salt, label).map_err(io::Error::other)?;
        Ok(Self { inner, segments, plain: Zeroizing::new(Vec::with_capacity(SEALED)) })
    }

    /// Writes the last segment, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        self.segments.seal(&mut self.plain, last).map_err(io::Error::other)?;
        self.inner.write_all(&self.plain)?;
        self.plain.clear();
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full segment is sealed when more comes: the last one may be full too.
        if self.plain.len() == SEGMENT {
            self.seal(false)?;
        }
        let taken = bytes.len().min(SEGMENT - self.plain.len());
        self.plain.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> SealedReader<R> {
    /// Begins to read.
    pub fn new(mut inner: R, kek: &Kek, label: Label<'_>) -> io::Result<Self> {
        let mut salt = [0; SALT];
        inner.read_exact(&mut salt)?;
        let segments = Segments::new(kek, &salt, label).map_err(io::Error::other)?;
        let plain = Zeroizing::new(Vec::with_capacity(SEALED + 1));
        Ok(Self { inner, segments, plain, given: 0, ahead: None, ended: false })
    }

    fn next(&mut self) -> io::Result<()> {
        self.plain.clear();
        self.given = 0;
        // What does not open is given to nobody.
        self.open_next().inspect_err(|_| self.plain.clear())
    }

    fn open_next(&mut self) -> io::Result<()> {
        self.plain.extend(self.ahead.take());
        let wanted = (SEALED + 1).saturating_sub(self.plain.len());
        let wanted = u64::try_from(wanted).map_err(io::Error::other)?;
        self.inner.by_ref().take(wanted).read_to_end(&mut self.plain)?;
        if self.plain.len() > SEALED {
            self.ahead = self.plain.pop();
        }
        let last = self.ahead.is_none();
        let closed = |error: SealError| io::Error::new(io::ErrorKind::InvalidData, error);
        self.segments.open(&mut self.plain, last).map_err(closed)?;
        self.ended = last;
        Ok(())
    }
}

impl<R: Read> BufRead for SealedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.given == self.plain.len() && !self.ended {
            self.next()?;
        }
        Ok(&self.plain[self.given..])
    }

    fn consume(&mut self, amount: usize) {
        self.given = self.plain.len().min(self.given + amount);
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(buffer)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl Segments {
    fn new(kek: &Kek, salt: &[u8], label: Label<'_>) -> Result<Self, SealError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&*kek.streams);
        let label = label.to_bytes();
        let okm = [label.as_slice()];
        let okm = root.expand(&okm, &AES_256_GCM).map_err(|_| SealError::Crypto)?;
        Ok(Self { key: LessSafeKey::new(UnboundKey::from(okm)), number: 0 })
    }

    fn seal(&mut self, plain: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        let nonce = self.nonce(last)?;
        self.key.seal_in_place_append_tag(nonce, Aad::empty(), plain).map_err(|_| SealError::Crypto)
    }

    fn open(&mut self, sealed: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        let nonce = self.nonce(last)?;
        let opened = self.key.open_in_place(nonce, Aad::empty(), sealed);
        let length = opened.map_err(|_| SealError::Closed)?.len();
        sealed.truncate(length);
        Ok(())
    }

    fn nonce(&mut self, last: bool) -> Result<Nonce, SealError> {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        self.number = self.number.checked_add(1).ok_or(SealError::Crypto)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek() -> Kek {
        Kek::from_bytes(&[7; 32]).unwrap()
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut writer = SealedWriter::new(Vec::new(), &kek(), Label::Backup).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    fn opened(sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        SealedReader::new(sealed, &kek(), Label::Backup)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn what_was_written_is_read_whatever_its_length() {
        for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 7] {
            let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            assert!(opened(&sealed(&plain)).unwrap() == plain, "{length}");
        }
    }

    #[test]
    fn a_stream_that_was_changed_cut_or_put_in_another_order_does_not_open() {
        let plain = vec![5; 2 * SEGMENT + 100];
        let whole = sealed(&plain);
        for at in [0, SALT, SALT + SEGMENT, whole.len() - 1] {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            assert!(opened(&bent).is_err(), "byte {at}");
        }
        let segment = SEGMENT + TAG;
        for length in [0, SALT, SALT + segment, SALT + 2 * segment, whole.len() - 1] {
            assert!(opened(&whole[..length]).is_err(), "cut at {length}");
        }
        let (one, two) = (SALT..SALT + segment, SALT + segment..SALT + 2 * segment);
        let swapped = [&whole[..SALT], &whole[two], &whole[one], &whole[SALT + 2 * segment..]];
        assert!(opened(&swapped.concat()).is_err());
        assert!(opened(&[whole.as_slice(), &[0]].concat()).is_err(), "something after the end");
    }

    #[test]
    fn it_opens_under_no_other_key_and_no_other_label() {
        let whole = sealed(b"hello");
        let other = Kek::from_bytes(&[8; 32]).unwrap();
        let mut plain = Vec::new();
        let read = |kek: &Kek, label| SealedReader::new(whole.as_slice(), kek, label).unwrap();
        assert!(read(&other, Label::Backup).read_to_end(&mut plain).is_err());
        assert!(read(&kek(), Label::AuditKey).read_to_end(&mut plain).is_err());
        assert!(read(&kek(), Label::Backup).read_to_end(&mut plain).is_ok());
    }
}
