//! `tonegate relay` itself: the relay, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tonegate_clock::Clock;
use tonegate_config::{ConfigError, Configuration as _};
use tonegate_relay::Relay;
use tonegate_relay::config::Config;
use tonegate_telemetry::Telemetry;

use super::ConfigArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::{logs, process, signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Where apps and backends ask [default: listen.address, 127.0.0.1:8090]
    #[arg(long, value_name = "ADDRESS:PORT")]
    address: Option<SocketAddr>,
    /// Where health, metrics and status listen [default: admin.address, 127.0.0.1:8091]
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_address: Option<SocketAddr>,
    /// Print every configuration key with its default, and end
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Run {
    pub(super) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        if self.print_config {
            output.refuse_json("relay --print-config")?;
            output::write_out(Config::DEFAULT.trim_end())?;
            return Ok(Exit::Done);
        }
        let config = self.configuration()?;
        let clock = Clock::system();
        let endpoint = &config.telemetry.otlp_endpoint;
        let telemetry = Telemetry::new(endpoint, "tonegate-relay", clock.clone());
        logs::start(&config.log, &telemetry);
        process::open_files_for(config.listen.connections, "listen.connections");
        let relay = Relay::bind(config, clock).await?;
        let (address, admin) = (relay.address(), relay.admin_address());
        tracing::info!(%address, %admin, apps = relay.service().apps.len(), "relaying");
        if output.is_json() {
            output::write_out(&json!({ "address": address, "admin": admin }).to_string())?;
        }
        let service = Arc::clone(relay.service());
        let exporting = telemetry.export(move |counts| service.metrics_text(counts));
        let served = serve(relay).await;
        exporting.finish().await;
        served?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    }

    fn configuration(&self) -> Result<Config, ConfigError> {
        let mut sources = self.config.sources()?;
        for (section, flag, address) in [
            ("listen", "--address", self.address),
            ("admin", "--admin-address", self.admin_address),
        ] {
            if let Some(address) = address {
                sources = sources.set(section, "address", &address.to_string(), flag)?;
            }
        }
        sources.read()
    }
}

/// Relays until a signal: the first SIGTERM or SIGINT drains, a second one ends at once.
pub(crate) async fn serve(relay: Relay) -> anyhow::Result<()> {
    let drain = relay.drain();
    if signals::until_stopped(relay.run(), drain).await? {
        return Ok(());
    }
    let message = "the relay stopped by itself: a part of it has failed, see the log above";
    Err(Failure::new(message).into())
}
