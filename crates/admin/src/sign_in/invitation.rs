//! The invitation that both steps of an enrolment begin with.

use tonegate_server::model::TokenHash;
use tonegate_server::store::Invitation;

use crate::admin::Admin;
use crate::auth::Stranger;
use crate::problem::{Code, Problem};

/// What a stranger may do with this token.
///
/// `Err(InvitationUnknown)`; `Err(LoopbackOnly)`: it is the first owner's, and they are not here.
pub(super) async fn find(
    admin: &Admin,
    stranger: &Stranger,
    hash: &TokenHash,
) -> Result<Invitation, Problem> {
    let found = admin.store().invitation(hash, admin.now()).await?;
    let invitation = found.ok_or_else(|| stranger.refused(admin, unknown()))?;
    if invitation.user_id.is_none() && !stranger.is_local {
        let detail = "the setup token is good on the server's own machine alone; open the console \
                      there, or through an SSH tunnel to it";
        return Err(Problem::new(Code::LoopbackOnly, detail));
    }
    Ok(invitation)
}

pub(super) fn unknown() -> Problem {
    let detail = "this invitation is unknown, used, or has ended; ask an owner for a new one, \
                  or restart the server for a new setup token";
    Problem::new(Code::InvitationUnknown, detail)
}
