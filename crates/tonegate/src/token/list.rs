//! `tonegate token list`: which programs may call the admin API.

use std::fmt;

use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_server::model::Role;
use tonegate_server::store::{ApiToken, Store, StoreError};

use crate::data::DataArgs;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::time::Moment;

/// Tokens read at a time.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    data: DataArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        let tokens = all(&opened.store).await?;
        output
            .show(&Tokens { api_tokens: tokens.iter().map(Row::of).collect(), now: opened.now })?;
        Ok(Exit::Done)
    }
}

async fn all(store: &Store) -> Result<Vec<ApiToken>, StoreError> {
    let mut tokens: Vec<ApiToken> = Vec::new();
    loop {
        let last = tokens.last().map(|token| (token.created_at, token.id.clone()));
        let page = store.api_tokens(last.as_ref(), PAGE).await?;
        if page.is_empty() {
            return Ok(tokens);
        }
        tokens.extend(page);
    }
}

#[derive(Serialize)]
struct Tokens<'a> {
    api_tokens: Vec<Row<'a>>,
    #[serde(skip)]
    now: i64,
}

/// As the admin API shows it.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    role: Role,
    app_ids: Option<&'a [AppId]>,
    privileged: bool,
    created_by: &'a str,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl<'a> Row<'a> {
    fn of(token: &'a ApiToken) -> Self {
        Self {
            id: &token.id,
            name: &token.name,
            role: token.role,
            app_ids: token.apps.as_deref(),
            privileged: token.privileged,
            created_by: &token.created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    }

    fn state(&self, now: i64) -> String {
        match self.revoked_at {
            Some(_) => output::dim("revoked"),
            None if now >= self.expires_at => output::dim("ended"),
            None => output::good("good"),
        }
    }

    fn may(&self) -> String {
        let apps = self.app_ids.map_or(String::new(), |apps| format!(", {} apps", apps.len()));
        format!("{}{}{apps}", self.role, if self.privileged { ", privileged" } else { "" })
    }
}

impl fmt::Display for Tokens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.api_tokens.is_empty() {
            return f.write_str("There is no API token; `tonegate token create NAME` makes one.");
        }
        let headings = ["ID", "NAME", "MAY", "STATE", "GOOD UNTIL", "LAST USED"];
        let mut table = Table::headed(headings);
        for row in &self.api_tokens {
            let used = row.last_used_at.map_or("never".to_owned(), |at| Moment(at).to_string());
            let until = Moment(row.expires_at).to_string();
            let (id, name) = (row.id.to_owned(), row.name.to_owned());
            table.row([id, name, row.may(), row.state(self.now), until, used]);
        }
        table.fmt(f)
    }
}
