//! Where an issuer answers: scheme, host and port, nothing else.

use hyper::Uri;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};

use crate::FetchError;

/// An issuer's address. The API lives at its root.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    scheme: Scheme,
    authority: Authority,
}

impl Endpoint {
    pub(crate) fn parse(text: &str) -> Result<Self, FetchError> {
        let bad = |why| FetchError::BadEndpoint { why };
        let parts = text.parse::<Uri>().map_err(|_| bad("it is not a URL"))?.into_parts();
        let scheme = parts.scheme.ok_or(bad("it has no scheme"))?;
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(bad("its scheme is neither https nor http"));
        }
        let authority = parts.authority.ok_or(bad("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("it holds a user name or password"));
        }
        if text.contains('#') || parts.path_and_query.is_some_and(|path| path != "/") {
            return Err(bad("it goes on behind the host, but the API lives at the root"));
        }
        Ok(Self { scheme, authority })
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Host and port, for messages.
    pub(crate) fn server(&self) -> String {
        let port = if self.is_tls() { 443 } else { 80 };
        let port = self.authority.port_u16().unwrap_or(port);
        format!("{}:{port}", self.authority.host())
    }

    /// The URL of a signed request. Never to be printed.
    pub(crate) fn with_query(&self, query: &str) -> Option<Uri> {
        let target = format!("/?{query}").parse::<PathAndQuery>().ok()?;
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        uri.path_and_query(target).build().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_server() {
        for (text, server) in [
            ("https://issuer.example", "issuer.example:443"),
            ("https://issuer.example/", "issuer.example:443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]/", "[::1]:80"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.server(), server);
            assert!(endpoint.with_query("a=1").unwrap().to_string().ends_with("/?a=1"));
        }
    }

    #[test]
    fn anything_else_is_refused_unprinted() {
        for text in [
            "",
            "issuer.example",
            "/",
            "ftp://issuer.example",
            "https://",
            "https://user:marked@issuer.example",
            "https://issuer.example/marked",
            "https://issuer.example/?marked",
            "https://issuer.example?marked",
            "https://issuer.example#marked",
            "https://issuer example",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(matches!(error, FetchError::BadEndpoint { .. }), "{text}");
            assert!(!error.to_string().contains("marked"), "{error}");
        }
    }
}
