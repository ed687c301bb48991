//! nginx, the yardstick: one worker that answers static bytes, from its configuration or a file.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{Contestant, free_address, wait_for_port};
use crate::process::Process;
use crate::tls::Certificate;

/// What is said of it in the output.
pub(crate) const SETTINGS: &str = "one worker, access log off, keepalive_requests without end";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// `return 200 '…'`.
    FromConfiguration,
    /// A file, with `sendfile` and the open file cached.
    FromFile,
}

/// nginx's version; `None`: it is not there.
pub(crate) fn version() -> Option<String> {
    let output = Command::new("nginx").arg("-v").output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(text.trim().trim_start_matches("nginx version: ").to_owned())
}

/// Starts it in the folder `home`, answering `body` to everything.
pub(crate) fn start(
    home: &Path,
    body: &str,
    answers: Answers,
    tls: Option<&Certificate>,
) -> anyhow::Result<Contestant> {
    // Its worker gives up root's rights, and still has to reach the file.
    fs::create_dir_all(home.join("logs"))?;
    fs::write(home.join("answer.json"), body)?;
    let address = free_address()?;
    fs::write(home.join("nginx.conf"), configuration(home, address, body, answers, tls))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(home).arg("-c").arg(home.join("nginx.conf"));
    let mut process = Process::start(&mut command, &home.join("nginx.log"))?;
    wait_for_port(&mut process, address)?;
    Ok(Contestant::new(address, process))
}

fn configuration(
    home: &Path,
    address: SocketAddr,
    body: &str,
    answers: Answers,
    tls: Option<&Certificate>,
) -> String {
    let home = home.display();
    let location = match answers {
        Answers::FromConfiguration => format!("return 200 '{body}';"),
        Answers::FromFile => format!(
            "root {home}; rewrite ^ /answer.json break; sendfile on; tcp_nopush on;\n\
             \x20     open_file_cache max=10 inactive=1h; open_file_cache_valid 1h;"
        ),
    };
    let (ssl, pair) = match tls {
        None => ("", String::new()),
        Some(Certificate { chain, key, .. }) => {
            let (chain, key) = (chain.display(), key.display());
            let pair = format!("ssl_certificate {chain}; ssl_certificate_key {key};");
            (" ssl", format!("ssl_protocols TLSv1.3; {pair}"))
        }
    };
    format!(
        "daemon off;\nuser root;\nworker_processes 1;\nworker_rlimit_nofile 20000;\npid {home}/nginx.pid;\n\
         error_log {home}/logs/error.log;\nevents {{ worker_connections 18000; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 1000000000;\n  keepalive_timeout 1h;\n\
         \x20 default_type application/json;\n  types {{ }}\n  server_tokens off;\n\
         \x20 server {{\n    listen {address}{ssl} backlog=4096;\n    {pair}\n\
         \x20   location / {{\n      {location}\n    }}\n  }}\n}}\n"
    )
}
