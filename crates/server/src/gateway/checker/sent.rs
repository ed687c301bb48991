//! A URL taken apart as the gateway would read it, and what else was pasted with it.

use std::borrow::Cow;

use tonegate_protocol::{AppId, ServerSecret, Signature, query};

use super::Shown;
use super::signing::Texts;

/// A request that somebody pasted: a URL, a request line, or a query. It holds a credential, so it
/// cannot be printed.
#[derive(Clone)]
pub struct Sent {
    /// The host, perhaps with a port; empty: none was given.
    pub(super) host: String,
    pub(super) path: String,
    /// What stands behind the first `?`.
    pub(super) query: String,
    /// What stands behind `#`, which no client sends.
    pub(super) fragment: Option<String>,
    /// Was it more than the request alone?
    pub(super) wrapped: bool,
}

impl Sent {
    /// Takes a text apart. Any text is something.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let url = unwrapped(text);
        let wrapped = url.len() != text.len();
        let (url, fragment) = match url.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment.to_owned())),
            None => (url, None),
        };
        let (is_whole, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                (true, rest)
            }
            _ => (false, url),
        };
        let (place, query) = rest.split_once('?').unwrap_or(match is_whole {
            // A query alone.
            false if !rest.starts_with('/') && rest.contains('=') => ("/", rest),
            _ => (rest, ""),
        });
        let (host, path) = match (is_whole, place.find('/')) {
            (_, Some(slash)) => place.split_at(slash),
            (true, None) => (place, "/"),
            (false, None) => ("", if place.is_empty() { "/" } else { place }),
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        Self {
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            fragment,
            wrapped,
        }
    }

    /// The AppId, where there is one of the right form.
    #[must_use]
    pub fn app_id(&self) -> Option<AppId> {
        self.value("AppId")?.parse().ok()
    }

    /// The raw values of a parameter, in order. A name that is written with escapes is the same name.
    pub(super) fn raw(&self, name: &str) -> impl Iterator<Item = &str> {
        query::pairs(&self.query)
            .filter(move |(raw, _)| query::decode(raw).is_ok_and(|decoded| decoded == name))
            .map(|(_, value)| value)
    }

    /// The last value of a parameter, decoded.
    pub(super) fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        query::decode(self.raw(name).last()?).ok()
    }

    pub(super) fn shown(&self) -> Shown {
        let value = |name| self.value(name).map(Cow::into_owned);
        Shown {
            action: value("Action"),
            app_id: value("AppId"),
            nonce: value("SignatureNonce"),
            timestamp: value("Timestamp"),
            version: value("SignatureVersion"),
            signature: value("Signature"),
        }
    }

    /// What is signed, and the signature; `None`: something of it is missing.
    pub(super) fn texts(&self) -> Option<Texts<'_>> {
        let value = |name| self.value(name).filter(|value| !value.is_empty());
        Some(Texts {
            app_id: value("AppId")?,
            nonce: value("SignatureNonce")?,
            raw_nonce: self.raw("SignatureNonce").last()?,
            timestamp: value("Timestamp")?,
            signature: value("Signature")?,
        })
    }

    pub(super) fn string_to_sign(&self) -> Option<String> {
        let [app_id, nonce, timestamp] =
            ["AppId", "SignatureNonce", "Timestamp"].map(|name| self.value(name));
        Some(format!("{}{}{}{}", app_id?, nonce?, "●".repeat(32), timestamp?))
    }
}

/// Without blanks, quotes, method and version around it.
fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("curl ").map_or(text, str::trim);
    let text = text.trim_matches(['"', '\'', '<', '>', '`']);
    let request_line = text.strip_prefix("GET ").or_else(|| text.strip_prefix("POST "));
    request_line.map_or(text, |line| line.split(' ').next().unwrap_or(line))
}

impl Texts<'_> {
    /// Is it signed as it should be?
    pub(super) fn is_signed_with(&self, secret: &ServerSecret) -> bool {
        let made = Signature::sign(&self.app_id, &self.nonce, secret, &self.timestamp);
        Signature::parse(&self.signature).is_some_and(|sent| sent.matches(&made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_pasted_is_taken_apart() {
        for (text, host, path, query) in [
            ("https://a.example/?AppId=1", "a.example", "/", "AppId=1"),
            ("https://a.example?AppId=1", "a.example", "/", "AppId=1"),
            ("HTTP://u:p@a.example:80/x/y?AppId=1#top", "a.example:80", "/x/y", "AppId=1"),
            ("  'https://a.example/?AppId=1'\n", "a.example", "/", "AppId=1"),
            ("curl 'https://a.example/?AppId=1'", "a.example", "/", "AppId=1"),
            ("GET /?AppId=1 HTTP/1.1", "", "/", "AppId=1"),
            ("?AppId=1", "", "/", "AppId=1"),
            ("AppId=1&Url=https%3A%2F%2Fb", "", "/", "AppId=1&Url=https%3A%2F%2Fb"),
            ("rubbish", "", "rubbish", ""),
            ("", "", "/", ""),
            ("https://", "", "/", ""),
            ("/??AppId=1", "", "/", "?AppId=1"),
        ] {
            let sent = Sent::read(text);
            assert_eq!((&*sent.host, &*sent.path, &*sent.query), (host, path, query), "{text}");
        }
    }
}
