//! A JSON body, strictly: unknown members are refused, and the problem names the place.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::admin::Admin;
use crate::limits::{IMPORT_BYTES_MAX, TIME_MAX};
use crate::problem::{Code, Problem};

/// A body that was JSON and fits `T`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Admin> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Admin) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            let detail = "send the body as JSON, with `Content-Type: application/json`";
            return Err(Problem::new(Code::NotJson, detail));
        }
        // In memory already, and bounded there.
        let bytes = to_bytes(request.into_body(), IMPORT_BYTES_MAX).await.unwrap_or_default();
        // serde takes an array for a struct, its members in their order.
        if bytes.trim_ascii_start().first().is_some_and(|first| *first == b'[') {
            return Err(Problem::new(Code::InvalidBody, "the body is a JSON object, not an array"));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let (path, fault) = (error.path().to_string(), error.into_inner().to_string());
            Problem::new(Code::InvalidBody, fault.clone()).at(path, fault)
        })?;
        json.end().map_err(|error| Problem::new(Code::InvalidBody, error.to_string()))?;
        Ok(Self(value))
    }
}

/// `Err(InvalidBody)`: the member is longer than `most` characters.
pub(crate) fn check_length(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    if text.chars().count() <= most {
        return Ok(());
    }
    let detail = format!("`{field}` has at most {most} characters");
    Err(Problem::new(Code::InvalidBody, detail.clone()).at(field, detail))
}

/// `Err(InvalidBody)`: the member is no Unix time of the years 1970 to 9999.
pub(crate) fn check_time(field: &str, at: i64) -> Result<(), Problem> {
    if (0..=TIME_MAX).contains(&at) {
        return Ok(());
    }
    let detail = format!("`{field}` is Unix seconds, 0 to {TIME_MAX}");
    Err(Problem::new(Code::InvalidBody, detail.clone()).at(field, detail))
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
