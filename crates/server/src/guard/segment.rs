//! The journal's bytes: segments of fixed-size records.
//!
//! A segment is a header and records, 16 bytes each, so that none lies across a page and a damaged
//! one never hides the next. Integers are little-endian.
//!
//! ```text
//! header  magic "TGGUARD2" (8) · key id (4) · checksum (4)
//! record  fingerprint (8) · minute since 1970 (4) · checksum (4)
//! ```
//!
//! The checksum finds accidents; it is no signature. Reading is pure and accepts any bytes.

use super::Minute;

/// Bytes of a record, and of the header.
pub(super) const RECORD_LEN: usize = 16;

const MAGIC: &[u8; 8] = b"TGGUARD2";

/// One accepted signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Keyed hash of (AppId, signature).
    pub fingerprint: u64,
    /// The minute of the request's Timestamp.
    pub minute: Minute,
}

/// What was found besides records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Which key made the fingerprints; `None` when the header is damaged or cut.
    pub key_id: Option<u32>,
    /// Records never written: the process ended, or the disk was full.
    pub holes: usize,
    /// Records with a wrong checksum.
    pub damaged: usize,
    /// Bytes after the last whole record.
    pub torn: usize,
}

/// Reads all that can be read of a segment, in the order in which it was written.
pub fn read_segment(bytes: &[u8]) -> (Vec<Record>, ReadReport) {
    let (blocks, rest) = bytes.as_chunks::<RECORD_LEN>();
    let mut report = ReadReport { torn: rest.len(), ..ReadReport::default() };
    let Some((header, blocks)) = blocks.split_first() else { return (Vec::new(), report) };
    report.key_id = read_header(header);
    let mut records = Vec::with_capacity(blocks.len());
    for block in blocks {
        match read_record(block) {
            Some(record) => records.push(record),
            None if block == &[0; RECORD_LEN] => report.holes += 1,
            None => report.damaged += 1,
        }
    }
    (records, report)
}

pub(super) fn write_header(key_id: u32) -> [u8; RECORD_LEN] {
    seal(u64::from_le_bytes(*MAGIC), key_id)
}

pub(super) fn write_record(record: Record) -> [u8; RECORD_LEN] {
    seal(record.fingerprint, record.minute.0)
}

fn read_header(block: &[u8; RECORD_LEN]) -> Option<u32> {
    let (magic, key_id) = open(block)?;
    (magic == u64::from_le_bytes(*MAGIC)).then_some(key_id)
}

fn read_record(block: &[u8; RECORD_LEN]) -> Option<Record> {
    let (fingerprint, minute) = open(block)?;
    Some(Record { fingerprint, minute: Minute(minute) })
}

fn seal(first: u64, second: u32) -> [u8; RECORD_LEN] {
    let mut block = [0; RECORD_LEN];
    block[..8].copy_from_slice(&first.to_le_bytes());
    block[8..12].copy_from_slice(&second.to_le_bytes());
    block[12..].copy_from_slice(&checksum(first, second).to_le_bytes());
    block
}

fn open(block: &[u8; RECORD_LEN]) -> Option<(u64, u32)> {
    let (first, rest) = block.split_first_chunk()?;
    let (second, sum) = rest.split_first_chunk()?;
    let (first, second) = (u64::from_le_bytes(*first), u32::from_le_bytes(*second));
    (sum == checksum(first, second).to_le_bytes()).then_some((first, second))
}

/// Two multiplications: whatever differs in one bit differs in about half of the sum's.
fn checksum(first: u64, second: u32) -> u32 {
    let mixed = (first ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_add(second.into());
    (mixed.wrapping_mul(0xa076_1d64_78bd_642f) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_records() -> impl Strategy<Value = Vec<Record>> {
        let record = (any::<u64>(), any::<u32>())
            .prop_map(|(fingerprint, minute)| Record { fingerprint, minute: Minute(minute) });
        prop::collection::vec(record, 0..40)
    }

    fn write(records: &[Record]) -> Vec<u8> {
        let records = records.iter().flat_map(|&record| write_record(record));
        write_header(7).into_iter().chain(records).collect()
    }

    #[test]
    fn the_layout_is_as_documented() {
        let bytes = write(&[Record { fingerprint: 0x0102_0304_0506_0708, minute: Minute(9) }]);
        assert_eq!(&bytes[..12], b"TGGUARD2\x07\0\0\0");
        assert_eq!(&bytes[16..28], [8, 7, 6, 5, 4, 3, 2, 1, 9, 0, 0, 0]);
        assert_eq!(bytes.len(), 32);
    }

    #[test]
    fn a_record_of_zeros_is_no_hole() {
        let zero = Record { fingerprint: 0, minute: Minute(0) };
        assert_eq!(read_segment(&write(&[zero])).0, [zero]);
        assert_ne!(write_record(zero), [0; RECORD_LEN]);
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_costs_only_what_was_cut(records in any_records()) {
            let bytes = write(&records);
            for len in 0..=bytes.len() {
                let (read, report) = read_segment(&bytes[..len]);
                let whole = (len / RECORD_LEN).saturating_sub(1);
                prop_assert_eq!(&read[..], &records[..whole]);
                prop_assert_eq!(report.torn, len % RECORD_LEN);
                prop_assert_eq!(report.key_id, (len >= RECORD_LEN).then_some(7));
                prop_assert_eq!((report.holes, report.damaged), (0, 0));
            }
        }

        #[test]
        fn a_flipped_bit_costs_its_own_record(records in any_records(), bit in any::<prop::sample::Index>()) {
            let mut bytes = write(&records);
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (read, report) = read_segment(&bytes);
            let mut expected = records.clone();
            match (bit / 8 / RECORD_LEN).checked_sub(1) {
                None => prop_assert_eq!(report.key_id, None),
                Some(index) => {
                    expected.remove(index);
                    prop_assert_eq!(report.damaged, 1);
                }
            }
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (records, report) = read_segment(&bytes);
            let blocks = records.len() + report.holes + report.damaged;
            prop_assert_eq!(blocks, (bytes.len() / RECORD_LEN).saturating_sub(1));
        }
    }
}
