//! An app's backend: it knows a secret, and may sign anything with it.

use std::fmt;

use tonegate_protocol::{ACTION, AppId, ServerSecret, Signature, signed_query};

/// Who asks for licences of one app.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) app_id: u32,
    pub(crate) secret: ServerSecret,
}

impl Backend {
    pub(crate) fn new(app_id: u32, secret: &ServerSecret) -> Self {
        Self { app_id, secret: secret.clone() }
    }

    /// The same app's backend with another secret.
    pub(crate) fn with(&self, secret: &ServerSecret) -> Self {
        Self::new(self.app_id, secret)
    }

    /// A new request, signed for the time `at`.
    pub(crate) fn query(&self, at: i64) -> Query {
        self.query_with(&format!("{:016x}", fastrand::u64(..)), at)
    }

    /// With this nonce.
    pub(crate) fn query_with(&self, nonce: &str, at: i64) -> Query {
        Query::parse(&signed_query(AppId(self.app_id), nonce, &self.secret, at))
    }

    /// Signs texts that need be no AppId, nonce and Timestamp.
    pub(crate) fn sign(&self, app_id: &str, nonce: &str, timestamp: &str) -> String {
        Signature::sign(app_id, nonce, &self.secret, timestamp).to_string()
    }

    /// A whole query of texts as they stand, signed over what they decode to.
    pub(crate) fn raw(&self, nonce: (&str, &str), timestamp: (&str, &str)) -> Query {
        let app_id = self.app_id.to_string();
        let signature = self.sign(&app_id, nonce.1, timestamp.1);
        Query::parse(&format!(
            "Action={ACTION}&AppId={app_id}&SignatureNonce={}&Timestamp={}\
             &SignatureVersion=2.0&Signature={signature}",
            nonce.0, timestamp.0
        ))
    }
}

/// A query's pairs as they stand in the request line.
#[derive(Clone, Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        Self(text.split('&').map(pair).collect())
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        let pair = self.0.iter_mut().find(|pair| pair.0 == name);
        pair.expect("a parameter of the query").1 = value.to_owned();
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|pair| pair.0 != name);
        self
    }

    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|pair| pair.0 == name).map_or("", |pair| &pair.1)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&pairs.join("&"))
    }
}
