//! The command line: every command, and the page that `tonegate --help` prints.

use clap::{Parser, Subcommand};

use crate::exit::{self, Exit};
use crate::output::Output;
use crate::{
    app, audit, backup, completions, demo, doctor, init, key, license, node, ready, reference,
    relay, restore, serve, sign, store, token, user, voice,
};

/// Issues, delivers and verifies ZIM Audio licences.
#[derive(Debug, Parser)]
#[command(name = "tonegate", version, after_help = exit::TABLE, max_term_width = 100)]
pub(crate) struct Cli {
    /// Print one JSON document for programs; errors on stderr are JSON too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See it all work: an installation, an app, a signed request, a licence, a verdict
    Demo(demo::Demo),
    /// Make an installation for real use
    Init(init::Init),
    /// Serve the licence API
    Serve(serve::Serve),
    /// Keep licences fresh and hand them to apps, before an issuer or the original service
    Relay(relay::Relay),
    /// Apps, their features and secrets; also while a server runs on the data, or on a server elsewhere
    #[command(subcommand)]
    App(app::App),
    /// Issuing keys, the pins of apps, and ceremonies with offline roots
    #[command(subcommand)]
    Key(key::Key),
    /// API tokens, with which programs call the admin API
    #[command(subcommand)]
    Token(token::Token),
    /// Who did what, and proof that nobody has changed that since
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The servers of the installation, where there are several
    #[command(subcommand)]
    Node(node::Node),
    /// People who sign in to the console
    #[command(subcommand)]
    User(user::User),
    /// Sign a request, to try it with curl
    Sign(sign::Sign),
    /// Fetch, verify and explain licences
    #[command(subcommand)]
    License(license::License),
    /// What a licence unlocks, on audio files: noise suppression and gain control
    #[command(subcommand)]
    Voice(voice::Voice),
    /// Put everything of an installation into one sealed file, while servers run
    Backup(backup::Backup),
    /// Put a backup in the place of what is there, and say first what that undoes
    Restore(restore::Restore),
    /// The database itself
    #[command(subcommand)]
    Store(store::Store),
    /// Check an installation and say what to do about what is wrong
    Doctor(doctor::Doctor),
    /// Ask a running server or relay whether it can answer licences: for health checks without a shell
    Ready(ready::Ready),
    /// Print a completion script for a shell
    Completions(completions::Completions),
    /// Print this command's reference, docs/CLI.md
    #[command(hide = true)]
    HelpMarkdown,
}

impl Command {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        match self {
            Self::Demo(demo) => demo.run(output).await,
            Self::Init(init) => init.run(output).await,
            Self::Serve(serve) => serve.run(output).await,
            Self::Relay(relay) => relay.run(output).await,
            Self::App(app) => app.run(output).await,
            Self::Key(key) => key.run(output).await,
            Self::Token(token) => token.run(output).await,
            Self::Audit(audit) => audit.run(output).await,
            Self::Node(node) => node.run(output).await,
            Self::User(user) => user.run(output).await,
            Self::Sign(sign) => sign.run(output).await,
            Self::License(license) => license.run(output).await,
            Self::Voice(voice) => voice.run(output).await,
            Self::Backup(backup) => backup.run(output).await,
            Self::Restore(restore) => restore.run(output).await,
            Self::Store(store) => store.run(output).await,
            Self::Doctor(doctor) => doctor.run(output).await,
            Self::Ready(ready) => ready.run(output).await,
            Self::Completions(completions) => completions.run(output),
            Self::HelpMarkdown => reference::print(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    #[test]
    fn an_audit_key_may_begin_with_a_hyphen() {
        assert!(Cli::try_parse_from(["tonegate", "audit", "verify", "--key", "-a"]).is_ok());
    }

    #[test]
    fn base64url_may_begin_with_a_hyphen() {
        for arguments in [
            ["license", "verify", "text", "--pins", "-a,-b"].as_slice(),
            &["license", "verify", "text", "--identity", "-a"],
            &["init", "--pins", "-a,-b"],
            &["app", "create", "name", "--bind", "-a"],
        ] {
            let parsed = Cli::try_parse_from([&["tonegate"], arguments].concat());
            let kind = parsed.unwrap_err().kind();
            assert_eq!(kind, ErrorKind::ValueValidation, "{arguments:?}: no flag, a bad value");
        }
    }
}
