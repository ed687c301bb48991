//! Target `journal`: a segment of the replay journal, as a crash or a bad disk may leave it.

use tonegate_server::guard::read_segment;

/// Bytes of the header, and of each record after it.
const BLOCK: usize = 16;

/// Reads `data` as a segment. Every byte is accounted for, and what is cut off the end takes no
/// record with it that stood whole before the cut.
pub fn journal(data: &[u8]) {
    let (records, report) = read_segment(data);
    let blocks = records.len() + report.holes + report.damaged;
    let header = if data.len() < BLOCK { 0 } else { BLOCK };
    assert_eq!(header + blocks * BLOCK + report.torn, data.len(), "bytes unaccounted for");

    let cut = &data[..data.len() - data.len().min(BLOCK / 2)];
    let (before, _) = read_segment(cut);
    assert!(records.starts_with(&before), "a cut changed what stood before it");
    assert!(records.len() - before.len() <= 1, "a cut of half a record took more than one");
}
