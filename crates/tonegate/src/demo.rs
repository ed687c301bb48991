//! `tonegate demo`: the whole way, from nothing to a licence that was verified offline.
//!
//! It works on a real installation in a directory of its own, so what it shows can be looked at with
//! every other command. Run again, it finds what it made: same data, same pins, same secret.

mod authority;
mod relay;
mod report;
mod sample;
mod sample_usage;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tonegate_admin::AdminApi;
use tonegate_client::{LicenseClient, Upstream};
use tonegate_config::{Log, LogFormat, LogLevel};
use tonegate_license::{Expect, State};
use tonegate_listener::Drain;
use tonegate_server::Server;
use tonegate_server::clock::Clock;
use tonegate_server::config::Config;
use tonegate_server::grant;
use tonegate_server::installation::Installation;
use tonegate_server::model::BearerToken;
use tonegate_telemetry::Telemetry;

use crate::exit::Exit;
use crate::license::verdict::VerdictView;
use crate::output::Output;
use crate::relay as relay_command;
use crate::sign::SignedRequest;
use crate::{logs, process, serve, time};
use authority::Authority;
use relay::DemoRelay;
use report::{Opening, Outcome};
use sample::Sample;
use tonegate_server::installation::Place;

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Where to keep everything
    #[arg(long, value_name = "DIR", default_value = "tonegate-data")]
    data: PathBuf,
    /// End after the verdict, with 0 only if it is valid
    #[arg(long)]
    once: bool,
    /// Serve HTTPS, with a certificate authority made for it
    #[arg(long)]
    tls: bool,
    /// A further host name for the certificate, such as zim-api.zego.im; repeatable
    #[arg(long = "host", value_name = "NAME", requires = "tls")]
    hosts: Vec<String>,
    /// Where the licence API listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// Where console, admin API, health and metrics listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    admin_address: SocketAddr,
    /// Where the relay listens, which hands the licence to apps
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    relay_address: SocketAddr,
    /// Where the relay's health, metrics and status listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8091")]
    relay_admin_address: SocketAddr,
}

impl Demo {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let off = Telemetry::new("", "tonegate", Clock::system());
        logs::start(&Log { format: LogFormat::Text, level: LogLevel::Warn }, &off);
        let mut config = self.configuration();
        process::open_files_for(config.gateway.connections, "gateway.connections");
        let place = Place::of(&config);
        let is_new = sample::make_installation(&place.data).await?;
        let sample = Sample::of(&place).await?;
        sample_usage::make(&place).await?;
        let authority = self.tls.then(|| Authority::make(&self.data, &self.hosts)).transpose()?;
        if let Some(authority) = &authority {
            config.gateway.tls_certificate.clone_from(&authority.certificate);
            config.gateway.tls_key.clone_from(&authority.key);
        }
        let server = Server::bind(config, Clock::system()).await?;
        let (console, link) = AdminApi::demo(Arc::clone(server.service())).await?;
        let base = base(server.gateway_address(), authority.is_some());
        let addresses = [self.relay_address, self.relay_admin_address];
        let relay =
            DemoRelay::bind(&self.data, addresses, &base, &sample, authority.as_ref()).await?;
        output.say(Opening {
            data: &self.data,
            is_new,
            sample: &sample,
            base: &base,
            console: &console_link(server.admin_address(), &link),
            admin: server.admin_address(),
            relay: &relay.base,
            relay_admin: relay.relay.admin_address(),
        })?;
        let installation = server.service().installation.clone();
        let drains = [server.drain(), relay.relay.drain()];
        let visitor = relay.visitor()?;
        // One that ends takes the other with it.
        let [server_drain, relay_drain] = drains.clone();
        let serving = tokio::spawn(async move {
            let ended = serve::run(server, console).await;
            relay_drain.begin();
            ended
        });
        let relaying = tokio::spawn(async move {
            let ended = relay_command::serve(relay.relay).await;
            server_drain.begin();
            ended
        });
        let outcome = outcome(&base, &sample, &installation, authority.as_ref()).await;
        let outcome = match outcome {
            Ok(outcome) => visitor.fetch().await.map(|handed_out| (outcome, handed_out)),
            Err(error) => Err(error),
        };
        if self.once || outcome.is_err() {
            drains.iter().for_each(Drain::begin);
        }
        let valid = outcome.and_then(|(outcome, handed_out)| {
            let outcome = outcome.handed_out(handed_out);
            output.show(&outcome)?;
            Ok(outcome.verdict.is_valid())
        });
        if !self.once && valid.is_ok() {
            output.say("\nServing. Ctrl-C stops it.")?;
        }
        serving.await??;
        relaying.await??;
        if !self.once && valid.is_ok() {
            output.say("Stopped.")?;
        }
        Ok(if valid? { Exit::Done } else { Exit::NotValid })
    }

    fn configuration(&self) -> Config {
        let mut config = Config::default();
        config.data.directory.clone_from(&self.data);
        config.gateway.address = self.address;
        config.admin.address = self.admin_address;
        config
    }
}

/// Asks the server for a licence as a backend does, and judges it as an app does.
async fn outcome(
    base: &str,
    sample: &Sample,
    installation: &Installation,
    authority: Option<&Authority>,
) -> anyhow::Result<Outcome> {
    let mut upstream = Upstream::builder(base);
    if let Some(authority) = authority {
        upstream = upstream.ca_file(&authority.authority);
    }
    let client = LicenseClient::new(upstream.build()?, sample.app_id, sample.secret.clone());
    let fetched = client.fetch().await?;
    let expect = Expect {
        issuer: &installation.issuer,
        environment: grant::environment(installation.environment),
        app_id: Some(sample.app_id.0),
        identity: None,
    };
    let state = State::new(fastrand::u16(..));
    let now = time::now();
    let (verdict, _) = VerdictView::judge(&fetched.license, installation.pins, expect, now, state);
    let trusted = authority.map(|authority| authority.authority.display().to_string());
    let request = SignedRequest::new(base, sample.app_id, &sample.secret, trusted.as_deref());
    Ok(Outcome::new(sample, request, fetched, verdict))
}

/// Opens the console and signs in. Browsers take secure cookies of this name without TLS.
fn console_link(address: SocketAddr, link: &BearerToken) -> String {
    format!("http://localhost:{}/#/demo?token={}", address.port(), link.expose())
}

/// How this machine reaches the server: an unspecified address is reached at the loopback one.
fn base(address: SocketAddr, tls: bool) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}
