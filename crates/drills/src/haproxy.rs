//! HAProxy in front: of the nodes' licence API and admin API, and of a database.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::process::Command;

use crate::node::Node;
use crate::process::{self, Process};
use crate::stage::Stage;
use crate::{clock, http};

/// Tells which node answered.
pub(crate) const NODE_HEADER: &str = "x-node";

/// A request goes to another node if its connection did not come about: then nobody has read it. One that
/// was sent is never sent twice, because its signature may have been used.
const DEFAULTS: &str = "global\n  maxconn 8000\n  nbthread 1\n\
defaults\n  mode http\n  timeout connect 1s\n  timeout client 60s\n  timeout server 15s\n  timeout check 1s\n  \
retries 3\n  option redispatch 1\n  retry-on conn-failure\n";

/// A running HAProxy.
#[derive(Debug)]
pub(crate) struct HaProxy {
    /// The licence API of all nodes.
    pub(crate) gateway: SocketAddr,
    /// The admin API of all nodes.
    pub(crate) admin: SocketAddr,
    /// Runs until it is dropped.
    _process: Process,
}

impl HaProxy {
    /// Starts it before these nodes and waits until one can be reached.
    pub(crate) async fn before(stage: &Stage, nodes: &[Node]) -> anyhow::Result<Self> {
        let (gateway, admin) = (stage.network.free()?, stage.network.free()?);
        let mut text = DEFAULTS.to_owned();
        let check = "option httpchk GET /readyz\n  default-server inter 250ms fall 1 rise 1 \
                     observe layer4 error-limit 1 on-error mark-down";
        write!(text, "listen gateway\n  bind {gateway}\n  {check}\n")?;
        writeln!(text, "  http-response set-header {NODE_HEADER} %s")?;
        for Node { name, place, .. } in nodes {
            let port = place.admin.port();
            writeln!(text, "  server {name} {} check port {port}", place.gateway)?;
        }
        write!(text, "listen admin\n  bind {admin}\n  {check}\n")?;
        for Node { name, place, .. } in nodes {
            writeln!(text, "  server {name} {} check", place.admin)?;
        }
        let process = start(stage, "haproxy", &text).await?;
        let answered = async || {
            let answer = http::get(gateway, "/").await;
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        };
        clock::until("HAProxy reaches a node", Duration::from_secs(20), answered).await?;
        Ok(Self { gateway, admin, _process: process })
    }
}

/// Starts HAProxy on a configuration of one's own.
pub(crate) async fn start(stage: &Stage, name: &str, text: &str) -> anyhow::Result<Process> {
    process::ensure("haproxy", "haproxy").await?;
    let config = stage.path(&format!("{name}.cfg"));
    std::fs::write(&config, text)?;
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(&config).env("PATH", process::path());
    Process::start(command, &stage.path(&format!("{name}.log")))
}
