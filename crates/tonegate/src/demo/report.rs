//! What the demo says.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Serialize, Serializer};
use tonegate_client::FetchedLicense;
use tonegate_protocol::{AppId, Data, Envelope, ReturnCode, ServerSecret};

use super::relay::HandedOut;
use super::sample::Sample;
use crate::init::roots;
use crate::license::verdict::VerdictView;
use crate::output::{self, Table};
use crate::sign::SignedRequest;

/// Before the request: what there is.
pub(super) struct Opening<'a> {
    pub(super) data: &'a Path,
    pub(super) is_new: bool,
    pub(super) sample: &'a Sample,
    pub(super) base: &'a str,
    pub(super) console: &'a str,
    pub(super) admin: SocketAddr,
    pub(super) relay: &'a str,
    pub(super) relay_admin: SocketAddr,
}

impl fmt::Display for Opening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sample { app_id, name, secret, pins, auto_root, .. } = self.sample;
        let made = if self.is_new { "made now" } else { "as before" };
        let mut table = Table::default();
        table.fact("Installation", format_args!("{} ({made})", self.data.display()));
        table.fact("Root keys", roots(*auto_root));
        table.fact("Pins", pins);
        table.fact("App", format_args!("{} \"{name}\"", output::bold(app_id)));
        table.fact("ServerSecret", output::bold(secret.expose()));
        table.fact("Gateway", output::bold(self.base));
        table.fact("Console", output::bold(self.console));
        table.fact("Health, metrics", format_args!("http://{}", self.admin));
        table.fact("Relay", output::bold(self.relay));
        table.fact("Relay's status", format_args!("http://{}/status", self.relay_admin));
        write!(f, "{table}\n\nA signed request goes to {} over the network …", self.base)
    }
}

/// After it: the answer and the verdict. With `--json`, all that the demo prints.
#[derive(Serialize)]
pub(super) struct Outcome {
    app_id: AppId,
    #[serde(serialize_with = "exposed")]
    server_secret: ServerSecret,
    request_url: String,
    response: Envelope,
    pub(super) verdict: VerdictView,
    pins: String,
    relay: Option<HandedOut>,
    #[serde(skip)]
    request: SignedRequest,
}

/// The demo's secret guards nothing but the demo.
fn exposed<S: Serializer>(secret: &ServerSecret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

impl Outcome {
    pub(super) fn new(
        sample: &Sample,
        request: SignedRequest,
        fetched: FetchedLicense,
        verdict: VerdictView,
    ) -> Self {
        let response = Envelope {
            code: ReturnCode::Success.number().into(),
            message: ReturnCode::Success.message().to_owned(),
            request_id: fetched.request_id,
            data: Some(Data { license: fetched.license }),
        };
        Self {
            app_id: sample.app_id,
            server_secret: sample.secret.clone(),
            request_url: request.url.clone(),
            response,
            verdict,
            pins: sample.pins.clone(),
            relay: None,
            request,
        }
    }

    /// With what the relay handed to an app.
    pub(super) fn handed_out(self, relay: HandedOut) -> Self {
        Self { relay: Some(relay), ..self }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = output::bold;
        writeln!(f, "\n{}\n{}\n", heading("The answer"), self.response.to_json())?;
        writeln!(f, "{}\n{}\n", heading("Verified offline, with the pins alone"), self.verdict)?;
        if let Some(relay) = &self.relay {
            writeln!(f, "{}\n{}\n", heading("Handed to an app by the relay"), relay.response)?;
            writeln!(f, "{}\n{}\n", heading("Ask the relay for yourself"), relay.curl)?;
        }
        write!(f, "{}\n{}", heading("Ask the gateway for yourself"), self.request)
    }
}
