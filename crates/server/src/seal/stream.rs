//! Sealed streams: more bytes than memory holds at once, written and read from front to back.
//!
//! A stream is 32 random bytes and then segments of 64 KiB, the last one shorter, each sealed with AES-256-GCM
//! under a key of the stream's own (HKDF of the key-encryption key, those bytes and the [`Label`]). A
//! segment's nonce is its number and whether it is the last, so segments can be neither
//! swapped, nor dropped, nor cut off at the end. Invariant: the reader gives no byte that was not
//! written there, and says [`Ok(0)`](Read::read) at the true end alone. Leaves to others: what is in it.

use std::io::{self, Read, Write};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, rand};

use super::{Kek, Label, SealError};

const SALT: usize = 32;
const TAG: usize = 16;
/// Plain bytes of a segment.
const SEGMENT: usize = 64 << 10;

/// Seals what is written to it. To be [finished](Self::finish): what is not ends as if cut off.
pub struct SealedWriter<W> {
    inner: W,
    segments: Segments,
    plain: Vec<u8>,
}

/// Opens what a [`SealedWriter`] wrote, under the same key and label.
pub struct SealedReader<R> {
    inner: R,
    segments: Segments,
    /// The segment at hand, and how much of it was given out.
    plain: Vec<u8>,
    given: usize,
    /// The first bytes of the next one: without them this one is the last.
    ahead: Vec<u8>,
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
        Ok(Self { inner, segments, plain: Vec::with_capacity(SEGMENT + TAG) })
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
        let (plain, ahead) = (Vec::new(), Vec::new());
        Ok(Self { inner, segments, plain, given: 0, ahead, ended: false })
    }

    fn next(&mut self) -> io::Result<()> {
        const SEALED: u64 = (SEGMENT + TAG) as u64;
        let mut sealed = std::mem::take(&mut self.ahead);
        let wanted = SEALED + 1 - sealed.len() as u64;
        self.inner.by_ref().take(wanted).read_to_end(&mut sealed)?;
        if sealed.len() > SEGMENT + TAG {
            self.ahead = sealed.split_off(SEGMENT + TAG);
        }
        let last = self.ahead.is_empty();
        let closed = |error: SealError| io::Error::new(io::ErrorKind::InvalidData, error);
        self.segments.open(&mut sealed, last).map_err(closed)?;
        (self.plain, self.given, self.ended) = (sealed, 0, last);
        Ok(())
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() && !self.ended {
            self.next()?;
        }
        let rest = &self.plain[self.given..];
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
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
