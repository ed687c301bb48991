//! `tonegate token create`: a token for a program, shown this once.

use std::fmt;

use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_server::model::Role;
use tonegate_server::store::{ApiToken, NewApiToken};

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::time::{Moment, Span};

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// What people call it: 1 to 64 characters
    name: String,
    /// What it may do: viewer, operator or owner
    #[arg(long, value_name = "ROLE")]
    role: Role,
    /// An app that it is confined to; repeatable [default: it is confined to none]
    #[arg(long = "app", value_name = "APP_ID")]
    apps: Vec<AppId>,
    /// Let it do what takes a fresh code from people: secrets, keys, owners
    #[arg(long)]
    privileged: bool,
    /// How long it is good: 1h to 365d
    #[arg(long, value_name = "SPAN")]
    expires_in: Span,
    #[command(flatten)]
    data: DataArgs,
}

impl Create {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let new = NewApiToken {
            name: self.name,
            role: self.role,
            apps: Some(self.apps).filter(|apps| !apps.is_empty()),
            privileged: self.privileged,
            expires_in: u32::try_from(self.expires_in.0).unwrap_or(u32::MAX),
        };
        let mut tx = opened.begin().await?;
        let (token, text) = tx.create_api_token(&new).await?;
        tx.commit().await?;
        output.show(&Created::new(&token, text.expose()))?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    name: &'a str,
    token: &'a str,
    role: Role,
    expires_at: i64,
}

impl<'a> Created<'a> {
    fn new(token: &'a ApiToken, text: &'a str) -> Self {
        let ApiToken { id, name, role, expires_at, .. } = token;
        Self { id, name, token: text, role: *role, expires_at: *expires_at }
    }
}

impl fmt::Display for Created<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("Token", output::bold(self.token));
        table.fact("Id", self.id);
        table.fact("Role", self.role);
        table.fact("Good until", Moment(self.expires_at));
        write!(
            f,
            "{table}\n\nThe token is shown this once. Programs send it as `Authorization: Bearer`."
        )
    }
}
