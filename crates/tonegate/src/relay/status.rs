//! `tonegate relay status`: how each app's licence stands at a running relay.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tonegate_client::{HttpClient, HttpConfig};
use tonegate_relay::status::{AppStatus, STATUS_BYTES_MAX, Status as Document, UpstreamStatus};

use super::ConfigArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::time::Span;

/// How often `--watch` looks.
const WATCH: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Show it again every 2 s, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// The relay's admin listener [default: admin.address of the configuration, 127.0.0.1:8091]
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_address: Option<std::net::SocketAddr>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Status {
    pub(super) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        if self.watch {
            output.refuse_json("relay status --watch")?;
        }
        let address = match self.admin_address {
            Some(address) => address,
            None => self.config.sources()?.unchecked()?.admin.address,
        };
        let http =
            HttpConfig { tls: false, total: Duration::from_secs(5), ..HttpConfig::default() };
        let http = HttpClient::new(&http)?;
        loop {
            let report = Report(fetch(&http, address).await?);
            if self.watch {
                // Home, and nothing below.
                output::write_out("\x1b[H\x1b[2J")?;
            }
            output.show(&report)?;
            if !self.watch {
                return Ok(if report.is_good() { Exit::Done } else { Exit::NotValid });
            }
            tokio::time::sleep(WATCH).await;
        }
    }
}

async fn fetch(http: &HttpClient, address: std::net::SocketAddr) -> anyhow::Result<Document> {
    let request = http::Request::get(format!("http://{address}/status")).body(Default::default())?;
    let answer = http.send(request, STATUS_BYTES_MAX).await.map_err(|error| {
        Failure::new(format!(
            "{error}. Is the relay running? `--admin-address` says where its admin listener is"
        ))
    })?;
    serde_json::from_slice(&answer.body).map_err(|_| {
        let cure = "give the admin listener of a relay of this version as --admin-address";
        Failure::new(format!("{address} answers, but is no relay of this version; {cure}")).into()
    })
}

#[derive(Serialize)]
#[serde(transparent)]
struct Report(Document);

impl Report {
    /// Can every app get a licence?
    fn is_good(&self) -> bool {
        self.0.apps.iter().all(|app| app.state != "expired")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::headed([
            "APP",
            "UPSTREAM",
            "STATE",
            "AGE",
            "EXPIRES IN",
            "REFRESH IN",
            "LAST ERROR",
        ]);
        for app in &self.0.apps {
            table.row([
                app.app_id.to_string(),
                app.upstream.clone(),
                coloured(&app.state),
                app.age.map_or_else(|| "–".to_owned(), |age| Span(age.max(0)).to_string()),
                expires(app),
                Span(i64::try_from(app.refresh_in).unwrap_or(i64::MAX)).to_string(),
                app.error.as_ref().map(|error| error.kind.clone()).unwrap_or_default(),
            ]);
        }
        write!(f, "{table}")?;
        for app in &self.0.apps {
            if let Some(error) = &app.error {
                let (name, failures) = (output::bold(app.app_id), app.failures);
                write!(
                    f,
                    "\n\n{name}, {failures} failed in a row: {}.",
                    error.message.trim_end_matches('.')
                )?;
            }
        }
        self.0.upstreams.iter().try_for_each(|upstream| write_upstream(f, upstream))
    }
}

fn coloured(state: &str) -> String {
    match state {
        "fresh" | "due" => output::good(state),
        "stale" => output::warn(state),
        _ => output::bad(state),
    }
}

fn expires(app: &AppStatus) -> String {
    match app.expires_in {
        None => "–".to_owned(),
        Some(left @ 1..) => Span(left).to_string(),
        Some(left) => output::bad(format_args!("{} ago", Span(left.saturating_neg()))),
    }
}

/// Only what is out of the ordinary.
fn write_upstream(f: &mut fmt::Formatter<'_>, upstream: &UpstreamStatus) -> fmt::Result {
    let name = output::bold(&upstream.name);
    if upstream.clock_offset != 0 {
        let of = if upstream.clock_offset < 0 { " of" } else { "" };
        let offset = crate::time::clock_offset(upstream.clock_offset);
        write!(f, "\n\n{name}: this machine's clock is {offset}{of} the issuer's; set it (NTP).")?;
    }
    for host in upstream.hosts.iter().filter(|host| host.left_alone) {
        write!(f, "\n\n{name}: {} failed several times and is left alone for a while.", host.host)?;
    }
    Ok(())
}
