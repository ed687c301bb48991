//! `tonegate user invite`: an invitation, with which somebody chooses password and second factor.
//!
//! On the server's own machine this is the way back in for an owner who lost either: nobody else may be
//! able to invite them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tonegate_server::model;
use tonegate_server::model::{BearerToken, Role, bounds};
use tonegate_server::store::NewUser;
use zeroize::Zeroizing;

use crate::data::Opened;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output, Table};
use crate::remote::Remote;
use crate::target::{Target, TargetArgs};
use crate::time::Moment;

#[derive(Debug, clap::Args)]
pub(crate) struct Invite {
    /// What they sign in with
    name: String,
    /// What somebody new may do: viewer, operator or owner
    #[arg(long)]
    role: Option<Role>,
    #[command(flatten)]
    target: TargetArgs,
}

impl Invite {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let invited = match self.target.open().await? {
            Target::Local(opened) => self.here(&opened).await?,
            Target::Remote(remote) => self.elsewhere(&remote).await?,
        };
        output.show(&invited)?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened) -> anyhow::Result<Invited> {
        let known = opened.store.user_named(&self.name).await?.map(|(user, _)| user);
        let new = self.role_of_new(known.as_ref().map(|user| user.role))?;
        let mut tx = opened.begin().await?;
        let (user, token) = match (known, new) {
            (Some(user), _) => tx.invite_again(&user.id).await?,
            (None, role) => {
                let new = NewUser { name: self.name.clone(), role, apps: None };
                tx.create_user(&new).await?
            }
        };
        tx.commit().await?;
        Ok(Invited::new(user, &token, opened.now))
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<Invited> {
        let named = |user: &Known| user.name == self.name;
        let users: Vec<Known> = remote.list("/users", &[], 1, named, "users").await?;
        let role = self.role_of_new(users.first().map(|user| user.role))?;
        let made: Made = match users.first() {
            Some(user) => remote.post_again(&format!("/users/{}/invitation", user.id)).await?,
            None => remote.create("/users", &json!({ "name": self.name, "role": role })).await?,
        };
        Ok(Invited {
            user_id: made.user.id,
            name: made.user.name,
            role: made.user.role,
            invitation_token: made.invitation_token,
            invitation_path: made.invitation_path,
            expires_at: made.expires_at,
        })
    }

    /// The role of somebody who is there, or that somebody new is to have.
    fn role_of_new(&self, known: Option<Role>) -> Result<Role, Failure> {
        let name = &self.name;
        match (known, self.role) {
            (Some(is), Some(given)) if is != given => Err(Failure::usage(format!(
                "{name} is there already, as {is}; leave --role out to invite them again, or change \
                 their role in the console"
            ))),
            (Some(role), _) | (None, Some(role)) => Ok(role),
            (None, None) => Err(Failure::usage(format!(
                "nobody is called {name}; to invite somebody new, give --role"
            ))),
        }
    }
}

/// Somebody, as the admin API shows them.
#[derive(Deserialize)]
struct Known {
    id: String,
    name: String,
    role: Role,
}

/// What it answers.
#[derive(Deserialize)]
struct Made {
    user: Known,
    invitation_token: Zeroizing<String>,
    invitation_path: Zeroizing<String>,
    expires_at: i64,
}

#[derive(Serialize)]
struct Invited {
    user_id: String,
    name: String,
    role: Role,
    invitation_token: Zeroizing<String>,
    /// Where in the console it is taken.
    invitation_path: Zeroizing<String>,
    expires_at: i64,
}

impl Invited {
    fn new(user: model::User, token: &BearerToken, now: i64) -> Self {
        let token = token.expose();
        Self {
            user_id: user.id,
            name: user.name,
            role: user.role,
            invitation_token: Zeroizing::new(token.to_owned()),
            invitation_path: Zeroizing::new(format!("/#/enroll?token={token}")),
            expires_at: now + bounds::INVITATION_SECS,
        }
    }
}

impl fmt::Display for Invited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("User", output::bold(&self.name));
        table.fact("Role", self.role);
        table.fact("Open in the console", output::bold(&*self.invitation_path));
        table.fact("Good until", Moment(self.expires_at));
        write!(
            f,
            "{table}\n\nShown this once: whoever opens it chooses their password and second factor, \
             and signs in with them from then on. Until then nothing changes for them."
        )
    }
}
