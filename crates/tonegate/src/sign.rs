//! `tonegate sign`: a signed request, for trying the API by hand.

use std::fmt;

use serde::Serialize;
use tonegate_protocol::{AppId, ServerSecret, signed_query};

use crate::data::DataArgs;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::secret;
use crate::time::{self, Moment};

/// How far a Timestamp may be from the issuer's time, in seconds (docs/PROTOCOL.md §2).
const WINDOW: i64 = 600;

#[derive(Debug, clap::Args)]
pub(crate) struct Sign {
    /// The app
    #[arg(long, value_name = "NUMBER")]
    app_id: AppId,
    /// Where the issuer answers
    #[arg(long, value_name = "BASE", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Take the ServerSecret from stdin instead of the installation
    #[arg(long)]
    secret_stdin: bool,
    #[arg(long, hide = true)]
    secret: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

impl Sign {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        secret::refuse_argument(self.secret.as_deref())?;
        if !is_endpoint(&self.url) {
            let message = "--url is scheme, host and port alone, such as https://issuer.example";
            return Err(Failure::usage(message).into());
        }
        let secret = if self.secret_stdin {
            secret::parse(&secret::from_stdin()?)?
        } else {
            secret::active(&self.data.open().await?.store, self.app_id).await?
        };
        output.show(&SignedRequest::new(&self.url, self.app_id, &secret, None))?;
        Ok(Exit::Done)
    }
}

/// Is it what `license fetch` takes? And nothing in it means anything to a shell.
fn is_endpoint(url: &str) -> bool {
    let server = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let server = server.map(|server| server.strip_suffix('/').unwrap_or(server));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    server.is_some_and(|server| {
        server.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && server.chars().all(plain)
    })
}

/// A request that may be sent once, within ten minutes.
#[derive(Serialize)]
pub(crate) struct SignedRequest {
    pub(crate) url: String,
    pub(crate) curl: String,
    /// Unix seconds.
    good_until: i64,
}

impl SignedRequest {
    /// Signs one now. `authority`: the PEM file that curl is to trust.
    pub(crate) fn new(
        base: &str,
        app_id: AppId,
        secret: &ServerSecret,
        authority: Option<&str>,
    ) -> Self {
        let now = time::now();
        let nonce = format!("{:016x}", fastrand::u64(..));
        let query = signed_query(app_id, &nonce, secret, now);
        let url = format!("{}/?{query}", base.trim_end_matches('/'));
        let trust = authority.map(|file| format!("--cacert '{file}' ")).unwrap_or_default();
        Self { curl: format!("curl {trust}'{url}'"), url, good_until: now + WINDOW }
    }
}

impl fmt::Display for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = output::dim(format_args!("Good once, until {}:", Moment(self.good_until)));
        write!(f, "{until}\n{}\n\n{}", self.url, self.curl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_of_a_server_is_signed_for() {
        for url in ["http://127.0.0.1:8080", "https://issuer.example/", "http://[::1]:80"] {
            assert!(is_endpoint(url), "{url}");
        }
        for url in [
            "issuer.example",
            "ftp://issuer.example",
            "https://",
            "https:///",
            "https://user@issuer.example",
            "https://issuer.example/path",
            "https://issuer.example?a=1",
            "https://issuer.example#a",
            "https://issuer.example'",
            "https://$(id)",
        ] {
            assert!(!is_endpoint(url), "{url}");
        }
    }
}
