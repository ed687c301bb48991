//! What a path names. What is no id at all is as unknown as one that nothing has; a number is written in
//! one way alone, so that one thing has one path.

use axum::extract::{FromRequestParts as _, Path};
use http::request::Parts;
use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

/// The id as it stands there. `None`: it does not begin with `prefix`, or is no text.
pub(crate) async fn path_id(parts: &mut Parts, prefix: &str) -> Option<String> {
    let Path(id) = Path::<String>::from_request_parts(parts, &()).await.ok()?;
    (id.starts_with(prefix) && id.len() <= 64).then_some(id)
}

/// A number as it is printed: no sign, no zeros before it.
pub(crate) fn path_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number: u32 = text.parse().map_err(D::Error::custom)?;
    match number.to_string() == text {
        true => Ok(number),
        false => Err(D::Error::custom("a number has no sign, and no zeros before it")),
    }
}
