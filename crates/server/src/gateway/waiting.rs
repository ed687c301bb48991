//! A request that waits for the shared guard: what is kept of it, and how it goes on.
//!
//! Invariant: what is judged of the request itself was judged while it was at hand, and takes effect in its
//! turn, so the order of checks is the published one.

use std::net::IpAddr;
use std::sync::Arc;

use tonegate_protocol::{PublicParameters, Refusal, ReturnCode};

use super::asked::Asked;
use super::caller::Caller;
use super::license::Licensed;
use super::signature::Authenticated;
use super::{admission, form, issue, network};
use crate::directory::Entry;
use crate::guard::Unwritten;
use crate::guard::shared::{Answer, Ask};
use crate::model::Generation;
use crate::service::Service;

/// One of them.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) ask: Ask,
    entry: Arc<Entry>,
    /// Of the secret that made the signature.
    generation: Generation,
    /// What the checks after the admission say that look at the request.
    form: Result<(), Refusal>,
    charged: IpAddr,
}

impl Waiting {
    pub(super) fn new(
        service: &Service,
        app: &Authenticated<'_>,
        parameters: &PublicParameters<'_>,
        asked: &Asked<'_>,
        ask: Ask,
    ) -> Box<Self> {
        Box::new(Self {
            ask,
            entry: Arc::clone(app.entry),
            generation: app.secret.generation,
            form: form(service, app.entry, parameters).map(|_| ()),
            charged: asked.charged,
        })
    }

    /// The checks from the admission on.
    pub(super) fn resume(
        self,
        service: &Service,
        caller: &Caller,
        answer: Answer,
        unwritten: &mut Unwritten,
    ) -> Result<Licensed, Refusal> {
        let Self { ask, entry, generation, form, charged } = self;
        let (at, address) = (caller.at, caller.address);
        admission::told(service, &entry, &ask, answer, at, unwritten)
            .inspect_err(|refusal| network::charge(service, charged, at, refusal))?;
        form?;
        let mut secrets = entry.secrets().into_iter().flatten();
        let secret = secrets.find(|secret| secret.generation == generation);
        let secret = secret.ok_or(ReturnCode::GatewayInternal)?;
        let signature = tonegate_protocol::Signature(ask.signature);
        let app = Authenticated { entry: &entry, secret, signature };
        issue(service, &app, address, at)
    }
}
