//! Target `audit_checkpoint`: a file of checkpoints of an audit log, as somebody may hand it in.

use tonegate_issuer::Signer as _;
use tonegate_server::audit::{AuditKey, Note, read_notes};

use crate::keys::KEYS;

/// Reads `data` as a file of signed notes. Notes begin where the last one has ended; each has one
/// spelling, and passes for signed only with the very signature that its key makes.
pub fn audit_checkpoint(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let lines: Vec<_> = text.split('\n').collect();
    let mut last = 0;
    for (line, note) in read_notes(text) {
        assert!(line > last && !lines[line - 1].is_empty(), "no note begins at line {line}");
        last = line;
        let Ok(note) = note else { continue };
        assert!(lines[line - 1].starts_with("tonegate/audit/"), "a note of nobody");
        let signed = note.checkpoint().sign(&KEYS.root).expect("a key in memory signs");
        let again = Note::parse(&signed).expect("what we write");
        let key = AuditKey(KEYS.root.public_key());
        assert!(again.checkpoint() == note.checkpoint() && again.is_signed_by(&key));
        let (body, signature) = signed.split_once("\n\n").expect("a note");
        assert!(text.contains(body), "read another text than there is");
        assert!(!note.is_signed_by(&key) || text.contains(signature.trim_end()), "forged");
    }
}
