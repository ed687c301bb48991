//! What nobody can look up, each with a flag, so that yours can stand in its place.

/// What is believed of fleets, machines and prices.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Assumptions {
    /// Devices that share an AppID
    #[arg(long, default_value_t = 50_000)]
    pub(crate) devices_per_app: u32,
    /// Relays that each app's backend runs
    #[arg(long, default_value_t = 2)]
    pub(crate) relays_per_app: u32,
    /// Nodes of the issuer
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: u32,
    /// Most sessions of a device in a day; each day brings from none to so many
    #[arg(long, default_value_t = 4)]
    pub(crate) sessions_most: u32,
    /// Of 10,000 sessions, how many begin on a device without a licence: new, reinstalled or reset
    #[arg(long, default_value_t = 50)]
    pub(crate) fresh_sessions: u32,
    /// How long relays, then the issuer, are lost, seconds
    #[arg(long, default_value_t = 3_600)]
    pub(crate) outage: u32,
    /// The share of a core that may be busy at the peak, percent
    #[arg(long, default_value_t = 50)]
    pub(crate) busy: u32,
    /// CPU time to verify a token that a relay has not seen (ES256), µs
    #[arg(long, default_value_t = 100.0)]
    pub(crate) token_us: f64,
    /// Bytes that Valkey keeps for a signature, with its share of keys and copies
    #[arg(long, default_value_t = 120.0)]
    pub(crate) valkey_bytes: f64,
    /// Requests that one Valkey shard decides in a second
    #[arg(long, default_value_t = 50_000.0)]
    pub(crate) valkey_per_second: f64,
    /// Rows that PostgreSQL inserts or updates in a second, in batches, replicated synchronously
    #[arg(long, default_value_t = 10_000.0)]
    pub(crate) rows_per_second: f64,
    /// Cores of a machine
    #[arg(long, default_value_t = 4)]
    pub(crate) machine_cores: u32,
    /// The price of a core for an hour, in your currency
    #[arg(long, default_value_t = 0.04)]
    pub(crate) core_hour: f64,
    /// The seed of every simulation
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Of 1,000 sessions, how many begin in each hour of a device's own day: nights are quiet, evenings are not.
pub(crate) const HOURS: [u32; 24] =
    [22, 14, 9, 6, 5, 7, 14, 26, 36, 40, 42, 45, 48, 46, 44, 45, 49, 56, 66, 78, 88, 86, 77, 51];

/// Where devices are: percent of them, and how many hours their day begins before UTC's.
pub(crate) const REGIONS: [(u32, u32); 3] = [(50, 8), (30, 0), (20, 18)];

/// How long a session lasts, seconds.
pub(crate) const SESSION_SECS: std::ops::RangeInclusive<u32> = 300..=1_500;

impl Assumptions {
    /// How many apps so many devices are; at least one.
    pub(crate) fn apps(&self, devices: u32) -> u32 {
        devices.div_ceil(self.devices_per_app.max(1)).max(1)
    }

    /// Cores that so much CPU time in a second (µs) needs.
    pub(crate) fn cores(&self, us_per_second: f64) -> f64 {
        us_per_second / 1e6 / (f64::from(self.busy) / 100.0)
    }
}

#[cfg(test)]
impl Default for Assumptions {
    fn default() -> Self {
        use clap::{Args as _, FromArgMatches as _};
        let command = Self::augment_args(clap::Command::new("test"));
        Self::from_arg_matches(&command.get_matches_from(["test"])).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole() {
        assert_eq!(HOURS.iter().sum::<u32>(), 1_000);
        assert_eq!(REGIONS.iter().map(|(share, _)| share).sum::<u32>(), 100);
    }
}
