//! Which node of a Cluster has a key: CRC-16 of its hash tag, and the Cluster's own list of slots.

use redis::Value;

/// Slots of a Cluster.
const SLOTS: u16 = 16_384;

/// The slot of the keys with this hash tag.
pub(super) fn slot_of(tag: &[u8]) -> u16 {
    let crc = tag.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ 0x1021,
        })
    });
    crc % SLOTS
}

/// Who has which slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Last slot and the number of the primary that has it and those before, ascending.
    ranges: Vec<(u16, usize)>,
    /// The primaries.
    pub(super) primaries: Vec<(String, u16)>,
}

impl Slots {
    /// Reads the answer to CLUSTER SLOTS. `asked`: who gave it, and may leave its own name out.
    /// `None`: it is no such answer, or a slot is nobody's.
    pub(super) fn read(answer: &Value, asked: &str) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let mut read: Vec<_> =
            ranges.iter().map(|range| read_range(range, asked)).collect::<Option<_>>()?;
        read.sort_unstable();
        let (mut slots, mut next) = (Self::default(), 0);
        for (first, last, primary) in read {
            if first != next {
                return None;
            }
            next = last + 1;
            let known = slots.primaries.iter().position(|it| *it == primary);
            let number = known.unwrap_or_else(|| {
                slots.primaries.push(primary);
                slots.primaries.len() - 1
            });
            slots.ranges.push((last, number));
        }
        (next == SLOTS).then_some(slots)
    }

    /// The number of the primary that has the slot.
    pub(super) fn primary_of(&self, slot: u16) -> usize {
        let place = self.ranges.partition_point(|(last, _)| *last < slot);
        self.ranges.get(place).map_or(0, |(_, number)| *number)
    }
}

fn read_range(range: &Value, asked: &str) -> Option<(u16, u16, (String, u16))> {
    let Value::Array(range) = range else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = &range[..] else {
        return None;
    };
    let [host, Value::Int(port), ..] = &primary[..] else { return None };
    let host = match host {
        Value::BulkString(host) if !host.is_empty() && host != b"?" => str::from_utf8(host).ok()?,
        _ => asked,
    };
    let last = u16::try_from(*last).ok().filter(|last| *last < SLOTS)?;
    let port = u16::try_from(*port).ok()?;
    Some((u16::try_from(*first).ok()?, last, (host.to_owned(), port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: i64, last: i64, host: &str, port: i64) -> Value {
        let primary = vec![Value::BulkString(host.into()), Value::Int(port)];
        Value::Array(vec![Value::Int(first), Value::Int(last), Value::Array(primary)])
    }

    #[test]
    fn slots_are_as_the_specification_has_them() {
        // CRC-16/XMODEM's check value, and an example of the Cluster specification.
        assert_eq!(slot_of(b"123456789"), 0x31c3);
        assert_eq!(slot_of(b"user1000"), 3_443);
    }

    #[test]
    fn a_whole_list_says_who_has_a_slot() {
        let answer = Value::Array(vec![
            range(10_923, 16_383, "c", 3),
            range(0, 5_460, "", 1),
            range(5_461, 10_922, "b", 2),
        ]);
        let slots = Slots::read(&answer, "a").unwrap();
        let primary = |slot| &slots.primaries[slots.primary_of(slot)];
        for (slot, host) in [(0, "a"), (5_460, "a"), (5_461, "b"), (10_923, "c"), (16_383, "c")] {
            assert_eq!(primary(slot).0, host, "{slot}");
        }
    }

    #[test]
    fn a_list_with_a_gap_is_none() {
        for ranges in [
            vec![],
            vec![range(0, 16_382, "a", 1)],
            vec![range(0, 5, "a", 1), range(7, 16_383, "a", 1)],
            vec![range(0, 16_384, "a", 1)],
            vec![Value::Nil],
        ] {
            assert!(Slots::read(&Value::Array(ranges), "a").is_none());
        }
    }
}
