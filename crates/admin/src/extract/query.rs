//! The query's parameters, strictly: unknown ones are refused.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::admin::Admin;
use crate::problem::{Code, Problem};

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
