//! What every server's configuration is checked for: values that read well and can only be mistakes.

use std::path::Path;

use http::Uri;

use crate::{ConfigError, Configuration};

/// Half a pair must never mean plain HTTP.
///
/// # Errors
/// One of the two is empty; `section` is where they stand.
pub fn check_tls_pair<C: Configuration>(
    section: &str,
    certificate: &Path,
    key: &Path,
) -> Result<(), ConfigError> {
    let missing = |given: &str, other: &str| {
        let fault = format!("{section}.{other} is missing");
        Err(ConfigError::invalid::<C>(&format!("{section}.{given}"), fault))
    };
    match [certificate, key].map(|path| path.as_os_str().is_empty()) {
        [true, false] => missing("tls_key", "tls_certificate"),
        [false, true] => missing("tls_certificate", "tls_key"),
        _ => Ok(()),
    }
}

/// # Errors
/// A value is 0; given are keys and whether they are.
pub fn check_nonzero<C: Configuration>(zeros: &[(&str, bool)]) -> Result<(), ConfigError> {
    match zeros.iter().find(|(_, zero)| *zero) {
        Some((key, _)) => Err(ConfigError::invalid::<C>(key, "0 would refuse every request")),
        None => Ok(()),
    }
}

/// # Errors
/// One is no web origin; `key` is where they stand.
pub fn check_origins<C: Configuration>(key: &str, origins: &[String]) -> Result<(), ConfigError> {
    let not_an_origin = |origin: &&String| {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        host.is_empty() || host.contains('/')
    };
    match origins.iter().find(not_an_origin) {
        Some(origin) => {
            let fault = format!("{origin:?} is no origin such as \"https://app.example.com\"");
            Err(ConfigError::invalid::<C>(key, fault))
        }
        None => Ok(()),
    }
}

/// # Errors
/// `url` is neither empty nor one that something can be posted to; `key` is where it stands.
pub fn check_url<C: Configuration>(key: &str, url: &str) -> Result<(), ConfigError> {
    let is_http = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https"));
    if url.is_empty() || url.parse().is_ok_and(|url| is_http(&url) && url.host().is_some()) {
        return Ok(());
    }
    Err(ConfigError::invalid::<C>(key, "this is no URL that begins with http:// or https://"))
}
