//! The drills: what each promises, one file each.

mod clock;
mod cluster;
mod database;
mod database_gone;
mod disk_full;
mod faults;
mod kill_nodes;
mod postgres_failover;
mod quota;
mod rolling_upgrade;
mod sigterm;
mod valkey;
mod writes;

use std::pin::Pin;

use crate::findings::Findings;
use crate::stage::Stage;

/// A drill under way.
type Running<'s> = Pin<Box<dyn Future<Output = anyhow::Result<Findings>> + 's>>;

/// One drill.
#[derive(Debug)]
pub(crate) struct Drill {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What must hold.
    pub(crate) promise: &'static str,
    /// Does it.
    pub(crate) run: for<'s> fn(&'s Stage) -> Running<'s>,
}

/// All of them.
pub(crate) const DRILLS: [Drill; 9] = [
    Drill {
        name: "kill-nodes",
        promise: "a node killed every 20 s costs no request more than one second try",
        run: |stage| Box::pin(kill_nodes::run(stage)),
    },
    Drill {
        name: "postgres-failover",
        promise: "no acknowledged write is lost with the primary, and no licence waits for its standby",
        run: |stage| Box::pin(postgres_failover::run(stage)),
    },
    Drill {
        name: "database-gone",
        promise: "without its database, the installation issues, also from nodes that start meanwhile",
        run: |stage| Box::pin(database_gone::run(stage)),
    },
    Drill {
        name: "valkey",
        promise: "without Valkey each node guards alone, loudly, and all are strict again in 2 s",
        run: |stage| Box::pin(valkey::run(stage)),
    },
    Drill {
        name: "quota",
        promise: "an app's rate is exact across all nodes",
        run: |stage| Box::pin(quota::run(stage)),
    },
    Drill {
        name: "clock",
        promise: "no wrong clock makes a wrong licence or opens a replay, and all recovers by itself",
        run: |stage| Box::pin(clock::run(stage)),
    },
    Drill {
        name: "disk-full",
        promise: "a full or failing disk stops no licence and corrupts nothing",
        run: |stage| Box::pin(disk_full::run(stage)),
    },
    Drill {
        name: "rolling-upgrade",
        promise: "an upgrade and the way back, node by node, cost no request",
        run: |stage| Box::pin(rolling_upgrade::run(stage)),
    },
    Drill {
        name: "sigterm",
        promise: "a stop costs no request that is under way",
        run: |stage| Box::pin(sigterm::run(stage)),
    },
];

/// Prints them.
pub(crate) fn list() {
    for Drill { name, promise, .. } in &DRILLS {
        println!("{name:18} {promise}");
    }
}
