//! `tonegate key ceremony`: issuing keys certified by root keys that never meet the server.
//!
//! Four steps on files: `new-roots` (offline, once), `request` (server), `sign` (offline), `install`
//! (server). Private keys stay where they were made: the root's offline, the issuing keys' sealed on
//! the server. What travels is public, and each side checks it with the verifier.

mod files;
mod install;
mod new_roots;
mod request;
mod sign;

use clap::Subcommand;

use crate::exit::Exit;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Ceremony {
    /// Offline, once: make the two root keys
    NewRoots(new_roots::NewRoots),
    /// On the server: make issuing keys, and a file that asks a root to certify them
    Request(request::Request),
    /// Offline: certify the issuing keys of a request with a root key
    Sign(sign::Sign),
    /// On the server: take the certificates in
    Install(install::Install),
}

impl Ceremony {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::NewRoots(new_roots) => new_roots.run(output),
            Self::Request(request) => request.run(output).await,
            Self::Sign(sign) => sign.run(output),
            Self::Install(install) => install.run(output).await,
        }
    }
}
