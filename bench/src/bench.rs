//! One measurement, and what all scenarios share: cores, plan, places, the bar.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use rustls::ClientConfig;

use crate::contestant::Contestant;
use crate::cores::{self, Cores};
use crate::house::{House, ISSUER};
use crate::load::{App, Engine, Judge, Kind, Target, Traffic};
use crate::results::{Arm, Plan, Round};

/// What every scenario works with.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Who runs where.
    pub(crate) cores: Cores,
    /// How long and how often.
    pub(crate) plan: Plan,
    /// Installations, logs and certificates.
    pub(crate) work: PathBuf,
    /// The `tonegate` binary.
    pub(crate) binary: PathBuf,
    /// The prepared peers.
    pub(crate) peers: PathBuf,
    /// Shows how far it is.
    pub(crate) bar: ProgressBar,
}

/// What is asked of a contestant.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Kind of requests.
    pub(crate) kind: Kind,
    /// Who asks.
    pub(crate) apps: Arc<[App]>,
    /// The requests, where they are no requests of the licence API.
    pub(crate) prepared: Arc<[Vec<u8>]>,
    /// Does the server decide, or has it one answer for all?
    pub(crate) decides: bool,
    /// Connections.
    pub(crate) connections: usize,
    /// With TLS?
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// A new connection for each request?
    pub(crate) reconnect: bool,
    /// Requests per second; `None`: as many as are answered.
    pub(crate) rate: Option<u32>,
}

impl Load {
    /// Fresh, rightly signed requests over keep-alive connections.
    pub(crate) fn signed(apps: &Arc<[App]>, plan: &Plan) -> Self {
        Self {
            kind: Kind::Signed,
            apps: Arc::clone(apps),
            prepared: Arc::default(),
            decides: true,
            connections: plan.connections,
            tls: None,
            reconnect: false,
            rate: None,
        }
    }

    /// These requests of `app` to a relay, one after another, over and over.
    pub(crate) fn to_relay(app: &App, prepared: Vec<Vec<u8>>, plan: &Plan) -> Self {
        let signed = Self::signed(&[app.clone()].into(), plan);
        Self { kind: Kind::Prepared, prepared: prepared.into(), ..signed }
    }

    /// The same requests to a server that has one answer for all.
    pub(crate) fn to_static(&self) -> Self {
        Self { decides: false, ..self.clone() }
    }
}

impl Bench {
    /// Starts something on the server's core.
    pub(crate) fn start<T>(&self, start: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        cores::on(&[self.cores.server], self.cores.generator, start)
    }

    /// An installation with the first `apps` apps, and nothing remembered.
    pub(crate) fn house(&self, name: &str, apps: u32) -> anyhow::Result<House> {
        House::ready(&self.work, name, apps, &self.bar)
    }

    /// Connections on which nothing was asked yet.
    pub(crate) fn engine(
        &self,
        contestant: &Contestant,
        house: &House,
        load: &Load,
    ) -> anyhow::Result<Engine> {
        let (address, addresses) = (contestant.address, contestant.addresses());
        let target = Target { addresses, tls: load.tls.clone(), reconnect: load.reconnect };
        let traffic = Traffic::new(load.kind, &load.apps, &address.to_string())?;
        let traffic = traffic.with(&load.prepared);
        let relayed = load.kind == Kind::Prepared;
        let judge = Judge::new(house.pins, ISSUER, load.decides, relayed);
        Engine::connect(target, load.connections, traffic, judge)
    }

    /// One turn of a contestant, added to its arm.
    pub(crate) fn turn(
        &self,
        arm: &mut Arm,
        contestant: &Contestant,
        house: &House,
        load: &Load,
    ) -> anyhow::Result<()> {
        let mut engine = self.engine(contestant, house, load)?;
        let run = |engine: &mut Engine, seconds: f64| {
            let time = Duration::from_secs_f64(seconds);
            match load.rate {
                None => engine.closed_loop(time),
                Some(rate) => engine.open_loop(rate, time),
            }
        };
        run(&mut engine, self.plan.warm_up)?;
        let before = contestant.cpu()?;
        let measured = run(&mut engine, self.plan.seconds)?;
        let server_cpu = contestant.cpu()?.saturating_sub(before);
        let micros = |quantile| measured.latency.value_at_quantile(quantile) as f64 / 1e3;
        arm.rounds.push(Round {
            answers: measured.answers,
            seconds: measured.wall.as_secs_f64(),
            server_cpu: server_cpu.as_secs_f64(),
            generator_cpu: measured.cpu.as_secs_f64(),
            p50: micros(0.5),
            p99: micros(0.99),
            p999: micros(0.999),
            resident_kib: contestant.resident_kib()?,
        });
        self.bar.inc(1);
        Ok(())
    }
}
