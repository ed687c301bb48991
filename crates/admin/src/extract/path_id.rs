//! The one id in a path. What is no id at all is as unknown as one that nothing has.

use axum::extract::{FromRequestParts as _, Path};
use http::request::Parts;

/// The id as it stands there. `None`: it does not begin with `prefix`, or is no text.
pub(crate) async fn path_id(parts: &mut Parts, prefix: &str) -> Option<String> {
    let Path(id) = Path::<String>::from_request_parts(parts, &()).await.ok()?;
    (id.starts_with(prefix) && id.len() <= 64).then_some(id)
}
