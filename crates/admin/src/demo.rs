//! The demo's console: an owner whom a link signs in, because there is nothing to guard.
//!
//! Invariant: a server that is no demo has no such link: the operation answers as if it were not there.

use tonegate_server::model::{BearerToken, TokenHash, User};
use tonegate_server::store::{Chosen, StoreError};
use zeroize::Zeroizing;

use crate::admin::Admin;
use crate::problem::Problem;

/// Whom the link signs in, and by what.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    /// Of the link's token.
    pub(crate) link: TokenHash,
    pub(crate) owner: User,
}

/// What the demo's owner is called.
const NAME: &str = "demo";

impl Demo {
    /// With a new link. The owner is made where there is none yet.
    pub(crate) async fn begin(admin: &Admin) -> Result<(Self, BearerToken), StoreError> {
        let known = admin.store().user_named(NAME).await?;
        let owner = match known {
            Some((owner, _)) => owner,
            None => enroll(admin).await?,
        };
        let token = BearerToken::generate(BearerToken::INVITATION)?;
        Ok((Self { link: token.hash(), owner }, token))
    }
}

/// An owner whom nothing but the link lets in: nobody knows the second factor, and no password fits.
async fn enroll(admin: &Admin) -> Result<User, StoreError> {
    let unknown = BearerToken::generate(BearerToken::SESSION)?;
    let totp = Zeroizing::new(unknown.expose().as_bytes()[..20].to_vec());
    let chosen = Chosen { password_hash: String::new(), totp };
    let mut tx = admin.store().begin("demo", admin.now()).await?;
    let invitation = tx.offer_setup().await?.hash();
    tx.choose(&invitation, Some(NAME), &chosen).await?;
    let owner = tx.enroll(&invitation, &chosen, 0).await?;
    tx.commit().await?;
    Ok(owner)
}

impl Admin {
    /// The demo, if this is one and the token its link's.
    pub(crate) fn demo_of(&self, token: &str) -> Result<&Demo, Problem> {
        let demo = self.demo.as_deref().filter(|demo| demo.link == TokenHash::of(token));
        demo.ok_or_else(|| {
            Problem::new(crate::problem::Code::InvitationUnknown, "this link signs nobody in here")
        })
    }
}
