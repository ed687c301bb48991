//! From what was simulated and what was measured to cores, bytes and prices.

use crate::assumptions::Assumptions;
use crate::devices::Week;
use crate::keepers::Keepers;
use crate::measured::Measured;
use crate::outage::Return;
use crate::rules;

/// What a fleet of one size needs.
pub(crate) struct Needs {
    pub(crate) devices: u32,
    pub(crate) apps: f64,
    pub(crate) week: Week,
    pub(crate) back: Return,
    /// Cores of all relays together at the busiest hour, and for the busiest second after the outage.
    pub(crate) relay_cores: [f64; 2],
    /// Apps have relays.
    pub(crate) relayed: Issuer,
    /// No app has one: each backend asks the issuer whenever a device asks it.
    pub(crate) direct: Issuer,
    /// For a million licences that devices get: of the relays and of the issuer behind them; of the issuer alone.
    pub(crate) price: [f64; 3],
}

/// What the issuer does for a fleet, all nodes together.
pub(crate) struct Issuer {
    /// Requests in a second, at the busiest hour and in the busiest second after an outage.
    pub(crate) requests: [f64; 2],
    /// Licences minted in a second: one signature and one verification each.
    pub(crate) mints: f64,
    /// Licences minted for an app in an hour.
    pub(crate) app_mints: f64,
    /// Cores at the busiest hour, and in the busiest second after an outage.
    pub(crate) cores: [f64; 2],
    /// Bytes of the directory, of one node's guard, of Valkey.
    pub(crate) memory: [f64; 3],
    /// Rows of usage that are written in a second, and that are there after a year.
    pub(crate) rows: [f64; 2],
    /// Bytes of the database after a year.
    pub(crate) database: f64,
    /// Bytes that leave in a second, at the busiest hour.
    pub(crate) network: f64,
}

impl Needs {
    /// Simulates and sums up.
    pub(crate) fn of(devices: u32, assumptions: &Assumptions, measured: &Measured) -> Self {
        let apps = f64::from(assumptions.apps(devices));
        let week = Week::of(devices, assumptions);
        let us = measured.tls_new + assumptions.token_us;
        let relay_cores = assumptions.cores(week.peak() * us);
        // They are as many as the busiest hour needs: what they can do, all cores busy.
        let can = relay_cores.max(f64::from(assumptions.relays_per_app)) * 1e6 / us;
        let back = Return::of(week.peak(), can, assumptions);
        let keepers = Keepers::of(assumptions);
        let fetches = apps * keepers.fetches / 3_600.0;
        let all_keepers = apps * f64::from(assumptions.relays_per_app);
        let relayed = Load {
            apps,
            mean: fetches,
            peak: fetches,
            burst: all_keepers * keepers.returning,
            app_mints: keepers.mints,
        };
        let asked = week.mean() * 3_600.0 / apps;
        let direct = Load {
            apps,
            mean: week.mean(),
            peak: week.peak(),
            burst: back.peak(),
            // Each node mints for itself, and none an hour that nobody asks for.
            app_mints: f64::from(assumptions.nodes).min(asked),
        };
        let [relayed, direct] = [relayed, direct].map(|load| load.issuer(assumptions, measured));
        let price =
            |us_for_one: f64| assumptions.cores(us_for_one * 1e6) / 3_600.0 * assumptions.core_hour;
        let behind = relayed.us_in_a_second(measured) / week.mean();
        let alone = direct.us_in_a_second(measured) / week.peak();
        Self {
            devices,
            apps,
            relay_cores: [relay_cores, back.peak() * us / 1e6],
            week,
            back,
            relayed,
            direct,
            price: [price(us), price(behind), price(alone)],
        }
    }

    /// What can break, and how much of it is used: 1 is all.
    pub(crate) fn limits(&self, assumptions: &Assumptions) -> [(&'static str, f64); 8] {
        let machine = f64::from(assumptions.machine_cores);
        let guard =
            |issuer: &Issuer| issuer.memory[1] / rules::SIGNATURE_BYTES / rules::GUARD_ENTRIES;
        [
            ("relays: cores of one machine, after an outage", self.relay_cores[1] / machine),
            (
                "relays: one relay's 10,000 connections, after an outage, 1 s each",
                self.back.peak() / self.apps / 1e4,
            ),
            ("issuer behind relays: cores of one machine", self.relayed.cores[1] / machine),
            (
                "issuer behind relays: rows that PostgreSQL writes",
                self.relayed.rows[0] / assumptions.rows_per_second,
            ),
            ("issuer asked directly: cores of one machine", self.direct.cores[1] / machine),
            (
                "issuer asked directly: an app's rate of 20/s, after an outage",
                self.back.peak() / self.apps / rules::APP_RATE,
            ),
            ("issuer asked directly: guard.max_entries of a node", guard(&self.direct)),
            (
                "issuer asked directly: rows that PostgreSQL writes",
                self.direct.rows[0] / assumptions.rows_per_second,
            ),
        ]
    }

    /// What one Valkey shard has to decide, as a share of what it can: behind relays and directly.
    pub(crate) fn valkey(&self, assumptions: &Assumptions) -> [f64; 2] {
        [&self.relayed, &self.direct]
            .map(|issuer| issuer.requests[1] / assumptions.valkey_per_second)
    }
}

struct Load {
    apps: f64,
    mean: f64,
    peak: f64,
    burst: f64,
    app_mints: f64,
}

impl Load {
    fn issuer(&self, assumptions: &Assumptions, measured: &Measured) -> Issuer {
        let Self { apps, mean, peak, burst, app_mints } = *self;
        let mints = apps * app_mints / 3_600.0;
        let us = |requests: f64| requests * measured.tls_kept + mints.min(requests) * measured.mint;
        let nodes = f64::from(assumptions.nodes);
        let remembered = peak * rules::HELD;
        // A flush has a row for each minute, hour and day of an app that was asked for.
        let counts = apps.min(mean * rules::FLUSH / nodes) * nodes / rules::FLUSH;
        let [minutes, hours, days] = rules::USAGE_ROWS;
        let asked_a_day = mean / apps * 86_400.0;
        let of_app = minutes.min(asked_a_day)
            + hours.min(asked_a_day * 31.0)
            + days.min(asked_a_day * 400.0);
        let answers =
            (rules::REQUESTS_A_SECOND.min(mean) * 7.0 * 86_400.0).min(rules::REQUESTS_KEPT);
        // An app is changed once a month.
        let audit = apps * 12.0 * rules::AUDIT_ROW_BYTES;
        Issuer {
            requests: [peak, burst],
            mints,
            app_mints,
            cores: [assumptions.cores(us(peak)), us(burst.max(peak)) / 1e6],
            memory: [
                apps * rules::APP_BYTES,
                // A balancer gives each node its share, and one that is left has all.
                remembered * rules::SIGNATURE_BYTES,
                remembered * assumptions.valkey_bytes,
            ],
            rows: [counts * 3.0, apps * of_app],
            database: apps * (rules::APP_ROW_BYTES + of_app * rules::USAGE_ROW_BYTES)
                + answers * rules::REQUEST_ROW_BYTES
                + audit,
            network: peak * rules::ANSWER_BYTES,
        }
    }
}

impl Issuer {
    fn us_in_a_second(&self, measured: &Measured) -> f64 {
        let [requests, _] = self.requests;
        requests * measured.tls_kept + self.mints.min(requests) * measured.mint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(devices: u32) -> Needs {
        Needs::of(devices, &Assumptions::default(), &Measured::committed())
    }

    #[test]
    fn a_relay_takes_the_load_off_the_issuer() {
        let needs = needs(1_000_000);
        assert!(needs.relayed.requests[0] * 100.0 < needs.direct.requests[0]);
        assert!(needs.relayed.mints <= needs.relayed.requests[0]);
        assert!(needs.direct.mints <= needs.direct.requests[0]);
        let per_app = needs.relayed.requests[0] * 3_600.0 / needs.apps;
        assert!((0.99..1.02).contains(&per_app), "requests of all apps add up: {per_app}");
    }

    #[test]
    fn ten_times_the_devices_are_ten_times_the_cores() {
        let [small, large] = [needs(10_000_000), needs(100_000_000)];
        let ratio = large.relay_cores[0] / small.relay_cores[0];
        assert!((ratio - 10.0).abs() < 0.01, "{ratio}");
        assert!(
            large.limits(&Assumptions::default())[0].1 > small.limits(&Assumptions::default())[0].1
        );
    }
}
