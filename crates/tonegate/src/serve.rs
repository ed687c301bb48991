//! `tonegate serve`: the server, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tonegate_admin::AdminApi;
use tonegate_config::{ConfigError, Configuration as _};
use tonegate_server::Server;
use tonegate_server::clock::Clock;
use tonegate_server::config::Config;
use tonegate_server::store::StoreError;
use tonegate_telemetry::Telemetry;

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::{logs, process, signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where the licence API listens [default: gateway.address, 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    address: Option<SocketAddr>,
    /// Where console, admin API, health and metrics listen [default: admin.address, 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_address: Option<SocketAddr>,
    /// Print every configuration key with its default, and end
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    data: DataArgs,
}

impl Serve {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        if self.print_config {
            output.refuse_json("serve --print-config")?;
            output::write_out(Config::DEFAULT.trim_end())?;
            return Ok(Exit::Done);
        }
        let config = self.configuration()?;
        let clock = Clock::system();
        let endpoint = &config.telemetry.otlp_endpoint;
        let telemetry = Telemetry::new(endpoint, "tonegate", clock.clone());
        logs::start(&config.log, &telemetry);
        process::open_files_for(config.gateway.connections, "gateway.connections");
        let server = Server::bind(config, clock).await?;
        let (gateway, admin) = (server.gateway_address(), server.admin_address());
        let console = AdminApi::new(Arc::clone(server.service()));
        // A server that starts without its database serves from its own copy; enrolling can wait.
        match console.setup_token().await {
            Err(error @ StoreError::Unreachable { .. }) => {
                tracing::warn!(%error, "nobody can enrol until a start at which the database answers");
            }
            token => drop(token?),
        }
        tracing::info!(%gateway, %admin, "serving");
        if output.is_json() {
            output::write_out(&json!({ "gateway": gateway, "admin": admin }).to_string())?;
        }
        let service = Arc::clone(server.service());
        let exporting = telemetry.export(move |counts| service.metrics_text(counts));
        let served = run(server, console).await;
        exporting.finish().await;
        served?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    }

    fn configuration(&self) -> Result<Config, ConfigError> {
        let mut sources = self.data.sources()?;
        for (section, flag, address) in [
            ("gateway", "--address", self.address),
            ("admin", "--admin-address", self.admin_address),
        ] {
            if let Some(address) = address {
                sources = sources.set(section, "address", &address.to_string(), flag)?;
            }
        }
        sources.read()
    }
}

/// Serves until a signal: the first SIGTERM or SIGINT drains, a second one ends at once.
pub(crate) async fn run(server: Server, console: AdminApi) -> anyhow::Result<()> {
    let service = Arc::clone(server.service());
    let drain = server.drain();
    let answer = move |request, peer| {
        let console = console.clone();
        async move { console.answer(request, peer).await }
    };
    signals::until_stopped(server.run_with(answer), drain).await?;
    if service.is_broken() {
        let message = "the server stopped by itself: a part of it has failed, see the log above";
        return Err(Failure::new(message).into());
    }
    Ok(())
}
