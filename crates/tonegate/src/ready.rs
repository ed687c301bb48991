//! `tonegate ready`: can licences be answered? For health checks where no shell and no curl is.
//!
//! Invariant: ends with 0 exactly when `/readyz` answers 200. Why it does not is `/readyz`'s own word.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tonegate_client::{HttpClient, HttpConfig};

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Longer than any `/readyz` of ours.
const ANSWER_BYTES_MAX: usize = 4096;

#[derive(Debug, clap::Args)]
pub(crate) struct Ready {
    /// An admin listener, of a server or a relay, such as http://127.0.0.1:8091 [default: admin.address
    /// of the configuration, 127.0.0.1:8081, on this machine]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

impl Ready {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let base = match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                format!("http://{}", on_this_machine(self.data.sources()?.read()?.admin.address))
            }
        };
        let tls = base.starts_with("https:");
        let config = HttpConfig { tls, total: Duration::from_secs(3), ..HttpConfig::default() };
        let request = http::Request::get(format!("{base}/readyz")).body(Default::default());
        let request = request.map_err(|_| Failure::usage(format!("{base} is not a URL")))?;
        let answer = HttpClient::new(&config)?.send(request, ANSWER_BYTES_MAX).await?;
        let said = String::from_utf8_lossy(&answer.body).trim().to_owned();
        output.show(&Report { ready: answer.status == 200, said })?;
        Ok(if answer.status == 200 { Exit::Done } else { Exit::Failed })
    }
}

/// Where a listener is reached from the machine that it runs on.
fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[derive(Serialize)]
struct Report {
    ready: bool,
    said: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_asked_here() {
        for (listens, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("192.0.2.1:8081", "192.0.2.1:8081"),
        ] {
            assert_eq!(on_this_machine(listens.parse().unwrap()).to_string(), asked);
        }
    }
}
