//! An app that the relay keeps the licence of.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tonegate_client::{AppId, LicenseCache, View};

use crate::rendered::Rendered;
use crate::secret::{SecretError, SecretSource};

/// An app, its licence, and how that is handed out.
pub struct App {
    /// Its licence.
    pub cache: LicenseCache,
    /// The name of its upstream.
    pub upstream: String,
    secret: SecretSource,
    /// The answer as it was last; made anew when what it says has changed.
    rendered: ArcSwapOption<Rendered>,
}

impl App {
    pub(crate) fn new(cache: LicenseCache, upstream: String, secret: SecretSource) -> Self {
        Self { cache, upstream, secret, rendered: ArcSwapOption::empty() }
    }

    /// Which app.
    #[must_use]
    pub fn id(&self) -> AppId {
        self.cache.app_id()
    }

    /// Takes the secret over as it is now, so that the next refresh is signed with it. `true`: it is
    /// another than before.
    ///
    /// # Errors
    /// It cannot be read; the old one stays.
    pub fn take_secret(&self) -> Result<bool, SecretError> {
        Ok(self.cache.client().set_secret(self.secret.read()?))
    }

    /// The answer that hands out what `view` holds; `None`: nothing good.
    pub(crate) fn rendered(&self, view: &View) -> Option<Arc<Rendered>> {
        let license = view.usable()?;
        let last = self.rendered.load();
        if let Some(last) = last.as_ref().filter(|last| last.is_of(license, &view.state)) {
            return Some(Arc::clone(last));
        }
        let new = Arc::new(Rendered::new(self.id(), license, &view.state));
        self.rendered.store(Some(Arc::clone(&new)));
        Some(new)
    }
}
