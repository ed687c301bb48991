//! Who sends a request: a session's cookie or an API token.

use http::request::Parts;

use crate::admin::Admin;
use crate::caller::Caller;
use crate::problem::{Code, Problem};

/// The caller of a request. `Err`: nobody, or nobody who is known.
pub(crate) async fn caller(_admin: &Admin, _parts: &Parts) -> Result<Caller, Problem> {
    Err(Problem::new(Code::NotSignedIn, "sign in, or send an API token as `Authorization: Bearer`"))
}
