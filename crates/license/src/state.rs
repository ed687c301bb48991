//! What a device remembers between two starts, and the clock that it makes of it.
//!
//! A device's clock can be set to anything, so use is **paid in advance**: the stored time lies 60
//! to 300 s ahead of the time reached, a start goes on from the stored time, and while the app runs
//! time moves at least with the monotonic clock. Killing the app, starting it over and over, setting
//! the clock back and loading older licences therefore gain nothing. The wall clock alone never
//! moves the stored time beyond the `exp` of the newest licence loaded, so a clock that once stood
//! in the future costs at most that licence. FORMAT.md §7 states the rules, ADR 0002 why.

use crate::key::Root;
use crate::license::License;
use crate::limits::{CHECK_SECS_MAX, RESERVATION_SECS_MAX};

/// A reading of a device's two clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// The wall clock, Unix seconds. It may lie.
    pub wall: i64,
    /// A monotonic clock, seconds from any origin that stays fixed while the process lives.
    pub elapsed: u64,
}

/// What a device keeps: at most 64 bytes, stored by the app whenever it changes.
///
/// Losing it is not an error: the device begins anew, with the time of its wall clock and no floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    spread: u16,
    pub(crate) standby_seen: bool,
    floors: [u32; 2],
    time: i64,
    newest_exp: i64,
}

const VERSION: u8 = 1;

impl State {
    /// Length of [`to_bytes`](Self::to_bytes).
    pub const BYTES: usize = 32;

    /// A new device's state. `spread` is any number, drawn once per device at random: it decides
    /// when, between 50 and 70 % of a licence's life, this device asks for the next one, and how
    /// much, between a half and the whole, it takes of a grace; so a fleet never acts as one.
    #[must_use]
    pub const fn new(spread: u16) -> Self {
        Self { spread, standby_seen: false, floors: [0; 2], time: 0, newest_exp: 0 }
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let [floor_active, floor_standby] = self.floors;
        let mut bytes = [0; Self::BYTES];
        let mut fields = bytes.iter_mut();
        let mut put = |field: &[u8]| {
            field.iter().zip(fields.by_ref()).for_each(|(from, to)| *to = *from);
        };
        put(&[VERSION, u8::from(self.standby_seen)]);
        put(&self.spread.to_le_bytes());
        put(&floor_active.to_le_bytes());
        put(&floor_standby.to_le_bytes());
        put(&self.time.to_le_bytes());
        put(&self.newest_exp.to_le_bytes());
        if let Some((content, sum)) = bytes.split_last_chunk_mut() {
            *sum = checksum(content);
        }
        bytes
    }

    /// Reads stored bytes; `None` where they are not whole (begin with [`State::new`] then).
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().ok()?;
        let (content, sum) = bytes.split_last_chunk()?;
        let ([version, standby_seen], rest) = content.split_first_chunk()?;
        if *version != VERSION || *standby_seen > 1 || *sum != checksum(content) {
            return None;
        }
        let (spread, rest) = rest.split_first_chunk()?;
        let (floor_active, rest) = rest.split_first_chunk()?;
        let (floor_standby, rest) = rest.split_first_chunk()?;
        let (time, rest) = rest.split_first_chunk()?;
        let (newest_exp, _) = rest.split_first_chunk()?;
        Some(Self {
            spread: u16::from_le_bytes(*spread),
            standby_seen: *standby_seen == 1,
            floors: [u32::from_le_bytes(*floor_active), u32::from_le_bytes(*floor_standby)],
            time: i64::from_le_bytes(*time),
            newest_exp: i64::from_le_bytes(*newest_exp),
        })
    }

    /// Highest floor seen for a pin.
    #[must_use]
    pub fn floor(&self, root: Root) -> u32 {
        let [active, standby] = self.floors;
        match root {
            Root::Active => active,
            Root::Standby => standby,
        }
    }

    pub(crate) fn floor_mut(&mut self, root: Root) -> &mut u32 {
        let [active, standby] = &mut self.floors;
        match root {
            Root::Active => active,
            Root::Standby => standby,
        }
    }

    /// `whole` seconds of grace as this device takes them: a half to the whole.
    pub(crate) fn share_of_grace(&self, whole: i64) -> i64 {
        whole / 2 + self.share_of(whole / 2)
    }

    /// `life` seconds until this device asks for the next licence: 50 to 70 %.
    pub(crate) fn share_of_life(&self, life: i64) -> i64 {
        life / 2 + self.share_of(life / 5)
    }

    fn share_of(&self, seconds: i64) -> i64 {
        seconds.saturating_mul(i64::from(self.spread)) / i64::from(u16::MAX)
    }
}

/// FNV-1a: notices a damaged store. It keeps nobody from writing another one.
fn checksum(content: &[u8]) -> [u8; 4] {
    let mix = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    content.iter().fold(0x811c_9dc5, mix).to_le_bytes()
}

/// Time from the first authentic licence of a start on.
///
/// Every second of use moves [`reached`](Self::reached) by a second at least, and it never goes
/// back: that alone bounds what any walk of clocks, starts and licences can gain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceClock {
    /// Time that is known to have passed.
    reached: i64,
    /// Where counting ends: nothing loaded since the start can still run then.
    counts_until: i64,
    last_elapsed: u64,
    /// Seconds since the start.
    used: u64,
}

impl DeviceClock {
    /// A start of the app: what was stored is paid, so time goes on from there.
    pub(crate) const fn start(state: &State, time: Time) -> Self {
        Self { reached: state.time, counts_until: state.time, last_elapsed: time.elapsed, used: 0 }
    }

    /// Takes in an authentic licence, which proves that its `iat` has passed, and lets its last
    /// feature run until `runs_until`.
    pub(crate) fn take_in(&mut self, state: &mut State, license: &License, runs_until: i64) {
        state.newest_exp = state.newest_exp.max(license.expires_at());
        self.reached = self.reached.max(license.issued_at());
        let last = runs_until.max(state.newest_exp).saturating_add_unsigned(CHECK_SECS_MAX);
        self.counts_until = self.counts_until.max(last);
    }

    /// Moves on to `time`, and pays ahead; the effective time now.
    pub(crate) fn advance(&mut self, state: &mut State, time: Time) -> i64 {
        let passed = time.elapsed.saturating_sub(self.last_elapsed);
        self.last_elapsed = self.last_elapsed.max(time.elapsed);
        self.used = self.used.saturating_add(passed);
        let counted = self.reached.saturating_add_unsigned(passed).min(self.counts_until);
        self.reached = self.reached.max(counted).max(time.wall.min(state.newest_exp));
        self.reserve(state);
        self.reached.max(time.wall)
    }

    /// Pays ahead, where less is left than an answer is good for; more after long use, so that an
    /// app seldom has to store.
    fn reserve(&self, state: &mut State) {
        if state.time < self.reached.saturating_add_unsigned(CHECK_SECS_MAX) {
            let ahead = self.used.saturating_add(CHECK_SECS_MAX).min(RESERVATION_SECS_MAX);
            let paid = self.reached.saturating_add_unsigned(ahead).min(self.counts_until);
            state.time = state.time.max(paid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_stored_whole_or_not_at_all() {
        let mut state = State::new(0xabcd);
        state.standby_seen = true;
        state.floors = [7, u32::MAX];
        (state.time, state.newest_exp) = (1_763_840_000, i64::MAX);
        let bytes = state.to_bytes();
        const { assert!(State::BYTES <= 64) };
        assert_eq!(State::from_bytes(&bytes), Some(state));
        for bit in 0..State::BYTES * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(State::from_bytes(&damaged), None, "bit {bit}");
        }
        assert_eq!(State::from_bytes(&bytes[1..]), None);
        assert_eq!(State::from_bytes(&[]), None);
    }

    #[test]
    fn devices_spread_within_the_promised_bounds() {
        for spread in [0, 1, 30_000, u16::MAX] {
            let state = State::new(spread);
            assert!((50_000..=70_000).contains(&state.share_of_life(100_000)));
            assert!((36_000..=72_000).contains(&state.share_of_grace(72_000)));
        }
    }
}
