//! What a device remembers between two starts, and the clock that it makes of it.
//!
//! A device's clock can be set to anything, so time here only moves forward: at least with the
//! device's monotonic clock while the app runs, and never behind what was stored. What is stored
//! lies a little **ahead** of the time reached (5 s after a load, growing to 300 s), so that an app
//! that is killed before it stores again has paid in advance, and starting it over and over with
//! the clock set back gains nothing. It never lies beyond the `exp` of the newest licence loaded,
//! so a clock that once stood in the future costs at most that licence (FORMAT.md §7).

use crate::key::Root;

/// A reading of a device's two clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// The wall clock, Unix seconds. It may lie.
    pub wall: i64,
    /// A monotonic clock, seconds from any origin that stays fixed while the process lives.
    pub elapsed: u64,
}

/// Shortest reservation, seconds: what a start may cost.
const RESERVATION_MIN: u64 = 5;
/// Longest reservation, seconds: how far apart two stores are in long use.
const RESERVATION_MAX: u64 = 300;

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
    grace_used: u32,
}

const VERSION: u8 = 1;

impl State {
    /// Length of [`to_bytes`](Self::to_bytes).
    pub const BYTES: usize = 36;

    /// A new device's state. `spread` is any number, drawn once per device at random: it decides
    /// when, between 50 and 70 % of a licence's life, this device asks for the next one, and how
    /// much, between a half and the whole, it takes of a grace; so a fleet never acts as one.
    #[must_use]
    pub const fn new(spread: u16) -> Self {
        Self { spread, standby_seen: false, floors: [0; 2], time: 0, newest_exp: 0, grace_used: 0 }
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
        put(&self.grace_used.to_le_bytes());
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
        let (newest_exp, rest) = rest.split_first_chunk()?;
        let (grace_used, _) = rest.split_first_chunk()?;
        Some(Self {
            spread: u16::from_le_bytes(*spread),
            standby_seen: *standby_seen == 1,
            floors: [u32::from_le_bytes(*floor_active), u32::from_le_bytes(*floor_standby)],
            time: i64::from_le_bytes(*time),
            newest_exp: i64::from_le_bytes(*newest_exp),
            grace_used: u32::from_le_bytes(*grace_used),
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

/// Effective time from a load on. Moves with the monotonic clock, jumps forward with the wall,
/// never goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceClock {
    now: i64,
    last_elapsed: u64,
    /// Seconds of use since the app started.
    used: u64,
    /// Seconds of use after `expires_at`, in this and earlier starts, since the last renewal.
    grace_used: u64,
}

impl DeviceClock {
    /// The clock for a licence that is loaded now: as a start, or while `running` already.
    ///
    /// `earliest`: what the licence and its certificate prove to be past.
    pub(crate) fn load(
        running: Option<Self>,
        state: &mut State,
        time: Time,
        (issued_at, earliest, expires_at): (i64, i64, i64),
    ) -> Self {
        let mut clock = running.unwrap_or(Self {
            now: state.time,
            last_elapsed: time.elapsed,
            used: 0,
            grace_used: u64::from(state.grace_used),
        });
        clock.tick(state.newest_exp, time);
        clock.now = clock.now.min(state.newest_exp).max(time.wall).max(earliest);
        if expires_at > state.newest_exp {
            // Issued after the last one ended: real time has passed, a new grace is due.
            if issued_at >= state.newest_exp {
                clock.grace_used = 0;
                state.grace_used = 0;
            }
            state.newest_exp = expires_at;
        }
        clock.reserve(state);
        clock
    }

    /// Moves on to `time`; the effective time now.
    pub(crate) fn advance(&mut self, state: &mut State, expires_at: i64, time: Time) -> i64 {
        self.tick(expires_at, time);
        self.now = self.now.max(time.wall);
        self.reserve(state);
        self.now
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    pub(crate) fn grace_used(&self) -> i64 {
        self.grace_used.cast_signed()
    }

    fn tick(&mut self, expires_at: i64, time: Time) {
        let passed = time.elapsed.saturating_sub(self.last_elapsed);
        self.last_elapsed = self.last_elapsed.max(time.elapsed);
        self.used = self.used.saturating_add(passed);
        if self.now >= expires_at {
            self.grace_used = self.grace_used.saturating_add(passed);
        }
        self.now = self.now.saturating_add_unsigned(passed);
    }

    /// Stores ahead, where the last reservation is used up.
    fn reserve(&self, state: &mut State) {
        let ahead = self.used.clamp(RESERVATION_MIN, RESERVATION_MAX);
        let reached = self.now.min(state.newest_exp);
        if reached >= state.time && state.time < state.newest_exp {
            state.time = reached.saturating_add_unsigned(ahead).min(state.newest_exp);
        }
        if self.now >= state.newest_exp && self.grace_used >= u64::from(state.grace_used) {
            let used = self.grace_used.saturating_add(ahead);
            state.grace_used = u32::try_from(used).unwrap_or(u32::MAX);
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
        (state.time, state.newest_exp, state.grace_used) = (1_763_840_000, i64::MAX, 42);
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
