//! The query's parameters, strictly: unknown ones are refused.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::admin::Admin;
use crate::limits::TIME_MAX;
use crate::problem::{Code, Problem};

/// `Err(InvalidQuery)`: the parameter is there, and has not 1 to `most` characters.
pub(crate) fn check_query_length(
    name: &str,
    text: Option<&str>,
    most: usize,
) -> Result<(), Problem> {
    if text.is_none_or(|text| (1..=most).contains(&text.chars().count())) {
        return Ok(());
    }
    let detail = format!("`{name}` has 1 to {most} characters");
    Err(Problem::new(Code::InvalidQuery, detail.clone()).at(name, detail))
}

/// `Err(InvalidQuery)`: the parameter is there, and no Unix time of the years 1970 to 9999.
pub(crate) fn check_query_time(name: &str, at: Option<i64>) -> Result<(), Problem> {
    if at.is_none_or(|at| (0..=TIME_MAX).contains(&at)) {
        return Ok(());
    }
    let detail = format!("`{name}` is Unix seconds, 0 to {TIME_MAX}");
    Err(Problem::new(Code::InvalidQuery, detail.clone()).at(name, detail))
}

/// Parameters that fit `T`.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Admin> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
            let (path, fault) = (error.path().to_string(), error.into_inner().to_string());
            Problem::new(Code::InvalidQuery, fault.clone()).at(path, fault)
        })
    }
}
