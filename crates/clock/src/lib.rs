//! Where time comes from: the only file that reads the system's clocks.
//!
//! A [`Clock`] gives the wall (Unix time, which others may set) and the monotonic time (which only
//! runs). Everything else takes a `Clock`, or better a time, as an argument, so tests turn time by
//! hand with a [`ClockHand`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Both clocks, read at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Unix time; a system set before 1970 reads as zero.
    pub wall: Duration,
    /// Time since the clock was made.
    pub monotonic: Duration,
}

/// A source of time; a clone shows the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { made: Running },
    Manual(Arc<Mutex<Reading>>),
}

impl Clock {
    /// The machine's own clocks.
    pub fn system() -> Self {
        Self(Source::System { made: Running::now() })
    }

    /// A clock that stands at `start` (Unix seconds; below zero counts as zero) until its hand
    /// moves it.
    pub fn manual(start: i64) -> (Self, ClockHand) {
        let wall = Duration::from_secs(u64::try_from(start).unwrap_or(0));
        let reading = Arc::new(Mutex::new(Reading { wall, monotonic: Duration::ZERO }));
        (Self(Source::Manual(Arc::clone(&reading))), ClockHand(reading))
    }

    /// Wall and monotonic time together.
    pub fn read(&self) -> Reading {
        Reading { monotonic: self.monotonic(), wall: self.wall() }
    }

    /// Unix time as the machine has it, right or wrong.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn wall(&self) -> Duration {
        match &self.0 {
            Source::System { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
            }
            Source::Manual(reading) => lock(reading).wall,
        }
    }

    /// Unix time in whole seconds, as the machine has it, right or wrong.
    pub fn unix_seconds(&self) -> i64 {
        i64::try_from(self.wall().as_secs()).unwrap_or(i64::MAX)
    }

    /// Time since the clock was made; never goes back. On Linux it counts while the machine sleeps too.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { made } => Running::now().since(*made),
            Source::Manual(reading) => lock(reading).monotonic,
        }
    }
}

/// A moment of the clock that only runs.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug)]
struct Running(Duration);

#[cfg(target_os = "linux")]
impl Running {
    /// Unlike the standard library's clock, this one does not stop while the machine sleeps: what is good
    /// for a time is good for a time of the world's.
    fn now() -> Self {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        Self(Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0)))
    }

    fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A moment of the clock that only runs.
#[cfg(not(target_os = "linux"))]
#[derive(Clone, Copy, Debug)]
struct Running(std::time::Instant);

#[cfg(not(target_os = "linux"))]
impl Running {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now() -> Self {
        Self(std::time::Instant::now())
    }

    fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// Moves the manual clock that it was made with.
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<Mutex<Reading>>);

impl ClockHand {
    /// Lets time pass: both wall and monotonic time move.
    pub fn advance(&self, by: Duration) {
        let mut reading = lock(&self.0);
        reading.wall += by;
        reading.monotonic += by;
    }

    /// Sets the wall by `seconds` forward (or back, when negative; not below 1970), as an operator
    /// or a time service would.
    pub fn step_wall(&self, seconds: i64) {
        let mut reading = lock(&self.0);
        let size = Duration::from_secs(seconds.unsigned_abs());
        reading.wall =
            if seconds < 0 { reading.wall.saturating_sub(size) } else { reading.wall + size };
    }
}

fn lock(reading: &Mutex<Reading>) -> MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_moves_every_clone_of_the_clock() {
        let (clock, hand) = Clock::manual(1_700_000_000);
        let clone = clock.clone();
        hand.advance(Duration::from_millis(1_500));
        hand.step_wall(-10);
        let expected = Reading {
            wall: Duration::from_millis(1_699_999_991_500),
            monotonic: Duration::from_millis(1_500),
        };
        assert_eq!(clock.read(), expected);
        assert_eq!(clone.read(), expected);
    }

    #[test]
    fn the_system_clock_runs() {
        let clock = Clock::system();
        let (first, second) = (clock.read(), clock.read());
        assert!(second.monotonic >= first.monotonic);
        assert!(first.wall > Duration::from_secs(1_700_000_000));
    }
}
