//! A call of the script that decides, as bytes on the wire: what each request needs is said once a call.
//!
//! Invariant: a call has at most [`SHARED_GUARD_CALL_MAX`] requests, so that a byte numbers whatever is in it,
//! and no signature and no rate twice, so that the script sees what an earlier request of the call did.

use std::io::Write as _;

use super::ask::Ask;
use super::script::{ADMIT, Field, KEEP_SECS, Names, Place, Script, field};
use crate::guard::ReplayMode;
use crate::limits::SHARED_GUARD_CALL_MAX;

/// Tenths of a microsecond.
const UNITS_PER_SECOND: u32 = 10_000_000;
/// The two hashes of rates take turns in so many seconds. No rate has a burst of more: what was charged in
/// one lap is looked for in the next one, and no longer.
pub(super) const LAP_SECS: u32 = 4;

/// What is said of several requests together.
#[derive(Default)]
struct Call {
    parts: Vec<Part>,
    rates: Vec<Rate>,
    terms: Vec<Terms>,
    /// Of each request.
    asks: Vec<Numbers>,
}

/// The signatures that are looked for in one hash.
struct Part {
    place: Place,
    fields: Vec<Field>,
}

/// Whose, and which of its two.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Rate {
    refused: bool,
    app_id: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Terms {
    interval: u32,
    burst: u32,
    repeatable: bool,
    retried: bool,
}

/// Where a request has its part, the signature in it, the rate and the terms.
struct Numbers([usize; 4]);

impl Names {
    /// Appends a call that decides on `asks`; with each, whether it was perhaps decided before. In a Cluster
    /// they are one app's.
    pub(super) fn admit(&self, to: &mut Vec<u8>, asks: &[(&Ask, bool)]) {
        debug_assert!(asks.len() <= SHARED_GUARD_CALL_MAX, "bytes count them");
        let Some((first, _)) = asks.first() else { return };
        let mut call = Call { asks: Vec::with_capacity(asks.len()), ..Call::default() };
        asks.iter().for_each(|(ask, retried)| call.add(self.place_of(ask), ask, *retried));
        call.write(to, self, first.app_id);
    }
}

impl Call {
    fn add(&mut self, place: Place, ask: &Ask, retried: bool) {
        let part = match self.parts.iter().position(|part| part.place == place) {
            Some(part) => part,
            None => {
                let fields = Vec::with_capacity(self.asks.capacity());
                self.parts.push(Part { place, fields });
                self.parts.len() - 1
            }
        };
        let signature = self
            .parts
            .get_mut(part)
            .map_or(0, |part| number_of(&mut part.fields, field(ask.app_id, &ask.signature)));
        let Ask { app_id, refused, .. } = *ask;
        let rate = number_of(&mut self.rates, Rate { refused, app_id });
        let terms = number_of(&mut self.terms, Terms::of(ask, retried));
        self.asks.push(Numbers([part, signature, rate, terms]));
    }

    fn write(&self, to: &mut Vec<u8>, names: &Names, app_id: u32) {
        let Self { parts, rates, terms, asks } = self;
        let signatures: usize = parts.iter().map(|part| part.fields.len()).sum();
        begin(to, &ADMIT, 2 + parts.len(), 6 + signatures + rates.len());
        (0..2).for_each(|turn| bytes(to, &names.rates(app_id, turn)));
        parts.iter().for_each(|part| bytes(to, &names.signatures(part.place)));
        number(to, KEEP_SECS);
        number(to, LAP_SECS);
        number(to, names.node);
        bytes(to, &terms.iter().flat_map(Terms::bytes).collect::<Vec<_>>());
        bytes(to, &parts.iter().map(|part| byte(part.fields.len())).collect::<Vec<_>>());
        let before = self.before();
        let asks = asks.iter().flat_map(|Numbers([part, signature, rate, terms])| {
            let before = before.get(*part).copied().unwrap_or_default();
            [*part, before + signature, *rate, *terms].map(|number| byte(number + 1))
        });
        bytes(to, &asks.collect::<Vec<_>>());
        parts.iter().flat_map(|part| &part.fields).for_each(|field| bytes(to, field));
        rates.iter().for_each(|rate| bytes(to, &rate.bytes()));
    }

    /// How many signatures there are before those of each part.
    fn before(&self) -> Vec<usize> {
        let sizes = self.parts.iter().map(|part| part.fields.len());
        sizes.scan(0, |sum, size| Some(std::mem::replace(sum, *sum + size))).collect()
    }
}

impl Rate {
    fn bytes(self) -> [u8; 5] {
        let [a, b, c, d] = self.app_id.to_be_bytes();
        [u8::from(self.refused), a, b, c, d]
    }
}

impl Terms {
    fn of(ask: &Ask, retried: bool) -> Self {
        let tonegate_listener::Rate { per_second, burst } = ask.rate;
        let repeatable = ask.mode == ReplayMode::Repeatable;
        let (interval, burst) = match UNITS_PER_SECOND.checked_div(per_second) {
            Some(interval) => (interval, burst.min(per_second.saturating_mul(LAP_SECS))),
            None => (UNITS_PER_SECOND, 0),
        };
        Self { interval, burst, repeatable, retried }
    }

    fn bytes(&self) -> [u8; 10] {
        let [a, b, c, d] = self.interval.to_be_bytes();
        let [e, f, g, h] = self.burst.to_be_bytes();
        [a, b, c, d, e, f, g, h, u8::from(self.repeatable), u8::from(self.retried)]
    }
}

/// Where it is in the list, which gets it if need be.
fn number_of<T: PartialEq>(list: &mut Vec<T>, wanted: T) -> usize {
    list.iter().position(|it| *it == wanted).unwrap_or_else(|| {
        list.push(wanted);
        list.len() - 1
    })
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

pub(super) fn begin(to: &mut Vec<u8>, script: &Script, keys: usize, arguments: usize) {
    // Writing to memory cannot fail.
    let _ = write!(to, "*{}\r\n", 3 + keys + arguments);
    bytes(to, b"EVALSHA");
    bytes(to, script.sha().as_bytes());
    number(to, keys);
}

pub(super) fn number(to: &mut Vec<u8>, number: impl itoa::Integer) {
    bytes(to, itoa::Buffer::new().format(number).as_bytes());
}

pub(super) fn bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.push(b'$');
    to.extend_from_slice(itoa::Buffer::new().format(bytes.len()).as_bytes());
    to.extend_from_slice(b"\r\n");
    to.extend_from_slice(bytes);
    to.extend_from_slice(b"\r\n");
}
