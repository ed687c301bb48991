//! A remembered answer as the API shows it.

use serde::Serialize;
use tonegate_server::store::StoredRequest;

/// One answer of the licence API; never the query.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RequestView {
    /// As in the answer: 18 or 19 digits.
    request_id: String,
    /// Unix seconds.
    at: i64,
    /// The AppId that the request named, whether there is such an app or not; 0: none that can be read.
    app_id: u32,
    /// The return code.
    code: u32,
    /// The hint that went with it.
    reason: String,
    /// The client's network: /24 or /48.
    network: String,
    duration_us: u64,
}

impl From<StoredRequest> for RequestView {
    fn from(stored: StoredRequest) -> Self {
        Self {
            request_id: stored.request_id.to_string(),
            at: stored.at,
            app_id: stored.app_id.0,
            code: stored.code,
            reason: stored.reason,
            network: stored.network,
            duration_us: stored.duration_us,
        }
    }
}
