//! The admin API of a server elsewhere, as commands call it with an API token.
//!
//! Invariants: the token goes to this one server, over TLS or within this machine, and is printed
//! nowhere; a request is sent again only where that makes nothing twice. Leaves to others: where the
//! token comes from (`secret`), what the answers are shown as.

mod answer;
mod call;

use std::path::PathBuf;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue, IF_MATCH};
use http::{Method, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonegate_client::{HttpAnswer, HttpClient, HttpConfig, HttpError};

pub(crate) use self::answer::Refused;
use self::answer::{Page, failure, foreign, read, retry_after};
use self::call::Call;
use crate::exit::Failure;
use crate::progress::Progress;

/// Bytes of an answer: 200 apps with all that they may have are a fourth of it.
const ANSWER_BYTES_MAX: usize = 8 << 20;
/// Items asked for at a time: what the admin API gives at most.
const PAGE: &str = "200";
/// The longest that is waited when the server asks for patience.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after a lost answer it is asked again.
const AGAIN: Duration = Duration::from_millis(500);

/// A server elsewhere.
pub(crate) struct Remote {
    http: HttpClient,
    /// Scheme, host and port.
    server: String,
    authorization: HeaderValue,
}

/// The version of something that is to be changed.
#[derive(Debug, Clone)]
pub(crate) struct Version(HeaderValue);

impl Version {
    /// Whatever it is.
    pub(crate) fn any() -> Self {
        Self(HeaderValue::from_static("*"))
    }

    /// The one with this number.
    pub(crate) fn of(rev: u32) -> anyhow::Result<Self> {
        Ok(Self(HeaderValue::try_from(format!("\"{rev}\""))?))
    }
}

impl Remote {
    /// At this URL. No request is sent yet.
    pub(crate) fn new(url: &str, token: &str, ca_file: Option<PathBuf>) -> anyhow::Result<Self> {
        let (server, tls) = server(url)?;
        let http = HttpClient::new(&HttpConfig { tls, ca_file, ..HttpConfig::default() })?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))?;
        authorization.set_sensitive(true);
        Ok(Self { http, server, authorization })
    }

    /// What is there.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        read(&self.server, &self.answer(&Call::new(Method::GET, path).repeatable()).await?)
    }

    /// What is there, and its version.
    pub(crate) async fn get_versioned<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> anyhow::Result<(T, Version)> {
        let answer = self.answer(&Call::new(Method::GET, path).repeatable()).await?;
        let version = answer.headers.get(http::header::ETAG).cloned().map(Version);
        let version = version.ok_or_else(|| foreign(&self.server, answer.status))?;
        Ok((read(&self.server, &answer)?, version))
    }

    /// Has the server make something, once, even if its first answer is lost.
    pub(crate) async fn create<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let key = HeaderValue::try_from(format!("{:032x}", fastrand::u128(..)))?;
        let call = Call::new(Method::POST, path).json(body)?.repeatable();
        let call = call.header(HeaderName::from_static("idempotency-key"), key);
        read(&self.server, &self.answer(&call).await?)
    }

    /// Has the server do something; `()`: with nothing said about it.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        read(&self.server, &self.answer(&Call::new(Method::POST, path).json(body)?).await?)
    }

    /// Has the server do what may be done twice, with no body.
    pub(crate) async fn post_again<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        read(&self.server, &self.answer(&Call::new(Method::POST, path).repeatable()).await?)
    }

    /// Changes what is at this version still.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        path: &str,
        Version(version): Version,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let call = Call::new(Method::PATCH, path).json(body)?.header(IF_MATCH, version);
        read(&self.server, &self.answer(&call).await?)
    }

    /// Deletes what is at this version still.
    pub(crate) async fn delete(&self, path: &str, Version(version): Version) -> anyhow::Result<()> {
        let call = Call::new(Method::DELETE, path).header(IF_MATCH, version);
        read(&self.server, &self.answer(&call).await?)
    }

    /// Items of a list, of those that `wanted`, at most `limit`.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        limit: usize,
        wanted: impl Fn(&T) -> bool,
        what: &'static str,
    ) -> anyhow::Result<Vec<T>> {
        let (mut items, mut cursor, mut progress) = (Vec::new(), None, Progress::endless(what));
        loop {
            let page: Page<T> = self.get(&page_path(path, query, cursor.as_deref())).await?;
            items.extend(page.items.into_iter().filter(&wanted));
            progress.reach(items.len());
            cursor = page.next;
            if cursor.is_none() || items.len() >= limit {
                progress.end();
                items.truncate(limit);
                return Ok(items);
            }
        }
    }

    /// The answer to a call, if it is a good one.
    async fn answer(&self, call: &Call<'_>) -> anyhow::Result<HttpAnswer> {
        let mut answer = self.send(call).await?;
        if let Some(pause) = pause(call, &answer) {
            tokio::time::sleep(pause).await;
            answer = self.send(call).await?;
        }
        let answer = answer.map_err(|error| self.lost(call, &error))?;
        let is_good = (200..300).contains(&answer.status);
        if is_good { Ok(answer) } else { Err(failure(&self.server, &answer)) }
    }

    async fn send(&self, call: &Call<'_>) -> anyhow::Result<Result<HttpAnswer, HttpError>> {
        let request = call.request(&self.server, &self.authorization)?;
        Ok(self.http.send(request, ANSWER_BYTES_MAX).await)
    }

    fn lost(&self, call: &Call<'_>, error: &HttpError) -> Failure {
        let doubt = "; if it may have been reached, look whether it was done before you go on";
        let doubt = if call.is_repeatable() { "" } else { doubt };
        Failure::new(format!("no answer from {}: {error}{doubt}", self.server))
    }
}

/// How long to wait before a call is sent again; `None`: it is not.
fn pause(call: &Call<'_>, answer: &Result<HttpAnswer, HttpError>) -> Option<Duration> {
    match answer {
        Ok(answer) if answer.status == 429 => {
            retry_after(answer).filter(|pause| *pause <= PATIENCE)
        }
        Ok(_) | Err(HttpError::AddressRefused { .. }) => None,
        Err(_) => call.is_repeatable().then_some(AGAIN),
    }
}

fn page_path(path: &str, query: &[(&str, &str)], cursor: Option<&str>) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(query).append_pair("limit", PAGE);
    pairs.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
    format!("{path}?{}", pairs.finish())
}

/// Scheme, host and port of a URL, and whether it speaks TLS.
fn server(url: &str) -> Result<(String, bool), Failure> {
    let refused = |why: &str| Failure::usage(format!("--server, TONEGATE_SERVER: {why}"));
    let form = "give https://HOST or https://HOST:PORT, as the console's address is";
    let parts = url.parse::<Uri>().map_err(|_| refused(form))?.into_parts();
    let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
        return Err(refused(form));
    };
    let is_bare = parts.path_and_query.is_none_or(|path| path == "/") && !url.contains(['#', '@']);
    match scheme.as_str() {
        _ if !is_bare => Err(refused(form)),
        "https" => Ok((format!("https://{authority}"), true)),
        "http" if is_here(authority.host()) => Ok((format!("http://{authority}"), false)),
        "http" => Err(refused(
            "over plain http an API token can be read on its way; give https://, or a tunnel's end \
             on this machine",
        )),
        _ => Err(refused(form)),
    }
}

/// Is it this machine?
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_root_over_tls_or_on_this_machine() {
        for (url, is) in [
            ("https://admin.example", "https://admin.example"),
            ("https://admin.example:8443/", "https://admin.example:8443"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("http://[::1]:8081", "http://[::1]:8081"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(server(url).unwrap().0, is);
        }
        for url in [
            "",
            "admin.example",
            "http://admin.example",
            "http://10.0.0.1",
            "https://admin.example/api/v1",
            "https://user:marked@admin.example",
            "https://admin.example/?marked",
            "ftp://127.0.0.1",
        ] {
            let refused = server(url).unwrap_err().to_string();
            assert!(refused.contains("https://") && !refused.contains("marked"), "{url}");
        }
    }

    #[test]
    fn what_is_asked_for_is_escaped() {
        let path = page_path("/audit", &[("subject", "app 5&x=ä")], Some("abc_-"));
        assert_eq!(path, "/audit?subject=app+5%26x%3D%C3%A4&limit=200&cursor=abc_-");
    }
}
