//! A checkpoint: where the audit log stood at a time, as a signed note (C2SP signed-note and
//! tlog-checkpoint).
//!
//! ```text
//! tonegate/audit/<installation id>
//! <number of the newest entry>
//! <its hash, base64>
//! <Unix time>
//!
//! — tonegate/audit/<installation id> <base64 of key id and signature>
//! ```
//!
//! Invariant: a checkpoint has one spelling; what was read and is written again has the same bytes, so
//! the signature is over what the fields say. Pure. Leaves to others: whose key it should be.

use data_encoding::BASE64;
use tonegate_issuer::{SignError, Signer};

use super::AuditKey;
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use crate::store::AuditHash;

const ORIGIN: &str = "tonegate/audit/";
/// What a line with a signature begins with.
const SIGNED: &str = "\u{2014} ";

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log: 32 hex characters.
    pub installation_id: String,
    /// The newest entry; 0: there was none.
    pub seq: i64,
    /// Its hash.
    pub hash: AuditHash,
    /// When it was made, Unix seconds.
    pub at: i64,
}

/// A checkpoint with its signatures, none of them verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    checkpoint: Checkpoint,
    /// Those in the name of the log; a witness's are passed over.
    signatures: Vec<([u8; 4], [u8; 64])>,
}

/// The text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no checkpoint: {0}")]
pub struct NoteError(&'static str);

impl Checkpoint {
    /// The log's name, for its key too.
    #[must_use]
    pub fn origin(installation_id: &str) -> String {
        format!("{ORIGIN}{installation_id}")
    }

    /// The signed note.
    pub fn sign(&self, key: &dyn Signer) -> Result<String, SignError> {
        let (text, origin) = (self.text(), Self::origin(&self.installation_id));
        let id = AuditKey(key.public_key()).key_id(&origin);
        let signature = [id.as_slice(), &key.sign(text.as_bytes())?].concat();
        Ok(format!("{text}\n{SIGNED}{origin} {}\n", BASE64.encode(&signature)))
    }

    /// What is signed.
    fn text(&self) -> String {
        let Self { installation_id, seq, hash, at } = self;
        let hash = BASE64.encode(hash.as_bytes());
        format!("{ORIGIN}{installation_id}\n{seq}\n{hash}\n{at}\n")
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(NoteError("it has too few lines"));
        let id = line()?.strip_prefix(ORIGIN).filter(|id| is_installation_id(id));
        let installation_id = id.ok_or(NoteError("its first line names no audit log"))?.to_owned();
        let seq = number(line()?).ok_or(NoteError("its second line is no number"))?;
        let hash = BASE64.decode(line()?.as_bytes()).ok();
        let hash = hash.and_then(|hash| AuditHash::from_bytes(&hash));
        let hash = hash.ok_or(NoteError("its third line is no hash"))?;
        let at = number(line()?).ok_or(NoteError("its fourth line is no time"))?;
        let read = Self { installation_id, seq, hash, at };
        if read.text() == text { Ok(read) } else { Err(NoteError("it is spelled in another way")) }
    }
}

impl Note {
    /// Reads one note, of at most 4 KiB and 16 signatures.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteError("it is too long"));
        }
        let (body, signed) = text
            .split_once("\n\n")
            .ok_or(NoteError("there is no empty line between text and signatures"))?;
        let checkpoint = Checkpoint::parse(&format!("{body}\n"))?;
        if signed.is_empty() || !signed.ends_with('\n') {
            return Err(NoteError("it ends before its signature does"));
        }
        if signed.lines().count() > NOTE_SIGNATURES_MAX {
            return Err(NoteError("it has too many signatures"));
        }
        let origin = Checkpoint::origin(&checkpoint.installation_id);
        let mut signatures = Vec::new();
        for line in signed.split_terminator('\n') {
            let (name, bytes) = signature(line).ok_or(NoteError("a line is no signature"))?;
            if name == origin {
                let ours = bytes.split_first_chunk();
                let ours = ours.and_then(|(id, rest)| Some((*id, rest.try_into().ok()?)));
                signatures.push(ours.ok_or(NoteError("its signature has a wrong length"))?);
            }
        }
        Ok(Self { checkpoint, signatures })
    }

    /// What it says; whoever may have written it.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Has the holder of `key` signed what it says?
    #[must_use]
    pub fn is_signed_by(&self, key: &AuditKey) -> bool {
        let id = key.key_id(&Checkpoint::origin(&self.checkpoint.installation_id));
        let text = self.checkpoint.text();
        self.signatures.iter().any(|(by, bytes)| *by == id && key.has_signed(&text, bytes))
    }
}

/// Every note of a file to which notes were appended, with the number of its first line, from 1. What
/// is no note is told where the next begins, so that one torn by a crash hides none after it.
pub fn read_notes(text: &str) -> impl Iterator<Item = (usize, Result<Note, NoteError>)> {
    let mut rest = text;
    let mut line = 1;
    std::iter::from_fn(move || {
        let blank = rest.len() - rest.trim_start_matches('\n').len();
        (rest, line) = (&rest[blank..], line + blank);
        let (note, after) = rest.split_at(first_note(rest));
        let begins = line;
        (rest, line) = (after, line + note.matches('\n').count());
        (!note.is_empty()).then(|| (begins, Note::parse(note)))
    })
}

/// How long the note is that `text` begins with: to the next line that begins one, or that follows the
/// signatures.
fn first_note(text: &str) -> usize {
    let (mut length, mut is_signed) = (0, false);
    for line in text.split_inclusive('\n') {
        let begins_next = line.starts_with(ORIGIN) || (is_signed && !line.starts_with(SIGNED));
        if length > 0 && begins_next {
            break;
        }
        is_signed = line.starts_with(SIGNED);
        length += line.len();
    }
    length
}

/// `— <name> <base64>`.
fn signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, bytes) = line.strip_prefix(SIGNED)?.split_once(' ')?;
    let bytes = BASE64.decode(bytes.as_bytes()).ok()?;
    let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+');
    (is_name && bytes.len() > 4).then_some((name, bytes))
}

fn is_installation_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number >= 0)
}

#[cfg(test)]
mod tests {
    use tonegate_issuer::SoftwareKey;
    use zeroize::Zeroizing;

    use super::*;

    const ID: &str = "00112233445566778899aabbccddeeff";

    fn key(seed: u8) -> SoftwareKey {
        SoftwareKey::from_seed(Zeroizing::new([seed; 32])).unwrap()
    }

    fn public(key: &SoftwareKey) -> AuditKey {
        AuditKey(key.public_key())
    }

    fn checkpoint(seq: i64) -> Checkpoint {
        let installation_id = ID.to_owned();
        Checkpoint { installation_id, seq, hash: AuditHash::start(ID), at: 1_763_840_000 }
    }

    /// Signed by another program as well. It may never change: old files must verify.
    #[test]
    fn a_note_is_spelled_like_this() {
        let note = checkpoint(7).sign(&key(7)).unwrap();
        assert_eq!(
            note,
            "tonegate/audit/00112233445566778899aabbccddeeff\n\
             7\n\
             dzrBpENxWFMOa0S9/SWigVDQzBLTgz5leM6aRCqSk+c=\n\
             1763840000\n\
             \n\
             \u{2014} tonegate/audit/00112233445566778899aabbccddeeff qQGwY9EsqG37RYmw9tXaFj9imlE9R/\
             kCYlTtrV8c1oeQlmaYEofBJ+zOGiDv2QD6tZ/MxJkVGc5TEtFNanXk5YizBwM=\n"
        );
    }

    #[test]
    fn what_was_signed_is_read_and_verified() {
        let note = checkpoint(7).sign(&key(7)).unwrap();
        let read = Note::parse(&note).unwrap();
        assert_eq!(read.checkpoint(), &checkpoint(7));
        assert!(read.is_signed_by(&public(&key(7))));
        assert!(!read.is_signed_by(&public(&key(8))));
    }

    #[test]
    fn no_byte_can_be_changed_unseen() {
        let note = checkpoint(7).sign(&key(7)).unwrap();
        let key = public(&key(7));
        for (at, _) in note.bytes().enumerate() {
            for bit in 0..8 {
                let mut bent = note.clone().into_bytes();
                bent[at] ^= 1 << bit;
                let Ok(bent) = String::from_utf8(bent) else { continue };
                let read = Note::parse(&bent);
                assert!(read.is_err() || !read.unwrap().is_signed_by(&key), "{at}, {bit}: {bent}");
            }
        }
        for length in 0..note.len() {
            let cut = note.get(..length).map(Note::parse);
            assert!(cut.is_none_or(|note| note.is_err()), "{length}");
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        let good = checkpoint(7).sign(&key(7)).unwrap();
        for (what, by) in [
            ("\n7\n", "\n07\n"),
            ("\n7\n", "\n+7\n"),
            ("\n7\n", "\n-7\n"),
            ("\n7\n", "\n9223372036854775808\n"),
            ("\n", "\r\n"),
            ("ccddeeff\n7", "CCDDEEFF\n7"),
            ("=\n17", "\n17"),
            ("\n1763840000\n", "\n1763840000\nmore\n"),
            ("\n\n", "\n"),
            ("\u{2014} ", "- "),
            ("\u{2014} ", "\u{2014}  "),
        ] {
            assert!(good.contains(what));
            assert!(Note::parse(&good.replacen(what, by, 1)).is_err(), "{what:?} {by:?}");
        }
        let witness = "\u{2014} witness.example AAAAAAAA\n";
        assert!(Note::parse(&format!("{good}{witness}")).unwrap().is_signed_by(&public(&key(7))));
        assert!(Note::parse(&format!("{good}{}", witness.repeat(16))).is_err());
        assert!(Note::parse(&format!("{good}{}", "x".repeat(NOTE_BYTES_MAX))).is_err());
    }

    #[test]
    fn a_file_of_notes_is_read_whatever_stands_between_them() {
        let [one, two, three] = [1, 2, 3].map(|seq| checkpoint(seq).sign(&key(7)).unwrap());
        let lines = |text: &str| {
            read_notes(text)
                .map(|(line, note)| (line, note.ok().map(|note| note.checkpoint().seq)))
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(""), []);
        assert_eq!(lines(&format!("{one}{two}")), [(1, Some(1)), (7, Some(2))]);
        assert_eq!(lines(&format!("\n{one}\n\n{two}\n")), [(2, Some(1)), (10, Some(2))]);
        for torn in [&two[..40], &two[..50], &two[..120], &two[..two.len() - 9]] {
            let text = format!("{one}{torn}\n{three}");
            let found = lines(&text);
            assert_eq!((found[0], found[1].1), ((1, Some(1)), None), "{text}");
            assert_eq!(found.last().unwrap().1, Some(3), "{text}");
        }
        assert_eq!(lines("a letter\n"), [(1, None)]);
    }
}
