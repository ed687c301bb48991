//! A caller who is a person: what is theirs alone (a password, a session) no program has.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::Known;
use crate::admin::Admin;
use crate::caller::{Caller, Who};
use crate::problem::{Code, Problem};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) known: Known,
    pub(crate) name: String,
    pub(crate) session_id: String,
}

impl FromRequestParts<Admin> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let known = Known::from_request_parts(parts, admin).await?;
        match known.caller.who.clone() {
            Who::User { name, session_id, .. } => Ok(Self { known, name, session_id }),
            Who::Token { .. } => {
                let detail = "this is about a person's session, and an API token has none; \
                              sign in in the console";
                Err(Problem::new(Code::PeopleOnly, detail))
            }
        }
    }
}

impl AsRef<Caller> for Person {
    fn as_ref(&self) -> &Caller {
        &self.known.caller
    }
}
