//! Callers' keys, kept up to date: files that change, key sets of identity providers.

use std::sync::Arc;

use tokio::task::JoinSet;
use tonegate_client::HttpClient;

use crate::auth::limits::JWKS_BYTES_MAX;
use crate::auth::{JwkSet, Provider};
use crate::limits::LOOK;
use crate::service::Service;

/// Reads files of API keys and key sets again when they have changed.
pub(crate) async fn watch_files(service: Arc<Service>) {
    loop {
        tokio::time::sleep(LOOK).await;
        for reloaded in service.auth.reload_if_changed() {
            match reloaded {
                Ok(reloaded) => tracing::info!(?reloaded, "callers' keys have changed"),
                Err(error) => {
                    tracing::error!(%error, "callers' keys changed but cannot be used; the old ones stay");
                }
            }
        }
    }
}

/// Fetches key sets when they are wanted; a provider that is slow keeps no other one waiting. Ends when
/// one fetcher ends, which none does.
pub(crate) async fn fetch_sets(service: Arc<Service>) {
    let mut fetchers = JoinSet::new();
    for index in 0..service.auth.providers().len() {
        fetchers.spawn(fetch_set(Arc::clone(&service), index));
    }
    match fetchers.join_next().await {
        Some(_) => {}
        None => std::future::pending().await,
    }
}

async fn fetch_set(service: Arc<Service>, index: usize) {
    while let Some(provider) = service.auth.providers().get(index) {
        let now = service.clock.unix_seconds();
        if provider.wants_keys(now) {
            take_over(provider, fetch(&service.http, provider).await, now);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn take_over(provider: &Provider, fetched: Result<JwkSet, String>, now: i64) {
    let issuer = provider.issuer();
    match fetched {
        Ok(set) => {
            for left_out in set.left_out() {
                tracing::warn!(
                    issuer,
                    number = left_out.number,
                    why = left_out.why,
                    "a key of the identity provider is not used"
                );
            }
            if provider.replace_keys(set, now) {
                tracing::info!(
                    issuer,
                    keys = provider.usable_keys(),
                    "key set of the identity provider loaded"
                );
            }
        }
        Err(error) => {
            provider.fetch_failed(now);
            tracing::warn!(
                issuer,
                error,
                "the identity provider's key set cannot be fetched; the old one stays"
            );
        }
    }
}

async fn fetch(http: &HttpClient, provider: &Provider) -> Result<JwkSet, String> {
    let url = provider.keys_url().ok_or("it has no URL")?;
    let request = http::Request::get(url).body(Default::default());
    let request = request.map_err(|error| error.to_string())?;
    let answer = http.send(request, JWKS_BYTES_MAX).await.map_err(|error| error.to_string())?;
    match answer.status {
        200 => JwkSet::parse(&answer.body).map_err(|error| error.to_string()),
        status => Err(format!("{url} answered with HTTP status {status} instead of 200")),
    }
}
