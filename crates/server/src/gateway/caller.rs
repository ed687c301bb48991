//! Whose request it is, as far as it is known: what its answer is counted and remembered by.
//!
//! An app is named long before anybody has proved to be it: that a refused request counts for the app
//! that it names is meant, so that its owner sees what is tried.

use std::net::IpAddr;

use tonegate_protocol::AppId;

use crate::clock::Moment;
use crate::directory::{Entry, Reading};

/// Who asks, and when.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    pub(super) at: Moment,
    /// The app that the request names; 0: none that can be read.
    pub(super) app_id: AppId,
    /// Is it in the directory?
    pub(super) is_known: bool,
}

impl Caller {
    /// Before its request was looked at.
    pub(super) const fn new(address: IpAddr, at: Moment) -> Self {
        Self { address, at, app_id: AppId(0), is_known: false }
    }

    /// The request names this app, which may be there.
    pub(super) const fn names(&mut self, app_id: AppId, entry: Option<&Entry>) {
        self.app_id = app_id;
        self.is_known = entry.is_some();
    }

    /// For a request that cannot be read: the app that its query seems to name.
    pub(super) fn seems_to_name(&mut self, query: &str, directory: &Reading) {
        let value = query.split('&').find_map(|pair| pair.strip_prefix("AppId="));
        if let Some(app_id) = value.and_then(|value| value.parse().ok()) {
            self.names(app_id, directory.get(app_id).map(|entry| &**entry));
        }
    }
}
